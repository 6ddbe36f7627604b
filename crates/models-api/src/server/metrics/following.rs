//! How the node follows the event log, and how the database does.

use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
};

use super::registration::added;

/// In seconds. A wait is one notification and back, or a lease.
const WAIT_BUCKETS: &[f64] = &[
    0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// What is measured of following the event log, of the barrier, and of the database.
pub(super) struct FollowingMetrics {
    pub(super) revision: IntGauge,
    pub(super) lag: IntGauge,
    pub(super) lease: prometheus::Gauge,
    pub(super) reconnects: IntCounter,
    pub(super) failures: IntCounterVec,
    pub(super) full_drops: IntCounter,
    pub(super) waits: Histogram,
    pub(super) pool_size: IntGaugeVec,
    pub(super) pool_idle: IntGaugeVec,
}

impl FollowingMetrics {
    pub(super) fn of(registry: &Registry) -> prometheus::Result<Self> {
        let gauge = |name: &str, help: &str| added(registry, IntGauge::new(name, help)?);
        let counter = |name: &str, help: &str| added(registry, IntCounter::new(name, help)?);
        let pools = |name: &str, help: &str| {
            added(
                registry,
                IntGaugeVec::new(Opts::new(name, help), &["pool"])?,
            )
        };
        Ok(Self {
            revision: gauge(
                "models_revision_applied",
                "The newest revision that this node knows of.",
            )?,
            lag: gauge(
                "models_revision_lag",
                "Revisions that were seen and are not applied yet.",
            )?,
            lease: added(
                registry,
                prometheus::Gauge::new(
                    "models_lease_remaining_seconds",
                    "For how long this node may go on answering from memory.",
                )?,
            )?,
            reconnects: counter(
                "models_listener_reconnects_total",
                "New connections for notifications, after the first.",
            )?,
            failures: added(
                registry,
                IntCounterVec::new(
                    Opts::new(
                        "models_database_failures_total",
                        "Statements that failed or found no connection, by what they were for: read, write or renewal.",
                    ),
                    &["operation"],
                )?,
            )?,
            full_drops: counter(
                "models_memory_drops_total",
                "How often everything in memory was dropped.",
            )?,
            waits: added(
                registry,
                Histogram::with_opts(
                    HistogramOpts::new(
                        "models_barrier_wait_seconds",
                        "How long deletions waited until no node showed the model.",
                    )
                    .buckets(WAIT_BUCKETS.to_vec()),
                )?,
            )?,
            pool_size: pools("models_database_connections", "Open connections, by pool.")?,
            pool_idle: pools(
                "models_database_connections_idle",
                "Open connections that are not in use, by pool.",
            )?,
        })
    }
}
