//! Compressed and encoded inputs.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::reading::{failure, ids};
use crate::cli::list_file::read;

const SMALL: &str = r#"{"data":[{"id":"模𝄞"}]}"#;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(to_bytes).collect()
}

#[test]
fn compressed_and_encoded_lists_are_read() {
    let (first, second) = SMALL.as_bytes().split_at(7);
    let marked = format!("\u{feff}{SMALL}");
    let long = format!("{SMALL}{}", " ".repeat(200_000));
    for bytes in [
        marked.as_bytes().to_vec(),
        gzip(SMALL.as_bytes()),
        [gzip(first), gzip(second)].concat(),
        gzip(marked.as_bytes()),
        utf16(&marked, u16::to_le_bytes),
        utf16(&marked, u16::to_be_bytes),
        utf16(SMALL, u16::to_le_bytes),
        utf16(SMALL, u16::to_be_bytes),
        utf16(&long, u16::to_le_bytes),
        gzip(&utf16(&marked, u16::to_le_bytes)),
    ] {
        let list = read(bytes.as_slice()).unwrap_or_else(|error| panic!("{error}: {bytes:?}"));
        assert_eq!(ids(&list), ["模𝄞"]);
    }
}

#[test]
fn the_message_for_a_damaged_input_names_the_damage() {
    let whole = gzip(SMALL.as_bytes());
    let cut = failure(&whole[..whole.len() - 9]);
    assert!(cut.starts_with("this is damaged gzip: "), "{cut}");
    let lone = failure(
        &utf16("[\"", u16::to_le_bytes)
            .into_iter()
            .chain([0, 0xd8, b'x', 0])
            .collect::<Vec<_>>(),
    );
    assert_eq!(lone, "this is damaged UTF-16: a surrogate stands alone");
}
