//! A database of its own for each test, of either kind, removed when the test ends.

mod password_server;
mod proxy;

pub use password_server::PasswordServer;
pub use proxy::Proxy;

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;
use uuid::Uuid;

/// Names the PostgreSQL server to make databases on. `cargo xtask test` starts one and sets it.
pub const POSTGRES_VARIABLE: &str = "MODELS_TEST_POSTGRES_URL";

/// A database that exists as long as this value does.
pub struct TestDatabase {
    url: String,
    kept: Kept,
}

enum Kept {
    Directory(#[expect(dead_code, reason = "removes the directory when it is dropped")] TempDir),
    Server { url: String, name: String },
}

impl TestDatabase {
    /// A file in a directory of its own; it does not exist yet.
    ///
    /// # Panics
    ///
    /// If there can be no temporary directory.
    #[must_use]
    pub fn sqlite() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let url = format!("sqlite://{}/models.db", directory.path().display());
        Self {
            url,
            kept: Kept::Directory(directory),
        }
    }

    /// An empty database on the server that the environment names.
    ///
    /// # Panics
    ///
    /// If the environment names no server, or it does not answer: a test that needs PostgreSQL
    /// fails without it.
    pub async fn postgres() -> Self {
        let server = std::env::var(POSTGRES_VARIABLE).unwrap_or_else(|_| {
            panic!("{POSTGRES_VARIABLE} names no PostgreSQL server; `cargo xtask test` starts one and runs the tests")
        });
        let (base, _) = server
            .rsplit_once('/')
            .expect("a URL that ends in the name of a database");
        let name = format!("models_{}", Uuid::now_v7().simple());
        execute(&server, format!("CREATE DATABASE {name}")).await;
        Self {
            url: format!("{base}/{name}"),
            kept: Kept::Server { url: server, name },
        }
    }

    /// Ends all connections to the database and lets nobody in any more. Only a server's can be
    /// closed.
    ///
    /// # Panics
    ///
    /// If it is a file.
    pub async fn close(&self) {
        let Kept::Server { url, name } = &self.kept else {
            panic!("a file has no connections")
        };
        execute(
            url,
            format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"),
        )
        .await;
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname";
        execute(url, format!("{end} = '{name}'")).await;
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Kept::Server { url, name } = &self.kept else {
            return;
        };
        let (url, statement) = (url.clone(), format!("DROP DATABASE {name} WITH (FORCE)"));
        // `drop` is not async, and the test's own runtime may be the one that is dropping.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(execute(&url, statement));
        });
        assert!(
            dropping.join().is_ok() || std::thread::panicking(),
            "the test database could not be dropped"
        );
    }
}

async fn execute(url: &str, statement: String) {
    let mut connection = PgConnection::connect(url)
        .await
        .expect("the PostgreSQL server answers");
    // The name in the statement is made of a UUID, above.
    connection
        .execute(AssertSqlSafe(statement))
        .await
        .expect("a database is created or dropped");
}
