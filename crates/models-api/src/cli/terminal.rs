//! What a command reads and writes: its output, its messages, and files.

mod failure;
mod input;
pub(super) mod notices;
mod output;
pub(super) mod refusal;
pub(super) mod secret_file;

pub(super) use failure::Failure;
pub(super) use input::{open_input, shown};
pub(crate) use output::complain;
pub(super) use output::{Output, print, print_once, print_table};
