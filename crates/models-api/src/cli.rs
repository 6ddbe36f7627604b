//! The command line: it runs the service, and its other commands administer the database.

mod about;
mod administration;
mod backup;
mod catalog;
mod completion;
mod config;
mod copy;
mod healthcheck;
mod lease;
mod limit;
mod list_file;
mod missing;
mod model;
mod operator;
mod serve;
pub(crate) mod terminal;
mod time;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use models_core::{Entered, Name};
use models_node::Nodes;
use tokio::runtime::Runtime;
use tracing::level_filters::LevelFilter;

use crate::routes::openapi::document;
use crate::server::logging;
use crate::settings::Settings;
use crate::store::Store;

use about::{ABOUT_SETTINGS, EXAMPLES};
use administration::{admin_key, audit, key, organization, permissions, project, service_account};
use terminal::{Failure, Output, notices, print, print_error, print_message, refusal};

/// The OpenAI Models API, self-hosted.
#[derive(Parser)]
#[command(version, long_about = ABOUT_SETTINGS, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Print the result as JSON, and an error as JSON on standard error.
    #[arg(long, global = true)]
    json: bool,
    /// Print values alone: the secret of a created key, or else the slug or the id of each object.
    #[arg(long, global = true, conflicts_with = "json")]
    quiet: bool,
    /// The reason for the change, for the audit log.
    #[arg(long, global = true, value_name = "TEXT")]
    reason: Option<Entered<Name>>,
}

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Catalog(CatalogCommand),
    /// Copy the whole catalog from SQLite to an empty PostgreSQL database, with all keys, and mark the source as moved.
    Copy(copy::Command),
    /// Check the settings.
    #[command(subcommand, after_help = "Example:\n  models-api config check")]
    Config(config::Command),
    /// Print the OpenAPI document of the service.
    #[command(after_help = "Example:\n  models-api openapi > openapi.json")]
    Openapi,
    /// Print a script that completes the commands and options of this program in a shell.
    #[command(
        after_help = "Examples:\n  models-api completion bash > /etc/bash_completion.d/models-api\n  models-api completion zsh\n  models-api completion fish"
    )]
    Completion {
        /// The shell.
        shell: completion::Shell,
    },
    /// Check that the service at `operations.host` and `operations.port` is ready: exit status 0 if it is, else 1.
    #[command(after_help = "Example:\n  models-api healthcheck && echo ready")]
    Healthcheck,
}

/// The commands that open the database.
#[derive(Subcommand)]
enum CatalogCommand {
    /// Run the service (the default command).
    #[command(after_help = "Examples:\n  models-api\n  MODELS__SERVER__PORT=9000 models-api serve")]
    Serve,
    /// Create the database's tables, or migrate them to this version's schema.
    #[command(
        after_help = "Examples:\n  models-api migrate\n  MODELS__DATABASE__URL=postgres://models@db/models models-api migrate"
    )]
    Migrate,
    /// Copy a SQLite database to a new file while the service uses it. For PostgreSQL, use `pg_dump`.
    #[command(after_help = "Example:\n  models-api backup /backups/models-2026-11-26.db")]
    Backup {
        /// The file to create.
        file: PathBuf,
    },
    /// Create, list, show, rename, disable, enable and delete organizations (tenants).
    #[command(
        subcommand,
        after_help = "Example:\n  models-api organization create --slug acme --name 'Acme Research'"
    )]
    Organization(organization::Command),
    /// Create, list, show, rename and archive the projects of organizations.
    #[command(
        subcommand,
        after_help = "Example:\n  models-api project create --organization acme --name Production"
    )]
    Project(project::Command),
    /// Create, list, show, update and delete service accounts, which own the keys of projects.
    #[command(
        subcommand,
        after_help = "Example:\n  models-api service-account create --organization acme --name ci --role member"
    )]
    ServiceAccount(service_account::Command),
    /// Create, list, show, update, rotate and revoke API keys.
    #[command(
        subcommand,
        after_help = "Example:\n  models-api key create --organization acme --role reader --name gateway"
    )]
    Key(key::Command),
    /// Create, list, show and revoke admin API keys, which administer an organization over HTTP.
    #[command(
        subcommand,
        after_help = "Example:\n  models-api admin-key create --organization acme --name platform"
    )]
    AdminKey(admin_key::Command),
    /// Show, set, remove and test policies: the models that a project or an organization may see.
    #[command(
        subcommand,
        after_help = "Example:\n  models-api permissions set --project proj_abc --mode allow_list gpt-4o"
    )]
    Permissions(permissions::Command),
    /// List, follow and prune the audit log: who changed what, when and from where.
    #[command(
        subcommand,
        after_help = "Example:\n  models-api audit list --organization acme"
    )]
    Audit(audit::Command),
    /// Show and set the lease: the time for which a node may serve from memory without contact with the database.
    #[command(subcommand, after_help = "Example:\n  models-api lease show")]
    Lease(lease::Command),
    /// Import, export, create, update, list, search, show and delete models: the public ones, or with --organization those of one organization.
    #[command(
        subcommand,
        after_help = "Example:\n  models-api model import models.json --dry-run"
    )]
    Model(model::Command),
}

