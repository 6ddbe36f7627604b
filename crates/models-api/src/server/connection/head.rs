//! Finds the end of a request's head, as the parser does.

use std::sync::LazyLock;

use memchr::memchr;
use memchr::memmem::Finder;

/// The header that offers other protocols.
const CONNECTION: &[u8] = b"connection:";
const UPGRADE: &[u8] = b"upgrade";

/// An empty line after another line, as clients send it.
static EMPTY_LINE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\n\r\n"));
/// An empty line without a carriage return.
static BARE_EMPTY_LINE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\n\n"));
/// Part of [`UPGRADE`], whether or not it begins with a capital letter.
static PGRADE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"pgrade"));

/// The part of a head that has arrived.
#[derive(Default)]
pub(super) struct Head {
    length: usize,
    /// Whether a line that is not empty has arrived. The parser skips empty lines before it.
    has_begun: bool,
    line: Line,
}

/// The part of the current line that has arrived.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Line {
    #[default]
    Nothing,
    /// Only a carriage return.
    Return,
    Something,
}

impl Head {
    /// The length in bytes.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// Returns how many of the next bytes belong to the head, if the head ends among them. It ends with the first empty
    /// line. As for the parser, a line feed alone also ends a line.
    ///
    /// Overwrites `Upgrade` in the header `Connection`, if the header arrives in one piece. The service ignores upgrades
    /// (RFC 9110, section 7.8), but the dispatcher would close the connection without announcing it.
    pub(super) fn find_end(&mut self, bytes: &mut [u8]) -> Option<usize> {
        if self.length == 0
            && let Some(end) = find_end_of_whole(bytes)
        {
            ignore_upgrades(&mut bytes[..end]);
            self.length = end;
            return Some(end);
        }
        let mut start = 0;
        while let Some(length) = memchr(b'\n', &bytes[start..]) {
            let line = &mut bytes[start..start + length];
            let is_empty = match self.line {
                Line::Nothing => matches!(line, [] | [b'\r']),
                Line::Return => line.is_empty(),
                Line::Something => false,
            };
            if self.line == Line::Nothing {
                ignore_upgrade(line);
            }
            start += length + 1;
            self.line = Line::Nothing;
            if is_empty && self.has_begun {
                self.length += start;
                return Some(start);
            }
            self.has_begun |= !is_empty;
        }
        self.length += bytes.len();
        self.line = match (self.line, &bytes[start..]) {
            (line, []) => line,
            (Line::Nothing, [b'\r']) => Line::Return,
            (Line::Nothing | Line::Return | Line::Something, _) => Line::Something,
        };
        None
    }
}

/// Returns the end of a head that arrives whole, as heads usually do. Examining each line would cost about as much as
/// finding the session.
fn find_end_of_whole(bytes: &[u8]) -> Option<usize> {
    let end = EMPTY_LINE.find(bytes)? + 3;
    let begins_with_line = !matches!(bytes[0], b'\r' | b'\n');
    let is_first = || BARE_EMPTY_LINE.find(&bytes[..end]).is_none();
    (begins_with_line && is_first()).then_some(end)
}

/// Calls [`ignore_upgrade`] for each line of a head that may name `Upgrade`. This does not find
/// spellings that clients do not send, such as `UPGRADE`.
fn ignore_upgrades(head: &mut [u8]) {
    if PGRADE.find(head).is_none() {
        return;
    }
    for line in head.split_mut(|byte| *byte == b'\n') {
        ignore_upgrade(line);
    }
}

