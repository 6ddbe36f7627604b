//! The world beside a read: the clock, a renewal, and the change.

/// The length of a lease and of a schedule, in ticks.
#[derive(Clone, Copy)]
pub(super) struct Times {
    pub(super) lease: u8,
    pub(super) end: u8,
}

/// A step of the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Tick,
    /// The deletion or revocation commits.
    Commit,
    /// The node applies its event.
    Apply,
    /// A renewal reads the clock and is sent.
    Send,
    /// The renewal reads the newest revision.
    Read,
    /// The renewal extends the lease.
    Extend,
}

pub(super) const STEPS: [Step; 6] = [
    Step::Tick,
    Step::Commit,
    Step::Apply,
    Step::Send,
    Step::Read,
    Step::Extend,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Renewal {
    Idle,
    Sent { at: u8 },
    Seen { at: u8, the_change: bool },
    Done,
}

/// The state of the world. Equal states have the same continuations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct State {
    pub(super) now: u8,
    pub(super) until: u8,
    renewal: Renewal,
    /// The time at which all leases have expired whose renewal was sent before the commit. `None` before the commit.
    pub(super) committed: Option<u8>,
    pub(super) applied: bool,
}

impl State {
    pub(super) fn start(times: Times) -> Self {
        Self {
            now: 0,
            until: times.lease,
            renewal: Renewal::Idle,
            committed: None,
            applied: false,
        }
    }

    /// Returns the state after this step, or `None` if the step is impossible.
    pub(super) fn after(mut self, step: Step, times: Times) -> Option<Self> {
        match (step, self.renewal) {
            (Step::Tick, _) if self.now < times.end => self.now += 1,
            (Step::Commit, renewal) if self.committed.is_none() => {
                let in_flight = match renewal {
                    Renewal::Sent { at } | Renewal::Seen { at, .. } => at + times.lease,
                    Renewal::Idle | Renewal::Done => 0,
                };
                self.committed = Some(self.until.max(in_flight));
            }
            (Step::Apply, _) if self.committed.is_some() && !self.applied => self.applied = true,
            (Step::Send, Renewal::Idle) => self.renewal = Renewal::Sent { at: self.now },
            (Step::Read, Renewal::Sent { at }) => {
                let the_change = self.committed.is_some();
                self.renewal = Renewal::Seen { at, the_change };
            }
            (Step::Extend, Renewal::Seen { at, the_change }) if self.applied || !the_change => {
                self.until = self.until.max(at + times.lease);
                self.renewal = Renewal::Done;
            }
            _ => return None,
        }
        Some(self)
    }

    /// Whether the deletion or revocation may have returned.
    pub(super) fn barrier_is_over(self) -> bool {
        self.applied || self.committed.is_some_and(|end| end <= self.now)
    }
}
