//! Decodes the input to the text of JSON: decompresses it, converts it to UTF-8, and refuses inputs that are not JSON.

use std::io::{self, BufRead, BufReader, Cursor, ErrorKind, Read};

use encoding_rs::{Decoder, DecoderResult, UTF_16BE, UTF_16LE};
use flate2::bufread::MultiGzDecoder;

use super::error::ListError;

/// The number of bytes from which the reader recognizes compression and encoding.
const HEAD: usize = 1 << 12;
/// A message shows at most this many characters of an input that is not JSON.
const BEGINNING: usize = 60;
/// The largest size of a list after decompression, in bytes.
const DECOMPRESSED_LIMIT: u64 = 1 << 30;
pub(super) const BUFFER: usize = 1 << 16;

type Input<'a> = Box<dyn BufRead + 'a>;

/// Returns the text of the input in UTF-8. Fails if the text does not begin like JSON.
pub(super) fn decode<'a>(input: impl Read + 'a) -> Result<Input<'a>, ListError> {
    let (head, input) = peek(Box::new(BufReader::with_capacity(BUFFER, input)))?;
    let input = match compression(&head) {
        None => decode_text(&head, input)?,
        Some("gzip") => {
            let input = Limited {
                input: MultiGzDecoder::new(input),
                left: DECOMPRESSED_LIMIT,
            };
            let (head, input) = peek(Box::new(BufReader::with_capacity(BUFFER, input)))?;
            decode_text(&head, input)?
        }
        Some(other) => return Err(ListError::Compressed(other)),
    };
    begins_as_json(input)
}

/// Returns the first bytes of the input, and an input that still begins with them.
fn peek(mut input: Input<'_>) -> io::Result<(Vec<u8>, Input<'_>)> {
    let mut head = Vec::new();
    input.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
    Ok((head.clone(), Box::new(Cursor::new(head).chain(input))))
}

fn compression(head: &[u8]) -> Option<&'static str> {
    let magic: [(&[u8], &str); 6] = [
        (b"\x1f\x8b", "gzip"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"\xfd7zXZ\0", "xz"),
        (b"BZh", "bzip2"),
        (b"PK\x03\x04", "zip"),
        (b"7z\xbc\xaf", "7-Zip"),
    ];
    magic
        .into_iter()
        .find_map(|(magic, name)| head.starts_with(magic).then_some(name))
}

/// Converts UTF-16 to UTF-8. Its byte order mark identifies it, or the zero bytes beside JSON's first two characters,
/// which are ASCII.
fn decode_text<'a>(head: &[u8], mut input: Input<'a>) -> Result<Input<'a>, ListError> {
    let (mark, encoding) = match *head {
        [0xff, 0xfe, 0, 0, ..]
        | [0, 0, 0xfe, 0xff, ..]
        | [1..=255, 0, 0, 0, ..]
        | [0, 0, 0, 1..=255, ..] => {
            return Err(ListError::Utf32);
        }
        [0xef, 0xbb, 0xbf, ..] => (3, None),
        [0xff, 0xfe, ..] => (2, Some(UTF_16LE)),
        [0xfe, 0xff, ..] => (2, Some(UTF_16BE)),
        [1..=255, 0, ..] => (0, Some(UTF_16LE)),
        [0, 1..=255, ..] => (0, Some(UTF_16BE)),
        _ => (0, None),
    };
    input.consume(mark);
    let Some(encoding) = encoding else {
        return Ok(input);
    };
    let decoded = Utf16 {
        input,
        decoder: encoding.new_decoder_without_bom_handling(),
        is_at_end: false,
        text: vec![0; BUFFER],
        unread: 0..0,
    };
    Ok(Box::new(BufReader::with_capacity(BUFFER, decoded)))
}

/// Refuses HTML pages and other texts by their beginning.
fn begins_as_json(input: Input<'_>) -> Result<Input<'_>, ListError> {
    let (head, input) = peek(input)?;
    let text = head.trim_ascii_start();
    match text.first() {
        None if head.len() < HEAD => Err(ListError::Empty),
        Some(b'<') => Err(ListError::Page(title(&String::from_utf8_lossy(text)))),
        Some(b'[' | b'{' | b'"' | b'-' | b'0'..=b'9') | None => Ok(input),
        Some(_) => {
            let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let line = String::from_utf8_lossy(line);
            Err(ListError::Text(
                line.trim_end().chars().take(BEGINNING).collect(),
            ))
        }
    }
}

fn title(page: &str) -> Option<String> {
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title>")? + "<title>".len();
    let end = start + lower[start..].find("</title>")?;
    Some(page[start..end].trim().to_owned())
}

/// An input that fails when it exceeds a limit.
struct Limited<R> {
    input: R,
    left: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer).map_err(|error| {
            let reason = format!("this is damaged gzip: {error}");
            io::Error::new(error.kind(), reason)
        })?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
            io::Error::other("this is more than 1 GiB when it is decompressed; decompress it first")
        })?;
        Ok(read)
    }
}

/// Reads UTF-16 as UTF-8.
struct Utf16<R> {
    input: R,
    decoder: Decoder,
    /// Whether the decoder has seen the end of the input. It panics if it is used after that.
    is_at_end: bool,
    text: Vec<u8>,
    unread: std::ops::Range<usize>,
}

impl<R: BufRead> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.unread.is_empty() && !self.is_at_end {
            let input = self.input.fill_buf()?;
            let is_last = input.is_empty();
            let (result, read, written) =
                self.decoder
                    .decode_to_utf8_without_replacement(input, &mut self.text, is_last);
            self.input.consume(read);
            self.unread = 0..written;
            match result {
                DecoderResult::Malformed(..) => {
                    let reason = "this is damaged UTF-16: a surrogate stands alone";
                    return Err(io::Error::new(ErrorKind::InvalidData, reason));
                }
                DecoderResult::InputEmpty => self.is_at_end = is_last,
                DecoderResult::OutputFull => {}
            }
        }
        let length = buffer.len().min(self.unread.len());
        let end = self.unread.start + length;
        buffer[..length].copy_from_slice(&self.text[self.unread.start..end]);
        self.unread.start = end;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_decompresses_beyond_the_limit_is_refused() {
        let read = |left| {
            let mut limited = Limited {
                input: [7; 10].as_slice(),
                left,
            };
            let mut bytes = Vec::new();
            limited
                .read_to_end(&mut bytes)
                .map_err(|error| error.to_string())
        };
        assert_eq!(read(10), Ok(10));
        let message = "this is more than 1 GiB when it is decompressed; decompress it first";
        assert_eq!(read(9), Err(message.to_owned()));
    }
}
