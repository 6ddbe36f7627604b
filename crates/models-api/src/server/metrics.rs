//! The metrics of the service in Prometheus' text format. No label holds an id or a tenant, so the number of series is
//! bounded.

mod caches;
mod contents;
mod following;
mod registration;

use std::sync::Arc;
use std::time::Duration;

use actix_http::{Method, StatusCode};
use models_node::CacheCounters;
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry, TextEncoder,
};

pub(crate) use self::contents::keep_counting;

use self::contents::ContentsMetrics;
use self::following::FollowingMetrics;
use self::registration::added;
use crate::dialects::openai::error::reasons::KEY_REFUSALS;
use crate::http::coding::Coding;
use crate::node::Node;
use crate::routes::table::Template;
use crate::store::{DatabaseKind, Observer, Operation, Store};

/// The buckets of response times, in seconds. Most requests take some microseconds.
const REQUEST_BUCKETS: &[f64] = &[
    0.000_025, 0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0,
];
/// All metrics of the service.
pub(crate) struct Metrics {
    registry: Registry,
    requests: HistogramVec,
    /// The histograms of successful reads by route, method and status. They need no search by label.
    reads: [[[Histogram; 2]; 2]; 2],
    pub(crate) in_flight: IntGauge,
    refused_keys: IntCounterVec,
    throttled_look_ups: IntCounter,
    pub(crate) keys: Arc<CacheCounters>,
    pub(crate) views: Arc<CacheCounters>,
    pub(crate) encodings: IntCounterVec,
    following: FollowingMetrics,
    pub(crate) contents: ContentsMetrics,
}

impl Metrics {
    /// Registers all metrics with the value 0.
    pub(crate) fn new(database: DatabaseKind) -> prometheus::Result<Arc<Self>> {
        let registry = Registry::new();
        let requests = HistogramVec::new(
            HistogramOpts::new(
                "http_server_request_duration_seconds",
                "Response times of requests, by method, route and status.",
            )
            .buckets(REQUEST_BUCKETS.to_vec()),
            &["method", "route", "status"],
        )?;
        registry.register(Box::new(requests.clone()))?;
        let reads = [Template::List, Template::Model].map(|route| {
            [Method::GET, Method::HEAD].map(|method| {
                ["200", "304"].map(|status| {
                    requests.with_label_values(&[method.as_str(), route.label(), status])
                })
            })
        });
        let made = Self {
            requests,
            reads,
            in_flight: added(
                &registry,
                IntGauge::new(
                    "http_server_active_requests",
                    "Requests in flight, without those that memory serves at once.",
                )?,
            )?,
            refused_keys: added(
                &registry,
                IntCounterVec::new(
                    Opts::new(
                        "models_authentication_failures_total",
                        "Requests that failed authentication or authorization, by reason.",
                    ),
                    &["reason"],
                )?,
            )?,
            throttled_look_ups: added(
                &registry,
                IntCounter::new(
                    "models_throttled_key_lookups_total",
                    "Look-ups of keys from addresses beyond the limit on incorrect keys.",
                )?,
            )?,
            keys: caches::register(&registry, "keys")?,
            views: caches::register(&registry, "views")?,
            encodings: added(
                &registry,
                IntCounterVec::new(
                    Opts::new(
                        "models_list_encodings_total",
                        "Lists that were compressed for later requests, by coding.",
                    ),
                    &["coding"],
                )?,
            )?,
            following: FollowingMetrics::of(&registry)?,
            contents: ContentsMetrics::of(&registry)?,
            registry,
        };
        // All series exist from the start. If a series began with its first event, its rate would not show that event.
        for reason in KEY_REFUSALS {
            made.refused_keys.with_label_values(&[reason]);
        }
        for operation in Operation::ALL {
            made.following
                .failures
                .with_label_values(&[operation.name()]);
        }
        for coding in Coding::ALL {
            made.encodings.with_label_values(&[coding.name()]);
        }
        let build = IntGaugeVec::new(
            Opts::new(
                "models_build_info",
                "Always 1. The labels name the version and the kind of database.",
            ),
            &["version", "database"],
        )?;
        let kind = database.to_string();
        build
            .with_label_values(&[env!("CARGO_PKG_VERSION"), &kind])
            .set(1);
        made.registry.register(Box::new(build))?;
        let process = prometheus::process_collector::ProcessCollector::for_self();
        made.registry.register(Box::new(process))?;
        Ok(Arc::new(made))
    }

    /// Counts a response.
    pub(crate) fn count_response(
        &self,
        method: &Method,
        route: Template,
        status: StatusCode,
        took: Duration,
    ) {
        let histogram = match (route, method, status) {
            (
                Template::List | Template::Model,
                &Method::GET | &Method::HEAD,
                StatusCode::OK | StatusCode::NOT_MODIFIED,
            ) => {
                &self.reads[usize::from(route == Template::Model)]
                    [usize::from(method == Method::HEAD)]
                    [usize::from(status == StatusCode::NOT_MODIFIED)]
            }
            _ => &self.requests.with_label_values(&[
                method_name(method),
                route.label(),
                status.as_str(),
            ]),
        };
        histogram.observe(took.as_secs_f64());
    }

    /// Counts a look-up of a key, if its address is beyond the limit on incorrect keys.
    pub(crate) fn looked_up(&self, is_throttled: bool) {
        self.throttled_look_ups.inc_by(is_throttled.into());
    }

    /// Counts a request that failed authentication or authorization.
    pub(crate) fn refused_key(&self, reason: &str) {
        debug_assert!(KEY_REFUSALS.contains(&reason), "{reason}");
        self.refused_keys.with_label_values(&[reason]).inc();
    }

    /// Returns all metrics as text.
    pub(crate) fn text(&self, node: &Node, store: &Store) -> prometheus::Result<String> {
        let following = &self.following;
        following.revision.set(node.applied().0);
        following.lag.set(node.lag());
        following.lease.set(node.lease_remaining().as_secs_f64());
        for pool in store.pools() {
            following
                .pool_size
                .with_label_values(&[pool.name])
                .set(pool.size.into());
            let idle = i64::try_from(pool.idle).unwrap_or(i64::MAX);
            following
                .pool_idle
                .with_label_values(&[pool.name])
                .set(idle);
        }
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

impl models_node::Observer for Metrics {
    fn waited_for_nodes(&self, duration: Duration) {
        self.following.waits.observe(duration.as_secs_f64());
    }

    fn dropped_everything(&self) {
        self.following.full_drops.inc();
    }
}

impl Observer for Metrics {
    fn reconnected(&self) {
        self.following.reconnects.inc();
    }

    fn statement_failed(&self, operation: Operation) {
        self.following
            .failures
            .with_label_values(&[operation.name()])
            .inc();
    }
}

/// Returns a known name of the method, because a client can send any word as a method.
fn method_name(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "DELETE", "OPTIONS", "POST", "PUT", "PATCH"];
    let known = KNOWN.into_iter().find(|name| *name == method.as_str());
    known.unwrap_or("OTHER")
}
