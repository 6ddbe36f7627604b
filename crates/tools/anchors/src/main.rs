//! What the benchmark measures the service against, and the tenants that it measures with.

mod bare;
mod naive;
mod seed;

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use actix_web::dev::{Server, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::{App, HttpServer};
use clap::{Parser, Subcommand};

type Failure = Box<dyn Error>;

#[derive(Parser)]
#[command(about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Answer with constant bytes, from actix-web and nothing else.
    Bare {
        /// The file with the bytes of the list.
        #[arg(long)]
        list: PathBuf,
        /// The file with the bytes of every model.
        #[arg(long)]
        model: PathBuf,
    },
    /// Ask the service's SQLite file for the key and the rows, on each request.
    Naive {
        /// The file.
        #[arg(long)]
        database: PathBuf,
    },
    /// Add tenants to the service's SQLite file, each with a key and models of its own.
    Seed {
        /// The file.
        #[arg(long)]
        database: PathBuf,
        /// How many.
        #[arg(long)]
        tenants: u32,
        /// How many models each has beside the public ones.
        #[arg(long)]
        own_models: u32,
        /// Where their keys are written, one a line.
        #[arg(long)]
        keys: PathBuf,
    },
}

fn main() -> ExitCode {
    let command = Arguments::parse().command;
    let done = actix_web::rt::System::new().block_on(async {
        match command {
            Command::Bare { list, model } => bare::serve(&list, &model).await,
            Command::Naive { database } => naive::serve(&database).await,
            Command::Seed {
                database,
                tenants,
                own_models,
                keys,
            } => seed::seed(&database, tenants, own_models, &keys).await,
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves on a free port with one worker, and prints the address.
fn listen<F, T>(application: F) -> std::io::Result<Server>
where
    F: Fn() -> App<T> + Send + Clone + 'static,
    T: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse,
            Error = actix_web::Error,
            InitError = (),
        > + 'static,
{
    let server = HttpServer::new(application)
        .workers(1)
        .shutdown_timeout(1)
        .bind(("127.0.0.1", 0))?;
    for address in server.addrs() {
        writeln!(std::io::stdout(), "{address}")?;
    }
    Ok(server.run())
}
