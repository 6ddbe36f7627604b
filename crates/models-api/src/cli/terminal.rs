//! A command's input and output: files, results, and messages on standard error.

mod failure;
mod input;
pub(super) mod notices;
mod output;
pub(super) mod refusal;
pub(super) mod secret_file;

pub(super) use failure::Failure;
pub(super) use input::{open_input, shown};
pub(crate) use output::print_message;
pub(super) use output::{Output, print, print_error, print_once};