impl CatalogCommand {
    /// Whether the command creates a missing database. `key list` in a wrong directory must fail, not create one.
    fn may_create(&self) -> bool {
        match self {
            Self::Serve | Self::Migrate => true,
            Self::Organization(command) => command.may_create(),
            Self::Model(command) => command.may_create(),
            Self::Backup { .. }
            | Self::Project(_)
            | Self::ServiceAccount(_)
            | Self::Key(_)
            | Self::AdminKey(_)
            | Self::Permissions(_)
            | Self::Audit(_)
            | Self::Lease(_) => false,
        }
    }

    /// Whether the command may change the catalog. If it does, the program prints the name of the changed database.
    /// `migrate` prints that name in any case.
    fn changes(&self) -> bool {
        match self {
            Self::Serve | Self::Migrate | Self::Backup { .. } => false,
            Self::Organization(command) => command.changes(),
            Self::Project(command) => command.changes(),
            Self::ServiceAccount(command) => command.changes(),
            Self::Key(command) => command.changes(),
            Self::AdminKey(command) => command.changes(),
            Self::Permissions(command) => command.changes(),
            Self::Audit(command) => command.changes(),
            Self::Lease(command) => matches!(command, lease::Command::Set { .. }),
            Self::Model(command) => command.changes(),
        }
    }
}

/// Runs the command and returns the exit status: 0 for success, 1 for failure, 2 for invalid arguments.
#[must_use]
pub fn run() -> ExitCode {
    match Runtime::new() {
        Ok(runtime) => runtime.block_on(run_command()),
        Err(error) => {
            print_message(&format!(
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
        // The arguments did not parse, so only their text says how to print the error.
        Err(error) if std::env::args_os().any(|argument| argument == "--json") => {
            return refusal::show(error, Output::Json);
        }
        Err(error) => return refusal::show(error, Output::Text),
    };
    let output = match (arguments.json, arguments.quiet) {
        (true, _) => Output::Json,
        (false, true) => Output::Values,
        (false, false) => Output::Text,
    };
    catalog::note_operator(arguments.reason.as_ref());
    let command = arguments
        .command
        .unwrap_or(Command::Catalog(CatalogCommand::Serve));
    let done = match command {
        Command::Catalog(command) => execute(command, output).await,
        Command::Copy(command) => command.run(output).await,
        Command::Config(command) => config::run(&command, output).await,
        Command::Openapi => openapi(),
        Command::Completion { shell } => print(&completion::script(shell, Arguments::command())),
        Command::Healthcheck => healthcheck::run(output),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            print_error(output, &failure.to_string());
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
        notices::report_new_database(&store);
        notices::report_long_waits(&store);
    }
    let before = if command.changes() {
        store.events.revision().await.ok()
    } else {
        None
    };
    let done = match command {
        CatalogCommand::Serve => serve::run(&settings, &store).await,
        CatalogCommand::Migrate => print_schema_version(&store, output),
        CatalogCommand::Backup { file } => backup::run(&settings, &file, output).await,
        CatalogCommand::Organization(command) => organization::run(command, &store, output).await,
        CatalogCommand::Project(command) => project::run(command, &store, output).await,
        CatalogCommand::ServiceAccount(command) => {
            service_account::run(command, &store, output).await
        }
        CatalogCommand::Key(command) => key::run(command, &store, output).await,
        CatalogCommand::AdminKey(command) => admin_key::run(command, &store, output).await,
        CatalogCommand::Permissions(command) => permissions::run(command, &store, output).await,
        CatalogCommand::Audit(command) => audit::run(command, &store, output).await,
        CatalogCommand::Lease(command) => lease::run(command, &settings, &store, output).await,
        CatalogCommand::Model(command) => model::run(command, &store, output).await,
    };
    if let (Some(before), Ok(())) = (before, &done)
        && store.events.revision().await.ok() != Some(before)
    {
        notices::report_change(&store);
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

fn print_schema_version(store: &Store, output: Output) -> Result<(), Failure> {
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

#[cfg(test)]
mod tests;
