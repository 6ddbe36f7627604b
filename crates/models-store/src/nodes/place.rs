//! Whether a store's files are still in their place. PostgreSQL's always are.

use std::time::Duration;

use models_core::RepositoryError;

use crate::catalog::{Backend, Database, NODES_FILE, no_catalog};
use crate::database::{Deadline, repository_error};
use crate::files::Fate;

impl<DB: Backend> Database<DB> {
    /// Refuses a database that was removed or replaced.
    pub(crate) fn refuse_other_files(&self) -> Result<(), RepositoryError> {
        self.files
            .as_ref()
            .map_or(Ok(()), |files| files.check_database())
    }

    /// Whether the nodes' rows are still where they were.
    pub(crate) fn has_nodes_file_in_place(&self) -> bool {
        let files = self.files.as_ref();
        files.is_none_or(|files| files.fate() == Fate::InPlace)
    }

    /// Why the nodes' rows do not count; none if they do.
    pub(crate) async fn refusal_of_nodes_file(&self) -> Result<Option<String>, RepositoryError> {
        let Some(files) = &self.files else {
            return Ok(None);
        };
        Ok(files.refusal(&self.nodes_file_in_catalog().await?))
    }

    /// Refuses nodes' rows beside which there may be nodes with a lease of at most this length.
    pub(crate) async fn check_nodes_are_all(&self, lease: Duration) -> Result<(), RepositoryError> {
        let Some(files) = &self.files else {
            return Ok(());
        };
        self.refuse_other_files()?;
        let in_catalog = self.nodes_file_in_catalog().await?;
        files.check(&in_catalog, lease)
    }

    async fn nodes_file_in_catalog(&self) -> Result<String, RepositoryError> {
        let rows: Vec<(String,)> = self
            .read_within(Deadline::RENEWAL, NODES_FILE, vec![])
            .await?;
        let (in_catalog,) = rows.into_iter().next().ok_or_else(no_catalog)?;
        Ok(in_catalog)
    }

    /// Uses the file that counts, if it is another one than before. A node calls it when it holds no lease.
    pub(crate) async fn attach_nodes_file(&self) -> Result<(), RepositoryError> {
        let Some(files) = &self.files else {
            return Ok(());
        };
        self.refuse_other_files()?;
        if self.refusal_of_nodes_file().await?.is_none() {
            return Ok(());
        }
        let files = files.clone();
        self.run(async move {
            let attached = files.attach().await;
            attached.map_err(|error| {
                let file = files.path().display();
                tracing::warn!(%file, %error, "failed to open the file with the nodes' rows");
                repository_error(error)
            })
        })
        .await
    }
}
