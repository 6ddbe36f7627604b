//! Registers metrics.

use prometheus::Registry;
use prometheus::core::Collector;

/// Registers a metric and returns it.
pub(super) fn added<C: Collector + Clone + 'static>(
    registry: &Registry,
    metric: C,
) -> prometheus::Result<C> {
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}
