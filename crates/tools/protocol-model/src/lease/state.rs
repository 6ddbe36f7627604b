//! The state of the model, and its steps.

use super::rules::{BrokenLease, LONG};

/// The state of the node's renewal. `age` is the number of ticks since it noted its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Renewal {
    Idle,
    Noted { age: u8 },
    Written { age: u8 },
    Read { age: u8, lease: u8, deleted: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Barrier {
    NotYet,
    /// The barrier waits until `age`, the ticks since the commit, reaches the lease.
    Waiting {
        age: u8,
        lease: u8,
    },
    Returned,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LeaseState {
    pub in_force: u8,
    pub previous: u8,
    pub changes: u8,
    /// The change that the observer has seen, and the ticks that it still waits.
    pub watched: Option<(u8, u8)>,
    /// The lease in the node's row.
    pub row: u8,
    /// The lease that the next renewal writes into the row.
    pub next_row: u8,
    /// Whether the row says that the deletion is applied.
    pub row_applied: bool,
    /// The remaining ticks of the node's lease.
    pub held: u8,
    pub applied: bool,
    pub renewal: Renewal,
    pub barrier: Barrier,
}

/// A step of one party.
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
    Return,
}

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
            Barrier::Returned
        } else {
            Barrier::Waiting {
                age,
                lease: self.row,
            }
        };
        Some(())
    }

    pub fn take(&mut self, action: LeaseAction, broken: BrokenLease) -> Option<()> {
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
            LeaseAction::Return => {
                let Barrier::Waiting { age, lease } = self.barrier else {
                    return None;
                };
                if age < lease {
                    return None;
                }
                self.barrier = Barrier::Returned;
            }
            LeaseAction::NoteClock | LeaseAction::Commit => return None,
        }
        Some(())
    }
}
