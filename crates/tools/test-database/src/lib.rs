//! A separate SQLite or PostgreSQL database for each test, which is removed when the test ends.

mod password_server;
mod proxy;

pub use password_server::PasswordServer;
pub use proxy::Proxy;

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;
use uuid::Uuid;

/// The variable with the URL of the PostgreSQL server for test databases. `cargo xtask test` starts
/// a server and sets it.
pub const POSTGRES_VARIABLE: &str = "MODELS_TEST_POSTGRES_URL";

/// A database that is removed when this value is dropped.
pub struct TestDatabase {
    url: String,
    kept: Kept,
}

enum Kept {
    Directory(#[expect(dead_code, reason = "removes the directory when it is dropped")] TempDir),
    Server { url: String, name: String },
}

impl TestDatabase {
    /// A path of a file in a new directory. The file does not exist yet.
    ///
    /// # Panics
    ///
    /// If the temporary directory cannot be created.
    #[must_use]
    pub fn sqlite() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let url = format!("sqlite://{}/models.db", directory.path().display());
        Self {
            url,
            kept: Kept::Directory(directory),
        }
    }

    /// An empty database on the PostgreSQL server.
    ///
    /// # Panics
    ///
    /// If the environment names no server, or if the server does not respond: a test that needs
    /// PostgreSQL fails without it.
    pub async fn postgres() -> Self {
        let server = std::env::var(POSTGRES_VARIABLE).unwrap_or_else(|_| {
            panic!("{POSTGRES_VARIABLE} names no PostgreSQL server; run `cargo xtask test`, which starts one")
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

    /// Ends all connections to a PostgreSQL database and refuses new ones.
    ///
    /// # Panics
    ///
    /// If the database is a SQLite file.
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

    /// Runs statements on a PostgreSQL database.
    ///
    /// # Panics
    ///
    /// If the server refuses them.
    pub async fn execute(&self, statements: &str) {
        execute(&self.url, statements.to_owned()).await;
    }

    /// The database's URL.
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
        // `drop` is not async, and it may run on the test's own runtime, which must not block.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(execute(&url, statement));
        });
        assert!(
            dropping.join().is_ok() || std::thread::panicking(),
            "failed to drop the test database"
        );
    }
}

async fn execute(url: &str, statement: String) {
    let mut connection = PgConnection::connect(url)
        .await
        .expect("the PostgreSQL server responds");
    // The statements are constants of tests, or name a UUID from above.
    connection
        .execute(AssertSqlSafe(statement))
        .await
        .expect("the server executes the statements");
}