/// Overwrites each option `Upgrade` with spaces, if this line is the header `Connection`.
fn ignore_upgrade(line: &mut [u8]) {
    let name = line.get(..CONNECTION.len());
    if !name.is_some_and(|name| name.eq_ignore_ascii_case(CONNECTION)) {
        return;
    }
    let options = line[CONNECTION.len()..].split_mut(|byte| *byte == b',');
    for option in options {
        if option.trim_ascii().eq_ignore_ascii_case(UPGRADE) {
            // The carriage return at the end of the line stays.
            let letters = option.iter_mut().filter(|byte| byte.is_ascii_alphabetic());
            letters.for_each(|letter| *letter = b' ');
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_http::h1::{Codec, Message};
    use actix_web::rt::Runtime;
    use actix_web::web::BytesMut;
    use proptest::prelude::*;
    use tokio_util::codec::Decoder;

    use super::*;

    /// Returns the end of a head that arrives in these pieces.
    fn end(pieces: &mut [Vec<u8>]) -> Option<usize> {
        let mut head = Head::default();
        let mut before = 0;
        for piece in pieces {
            if let Some(end) = head.find_end(piece) {
                assert_eq!(head.length(), before + end);
                return Some(before + end);
            }
            before += piece.len();
        }
        None
    }

    /// Returns the length of the first request according to the dispatcher's decoder, or `None` if there is no whole
    /// request.
    fn decoded(bytes: &[u8]) -> Option<usize> {
        let mut buffer = BytesMut::from(bytes);
        // The codec's clock is a task of the runtime.
        let decoding = async { Codec::default().decode(&mut buffer) };
        match Runtime::new().unwrap().block_on(decoding) {
            Ok(Some(Message::Item(_))) => Some(bytes.len() - buffer.len()),
            Ok(_) | Err(_) => None,
        }
    }

    fn pieces(bytes: &[u8], cuts: &[usize]) -> Vec<Vec<u8>> {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pairs = cuts.windows(2);
        pairs.map(|pair| bytes[pair[0]..pair[1]].to_vec()).collect()
    }

    proptest! {
        /// For any head that the decoder accepts, and for any pieces in which it arrives.
        #[test]
        fn a_head_ends_where_the_decoder_ends_it(
            lines in prop::collection::vec(
                prop::sample::select(vec![
                    "GET / HTTP/1.1", "Host: x", "A: b", "", "", "\r", "Connection: upgrade, a",
                    "Connection:Upgrade", "GET /b HTTP/1.0", "x",
                ]),
                0..9,
            ),
            ends in prop::collection::vec(prop::sample::select(vec!["\r\n", "\n"]), 9),
            cuts in prop::collection::vec(0_usize..200, 0..4),
        ) {
            let head = "GET / HTTP/1.1\r\nHost: x\r\n".to_owned();
            let rest: String = lines.iter().zip(&ends).flat_map(|(line, end)| [*line, *end]).collect();
            for text in [rest.clone(), head + &rest] {
                if let Some(length) = decoded(text.as_bytes()) {
                    prop_assert_eq!(end(&mut pieces(text.as_bytes(), &cuts)), Some(length), "{:?}", text);
                }
            }
        }
    }

    #[test]
    fn upgrade_is_overwritten_only_in_connection() {
        for (line, expected) in [
            (
                "Connection: Upgrade, HTTP2-Settings",
                "Connection:        , HTTP2-Settings",
            ),
            ("connection:close,upgrade", "connection:close,       "),
            ("Connection: upgrades", "Connection: upgrades"),
            ("Upgrade: h2c", "Upgrade: h2c"),
            ("X-Connection: upgrade", "X-Connection: upgrade"),
        ] {
            let expected = format!("GET / HTTP/1.1\r\n{expected}\r\n\r\n");
            // The head arrives whole, and with the header in a second piece.
            for cut in [0, "GET / HTTP/1.1\r\n".len()] {
                let mut bytes = format!("GET / HTTP/1.1\r\n{line}\r\n\r\n").into_bytes();
                let rest = bytes.len() - cut;
                let mut head = Head::default();
                assert_eq!(head.find_end(&mut bytes[..cut]), None);
                assert_eq!(head.find_end(&mut bytes[cut..]), Some(rest));
                assert_eq!(String::from_utf8(bytes).unwrap(), expected);
            }
        }
    }
}
