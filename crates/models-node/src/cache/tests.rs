mod eviction;
mod invalidation;
mod loading;
mod scene;
mod shedding;
mod slow_changes;
