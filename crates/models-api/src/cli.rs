//! The command line: the service itself, and what its operators do on the database.

mod backup;
mod catalog;
mod config;
mod healthcheck;
mod key;
mod lease;
mod list_file;
mod model;
mod organization;
mod random;
mod serve;
pub(crate) mod terminal;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use models_node::Nodes;
use tokio::runtime::Runtime;
use tracing::level_filters::LevelFilter;

use crate::routes::openapi::document;
use crate::server::logging;
use crate::settings::Settings;
use crate::store::Store;

use terminal::{Failure, Output, complain, notices, print, refusal};

const ABOUT_SETTINGS: &str = "The OpenAI Models API, self-hosted.

Settings come from the embedded defaults, then from config/{environment}.toml, where MODELS_ENVIRONMENT names \
the environment (`development` if it is not set) and MODELS_CONFIG_DIRECTORY the directory (`config`), then from \
variables named MODELS__SECTION__KEY, such as MODELS__DATABASE__URL and MODELS__SERVER__PORT. All commands but \
`serve` work on the database itself, whether the service runs or not.";

/// The OpenAI Models API, self-hosted.
#[derive(Parser)]
#[command(version, long_about = ABOUT_SETTINGS)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Answer in JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Catalog(CatalogCommand),
    /// The settings of this process.
    #[command(subcommand)]
    Config(config::Command),
    /// Print the OpenAPI document of the service.
    #[command(after_help = "Example:\n  models-api openapi > openapi.json")]
    Openapi,
    /// Ask the service at `operations.host` and `operations.port` whether it is ready; status 0 if it
    /// is.
    #[command(after_help = "Example:\n  models-api healthcheck && echo ready")]
    Healthcheck,
}

/// The commands that work on a catalog.
#[derive(Subcommand)]
enum CatalogCommand {
    /// Run the service (the default).
    #[command(after_help = "Examples:\n  models-api\n  MODELS__SERVER__PORT=9000 models-api serve")]
    Serve,
    /// Create the database's tables, or bring them to this version.
    #[command(
        after_help = "Examples:\n  models-api migrate\n  MODELS__DATABASE__URL=postgres://models@db/models models-api migrate"
    )]
    Migrate,
    /// Copy a SQLite database to a new file, while it is in use. PostgreSQL has `pg_dump`.
    #[command(after_help = "Example:\n  models-api backup /backups/models-2026-11-26.db")]
    Backup {
        /// The file to make.
        file: PathBuf,
    },
    /// Organizations: the tenants.
    #[command(subcommand)]
    Organization(organization::Command),
    /// API keys.
    #[command(subcommand)]
    Key(key::Command),
    /// The lease: how long a node may serve from memory without hearing from the database.
    #[command(subcommand)]
    Lease(lease::Command),
    /// Models: the public ones, or with --organization those of one organization.
    #[command(subcommand)]
    Model(model::Command),
}

impl CatalogCommand {
    /// Whether a database that is not there is to be made. Who lists keys in the wrong directory
    /// should be told so.
    fn may_create(&self) -> bool {
        match self {
            Self::Serve | Self::Migrate => true,
            Self::Organization(command) => matches!(command, organization::Command::Create { .. }),
            Self::Backup { .. } | Self::Key(_) | Self::Lease(_) => false,
            Self::Model(command) => command.may_create(),
        }
    }

    /// Whether it may change what is in the database. `migrate` says by itself what it did.
    fn changes(&self) -> bool {
        match self {
            Self::Serve | Self::Migrate | Self::Backup { .. } => false,
            Self::Organization(command) => matches!(command, organization::Command::Create { .. }),
            Self::Key(command) => command.changes(),
            Self::Lease(command) => matches!(command, lease::Command::Set { .. }),
            Self::Model(command) => command.changes(),
        }
    }
}

/// Runs the command that the command line names. The status is 0 if the command succeeded, 1 if it failed, and 2 if the
/// command line is not valid.
#[must_use]
pub fn run() -> ExitCode {
    match Runtime::new() {
        Ok(runtime) => runtime.block_on(run_command()),
        Err(error) => {
            complain(&format!(
                "error: failed to start the threads of the program: {error}"
            ));
            ExitCode::FAILURE
        }
    }
}

async fn run_command() -> ExitCode {
    logging::report_panics();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return refusal::show(error),
    };
    let output = Output {
        json: arguments.json,
    };
    let command = arguments
        .command
        .unwrap_or(Command::Catalog(CatalogCommand::Serve));
    let done = match command {
        Command::Catalog(command) => execute(command, output).await,
        Command::Config(command) => config::run(&command, output).await,
        Command::Openapi => openapi(),
        Command::Healthcheck => healthcheck::run(output),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            complain(&format!("error: {failure}"));
            ExitCode::FAILURE
        }
    }
}

async fn execute(command: CatalogCommand, output: Output) -> Result<(), Failure> {
    let mut settings = Settings::load()?;
    if !matches!(command, CatalogCommand::Serve) {
        settings.log.level = LevelFilter::ERROR;
    }
    logging::start(&settings.log);
    let store = open(&settings, command.may_create()).await?;
    if !matches!(command, CatalogCommand::Serve) {
        notices::tell_of_new_database(&store);
        notices::tell_of_waits(&store);
    }
    let before = if command.changes() {
        store.events.revision().await.ok()
    } else {
        None
    };
    let done = match command {
        CatalogCommand::Serve => serve::run(&settings, &store).await,
        CatalogCommand::Migrate => migrated(&store, output),
        CatalogCommand::Backup { file } => backup::run(&settings, &file, output).await,
        CatalogCommand::Organization(command) => organization::run(command, &store, output).await,
        CatalogCommand::Key(command) => key::run(command, &store, output).await,
        CatalogCommand::Lease(command) => lease::run(command, &settings, &store, output).await,
        CatalogCommand::Model(command) => model::run(command, &store, output).await,
    };
    if let (Some(before), Ok(())) = (before, &done)
        && store.events.revision().await.ok() != Some(before)
    {
        notices::tell_of_change(&store);
    }
    store.close().await;
    done
}

fn openapi() -> Result<(), Failure> {
    print(&document().to_pretty_json()?)
}

async fn open(settings: &Settings, create: bool) -> Result<Store, Failure> {
    let (url, options) = (settings.database.url.expose(), settings.options(create));
    let opened = models_store::open_with(url, options, settings.password_source(), Nodes::new);
    Ok(opened.await.map_err(|error| {
        format!("{error} (setting `database.url`, variable MODELS__DATABASE__URL)")
    })?)
}

fn migrated(store: &Store, output: Output) -> Result<(), Failure> {
    let Store {
        kind,
        location,
        schema_version,
        ..
    } = store;
    output.object(&serde_json::json!({"database": kind.to_string(), "location": location, "schema_version": schema_version}), || {
        format!("The {kind} database {location} is at schema version {schema_version}.")
    })
}
