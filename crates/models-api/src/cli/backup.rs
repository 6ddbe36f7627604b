//! `backup`: copies a SQLite database while the service runs.

use std::path::Path;

use serde_json::json;

use super::terminal::{Failure, Output};
use crate::settings::Settings;

pub(super) async fn run(settings: &Settings, to: &Path, output: Output) -> Result<(), Failure> {
    models_store::back_up(settings.database.url.expose(), to).await?;
    let shown = to.display().to_string();
    output.object(&json!({"file": shown}), || {
        format!("Copied the database to {shown}; to restore it, name that file in `database.url`.")
    })
}
