//! The URL of the database that `copy` fills. It may hold a password.

use std::path::Path;

use super::database::DatabaseUrl;
use super::names::COPY_TO;
use super::secrets;

impl DatabaseUrl {
    /// Reads the URL from an argument, which must hold no password: all users of the machine can read the arguments of
    /// a process, and the shell keeps them in its history.
    pub fn from_argument(url: String) -> Result<Self, String> {
        let url = Self::try_from(url).map_err(|error| format!("--to: {error}"))?;
        if url.has_password() {
            return Err(format!(
                "--to: other users and the shell's history can read a password in an argument; put the URL into a file \
                 for --to-file or into the variable {COPY_TO}"
            ));
        }
        Ok(url)
    }

    /// Reads the URL from the only line of a file that not every user may access.
    pub fn from_file(path: &Path) -> Result<Self, String> {
        Self::try_from(secrets::read(path)?).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Reads the URL from the variable; `None` if it is not set.
    pub fn from_variable() -> Result<Option<Self>, String> {
        match std::env::var(COPY_TO) {
            Ok(url) => Self::try_from(url)
                .map(Some)
                .map_err(|error| format!("the variable {COPY_TO}: {error}")),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => {
                Err(format!("the variable {COPY_TO} is not UTF-8"))
            }
        }
    }
}
