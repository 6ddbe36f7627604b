//! The rules of the protocol, each of which a test can break.

/// How many ticks a lease lasts.
pub const LEASE: u8 = 2;

/// A rule that is left out, to show that the checker notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// All rules hold.
    Nothing,
    /// The deletion is answered as soon as it is committed.
    NoBarrier,
    /// A request is answered whether or not the node has a lease.
    LeaseNotChecked,
    /// A request checks the lease only before it is answered, not when it begins.
    FirstLeaseCheckLeftOut,
    /// A request checks the lease only when it begins, or is paused after its last check.
    LastLeaseCheckLeftOut,
    /// A lease runs from when the answer came, not from when the renewal was sent.
    LeaseFromReceipt,
    /// A fill is stored although an event was applied since its slot was opened.
    SlotNotMarked,
    /// A node marks an event that it does not understand as applied, and keeps its cache.
    UnknownEventKeepsCache,
    /// A node reads, and takes a lease, before it has a row.
    RowAfterFirstRead,
    /// A node publishes a revision that it has seen but not applied.
    PublishedBeforeApplied,
    /// A row is removed without waiting for its lease to end.
    RowRemovedEarly,
    /// A fill is stored whatever epoch it was read in.
    FillEpochNotChecked,
    /// A poll applies events of a new epoch without taking over the epoch.
    PollKeepsEpoch,
    /// A renewal may write to the new primary and read from the old one.
    RenewalReadsElsewhere,
    /// A node whose row is gone keeps what it has, and registers anew. No harm while the log is
    /// whole: it still applies all that it missed before it has a lease.
    KeepsCacheWithoutRow,
    /// A node whose row is gone forgets also the newest epoch that it has seen.
    ForgetsEpoch,
    /// A node takes over the epoch that it reads even if it has seen a newer one.
    EpochGoesBack,
}

/// A kind of fault, or of repair, that a run includes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Failover,
    Crash,
    RowRemoval,
}

/// All faults together.
pub const ALL_FAULTS: &[Fault] = &[Fault::Failover, Fault::Crash, Fault::RowRemoval];

/// The model to check: how many nodes, which faults may occur, and which rule is broken.
/// Lost notifications, pauses and partitions always may: they are steps not taken.
#[derive(Clone, Copy, Debug)]
pub struct Protocol {
    pub nodes: usize,
    pub faults: &'static [Fault],
    pub broken: Broken,
}
