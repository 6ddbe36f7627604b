//! The memory that the service needs for clients that read a long list slowly.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::catalog::Catalog;
use super::cells::{Contents, LIST};
use super::load::CONNECTIONS;
use super::names::SERVICE;
use super::scene::logged_address;
use super::servers::http::bearer;
use super::servers::process;
use super::servers::server::Server;
use super::tools::Tools;

pub const NAME: &str = "slow readers of the list of 100,000";

const CONTENTS: Contents = Contents {
    models: 100_000,
    tenants: 0,
    own_models: 0,
    views_mib: None,
    allow_list: false,
};
/// The time for which the clients read, and the bytes of each read.
const READING: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(100);
const AT_A_TIME: usize = 16 * 1024;

/// Measures, and returns the section of the report.
pub fn measure(tools: &Tools) -> Result<String, String> {
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let catalog = Catalog::make(tools, directory.path(), CONTENTS, 0)?;
    let mut command = catalog.service(tools.cores.server(&tools.service));
    command.arg("serve");
    let log = directory.path().join("models.log");
    let server = Server::start(SERVICE, command, &log, logged_address)?;
    let length = server.get(LIST, &[bearer(&catalog.key)])?.body.len();
    server.settle();
    let idle = server.memory();
    let fail = |error: std::io::Error| format!("{NAME}: {error}");
    let mut readers = vec![];
    for _ in 0..CONNECTIONS {
        let mut stream = TcpStream::connect(&server.address).map_err(fail)?;
        let request = format!(
            "GET {LIST} HTTP/1.1\r\nHost: models\r\nAuthorization: Bearer {}\r\n\r\n",
            catalog.key
        );
        stream.write_all(request.as_bytes()).map_err(fail)?;
        readers.push(stream);
    }
    let began = Instant::now();
    let mut most = process::Memory::default();
    let mut buffer = vec![0; AT_A_TIME];
    while began.elapsed() < READING {
        for reader in &mut readers {
            reader.read_exact(&mut buffer).map_err(fail)?;
        }
        let now = server.memory();
        most.resident = most.resident.max(now.resident);
        most.proportional = most.proportional.max(now.proportional);
        std::thread::sleep(PAUSE);
    }
    let mebibytes = |kibibytes: u64| kibibytes as f64 / 1024.0;
    Ok(format!(
        "## {NAME}\n\n{CONNECTIONS} connections read {length} bytes, {AT_A_TIME} every {} ms each: RSS {:.1} MiB idle, \
         {:.1} MiB at most; PSS {:.1} MiB idle, {:.1} MiB at most.\n\n",
        PAUSE.as_millis(),
        mebibytes(idle.resident),
        mebibytes(most.resident),
        mebibytes(idle.proportional),
        mebibytes(most.proportional),
    ))
}
