//! The tables of settings in `docs/configuration.md` are generated from `config/default.toml`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::text::root;
use crate::program::Program;

const BEGIN: &str = "<!-- settings: made from config/default.toml -->\n";
const END: &str = "<!-- end of settings -->\n";

/// A setting in `config/default.toml`.
pub struct Setting {
    pub key: String,
    pub value: String,
    pub meaning: String,
}

/// Every setting, in the order of the file.
pub fn defaults() -> Vec<Setting> {
    let file = std::fs::read_to_string(root().join("config/default.toml")).unwrap();
    let (mut section, mut comment) = (String::new(), vec![]);
    let mut settings = vec![];
    for line in file.lines() {
        if let Some(text) = line.strip_prefix("# ") {
            comment.push(text);
        } else if let Some((key, value)) = line.split_once(" = ") {
            settings.push(Setting {
                key: format!("{section}{key}"),
                value: value.trim_matches('"').to_owned(),
                meaning: std::mem::take(&mut comment).join(" "),
            });
        } else {
            comment.clear();
            if let Some(name) = line.strip_prefix('[') {
                section = name.replace(']', ".");
            }
        }
    }
    settings
}

/// The tables, one for each section.
fn tables() -> String {
    let mut lines = vec![];
    let mut current = None;
    for setting in defaults() {
        let section = match setting.key.split_once('.') {
            Some((section, _)) => format!("`{section}`"),
            None => "General".to_owned(),
        };
        if current.as_ref() != Some(&section) {
            lines.extend([String::new(), format!("### {section}"), String::new()]);
            lines.push("| setting | default | meaning |".to_owned());
            lines.push("| --- | --- | --- |".to_owned());
            current = Some(section);
        }
        let value = if setting.value.is_empty() {
            "none".to_owned()
        } else {
            format!("`{}`", setting.value)
        };
        lines.push(format!(
            "| `{}` | {value} | {} |",
            setting.key, setting.meaning
        ));
    }
    lines.join("\n") + "\n\n"
}

/// If the variable `UPDATE_DOCUMENTS` is set, this test writes the tables.
#[test]
fn the_tables_of_settings_match_the_defaults() {
    let path = root().join("docs/configuration.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
        std::fs::write(path, format!("{before}{BEGIN}{}{END}{after}", tables())).unwrap();
        return;
    }
    assert!(
        found == tables(),
        "config/default.toml has changed: run this test with UPDATE_DOCUMENTS=1"
    );
}

#[test]
fn every_setting_has_a_meaning_and_its_default_is_in_force() {
    let settings = defaults();
    let unexplained: Vec<_> = settings
        .iter()
        .filter(|setting| setting.meaning.is_empty())
        .map(|setting| &setting.key)
        .collect();
    assert!(unexplained.is_empty(), "{unexplained:?}");
    let program = Program::on_sqlite();
    let mut command = program.command(&["config", "check", "--json"]);
    command
        .env_remove("MODELS__SERVER__PORT")
        .env_remove("MODELS__OPERATIONS__PORT");
    let printed: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    let in_force = printed.as_array().unwrap().iter().map(|setting| {
        let text = |name: &str| setting[name].as_str().unwrap().to_owned();
        (text("key"), text("value"))
    });
    let documented = settings
        .into_iter()
        .map(|setting| (setting.key, setting.value));
    assert_eq!(
        documented.collect::<BTreeMap<_, _>>(),
        in_force.collect::<BTreeMap<_, _>>()
    );
}
