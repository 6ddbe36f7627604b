//! The check that a store's files are still in place. PostgreSQL has no such files.

use std::time::Duration;

use models_core::RepositoryError;

use crate::catalog::{Backend, Database, NODES_FILE, no_catalog};
use crate::database::{Deadline, repository_error};
use crate::files::FileState;

impl<DB: Backend> Database<DB> {
    /// `Unavailable` if the database was removed or replaced.
    pub(crate) fn check_database_file(&self) -> Result<(), RepositoryError> {
        self.files
            .as_ref()
            .map_or(Ok(()), |files| files.check_database())
    }

    /// Whether the nodes file is still in place.
    pub(crate) fn has_nodes_file_in_place(&self) -> bool {
        let files = self.files.as_ref();
        files.is_none_or(|files| files.state() == FileState::InPlace)
    }

    /// The reason why the attached nodes file does not count; `None` if it counts.
    pub(crate) async fn refusal_of_nodes_file(&self) -> Result<Option<String>, RepositoryError> {
        let Some(files) = &self.files else {
            return Ok(None);
        };
        Ok(files.refusal(&self.nodes_file_in_catalog().await?))
    }

    /// `Unavailable` if there may be nodes, with a lease of at most this length, whose rows the
    /// attached file lacks.
    pub(crate) async fn check_rows_are_complete(
        &self,
        lease: Duration,
    ) -> Result<(), RepositoryError> {
        let Some(files) = &self.files else {
            return Ok(());
        };
        self.check_database_file()?;
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

    /// Attaches the file that counts, if it is not attached yet. Call it only while the node holds
    /// no lease.
    pub(crate) async fn attach_nodes_file(&self) -> Result<(), RepositoryError> {
        let Some(files) = &self.files else {
            return Ok(());
        };
        self.check_database_file()?;
        if self.refusal_of_nodes_file().await?.is_none() {
            return Ok(());
        }
        let files = files.clone();
        self.run(async move {
            let attached = files.attach().await;
            attached.map_err(|error| {
                let file = files.path().display();
                tracing::warn!(%file, %error, "failed to attach the nodes file");
                repository_error(error)
            })
        })
        .await
    }
}
