//! nginx with the service's bytes, from a file and from its configuration.

use std::net::{TcpListener, TcpStream};
use std::path::Path;

use super::cores::Cores;
use super::server::Server;
use crate::bench::cells;
use crate::system;

/// Finds nginx, which may be in a directory that a user's PATH lacks.
pub fn find() -> Option<&'static str> {
    ["nginx", "/usr/sbin/nginx"]
        .into_iter()
        .find(|program| system::has(program))
}

/// Starts nginx, and returns it with `return 200` and with static files.
pub fn start(
    program: &str,
    cores: Cores,
    directory: &Path,
    model: &str,
) -> Result<[Server; 2], String> {
    let address = free_address().map_err(|error| error.to_string())?;
    let file = directory.join("nginx.conf");
    std::fs::write(&file, configuration(directory, &address, model))
        .map_err(|error| error.to_string())?;
    let mut command = cores.server(program);
    command.arg("-c").arg(&file).arg("-e").arg("stderr");
    let log = directory.join("nginx.log");
    let constant = Server::start("nginx, return 200", command, &log, |_| {
        TcpStream::connect(&address).ok().map(|_| address.clone())
    })?;
    let files = constant.alias("nginx, static file", "/file");
    Ok([constant, files])
}

/// nginx cannot report a port that the system chose, so this finds a free one.
fn free_address() -> std::io::Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    Ok(listener.local_addr()?.to_string())
}

fn configuration(directory: &Path, address: &str, model: &str) -> String {
    let directory = directory.display();
    let path = cells::model_path();
    let user = if system::is_root() { "user root;" } else { "" };
    format!(
        "{user} daemon off; worker_processes 1; pid {directory}/nginx.pid; error_log stderr crit;
events {{ worker_connections 1024; }}
http {{
  access_log off; default_type application/json; sendfile on; tcp_nodelay on;
  keepalive_requests 100000000; keepalive_timeout 3600s;
  open_file_cache max=100 inactive=1h; open_file_cache_valid 1h;
  client_body_temp_path {directory}; proxy_temp_path {directory}; fastcgi_temp_path {directory};
  uwsgi_temp_path {directory}; scgi_temp_path {directory};
  server {{
    listen {address} backlog=1024;
    location /v1/models/ {{ return 200 '{model}'; }}
    location = /file/v1/models {{ alias {directory}/list.json; }}
    location = /file{path} {{ alias {directory}/model.json; }}
  }}
}}
"
    )
}
