//! The benchmark's catalog, made with the service's command line on a separate SQLite file.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::cells::{Contents, MODEL};
use super::load::aside;
use super::tools::Tools;

const FAMILIES: [&str; 6] = [
    "gpt-4o",
    "gpt-4.1-mini",
    "o4-mini",
    "gpt-5",
    "text-embedding-3-small",
    "whisper-1",
];

/// The organization without its own models.
const READERS: &str = "acme-research";

/// A catalog that is ready to be served, with the keys of its organizations.
pub struct Catalog<'a> {
    tools: &'a Tools,
    directory: &'a Path,
    /// The key of an organization without its own models.
    pub key: String,
    /// The key that may delete the models of [`aside`].
    pub owner_key: String,
    /// The keys of the tenants.
    pub keys: Vec<String>,
    /// The key of a project whose policy allows the public models one by one.
    pub restricted_key: Option<String>,
}

impl<'a> Catalog<'a> {
    /// Makes the catalog, with `deletable` models for the stream of deletions.
    pub fn make(
        tools: &'a Tools,
        directory: &'a Path,
        contents: Contents,
        deletable: usize,
    ) -> Result<Self, String> {
        let mut catalog = Self {
            tools,
            directory,
            key: String::new(),
            owner_key: String::new(),
            keys: vec![],
            restricted_key: None,
        };
        let public = public(contents.models);
        catalog.run(&["model", "import", "-"], &public)?;
        catalog.key = catalog.organization(READERS, "reader")?;
        if contents.allow_list {
            catalog.restricted_key = Some(catalog.restricted_project(&public)?);
        }
        if contents.tenants > 0 {
            catalog.owner_key = catalog.organization(aside::ORGANIZATION, "owner")?;
            let import = [
                "model",
                "import",
                "-",
                "--organization",
                aside::ORGANIZATION,
            ];
            catalog.run(&import, &json!(aside::models(deletable)))?;
            catalog.keys = catalog.seed(contents)?;
        }
        // An older program creates a file that others can read. A newer one logs a warning about
        // that before its address.
        let private = std::fs::set_permissions(catalog.database(), Permissions::from_mode(0o600));
        private.map_err(|error| error.to_string())?;
        Ok(catalog)
    }

    pub fn database(&self) -> PathBuf {
        self.directory.join("models.db")
    }

    /// The service's command with the benchmark's settings and no others.
    pub fn service(&self, command: Command) -> Command {
        Self::service_in(self.directory, command)
    }

    /// The service's command on the copy of the catalog in this directory.
    pub fn service_in(directory: &Path, mut command: Command) -> Command {
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MODELS_")) {
            command.env_remove(name);
        }
        command.current_dir(directory).envs([
            ("MODELS__BOOTSTRAP", "false"),
            ("MODELS__DATABASE__URL", "sqlite://models.db"),
            ("MODELS__LOG__FORMAT", "json"),
            ("MODELS__SERVER__PORT", "0"),
            ("MODELS__OPERATIONS__PORT", "0"),
            ("MODELS__SERVER__SHUTDOWN_TIMEOUT", "1"),
            ("MODELS__SERVER__WORKERS", "1"),
        ]);
        command
    }

    /// Creates an organization and returns its key.
    fn organization(&self, slug: &str, role: &str) -> Result<String, String> {
        let create = ["organization", "create", "--slug", slug, "--name", slug];
        self.run(&create, &Value::Null)?;
        self.key(&["--organization", slug, "--role", role])
    }

    /// Creates a project whose policy allows these models one by one, and returns its key.
    fn restricted_project(&self, models: &Value) -> Result<String, String> {
        let create = ["project", "create", "--organization", READERS];
        let named = [&create[..], &["--name", "restricted", "--quiet"]].concat();
        let project = self.run(&named, &Value::Null)?;
        let project = project.trim();
        let ids = models.as_array().into_iter().flatten();
        let ids: Value = ids.map(|model| model["id"].clone()).collect();
        let policy = json!({"mode": "allow_list", "model_ids": ids});
        let file = self.directory.join("policy.json");
        std::fs::write(&file, policy.to_string()).map_err(|error| error.to_string())?;
        let set = ["permissions", "set", "--project", project, "--file"];
        let file = file.to_string_lossy();
        self.run(&[&set[..], &[&*file]].concat(), &Value::Null)?;
        self.key(&["--project", project, "--role", "reader"])
    }

    /// Creates a key with these options, and returns its secret.
    fn key(&self, options: &[&str]) -> Result<String, String> {
        let create = ["key", "create", "--name", "bench", "--json"];
        let printed = self.run(&[&create[..], options].concat(), &Value::Null)?;
        let key: Value = serde_json::from_str(&printed).map_err(|error| error.to_string())?;
        let value = key["value"].as_str();
        value
            .map(str::to_owned)
            .ok_or_else(|| format!("`key create` printed no key: {key}"))
    }

    fn seed(&self, contents: Contents) -> Result<Vec<String>, String> {
        let file = self.directory.join("keys");
        let mut seed = Command::new(&self.tools.anchors);
        seed.arg("seed").arg("--database").arg(self.database());
        seed.args(["--tenants", &contents.tenants.to_string()]);
        seed.args(["--own-models", &contents.own_models.to_string(), "--keys"]);
        seed.arg(&file);
        output(seed, &Value::Null)?;
        let keys = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
        Ok(keys.lines().map(str::to_owned).collect())
    }

    /// Runs the command line with this input.
    fn run(&self, arguments: &[&str], input: &Value) -> Result<String, String> {
        // An older program cannot open the database of a newer one.
        let program = self.tools.beside.as_ref().unwrap_or(&self.tools.service);
        let mut command = self.service(Command::new(program));
        command.args(arguments);
        output(command, input)
    }
}

/// Returns the command's standard output; fails if the command fails.
pub fn output(mut command: Command, input: &Value) -> Result<String, String> {
    let fail = |error: std::io::Error| error.to_string();
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(fail)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command that does not read its input ends before all of it is written.
        let _ = stdin.write_all(input.to_string().as_bytes());
    }
    let output = child.wait_with_output().map_err(fail)?;
    if !output.status.success() {
        let printed = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{command:?} failed: {printed}"));
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}

/// This many public models, a third of them fine-tuned, including the retrieved one.
fn public(count: usize) -> Value {
    let models = (1..count).map(|number| {
        let family = FAMILIES[number % FAMILIES.len()];
        let created = 1_686_588_896 + number * 3_607;
        let (id, owned_by) = if number % 3 == 0 {
            let id = format!("ft:{family}:acme-research:exp-{number:06}:AbCdEf12");
            (id, "organization-owner")
        } else {
            (format!("{family}-{number:06}"), "system")
        };
        json!({"id": id, "created": created, "owned_by": owned_by})
    });
    let retrieved =
        json!({"id": MODEL, "created": 1_721_172_741, "owned_by": "organization-owner"});
    models.chain([retrieved]).collect()
}
