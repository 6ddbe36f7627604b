//! `serve`: starts the service, prints the guidance of the first start, and runs until a signal stops it.

mod first_start;
mod guidance;
mod signals;

use models_store::Encryption;
use rustix::process::{Resource, Rlimit, setrlimit};

use super::lease::refuse_longer_than_requests;
use super::terminal::notices::UNENCRYPTED;
use super::terminal::{Failure, print, print_once};
use crate::server::application::Application;
use crate::server::measured_node::MeasuredNode;
use crate::settings::{LogFormat, Settings};
use crate::store::Store;
use guidance::Guidance;
use signals::stop_signal;

pub(super) async fn run(settings: &Settings, store: &Store) -> Result<(), Failure> {
    disable_core_files();
    // Before anything else: a signal during the start must not kill the process.
    let stop = stop_signal()?;
    if let Some(leases) = store.lease.find().await? {
        refuse_longer_than_requests(settings, leases.in_force)?;
    }
    let application = Application::bind(settings)?;
    let first_keys = if settings.bootstrap {
        first_start::fill_if_empty(store).await?
    } else {
        None
    };
    let (address, operations) = (application.address(), application.operations_address());
    let authorization = application.authorization_address();
    tracing::info!(
        %address,
        %operations,
        authorization = authorization.map(tracing::field::display),
        version = env!("CARGO_PKG_VERSION"),
        database = %store.kind,
        location = store.location,
        encryption = store.encryption.map(Encryption::name),
        schema_version = store.schema_version,
        "listening"
    );
    if settings.server.allows_null_origin() {
        tracing::warn!(
            "`server.cors_origins` names `null`: every sandboxed frame and every local file may read responses; \
             remove it unless you need it"
        );
    }
    if store.encryption == Some(Encryption::None) {
        tracing::warn!(location = store.location, "{UNENCRYPTED}");
    }
    if !store.api_keys.is_any().await? {
        tracing::warn!(
            "the catalog has no key; create one with `models-api organization create` and `models-api key create`"
        );
    }
    let guidance = Guidance::new(address, operations);
    match (first_keys, settings.log.format) {
        (Some(first_keys), _) => {
            print_once(&guidance.first_start(&first_keys)).map_err(|error| {
                format!(
                    "the first keys could not be printed: {error}; create others with \
                     `models-api key create --organization default --role owner --name NAME` and \
                     `models-api admin-key create --organization default --name NAME`"
                )
            })?;
        }
        (None, LogFormat::Human) => print(&guidance.further_start())?,
        (None, LogFormat::Json) => guidance.log(),
    }
    let node = MeasuredNode::register(&settings.cache, store).await?;
    application.run(node, store.clone(), stop).await?;
    tracing::info!("stopped");
    Ok(())
}

/// Disables core files: the memory of the process holds the clients' keys.
fn disable_core_files() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    if let Err(error) = setrlimit(Resource::Core, none) {
        tracing::warn!(%error, "failed to disable core files; a crash may write keys to disk");
    }
}
