//! `serve`: the service, from its settings to its last answer.

mod first_start;
mod signals;

use models_store::Encryption;
use rustix::process::{Resource, Rlimit, setrlimit};

use super::lease::refuse_longer_than_requests;
use super::terminal::notices::UNENCRYPTED;
use super::terminal::{Failure, print_once};
use crate::server::application::Application;
use crate::server::measured_node::MeasuredNode;
use crate::settings::Settings;
use crate::store::Store;
use signals::told_to_stop;

pub(super) async fn run(settings: &Settings, store: &Store) -> Result<(), Failure> {
    leave_no_core_file();
    // First of all: a signal that comes while the service starts must not kill it.
    let stop = told_to_stop()?;
    if let Some(leases) = store.lease.find().await? {
        refuse_longer_than_requests(settings, leases.in_force)?;
    }
    let application = Application::bind(settings)?;
    let first_key = if settings.bootstrap {
        first_start::fill_if_empty(store).await?
    } else {
        None
    };
    let address = application.address();
    tracing::info!(
        %address,
        operations = %application.operations_address(),
        version = env!("CARGO_PKG_VERSION"),
        database = %store.kind,
        location = store.location,
        encryption = store.encryption.map(Encryption::name),
        schema_version = store.schema_version,
        "listening"
    );
    if settings.server.allows_null_origin() {
        tracing::warn!(
            "`server.cors_origins` names `null`: every sandboxed frame and every local file may read responses"
        );
    }
    if store.encryption == Some(Encryption::None) {
        tracing::warn!(location = store.location, "{UNENCRYPTED}");
    }
    if !store.api_keys.is_any().await? {
        tracing::warn!(
            "there is no key yet: `models-api organization create` and then `models-api key create` make one"
        );
    }
    if let Some(first_key) = first_key {
        print_once(&first_start::announcement(&first_key, address)).map_err(|error| {
            format!(
                "the first key could not be shown: {error}; make another with \
                 `models-api key create --organization default --role owner --name NAME`"
            )
        })?;
    }
    let node = MeasuredNode::enter(&settings.cache, store).await?;
    application.run(node, store.clone(), stop).await?;
    tracing::info!("stopped");
    Ok(())
}

/// What clients sent is in memory, keys too: a core file would hold it.
fn leave_no_core_file() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    if let Err(error) = setrlimit(Resource::Core, none) {
        tracing::warn!(%error, "core files cannot be forbidden");
    }
}
