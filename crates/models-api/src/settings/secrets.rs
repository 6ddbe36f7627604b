//! The password of the database: its sources, and the passwords that are refused.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use models_core::mask;
use url::Url;

use super::database::{DatabaseSettings, DatabaseUrl};
use crate::store::{DatabaseKind, DatabasePassword, PasswordSource};

/// Passwords that anybody can guess: the default of the compose stack, and common first passwords.
const KNOWN: [&str; 7] = [
    "models-development-only",
    "models",
    "postgres",
    "password",
    "PASSWORD",
    "changeme",
    "secret",
];

/// A setting that cannot be used, and the reason.
pub(super) type Refusal = (&'static str, String);

const URL: &str = "database.url";
const PASSWORD_FILE: &str = "database.password_file";

impl DatabaseUrl {
    /// Returns the URL without secrets, for messages. It keeps only parts that are certainly not a password. A password
    /// with a raw `/`, `?`, `#` or `@` looks like another part, so a URL with such a part becomes `…`.
    #[must_use]
    pub fn masked(&self) -> String {
        const NOTHING: &str = "…";
        let Ok(mut url) = Url::parse(&self.0) else {
            return NOTHING.to_owned();
        };
        let is_odd = url.fragment().is_some() || url.path().contains('@');
        if is_odd || url.password().is_some() && url.set_password(Some("***")).is_err() {
            return NOTHING.to_owned();
        }
        if let Some(query) = url.query() {
            let shown: Vec<_> = query.split('&').map(shown_parameter).collect();
            url.set_query(Some(&shown.join("&")));
        }
        mask(url.as_str()).into_owned()
    }

    /// Whether the URL holds a password.
    pub(super) fn has_password(&self) -> bool {
        self.password().is_some()
    }

    fn password(&self) -> Option<String> {
        if self.has_empty_password() {
            return Some(String::new());
        }
        let url = Url::parse(&self.0).ok()?;
        let in_query = || {
            let mut pairs = url.query_pairs();
            pairs.find(|(name, _)| name == "password")
        };
        let plain = url.password().map(|password| {
            percent_encoding::percent_decode_str(password)
                .decode_utf8_lossy()
                .into_owned()
        });
        plain.or_else(|| in_query().map(|(_, value)| value.into_owned()))
    }

    /// Whether the URL has the form `user:@host`. The parser reports no password for it.
    fn has_empty_password(&self) -> bool {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
        let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
        user.ends_with(':')
    }

    fn with_password(&self, password: &str) -> Option<Self> {
        if DatabaseKind::of(&self.0).ok()? != DatabaseKind::Postgres {
            return None;
        }
        let mut url = Url::parse(&self.0).ok()?;
        // `set_password` does not encode a `%`, but a reader of the URL decodes it.
        let password = password.replace('%', "%25");
        url.set_password(Some(&password)).ok()?;
        Some(Self(url.into()))
    }
}

/// Returns a parameter of a URL for messages. Masks an unknown parameter whole: its name may be part of a password.
fn shown_parameter(parameter: &str) -> &str {
    const HARMLESS: [&str; 18] = [
        "application_name",
        "channel_binding",
        "connect_timeout",
        "dbname",
        "host",
        "hostaddr",
        "port",
        "ssl",
        "ssl-cert",
        "ssl-mode",
        "ssl-root-cert",
        "ssl_mode",
        "sslcert",
        "sslmode",
        "sslrootcert",
        "statement-cache-capacity",
        "target_session_attrs",
        "user",
    ];
    let (name, _) = parameter.split_once('=').unwrap_or_default();
    if HARMLESS.contains(&name) {
        return parameter;
    }
    let is_password = |name: &&str| name.eq_ignore_ascii_case("password");
    Some(name)
        .filter(is_password)
        .map_or("***", |_| "password=***")
}

/// Puts the password of the password file into the URL, and refuses passwords that are not secret. `file` is the file of
/// settings that holds the URL, if one does.
pub(super) fn resolve(
    database: &mut DatabaseSettings,
    is_development: bool,
    file: Option<&Path>,
) -> Result<(), Refusal> {
    let in_url = database.url.password();
    if !database.password_file.as_os_str().is_empty() {
        if in_url.is_some() {
            return Err((PASSWORD_FILE, format!("`{URL}` also has a password")));
        }
        let password = read(&database.password_file).map_err(|reason| (PASSWORD_FILE, reason))?;
        let with = database.url.with_password(&password);
        database.url = with.ok_or_else(|| {
            let reason = format!("`{URL}` has a form that takes no password");
            (PASSWORD_FILE, reason)
        })?;
    } else if let (Some(_), Some(file)) = (in_url, file) {
        check_mode(file).map_err(|reason| (URL, reason))?;
    }
    let is_known = |password: String| password.is_empty() || KNOWN.contains(&password.as_str());
    if !is_development && database.url.password().is_some_and(is_known) {
        let reason =
            "the password is empty or well known; only the environment `development` accepts it";
        return Err((URL, reason.to_owned()));
    }
    Ok(())
}

/// The file with the password of the database. A running service reads it again, so that the password can be rotated.
pub(super) struct PasswordFile(PathBuf);

impl PasswordFile {
    pub(super) fn at(path: PathBuf) -> Self {
        Self(path)
    }
}

impl PasswordSource for PasswordFile {
    fn read(&self) -> Result<DatabasePassword, String> {
        read(&self.0).map(DatabasePassword::new)
    }
}

/// Reads the only line of the file.
pub(super) fn read(path: &Path) -> Result<String, String> {
    check_mode(path)?;
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let line = text.trim_end_matches(['\r', '\n']);
    if line.is_empty() || line.contains('\n') {
        return Err(format!("{} must hold one line", path.display()));
    }
    Ok(line.to_owned())
}

fn check_mode(path: &Path) -> Result<(), String> {
    let metadata = fs::metadata(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let others = metadata.permissions().mode() & 0o007;
    if others == 0 {
        return Ok(());
    }
    Err(format!(
        "{0} holds a password, and every user of this machine may access it; run: chmod o= {0}",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn url(text: &str) -> DatabaseUrl {
        DatabaseUrl(text.to_owned())
    }

    fn settings(text: &str, file: &Path) -> DatabaseSettings {
        DatabaseSettings {
            url: url(text),
            password_file: file.to_owned(),
            max_connections: 1,
            connect_timeout: std::time::Duration::from_secs(1),
        }
    }

    #[test]
    fn a_url_is_shown_without_its_password() {
        for (given, shown) in [
            ("sqlite://data/models.db", "sqlite://data/models.db"),
            ("postgres://me:s3@x:1/y", "postgres://me:***@x:1/y"),
            (
                "postgres://me@x/y?sslmode=require&password=s3",
                "postgres://me@x/y?sslmode=require&password=***",
            ),
            (
                "postgres://me@x/y?PassWord=s3&sslpassword=s3&passwd=s3",
                "postgres://me@x/y?password=***&***&***",
            ),
            ("postgres://me:12?s3@x/y", "postgres://me:12?***"),
            ("postgres://me:12/s3@x/y", "…"),
            ("postgres://me:12#s3@x/y", "…"),
            ("postgres://me:s3@s3@x/y", "postgres://me:***@x/y"),
            ("postgres:me:s3@x/y", "…"),
            ("postgres://[", "…"),
        ] {
            assert_eq!(url(given).masked(), shown);
        }
    }

    #[test]
    fn a_password_file_that_all_users_may_read_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("password");
        fs::write(&path, "a/b@c%41 d\n").unwrap();
        let mode = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        mode(0o644);
        let mut database = settings("postgres://me@x/y", &path);
        let (key, reason) = resolve(&mut database, true, None).unwrap_err();
        assert!(
            key == PASSWORD_FILE && reason.contains("chmod o= "),
            "{reason}"
        );
        mode(0o640);
        resolve(&mut database, false, None).unwrap();
        assert_eq!(database.url.password().as_deref(), Some("a/b@c%41 d"));
        for (given, expected) in [
            ("postgres://me:x@x/y", "also has a password"),
            (
                "sqlite://data/models.db",
                "has a form that takes no password",
            ),
        ] {
            let (_, reason) = resolve(&mut settings(given, &path), true, None).unwrap_err();
            assert!(reason.contains(expected), "{reason}");
        }
        for text in ["", "\n", "one\ntwo\n"] {
            fs::write(&path, text).unwrap();
            let (_, reason) =
                resolve(&mut settings("postgres://me@x/y", &path), true, None).unwrap_err();
            assert!(reason.ends_with("must hold one line"), "{reason}");
        }
    }

    #[test]
    fn a_well_known_password_is_accepted_only_in_development() {
        for password in KNOWN.into_iter().chain([""]) {
            let given = format!("postgres://me:{password}@x/y?x=1");
            let mut database = settings(&given, Path::new(""));
            assert!(resolve(&mut database, true, None).is_ok());
            assert!(resolve(&mut database, false, None).is_err(), "{given}");
        }
        // Without a password: peer authentication, a certificate, or a `.pgpass`.
        assert!(
            resolve(
                &mut settings("postgres://me@x/y", Path::new("")),
                false,
                None
            )
            .is_ok()
        );
    }
}
