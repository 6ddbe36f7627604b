//! One request on a connection of its own: to look at an answer before it is measured, and to write.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// An answer, with its body as it was sent.
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: Vec<u8>,
}

impl Answer {
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

pub fn send(address: &str, method: &str, path: &str, headers: &[Header]) -> Result<Answer, String> {
    let raw = exchange(address, method, path, headers)
        .map_err(|error| format!("{method} http://{address}{path}: {error}"))?;
    parse(&raw).ok_or_else(|| format!("{method} http://{address}{path}: no HTTP answer"))
}

fn exchange(
    address: &str,
    method: &str,
    path: &str,
    headers: &[Header],
) -> std::io::Result<Vec<u8>> {
    // The answer is read to the end of the connection, whatever the headers would have.
    let kept = headers
        .iter()
        .filter(|(name, _)| !name.eq_ignore_ascii_case("connection"));
    let lines = kept.map(|(name, value)| format!("{name}: {value}\r\n"));
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{}\r\n",
        lines.collect::<String>()
    );
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.write_all(request.as_bytes())?;
    let mut raw = vec![];
    stream.read_to_end(&mut raw)?;
    Ok(raw)
}

fn parse(raw: &[u8]) -> Option<Answer> {
    let end = raw.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&raw[..end]).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let body = raw[end + 4..].to_vec();
    let mut answer = Answer { status, head, body };
    if answer.header("transfer-encoding").is_some() {
        answer.body = join_chunks(&answer.body)?;
    }
    Some(answer)
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
    fn chunks_are_joined() {
        assert_eq!(
            join_chunks(b"3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"),
            Some(b"abc0123456789".to_vec())
        );
        assert_eq!(join_chunks(b"3\r\nab"), None);
    }
}
