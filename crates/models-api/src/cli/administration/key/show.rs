//! `key show`.

use clap::Args;
use models_core::{ApiKeyId, ListedApiKey};

use super::super::cell;
use super::super::key_options::scopes_text;
use super::find::find_key;
use crate::cli::terminal::refusal::KEY_ID;
use crate::cli::terminal::{Failure, Output};
use crate::store::Store;

#[derive(Args)]
#[command(after_help = "Example:\n  models-api key show key_01a206232c3a70f9b6190ea2273fb388")]
pub(in crate::cli) struct Show {
    /// The key's id, `key_…`; `models-api key list` shows all ids.
    #[arg(value_name = KEY_ID)]
    id: ApiKeyId,
}

impl Show {
    pub(super) async fn run(self, store: &Store, output: Output) -> Result<(), Failure> {
        let id = &self.id;
        let listed = find_key(store, id).await?;
        let ListedApiKey { key, last_used_at } = &listed;
        output.object(&listed, || {
        let account = key.service_account_id.as_ref();
        format!(
            "id               {id}\norganization     {}\nproject          {}\nservice account  {}\nname             {}\nrole             {}\nscopes           {}\nvalue            {}\ncreated          {}\nlast used        {}\nexpires          {}\nrevoked          {}",
            key.organization_slug,
            key.project_id,
            account.map_or("-", |id| id.as_str()),
            key.name,
            key.role,
            scopes_text(key.scopes.as_ref()),
            key.redacted_value,
            key.created_at,
            cell(*last_used_at),
            cell(key.expires_at),
            cell(key.revoked_at)
        )
    })
    }
}
