//! The metrics of the catalog's contents. A background task counts, because a count reads whole tables.

use std::sync::Arc;
use std::time::Duration;

use models_core::{CatalogCounts, CountRepository};
use prometheus::{IntGauge, Registry};

use super::registration::added;
use crate::clock::now;

/// The pause between two counts.
const PAUSE: Duration = Duration::from_mins(1);

/// The time within which a key expires soon.
const SOON: Duration = Duration::from_hours(14 * 24);

/// The metrics of the catalog's contents.
#[derive(Clone)]
pub(crate) struct ContentsMetrics {
    models: IntGauge,
    organizations: IntGauge,
    projects: IntGauge,
    keys: IntGauge,
    expiring_keys: IntGauge,
}

impl ContentsMetrics {
    pub(super) fn of(registry: &Registry) -> prometheus::Result<Self> {
        let gauge = |name: &str, help: &str| added(registry, IntGauge::new(name, help)?);
        Ok(Self {
            models: gauge(
                "models_catalog_models",
                "Models of the catalog, of all organizations.",
            )?,
            organizations: gauge(
                "models_catalog_organizations",
                "Organizations of the catalog.",
            )?,
            projects: gauge("models_catalog_projects", "Projects that are not archived.")?,
            keys: gauge(
                "models_catalog_keys",
                "API keys and admin API keys that are neither revoked nor expired.",
            )?,
            expiring_keys: gauge(
                "models_catalog_expiring_keys",
                "API keys and admin API keys that expire within 14 days.",
            )?,
        })
    }

    fn set(&self, counts: CatalogCounts) {
        self.models.set(counts.models);
        self.organizations.set(counts.organizations);
        self.projects.set(counts.projects);
        self.keys.set(counts.keys);
        self.expiring_keys.set(counts.expiring_keys);
    }
}

/// Counts the catalog's contents again and again. After a failure, the metrics keep their values.
pub(crate) async fn keep_counting(counts: Arc<dyn CountRepository>, metrics: ContentsMetrics) {
    loop {
        match counts.count(now(), SOON).await {
            Ok(counts) => metrics.set(counts),
            Err(error) => {
                tracing::warn!(%error, "failed to count the contents of the catalog; retrying in a minute");
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}
