//! The encryption of connections to a PostgreSQL server.

use std::net::IpAddr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{ConnectOptions, Connection};
use tokio::time::timeout;

use super::location::location;
use super::parameters;
use crate::database::OpenError;

/// The protection of the connections to a database server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// TLS. The URL's `sslmode` says whether the server's certificate is verified.
    Tls,
    /// No encryption, and none is needed: the server is on this machine.
    SameMachine,
    /// No encryption: everybody on the network path can read the password's proof and the data.
    None,
}

impl Encryption {
    /// The name in the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tls => "tls",
            Self::SameMachine => "none, same machine",
            Self::None => "none",
        }
    }
}

/// Connects, and returns the encryption. If TLS is preferred, it first tries a connection that
/// requires TLS, because behind a pooler `pg_stat_ssl` does not describe the client's own
/// connection.
pub(crate) async fn connect(
    options: &PgConnectOptions,
) -> Result<(PgConnection, Encryption), sqlx::Error> {
    match options.get_ssl_mode() {
        PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull => {
            Ok((options.connect().await?, Encryption::Tls))
        }
        PgSslMode::Disable | PgSslMode::Allow => Ok((options.connect().await?, plain(options))),
        PgSslMode::Prefer => {
            let demanding = options.clone().ssl_mode(PgSslMode::Require);
            match demanding.connect().await {
                Ok(connection) => Ok((connection, Encryption::Tls)),
                Err(sqlx::Error::Tls(_)) => Ok((options.connect().await?, plain(options))),
                Err(error) => Err(error),
            }
        }
    }
}

fn plain(options: &PgConnectOptions) -> Encryption {
    let host = options.get_host();
    let is_loopback = host
        .trim_matches(['[', ']'])
        .parse()
        .is_ok_and(|address: IpAddr| address.is_loopback());
    if options.get_socket().is_some() || host.starts_with('/') || host == "localhost" || is_loopback
    {
        Encryption::SameMachine
    } else {
        Encryption::None
    }
}

/// Connects to the PostgreSQL server of this URL within this time, and returns the encryption.
/// Changes nothing there.
pub async fn encryption(url: &str, time: Duration) -> Result<Encryption, OpenError> {
    let options = parameters::parse(url)?;
    let location = location(&options);
    match timeout(time, connect(&options)).await {
        Ok(Ok((connection, encryption))) => {
            let _ = timeout(time, connection.close()).await;
            Ok(encryption)
        }
        Ok(Err(source)) => Err(OpenError::Connect { location, source }),
        Err(_) => Err(OpenError::Timeout {
            location,
            timeout: time,
        }),
    }
}
