//! All schedules: orders of the steps of a read and of the world beside it.

use std::collections::HashSet;

use models_node::pause::Point;

use super::world::{STEPS, State, Step, Times};

/// The state of the world that the read has seen before one of its steps. The read is deterministic and depends on
/// nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Seen {
    Sent { barrier_is_over: bool },
    Lease { until: Option<u8>, applied: bool },
    Memory { applied: bool },
    Database { committed: bool },
}

impl Seen {
    pub(super) fn of(state: State, before: Point) -> Self {
        let State {
            now,
            until,
            applied,
            ..
        } = state;
        match before {
            Point::Hold => Self::Lease {
                until: (now < until).then_some(until),
                applied,
            },
            Point::Memory | Point::Insert => Self::Memory { applied },
            Point::Load => Self::Database {
                committed: state.committed.is_some(),
            },
            Point::Release => Self::Lease {
                until: Some(now),
                applied,
            },
        }
    }
}

/// Walks through all schedules, depth first. If two schedules lead to the same state of the world and the read has seen
/// the same, their common continuations are tried once.
#[derive(Default)]
pub(super) struct Schedules {
    /// For each place of the current schedule, the choice and the number of choices.
    pub(super) chosen: Vec<(usize, usize)>,
    place: usize,
    pub(super) seen: Vec<Seen>,
    tried: HashSet<(Vec<Seen>, State)>,
    is_known: bool,
}

impl Schedules {
    /// Returns the next step of the world, or `None` if the read continues.
    pub(super) fn choose(&mut self, state: State, times: Times) -> Option<Step> {
        let possible = |step: &Step| state.after(*step, times).is_some();
        let possible: Vec<Step> = STEPS.into_iter().filter(possible).collect();
        if self.place == self.chosen.len() {
            self.is_known |= !self.tried.insert((self.seen.clone(), state));
            let count = if self.is_known { 0 } else { possible.len() };
            self.chosen.push((0, 1 + count));
        }
        let (choice, _) = self.chosen[self.place];
        self.place += 1;
        choice.checked_sub(1).map(|choice| possible[choice])
    }

    /// Advances to the next schedule. Returns whether there is one.
    pub(super) fn advance(&mut self) -> bool {
        self.chosen.truncate(self.place);
        self.place = 0;
        self.is_known = false;
        self.seen.clear();
        while let Some((choice, count)) = self.chosen.pop() {
            if choice + 1 < count {
                self.chosen.push((choice + 1, count));
                return true;
            }
        }
        false
    }
}
