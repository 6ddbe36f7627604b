//! Opening a store: which database, is it reachable, is it ours, is it set as we need it.

use std::sync::Arc;

use models_core::{Barrier, NodeRepository};

use super::options::{DatabaseKind, Options};
use super::store::Store;
use super::{parameters, postgres, sqlite};
use crate::database::{OpenError, PasswordSource};

/// Opens the catalog at this URL, of the form `sqlite://PATH` or
/// `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, creates or migrates its tables, and asserts the
/// settings on which durability and isolation rest. `nodes` makes the barrier of its changes from the
/// nodes' rows. Call it on the runtime that is to do the store's work.
pub async fn open<N: Barrier + 'static>(
    url: &str,
    options: Options,
    nodes: impl FnOnce(Arc<dyn NodeRepository>) -> N,
) -> Result<Store<N>, OpenError> {
    open_with(url, options, None, nodes).await
}

/// The same for a server whose password may change while the store is open. The password in the URL is the one that
/// `password` has now.
pub async fn open_with<N: Barrier + 'static>(
    url: &str,
    options: Options,
    password: Option<Arc<dyn PasswordSource>>,
    nodes: impl FnOnce(Arc<dyn NodeRepository>) -> N,
) -> Result<Store<N>, OpenError> {
    match DatabaseKind::of(url)? {
        DatabaseKind::Sqlite => sqlite::open(url, options, nodes).await,
        DatabaseKind::Postgres => postgres::open(url, options, password, nodes).await,
    }
}

/// Refuses a URL that cannot be opened, or of which a part would be passed over. Nothing is opened.
pub fn check_url(url: &str) -> Result<(), OpenError> {
    match DatabaseKind::of(url)? {
        DatabaseKind::Sqlite => sqlite::parse(url).map(drop),
        DatabaseKind::Postgres => parameters::parse(url).map(drop),
    }
}
