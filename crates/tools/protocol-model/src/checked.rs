//! The model as the checker sees it: where it starts, which steps there are, what must hold.

use stateright::{Model, Property};

use crate::rules::{Fault, LEASE, Protocol};
use crate::state::{Database, Deletion, Node, Request, State};
use crate::step::{self, NodeStep};

/// One step of one party.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Tick,
    Commit,
    AnswerDeletion,
    Failover,
    Node(usize, NodeStep),
}

/// The property that must hold.
pub const NO_STALE: &str = "no request sent after the deletion was answered is told of the model";
/// What the last check adds: an overlapping request is told of it for a lease longer at most.
pub const NO_LATE: &str = "no node without a lease tells of the model after the deletion's answer";
/// The deletion comes to be answered.
pub const ANSWERED: &str = "the deletion is answered";
/// A node that has not waited out a lease lets it be answered.
pub const ANSWERED_EARLY: &str = "the deletion is answered while a node has a lease";
/// The model is served before.
pub const SERVED: &str = "a node serves the model before it is deleted";
/// A request that overlaps the deletion may be told either.
pub const OVERLAPPING: &str = "a request sent before the answer is told of the model after it";

fn holds(node: &Node) -> bool {
    node.lease > 0 && node.request == (Request::Holding { after: false })
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            nodes: vec![Node::started(None); self.nodes],
            deletion: Deletion::NotYet,
            isolated: None,
            crashed: false,
            stale: false,
            late: false,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.stale {
            return;
        }
        actions.extend([
            Action::Tick,
            Action::Commit,
            Action::AnswerDeletion,
            Action::Failover,
        ]);
        let databases = [Database::First, Database::Second];
        for index in 0..state.nodes.len() {
            let plain = NodeStep::PLAIN.into_iter();
            let reads = databases.into_iter().flat_map(NodeStep::reads);
            actions.extend(plain.chain(reads).map(|step| Action::Node(index, step)));
        }
    }

    fn next_state(&self, before: &State, action: Action) -> Option<State> {
        let may = |fault| self.faults.contains(&fault);
        let mut state = State {
            late: false,
            ..before.clone()
        };
        match action {
            Action::Tick => step::tick(&mut state),
            Action::Commit if !state.committed() => {
                state.deletion = Deletion::Committed { left: LEASE };
            }
            Action::AnswerDeletion if step::barrier_is_over(&state, self.broken) => {
                state.deletion = Deletion::Answered;
            }
            Action::Failover if may(Fault::Failover) && state.isolated.is_none() => {
                state.isolated = Some(state.committed());
            }
            Action::Commit | Action::AnswerDeletion | Action::Failover => return None,
            Action::Node(_, NodeStep::Crash) if !may(Fault::Crash) => return None,
            Action::Node(_, NodeStep::WatchRow | NodeStep::RemoveRow)
                if !may(Fault::RowRemoval) =>
            {
                return None;
            }
            Action::Node(index, step) => step::node(&mut state, index, step, self.broken)?,
        }
        // Which node is which makes no difference.
        state.nodes.sort_unstable();
        (state != *before).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(NO_STALE, |_, state: &State| !state.stale),
            Property::always(NO_LATE, |_, state: &State| !state.late),
            Property::sometimes(ANSWERED, |_, state: &State| {
                state.deletion == Deletion::Answered
            }),
            Property::sometimes(ANSWERED_EARLY, |_, state: &State| {
                state.deletion == Deletion::Answered
                    && state.nodes.iter().any(|node| node.lease > 0)
            }),
            Property::sometimes(SERVED, |_, state: &State| {
                !state.committed() && state.nodes.iter().any(holds)
            }),
            Property::sometimes(OVERLAPPING, |_, state: &State| {
                state.deletion == Deletion::Answered && state.nodes.iter().any(holds)
            }),
        ]
    }
}
