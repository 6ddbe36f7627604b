//! The Models API service and its command line.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    models_api::cli::run().await
}
