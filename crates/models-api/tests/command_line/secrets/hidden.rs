//! A key that must not appear in any output.

use crate::program::Program;

/// A key with a valid checksum, which parses as a key of this service.
pub const KEY: &str = "sk-mdl-qlU3IEQq9LIvVJWwlmSnVFs2HZP49B9dpcnFSDAnKMd0fT4wk";
/// Pieces of the key that must not appear.
pub const PIECES: [&str; 3] = ["qlU3IEQq9L", "VFs2HZP49B", "nFSDAnKMd0"];

pub fn assert_hidden(text: &str) {
    for piece in PIECES {
        assert!(!text.contains(piece), "{text}");
    }
}

pub fn with_acme() -> Program {
    let program = Program::on_sqlite().with("MODELS__BOOTSTRAP", "false");
    program.json(&["organization", "create", "--slug", "acme", "--name", "Acme"]);
    program
}
