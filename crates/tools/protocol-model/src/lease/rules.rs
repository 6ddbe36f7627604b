//! The rules for a change of the lease, which tests take away one at a time.

/// The two leases, in ticks.
pub const SHORT: u8 = 1;
pub const LONG: u8 = 3;

/// A rule that is left out, to show that the checker notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokenLease {
    /// All rules hold.
    Nothing,
    /// A barrier waits for the lease in force during a change, not for the longer one.
    BarrierWaitsForLeaseInForce,
    /// A change ends as soon as somebody sees it, whatever the row names.
    ChangeEndsEarly,
    /// A change ends as soon as the row names no longer lease. No harm: the node holds none either.
    ChangeEndsByRowAlone,
    /// A change ends after the longer lease, whatever the row names. No harm: the node takes none any more.
    ChangeEndsByTimeAlone,
    /// The node takes a longer lease before its row names it.
    LongerLeaseBeforeRow,
    /// The row names a shorter lease before the node has given up the longer one.
    ShorterRowBeforeLease,
    /// The node takes the longer lease during a change. No harm: what was committed before the change is applied before
    /// the lease is extended.
    LongerLeaseDuringChange,
}

/// The model to check.
#[derive(Clone, Copy, Debug)]
pub struct LeaseProtocol {
    pub broken: BrokenLease,
}
