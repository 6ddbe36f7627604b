//! How a metric becomes part of the registry.

use prometheus::Registry;
use prometheus::core::Collector;

/// The metric, which the registry has from now on.
pub(super) fn added<C: Collector + Clone + 'static>(
    registry: &Registry,
    metric: C,
) -> prometheus::Result<C> {
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}
