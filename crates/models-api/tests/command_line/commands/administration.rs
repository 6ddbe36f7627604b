//! The commands that administer organizations, projects, keys and policies.

mod admin_keys;
mod audit;
mod bulk_keys;
mod effects;
mod organizations;
mod permissions;
mod projects;
mod rotation;
mod scoped_keys;
mod service_accounts;

use serde_json::Value;

use crate::program::Program;

/// A program with the organizations `acme` and `other`.
fn with_organizations() -> Program {
    let program = Program::on_sqlite();
    program.json_line("organization create --slug acme --name Acme");
    program.json_line("organization create --slug other --name Other");
    program
}

/// The field of each object in a list.
fn field<'v>(list: &'v Value, name: &str) -> Vec<&'v str> {
    let objects = list.as_array().unwrap().iter();
    objects
        .map(|object| object[name].as_str().unwrap())
        .collect()
}

/// The field of an object.
fn text(object: &Value, name: &str) -> String {
    object[name].as_str().unwrap().to_owned()
}
