//! A cache of values by key. Requests read it without a lock, simultaneous misses of a key share one load, and its size in
//! bytes is bounded.

mod cached;
mod counters;
mod eviction;
mod in_flight;
mod invalidation;
mod loading;
mod map;
mod waiting;

pub(crate) use self::cached::Cached;
pub use self::counters::CacheCounters;
pub(crate) use self::map::Cache;

#[cfg(test)]
mod tests;
