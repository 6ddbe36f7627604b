//! All orders of the steps of a read and of the world beside it.

use std::collections::HashSet;

use models_node::pause::Point;

use super::world::{STEPS, State, Step, Times};

/// What the read has seen of the world before each of its steps. The read is deterministic, so this is all
/// that it depends on.
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
            Point::Memory | Point::Keep => Self::Memory { applied },
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

/// Walks through all schedules, depth first. Where a read that has seen the same comes to the same state of
/// the world on two ways, what follows is tried once.
#[derive(Default)]
pub(super) struct Schedules {
    /// What was chosen at each place of the present schedule, and of how many.
    pub(super) chosen: Vec<(usize, usize)>,
    place: usize,
    pub(super) seen: Vec<Seen>,
    tried: HashSet<(Vec<Seen>, State)>,
    is_known: bool,
}

impl Schedules {
    /// The step that the world takes next; none where the read goes on.
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

    /// Goes on to the next schedule, if there is one.
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
