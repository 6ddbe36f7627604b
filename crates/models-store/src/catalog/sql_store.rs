//! The repositories that change the catalog.

use std::ops::Deref;
use std::sync::Arc;

use models_core::Barrier;

use super::database::{Backend, Database};

/// The repositories that change the catalog.
pub(crate) struct SqlStore<DB: Backend> {
    pub(crate) database: Database<DB>,
    /// Where changes wait that take something away.
    pub(crate) barrier: Arc<dyn Barrier>,
}

// Derived, it would ask for `DB: Clone`.
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
