//! A model of a lease that is changed while nodes run.
//!
//! One node, one deletion, and up to two changes of the lease between a short and a long one. The node renews as it does in
//! `models-node`: it notes its clock, writes its row, reads the catalog, then applies and extends. The deletion's barrier waits for
//! the lease that its transaction has read, and, where it can read the node's row, for the one that the row names. An observer
//! ends a change.
//!
//! **The promise:** once the deletion was answered, a node that has not applied it holds no lease.
//!
//! **Why it is safe.** A row names no shorter lease than the node holds: the node extends by at most what its row names, and
//! shortens its lease before its row does. A barrier that cannot read the row waits for the longer lease of a change; a lease
//! that began before the change is over when the observer, who has seen the change for as long as the longer one, ends
//! it. A lease that began after the deletion's commit began with the deletion applied.

use stateright::{Model, Property};

/// The two leases, in ticks.
const SHORT: u8 = 1;
const LONG: u8 = 3;

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

/// The node's renewal. `age` is the ticks since its clock was noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Renewal {
    Idle,
    Noted { age: u8 },
    Written { age: u8 },
    Read { age: u8, lease: u8, deleted: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Barrier {
    NotYet,
    /// It waits until `age` ticks since the commit are as many as the lease.
    Waiting {
        age: u8,
        lease: u8,
    },
    Answered,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LeaseState {
    in_force: u8,
    previous: u8,
    changes: u8,
    /// The observer has seen this change, and waits for so many ticks.
    watched: Option<(u8, u8)>,
    /// What the node's row names.
    row: u8,
    /// What the next renewal writes into it.
    next_row: u8,
    /// Whether the row says that the deletion is applied.
    row_applied: bool,
    /// Ticks that the node's lease has left.
    held: u8,
    applied: bool,
    renewal: Renewal,
    barrier: Barrier,
}

/// One step of one party.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseAction {
    Tick,
    Change(u8),
    Watch,
    EndChange,
    NoteClock,
    WriteRow,
    ReadCatalog,
    Extend,
    GiveUp,
    Commit,
    ReadRow,
    Answer,
}

/// The property that must hold.
pub const NO_LEASE_LEFT: &str = "a node that has not applied an answered deletion holds no lease";
/// The deletion comes to be answered without the node.
pub const ANSWERED_WITHOUT: &str = "the deletion is answered though the node has not applied it";
/// A change of the lease ends.
pub const ENDED: &str = "a change has ended and the node holds the new, longer lease";

impl LeaseState {
    fn of_nodes(&self, broken: BrokenLease) -> u8 {
        if broken == BrokenLease::LongerLeaseDuringChange {
            self.in_force
        } else {
            self.in_force.min(self.previous)
        }
    }

    fn of_barriers(&self, broken: BrokenLease) -> u8 {
        if broken == BrokenLease::BarrierWaitsForLeaseInForce {
            self.in_force
        } else {
            self.in_force.max(self.previous)
        }
    }

    fn tick(&mut self) {
        let older = |age: u8| (age + 1).min(LONG);
        self.held = self.held.saturating_sub(1);
        self.watched = self
            .watched
            .map(|(change, left)| (change, left.saturating_sub(1)));
        match &mut self.renewal {
            Renewal::Noted { age } | Renewal::Written { age } | Renewal::Read { age, .. } => {
                *age = older(*age);
            }
            Renewal::Idle => {}
        }
        if let Barrier::Waiting { age, .. } = &mut self.barrier {
            *age = older(*age);
        }
    }

    fn change(&mut self, lease: u8) -> Option<()> {
        if self.changes == 2 || lease == self.in_force {
            return None;
        }
        self.previous = self.in_force.max(self.previous);
        self.in_force = lease;
        self.changes += 1;
        Some(())
    }

    fn end_change(&mut self, broken: BrokenLease) -> Option<()> {
        let (change, left) = self.watched?;
        let early = broken == BrokenLease::ChangeEndsEarly;
        let is_over = left == 0 || early || broken == BrokenLease::ChangeEndsByRowAlone;
        let is_named = self.row > self.in_force;
        let blocks = is_named && !early && broken != BrokenLease::ChangeEndsByTimeAlone;
        if change != self.changes || !is_over || blocks {
            return None;
        }
        self.previous = self.in_force;
        self.watched = None;
        Some(())
    }

    fn read_catalog(&mut self, broken: BrokenLease) -> Option<()> {
        let Renewal::Written { age } = self.renewal else {
            return None;
        };
        let lease = self.of_nodes(broken);
        let deleted = self.barrier != Barrier::NotYet;
        self.renewal = Renewal::Read {
            age,
            lease,
            deleted,
        };
        if broken == BrokenLease::ShorterRowBeforeLease {
            self.row = lease;
        }
        Some(())
    }

    fn extend(&mut self, broken: BrokenLease) -> Option<()> {
        let Renewal::Read {
            age,
            lease,
            deleted,
        } = self.renewal
        else {
            return None;
        };
        self.applied |= deleted;
        let taken = if broken == BrokenLease::LongerLeaseBeforeRow {
            lease
        } else {
            lease.min(self.row)
        };
        self.held = taken.saturating_sub(age);
        self.next_row = lease;
        self.renewal = Renewal::Idle;
        Some(())
    }

    fn read_row(&mut self) -> Option<()> {
        let Barrier::Waiting { age, .. } = self.barrier else {
            return None;
        };
        self.barrier = if self.row_applied {
            Barrier::Answered
        } else {
            Barrier::Waiting {
                age,
                lease: self.row,
            }
        };
        Some(())
    }

    fn take(&mut self, action: LeaseAction, broken: BrokenLease) -> Option<()> {
        match action {
            LeaseAction::Tick => self.tick(),
            LeaseAction::Change(lease) => self.change(lease)?,
            LeaseAction::Watch => {
                self.watched = Some((self.changes, self.in_force.max(self.previous)));
            }
            LeaseAction::EndChange => self.end_change(broken)?,
            LeaseAction::NoteClock if self.renewal == Renewal::Idle => {
                self.renewal = Renewal::Noted { age: 0 };
            }
            LeaseAction::WriteRow => {
                let Renewal::Noted { age } = self.renewal else {
                    return None;
                };
                (self.row, self.row_applied) = (self.next_row, self.applied);
                self.renewal = Renewal::Written { age };
            }
            LeaseAction::ReadCatalog => self.read_catalog(broken)?,
            LeaseAction::Extend => self.extend(broken)?,
            LeaseAction::GiveUp => self.renewal = Renewal::Idle,
            LeaseAction::Commit if self.barrier == Barrier::NotYet => {
                self.barrier = Barrier::Waiting {
                    age: 0,
                    lease: self.of_barriers(broken),
                };
            }
            LeaseAction::ReadRow => self.read_row()?,
            LeaseAction::Answer => {
                let Barrier::Waiting { age, lease } = self.barrier else {
                    return None;
                };
                if age < lease {
                    return None;
                }
                self.barrier = Barrier::Answered;
            }
            LeaseAction::NoteClock | LeaseAction::Commit => return None,
        }
        Some(())
    }
}

impl Model for LeaseProtocol {
    type State = LeaseState;
    type Action = LeaseAction;

    fn init_states(&self) -> Vec<LeaseState> {
        let with = |lease| LeaseState {
            in_force: lease,
            previous: lease,
            changes: 0,
            watched: None,
            row: lease,
            next_row: lease,
            row_applied: false,
            held: 0,
            applied: false,
            renewal: Renewal::Idle,
            barrier: Barrier::NotYet,
        };
        vec![with(SHORT), with(LONG)]
    }

    fn actions(&self, _: &LeaseState, actions: &mut Vec<LeaseAction>) {
        actions.extend([
            LeaseAction::Tick,
            LeaseAction::Change(SHORT),
            LeaseAction::Change(LONG),
            LeaseAction::Watch,
            LeaseAction::EndChange,
            LeaseAction::NoteClock,
            LeaseAction::WriteRow,
            LeaseAction::ReadCatalog,
            LeaseAction::Extend,
            LeaseAction::GiveUp,
            LeaseAction::Commit,
            LeaseAction::ReadRow,
            LeaseAction::Answer,
        ]);
    }

    fn next_state(&self, before: &LeaseState, action: LeaseAction) -> Option<LeaseState> {
        let mut state = before.clone();
        state.take(action, self.broken)?;
        (state != *before).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(NO_LEASE_LEFT, |_, state: &LeaseState| {
                state.barrier != Barrier::Answered || state.applied || state.held == 0
            }),
            Property::sometimes(ANSWERED_WITHOUT, |_, state: &LeaseState| {
                state.barrier == Barrier::Answered && !state.applied
            }),
            Property::sometimes(ENDED, |_, state: &LeaseState| {
                state.changes > 0
                    && state.in_force == LONG
                    && state.previous == LONG
                    && state.held == LONG
            }),
        ]
    }
}
