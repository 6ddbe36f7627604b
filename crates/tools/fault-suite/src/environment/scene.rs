//! Three nodes on one PostgreSQL. The third node connects through a forwarder.

use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::PgPool;

use crate::Failure;
use crate::environment::catalog::Catalog;
use crate::environment::database::Database;
use crate::environment::forwarder::Forwarder;
use crate::environment::node::{LEASE, Node, Start};
use crate::environment::wait::wait;
use crate::report::Report;

pub struct Scene {
    pub nodes: Vec<Node>,
    pub catalog: Catalog,
    pub forwarder: Forwarder,
    pub database: Database,
    /// The options of a node that connects directly.
    pub how: Start,
    pub report: Report,
}

impl Scene {
    pub async fn start(program: &Path) -> Result<Self, Failure> {
        let database = Database::start()?;
        let forwarder = Forwarder::start(database.port).await?;
        let catalog = Catalog::make(&database.url()).await?;
        let how = Start {
            program: program.to_owned(),
            database_url: database.url(),
            prefix: vec![],
            variables: vec![],
        };
        let cuttable = Start {
            database_url: Database::url_through(forwarder.port),
            ..how.clone()
        };
        let mut nodes = vec![];
        for how in [&how, &how, &cuttable] {
            nodes.push(Node::start(how).await?);
        }
        Ok(Self {
            nodes,
            catalog,
            forwarder,
            database,
            how,
            report: Report::default(),
        })
    }

    /// Opens a separate pool of connections.
    pub async fn pool(&self) -> Result<PgPool, Failure> {
        Ok(PgPool::connect(&self.database.url()).await?)
    }

    /// Waits until every node serves again and no barrier waits for a former node.
    pub async fn settle(&self) -> Result<(), Failure> {
        let deadline = Instant::now() + Duration::from_secs(30);
        for node in &self.nodes {
            loop {
                let response = node.get(&self.catalog.owner, "/v1/models", None).await;
                if response.is_ok_and(|response| response.status == 200) {
                    break;
                }
                if Instant::now() > deadline {
                    return Err("a node did not recover within 30 s".into());
                }
                wait(20).await;
            }
        }
        tokio::time::sleep(LEASE + Duration::from_secs(2)).await;
        Ok(())
    }
}
