//! The store of a catalog: the database and the barrier.

use std::ops::Deref;
use std::sync::Arc;

use models_core::Barrier;

use super::database::{Backend, Database};

/// The store of a catalog. It implements the repositories that change the catalog.
pub(crate) struct SqlStore<DB: Backend> {
    pub(crate) database: Database<DB>,
    /// The barrier at which changes wait that take something away.
    pub(crate) barrier: Arc<dyn Barrier>,
}

// A derived `Clone` would require `DB: Clone`.
impl<DB: Backend> Clone for SqlStore<DB> {
    fn clone(&self) -> Self {
        Self {
            database: self.database.clone(),
            barrier: self.barrier.clone(),
        }
    }
}

impl<DB: Backend> Deref for SqlStore<DB> {
    type Target = Database<DB>;

    fn deref(&self) -> &Database<DB> {
        &self.database
    }
}
