//! The metrics of the caches. The caches have their own counters, which are copied at each collection.

use std::sync::{Arc, Mutex, PoisonError};

use models_node::CacheCounters;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntCounter, IntGauge, Opts, Registry};

/// Registers the metrics of a cache, and returns the counters that they show.
pub(super) fn register(registry: &Registry, cache: &str) -> prometheus::Result<Arc<CacheCounters>> {
    let counters = Arc::new(CacheCounters::default());
    let opts = |name: &str, help: &str| Opts::new(name, help).const_label("cache", cache);
    let total = |opts: Opts, count: fn(&CacheCounters) -> u64| {
        let counters = counters.clone();
        let total = Shown::new(IntCounter::with_opts(opts)?, move |total: &IntCounter| {
            total.inc_by(count(&counters).saturating_sub(total.get()));
        });
        registry.register(Box::new(total))
    };
    total(
        opts("models_cache_hits_total", "Cache hits, by cache."),
        CacheCounters::hits,
    )?;
    total(
        opts(
            "models_cache_fills_total",
            "Loads from the database, by cache.",
        ),
        CacheCounters::loads,
    )?;
    total(
        opts(
            "models_cache_evictions_total",
            "Entries evicted for lack of space, by cache.",
        ),
        CacheCounters::evictions,
    )?;
    let bytes = opts("models_cache_bytes", "Memory in use, by cache.");
    let (bytes, counted) = (IntGauge::with_opts(bytes)?, counters.clone());
    let bytes = Shown::new(bytes, move |bytes: &IntGauge| {
        bytes.set(i64::try_from(counted.bytes()).unwrap_or(i64::MAX));
    });
    registry.register(Box::new(bytes))?;
    Ok(counters)
}

/// A metric that is updated whenever it is collected.
struct Shown<M, F> {
    metric: M,
    /// Locked, so that two concurrent collections do not both add the same difference.
    update: Mutex<F>,
}

impl<M, F> Shown<M, F> {
    fn new(metric: M, update: F) -> Self {
        Self {
            metric,
            update: Mutex::new(update),
        }
    }
}

impl<M: Collector, F: Fn(&M) + Send> Collector for Shown<M, F> {
    fn desc(&self) -> Vec<&Desc> {
        self.metric.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let update = self.update.lock().unwrap_or_else(PoisonError::into_inner);
        update(&self.metric);
        self.metric.collect()
    }
}

#[cfg(test)]
mod tests {
    use prometheus::TextEncoder;

    use super::*;

    #[test]
    fn the_metrics_show_the_counters_at_each_collection() {
        let registry = Registry::new();
        let counters = register(&registry, "keys").unwrap();
        let shown = || {
            TextEncoder::new()
                .encode_to_string(&registry.gather())
                .unwrap()
        };
        let hits = |count: u64| format!("models_cache_hits_total{{cache=\"keys\"}} {count}\n");
        assert!(shown().contains(&hits(0)));
        counters.count_hit();
        counters.count_hit();
        for _ in 0..2 {
            assert!(shown().contains(&hits(2)));
        }
        counters.count_hit();
        let text = shown();
        assert!(text.contains(&hits(3)));
        for name in ["fills_total", "evictions_total", "bytes"] {
            assert!(
                text.contains(&format!("models_cache_{name}{{cache=\"keys\"}} 0\n")),
                "{name}"
            );
        }
    }
}
