//! The rules of the protocol, which tests take away one at a time.

/// The length of a lease in ticks.
pub const LEASE: u8 = 2;

/// A rule that a test takes away, to show that the checker notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// All rules hold.
    Nothing,
    /// The deletion returns as soon as it is committed.
    NoBarrier,
    /// A node responds without a check of its lease.
    LeaseNotChecked,
    /// A request checks the lease only before its response, not when it begins.
    FirstLeaseCheckLeftOut,
    /// A request checks the lease only when it begins, or pauses after its last check.
    LastLeaseCheckLeftOut,
    /// A lease runs from the receipt of the renewal's response, not from its sending.
    LeaseFromReceipt,
    /// A load is inserted although the node applied an event after it reserved the place.
    PlaceNotMarked,
    /// A node marks an unknown event as applied and keeps its cache.
    UnknownEventKeepsCache,
    /// A node reads, and takes a lease, before it has a row.
    RowAfterFirstRead,
    /// A node publishes a revision that it has read and not applied.
    PublishedBeforeApplied,
    /// A row is removed before its lease has ended.
    RowRemovedEarly,
    /// A load is inserted in any epoch.
    LoadEpochNotChecked,
    /// A poll applies events of a new epoch and does not take over the epoch.
    PollKeepsEpoch,
    /// A renewal may write to the new primary and read from the old one.
    RenewalReadsElsewhere,
    /// A node whose row is gone keeps its cache and registers again. This is harmless while the log
    /// is complete: the node still applies all missed events before it has a lease.
    KeepsCacheWithoutRow,
    /// A node whose row is gone also drops the newest epoch that it has seen.
    ForgetsEpoch,
    /// A node takes over the epoch that it reads even if it has seen a newer one.
    EpochGoesBack,
}

/// A kind of fault or repair in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Failover,
    Crash,
    RowRemoval,
}

/// All faults together.
pub const ALL_FAULTS: &[Fault] = &[Fault::Failover, Fault::Crash, Fault::RowRemoval];

/// The model to check: the number of nodes, the faults that may occur, and the broken rule. Lost
/// notifications, pauses and partitions may always occur: they are steps not taken.
#[derive(Clone, Copy, Debug)]
pub struct Protocol {
    pub nodes: usize,
    pub faults: &'static [Fault],
    pub broken: Broken,
}
