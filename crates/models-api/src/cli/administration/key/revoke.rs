//! `key revoke`.

use std::path::PathBuf;

use clap::Args;
use models_core::{ApiKeyId, Secret};
use models_node::use_cases::keys::{self, KeyName};

use crate::cli::catalog::origin;
use crate::cli::missing;
use crate::cli::terminal::refusal::KEY_ID;
use crate::cli::terminal::{Failure, Output, secret_file, shown};
use crate::store::Store;

const EXAMPLES: &str = "Examples:
  models-api key revoke key_01a206232c3a70f9b6190ea2273fb388
  models-api key revoke --secret-file leaked-key
  models-api key revoke --secret-file -    # type or paste the secret, then Enter and Ctrl-D

Never give the secret as an argument: other users and the shell's history can read it there.";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
#[group(required = true, multiple = false)]
pub(in crate::cli) struct Revoke {
    /// The key's id, `key_…`; `models-api key list` shows all ids.
    #[arg(value_name = KEY_ID)]
    id: Option<ApiKeyId>,
    /// Revoke the key whose secret is in this file (`-` for standard input).
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

impl Revoke {
    pub(super) async fn run(self, store: &Store, output: Output) -> Result<(), Failure> {
        let (name, missing) = match (self.id, &self.secret_file) {
            (Some(id), _) => {
                let missing = missing::key(&id);
                (KeyName::Id(id), missing)
            }
            (None, Some(path)) => {
                let shown = shown(path);
                let secret = Secret::parse(&secret_file::read(path)?)
                    .map_err(|error| format!("{shown}: {error}"))?;
                let missing = format!(
                    "{shown}: there is no key with this secret; `models-api key list` shows all"
                );
                (KeyName::Secret(secret), missing)
            }
            (None, None) => return Err("name the key's id or a file with its secret".into()),
        };
        let revoked = keys::revoke(&*store.api_keys, &*store.credentials, &name, origin()).await?;
        let key = revoked.ok_or(missing)?;
        output.object(&key, || {
            format!("Revoked the key {} of `{}`.", key.id, key.organization_slug)
        })
    }
}
