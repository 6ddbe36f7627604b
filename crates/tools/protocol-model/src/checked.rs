//! The model for the checker: initial state, steps and properties.

use stateright::{Model, Property};

use crate::rules::{Fault, LEASE, Protocol};
use crate::state::{Database, Deletion, Node, Request, State};
use crate::step::{self, NodeStep};

/// A step of one party.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Tick,
    Commit,
    ReturnDeletion,
    Failover,
    Node(usize, NodeStep),
}

/// The safety property.
pub const NO_STALE: &str = "no request sent after the deletion returned is shown the model";
/// The property that the last lease check adds: an overlapping request is shown the model at most
/// one lease later.
pub const NO_LATE: &str = "no node without a lease shows the model after the deletion returned";
/// A reachability check: the deletion can return.
pub const RETURNED: &str = "the deletion returns";
/// A reachability check: the deletion can return before a node's lease has run out.
pub const RETURNED_EARLY: &str = "the deletion returns while a node has a lease";
/// A reachability check: a node can serve the model before the deletion.
pub const SERVED: &str = "a node serves the model before it is deleted";
/// A reachability check: an overlapping request may be shown the model.
pub const OVERLAPPING: &str =
    "a request sent before the deletion returned is shown the model after it";

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
            Action::ReturnDeletion,
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
            Action::ReturnDeletion if step::barrier_is_over(&state, self.broken) => {
                state.deletion = Deletion::Returned;
            }
            Action::Failover if may(Fault::Failover) && state.isolated.is_none() => {
                state.isolated = Some(state.committed());
            }
            Action::Commit | Action::ReturnDeletion | Action::Failover => return None,
            Action::Node(_, NodeStep::Crash) if !may(Fault::Crash) => return None,
            Action::Node(_, NodeStep::WatchRow | NodeStep::RemoveRow)
                if !may(Fault::RowRemoval) =>
            {
                return None;
            }
            Action::Node(index, step) => step::node(&mut state, index, step, self.broken)?,
        }
        // Nodes are interchangeable, so sorted states are equal.
        state.nodes.sort_unstable();
        (state != *before).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(NO_STALE, |_, state: &State| !state.stale),
            Property::always(NO_LATE, |_, state: &State| !state.late),
            Property::sometimes(RETURNED, |_, state: &State| {
                state.deletion == Deletion::Returned
            }),
            Property::sometimes(RETURNED_EARLY, |_, state: &State| {
                state.deletion == Deletion::Returned
                    && state.nodes.iter().any(|node| node.lease > 0)
            }),
            Property::sometimes(SERVED, |_, state: &State| {
                !state.committed() && state.nodes.iter().any(holds)
            }),
            Property::sometimes(OVERLAPPING, |_, state: &State| {
                state.deletion == Deletion::Returned && state.nodes.iter().any(holds)
            }),
        ]
    }
}
