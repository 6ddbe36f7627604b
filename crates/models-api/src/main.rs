//! The Models API service and its command line.

use std::process::ExitCode;

// The runtime is started in the library: the compiler generates the code of an `async fn` in the crate that polls it.
fn main() -> ExitCode {
    models_api::cli::run()
}
