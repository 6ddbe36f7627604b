//! Single requests, to inspect a response before the measurement, and kept connections, to send
//! requests beside the measured ones.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// The time limit for a part of a response.
const PATIENCE: Duration = Duration::from_secs(30);

/// A response, with its body as it was sent.
pub struct Response {
    pub status: u16,
    head: String,
    pub body: Vec<u8>,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

pub type Header = (String, String);

pub fn header(name: &str, value: &str) -> Header {
    (name.to_owned(), value.to_owned())
}

pub fn bearer(key: &str) -> Header {
    header("Authorization", &format!("Bearer {key}"))
}

pub fn send(
    address: &str,
    method: &str,
    path: &str,
    headers: &[Header],
) -> Result<Response, String> {
    let raw = exchange(address, method, path, headers)
        .map_err(|error| format!("{method} http://{address}{path}: {error}"))?;
    parse(&raw).ok_or_else(|| format!("{method} http://{address}{path}: no HTTP response"))
}

fn exchange(
    address: &str,
    method: &str,
    path: &str,
    headers: &[Header],
) -> std::io::Result<Vec<u8>> {
    // The response is read to the end of the connection, independent of its headers.
    let kept = headers
        .iter()
        .filter(|(name, _)| !name.eq_ignore_ascii_case("connection"));
    let lines = kept.map(|(name, value)| format!("{name}: {value}\r\n"));
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{}\r\n",
        lines.collect::<String>()
    );
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let mut raw = vec![];
    stream.read_to_end(&mut raw)?;
    Ok(raw)
}

/// A kept connection. Opening one costs both sides more than a request.
pub struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    pub fn open(address: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let stream = BufReader::new(stream);
        Ok(Self { stream })
    }

    /// Sends a request with this header only, reads the response, which must have a length, and
    /// returns its status.
    pub fn send(&mut self, method: &str, path: &str, header: &Header) -> std::io::Result<u16> {
        self.exchange(method, path, header, "")
    }

    /// Sends a request with this header and this JSON, and returns the status of the response.
    pub fn post(&mut self, path: &str, header: &Header, json: &str) -> std::io::Result<u16> {
        let fields = format!(
            "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{json}",
            json.len()
        );
        self.exchange("POST", path, header, &fields)
    }

    fn exchange(
        &mut self,
        method: &str,
        path: &str,
        (name, value): &Header,
        rest: &str,
    ) -> std::io::Result<u16> {
        let end = if rest.is_empty() { "\r\n" } else { rest };
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: bench\r\n{name}: {value}\r\n{end}");
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut head = vec![];
        while !head.ends_with(b"\r\n\r\n") {
            if self.stream.read_until(b'\n', &mut head)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        let response = parse(&head).ok_or(std::io::ErrorKind::InvalidData)?;
        let length = response
            .header("content-length")
            .and_then(|text| text.parse().ok());
        let mut body = vec![0; length.ok_or(std::io::ErrorKind::InvalidData)?];
        self.stream.read_exact(&mut body)?;
        Ok(response.status)
    }
}

fn parse(raw: &[u8]) -> Option<Response> {
    let end = raw.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&raw[..end]).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let body = raw[end + 4..].to_vec();
    let mut response = Response { status, head, body };
    if response.header("transfer-encoding").is_some() {
        response.body = join_chunks(&response.body)?;
    }
    Some(response)
}

fn join_chunks(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = vec![];
    loop {
        let end = rest.windows(2).position(|bytes| bytes == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).ok()?, 16).ok()?;
        let chunk = rest.get(end + 2..end + 2 + size)?;
        if chunk.is_empty() {
            return Some(body);
        }
        body.extend_from_slice(chunk);
        rest = rest.get(end + 2 + size + 2..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_kept() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut received = String::new();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            for response in [
                "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc",
                "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
            ] {
                while !received.ends_with("\r\n\r\n") {
                    reader.read_line(&mut received).unwrap();
                }
                stream.write_all(response.as_bytes()).unwrap();
                received.clear();
            }
        });
        let mut connection = Connection::open(&address).unwrap();
        let key = bearer("sk-1");
        assert_eq!(connection.send("DELETE", "/a", &key).unwrap(), 200);
        assert_eq!(connection.send("DELETE", "/b", &key).unwrap(), 404);
        server.join().unwrap();
        assert!(connection.send("DELETE", "/c", &key).is_err());
    }

    #[test]
    fn chunks_are_joined() {
        assert_eq!(
            join_chunks(b"3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"),
            Some(b"abc0123456789".to_vec())
        );
        assert_eq!(join_chunks(b"3\r\nab"), None);
    }
}
