//! The metrics of the follower, the barrier and the database.

use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
};

use super::registration::added;

/// The buckets of waits at the barrier, in seconds. A wait is as long as a round trip of a notification, or as a lease.
const WAIT_BUCKETS: &[f64] = &[
    0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// The metrics of the follower, the barrier and the database.
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
                "The newest revision that this node has applied.",
            )?,
            lag: gauge(
                "models_revision_lag",
                "The number of revisions that this node has seen and not applied yet.",
            )?,
            lease: added(
                registry,
                prometheus::Gauge::new(
                    "models_lease_remaining_seconds",
                    "The time for which this node may still serve from memory.",
                )?,
            )?,
            reconnects: counter(
                "models_listener_reconnects_total",
                "Reconnections of the listener for notifications.",
            )?,
            failures: added(
                registry,
                IntCounterVec::new(
                    Opts::new(
                        "models_database_failures_total",
                        "Statements that failed or found no connection, by operation: read, write or renewal.",
                    ),
                    &["operation"],
                )?,
            )?,
            full_drops: counter(
                "models_memory_drops_total",
                "The number of times that the node dropped all its caches.",
            )?,
            waits: added(
                registry,
                Histogram::with_opts(
                    HistogramOpts::new(
                        "models_barrier_wait_seconds",
                        "The time that deletions and revocations waited at the barrier.",
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
