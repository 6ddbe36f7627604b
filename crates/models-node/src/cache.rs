//! A cache: values in memory, by key, read without a lock, loaded once for many simultaneous requests, and
//! bounded in bytes.

mod cached;
mod counters;
mod eviction;
mod fill;
mod invalidation;
mod loading;
mod map;
mod waiting;

pub(crate) use self::cached::Cached;
pub use self::counters::CacheCounters;
pub(crate) use self::map::Cache;

#[cfg(test)]
mod tests;
