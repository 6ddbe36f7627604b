//! The guidance at a start: the addresses of the service, how to create a key, and where inference belongs.
//!
//! The first start prints the first keys and the guidance. A further start prints the guidance for people, and logs it in
//! JSON, so that a container's log holds only JSON.

use std::net::SocketAddr;

use models_core::Organization;
use models_node::use_cases::first_start::FirstKeys;

use super::first_start::EXAMPLE;
use crate::cli::healthcheck::reachable;
use crate::routes::path::LIST;
use crate::server::operations::{METRICS, READY};

const INFERENCE: &str =
    "This service does not forward inference: send requests for inference to your gateway.";

/// A route for the admin key.
const PROJECTS: &str = "/v1/organization/projects";

/// The addresses of a running service.
pub(super) struct Guidance {
    api: SocketAddr,
    operations: SocketAddr,
}

impl Guidance {
    pub(super) fn new(api: SocketAddr, operations: SocketAddr) -> Self {
        Self {
            api: reachable(api),
            operations: reachable(operations),
        }
    }

    /// The text of the first start. It is the only copy of the keys.
    pub(super) fn first_start(&self, first_keys: &FirstKeys) -> String {
        let FirstKeys {
            organization: Organization { slug, id, .. },
            secret,
            admin_secret,
        } = first_keys;
        let (api, secret, admin_secret) = (self.api, secret.expose(), admin_secret.expose());
        format!(
            "The database is new. It now has a starter catalog and the organization `{slug}` ({id})\n\
             with this owner key, which is shown only this once:\n\n  \
             {secret}\n\n\
             and this admin key, which administers the organization and is shown only this once:\n\n  \
             {admin_secret}\n\n\
             Try them:\n\n  \
             curl http://{api}{LIST} -H 'Authorization: Bearer {secret}'\n  \
             curl http://{api}{LIST}/{EXAMPLE} -H 'Authorization: Bearer {secret}'\n  \
             curl http://{api}{PROJECTS} -H 'Authorization: Bearer {admin_secret}'\n\n\
             If you lose a key, create another:\n\n  \
             models-api key create --organization {slug} --role owner --name NAME\n  \
             models-api admin-key create --organization {slug} --name NAME\n\n\
             {}",
            self.health()
        )
    }

    /// The text of a further start.
    pub(super) fn further_start(&self) -> String {
        format!(
            "Models: http://{}{LIST}\n{}\nTo create a key: models-api key create --organization SLUG --role reader --name NAME\n",
            self.api,
            self.health()
        )
    }

    /// Logs the guidance of a further start.
    pub(super) fn log(&self) {
        let Self { api, operations } = self;
        tracing::info!(
            models = format!("http://{api}{LIST}"),
            health = format!("http://{operations}{READY}"),
            metrics = format!("http://{operations}{METRICS}"),
            "serving; create a key with `models-api key create`; send requests for inference to your gateway"
        );
    }

    fn health(&self) -> String {
        let operations = self.operations;
        format!(
            "Health: http://{operations}{READY}, metrics: http://{operations}{METRICS}\n{INFERENCE}"
        )
    }
}
