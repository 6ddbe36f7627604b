//! The lease of a node. The node reads memory and sends responses under it.
//!
//! A node makes a response from memory in three steps. It acquires its lease with [`Lease::hold_at`], reads memory under the
//! [`HeldLease`], and releases the response with [`Lease::release`]. The release compares the clock with the end that the
//! acquisition loaded, never with a later one. The node may have applied a deletion and renewed its lease since, and a response
//! that was read before still shows the model.

pub(crate) mod clock;

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use crate::lease::clock::{BootTime, Clock};

/// A node's lease, and the revision of its memory. Only the follower extends it.
#[derive(Debug, Default)]
pub struct Lease {
    /// The clock that counts the lease.
    pub(crate) clock: Clock,
    /// The end of the lease, in nanoseconds of [`BootTime`].
    until: AtomicU64,
    /// The newest revision that memory has applied.
    pub(crate) applied: AtomicI64,
    /// The newest revision that the node has seen.
    pub(crate) seen: AtomicI64,
    /// When the database last responded, in nanoseconds of [`BootTime`].
    pub(crate) heard: AtomicU64,
    /// The catalog's level if this program does not support it, else 0.
    pub(crate) needed_level: AtomicI64,
}

impl Lease {
    /// A lease on this clock that has not begun.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            ..Self::default()
        }
    }

    /// Extends the lease until this time. Memory must have applied every change that the renewal has read.
    pub fn extend(&self, until: BootTime) {
        self.until.store(until.nanoseconds(), Ordering::Release);
    }

    /// Ends the lease at once.
    pub fn end(&self) {
        self.extend(BootTime::START);
    }

    /// The end of the lease.
    pub(crate) fn until(&self) -> BootTime {
        BootTime::from_nanoseconds(self.until.load(Ordering::Acquire))
    }

    /// Acquires the lease if it runs at this time. `now` is a reading of its clock from before this call and after the request
    /// was received.
    #[must_use]
    pub fn hold_at(&self, now: BootTime) -> Option<HeldLease> {
        // Reads of memory after this load see every change that memory had applied before the extension.
        let until = self.until();
        (now < until).then_some(HeldLease { at: now, until })
    }

    /// Releases a value that was read from memory under this lease, so that it may be sent. `None` if the held lease has ended,
    /// even if the node has renewed its lease since.
    #[must_use]
    pub fn release<T>(&self, held: HeldLease, value: T) -> Option<Released<T>> {
        held.release(self.clock.now(), value)
    }
}

/// A lease at the moment of its acquisition. Requests read memory under it, and later renewals do not move its end.
#[derive(Debug)]
pub struct HeldLease {
    at: BootTime,
    until: BootTime,
}

impl HeldLease {
    /// `at` is a reading of the clock after memory was read.
    fn release<T>(self, at: BootTime, value: T) -> Option<Released<T>> {
        (at < self.until).then_some(Released { at, value })
    }

    /// The time of the acquisition.
    #[must_use]
    pub fn at(&self) -> BootTime {
        self.at
    }

    /// The lease for a response that was read under both leases. It ends with the first of them.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        Self {
            at: self.at.min(other.at),
            until: self.until.min(other.until),
        }
    }
}

/// A value from memory that the node may send: the lease under which it was read had not ended at the release.
#[derive(Debug)]
pub struct Released<T> {
    at: BootTime,
    value: T,
}

impl<T> Released<T> {
    /// The time of the release.
    #[must_use]
    pub fn at(&self) -> BootTime {
        self.at
    }

    /// The value.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value
    }

    /// Converts the value.
    #[must_use]
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Released<U> {
        Released {
            at: self.at,
            value: make(self.value),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::lease::clock::ManualClock;

    const SECOND: Duration = Duration::from_secs(1);

    fn lease() -> (ManualClock, Lease) {
        let clock = ManualClock::default();
        clock.advance(SECOND);
        let lease = Lease::new(clock.clone().into());
        (clock, lease)
    }

    #[test]
    fn a_lease_is_held_only_while_it_runs() {
        let (clock, lease) = lease();
        assert!(lease.hold_at(clock.now()).is_none(), "it has not begun");
        lease.extend(clock.now() + SECOND);
        assert!(lease.hold_at(clock.now()).is_some());
        clock.advance(SECOND);
        assert!(lease.hold_at(clock.now()).is_none(), "it has run out");
        lease.extend(clock.now() + SECOND);
        lease.end();
        assert!(lease.hold_at(clock.now()).is_none(), "it was ended");
    }

    #[test]
    fn a_renewal_does_not_release_what_was_read_before_it() {
        let (clock, lease) = lease();
        lease.extend(clock.now() + SECOND);
        let hold = || lease.hold_at(clock.now()).unwrap();
        let (in_time, late, both) = (hold(), hold(), hold());
        let released = lease.release(in_time, "read").unwrap();
        assert_eq!(
            (released.at(), released.into_inner()),
            (clock.now(), "read")
        );
        clock.advance(SECOND);
        lease.extend(clock.now() + SECOND);
        assert!(lease.release(late, "read").is_none());
        let renewed = lease.hold_at(clock.now()).unwrap();
        assert!(lease.release(renewed.and(&both), "read").is_none());
        assert!(
            lease
                .release(lease.hold_at(clock.now()).unwrap(), "read")
                .is_some()
        );
    }
}
