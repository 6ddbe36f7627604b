//! The Models API service and its command line.

use std::process::ExitCode;

/// A read makes a dozen small things and lets them go.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    models_api::cli::run().await
}
