//! The rules for a change of the lease, which tests take away one at a time.

/// The two leases, in ticks.
pub const SHORT: u8 = 1;
pub const LONG: u8 = 3;

/// A rule that a test takes away, to show that the checker notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokenLease {
    /// All rules hold.
    Nothing,
    /// A barrier waits for the lease in force during a change and not for the longer one.
    BarrierWaitsForLeaseInForce,
    /// A change ends as soon as the observer sees it, independent of the row.
    ChangeEndsEarly,
    /// A change ends as soon as the row's lease is at most the one in force. This is harmless: the
    /// node's own lease is then at most that too.
    ChangeEndsByRowAlone,
    /// A change ends after the longer lease, independent of the row. This is harmless: the
    /// lease that the node takes is at most that.
    ChangeEndsByTimeAlone,
    /// The node takes a longer lease before its row names it.
    LongerLeaseBeforeRow,
    /// The row names a shorter lease before the node has shortened its own.
    ShorterRowBeforeLease,
    /// The node takes the longer lease during a change. This is harmless: the node applies
    /// everything committed before the change before it extends its lease.
    LongerLeaseDuringChange,
}

/// The model to check.
#[derive(Clone, Copy, Debug)]
pub struct LeaseProtocol {
    pub broken: BrokenLease,
}
