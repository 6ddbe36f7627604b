//! The benchmark's reference servers, and its tenants.

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
    /// Respond with constant bytes from actix-web and nothing else
    Bare {
        /// File with the list's body
        #[arg(long)]
        list: PathBuf,
        /// File with the body of every model
        #[arg(long)]
        model: PathBuf,
    },
    /// Read the key and the models from the service's SQLite file on each request
    Naive {
        /// SQLite file
        #[arg(long)]
        database: PathBuf,
    },
    /// Add tenants to the service's SQLite file, each with a key and its own models
    Seed {
        /// SQLite file
        #[arg(long)]
        database: PathBuf,
        /// Number of tenants
        #[arg(long)]
        tenants: u32,
        /// Number of models of each tenant, in addition to the public ones
        #[arg(long)]
        own_models: u32,
        /// File to write the keys to, one a line
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
