//! Opens a store on either database.

use std::sync::Arc;

use models_core::{Barrier, NodeRepository};

use super::options::{DatabaseKind, Options};
use super::store::Store;
use super::{parameters, postgres, sqlite};
use crate::database::{OpenError, PasswordSource};

/// Opens the catalog at this URL, which has the form `sqlite://PATH` or
/// `postgres://USER:PASSWORD@HOST:PORT/DATABASE`. Creates or migrates its tables, and checks the
/// settings that durability and isolation need. `nodes` makes the barrier from the nodes' rows.
/// Call it on the runtime that is to execute the store's work.
pub async fn open<N: Barrier + 'static>(
    url: &str,
    options: Options,
    nodes: impl FnOnce(Arc<dyn NodeRepository>) -> N,
) -> Result<Store<N>, OpenError> {
    open_with(url, options, None, nodes).await
}

/// Opens a catalog on a server whose password may change meanwhile. The URL must hold the password
/// that `password` has now.
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

/// Fails for a URL that cannot be opened, or with a part that would have no effect. Opens nothing.
pub fn check_url(url: &str) -> Result<(), OpenError> {
    match DatabaseKind::of(url)? {
        DatabaseKind::Sqlite => sqlite::parse(url).map(drop),
        DatabaseKind::Postgres => parameters::parse(url).map(drop),
    }
}
