//! The location of a database, to show to operators.

use sqlx::postgres::PgConnectOptions;

/// The server and the database, without the password.
pub(crate) fn location(connect: &PgConnectOptions) -> String {
    let database = connect
        .get_database()
        .unwrap_or_else(|| connect.get_username());
    match connect.get_socket() {
        Some(socket) => format!("postgres://{}/{database}", socket.display()),
        None => format!(
            "postgres://{}:{}/{database}",
            connect.get_host(),
            connect.get_port()
        ),
    }
}
