//! A model of a lease that changes while nodes run.
//!
//! The model has one node, one deletion, and up to two changes of the lease between a short and a
//! long one. The node renews as in `models-node`: it notes its clock, writes its row, reads the
//! catalog, then applies and extends. The deletion's barrier waits for the lease that its
//! transaction has read or, if it can read the node's row, for the lease in the row. An observer
//! ends a change.
//!
//! **The promise:** once the deletion has returned, a node that has not applied it holds no lease.
//!
//! **Why it is safe.** A row never names a shorter lease than the node holds: the node extends its
//! lease by at most the lease in its row, and shortens its lease before its row. A barrier that
//! cannot read the row waits for the longer lease of a change. The observer ends a change after it
//! has seen it for the longer lease, and then every lease from before the change is over. A lease
//! that began after the deletion's commit began with the deletion applied.

mod rules;
mod state;

use stateright::{Model, Property};

pub use self::rules::{BrokenLease, LeaseProtocol};
pub use self::state::{LeaseAction, LeaseState};

use self::rules::{LONG, SHORT};
use self::state::{Barrier, Renewal};

/// The safety property.
pub const NO_LEASE_LEFT: &str = "a node that has not applied a returned deletion holds no lease";
/// A reachability check: the deletion can return without the node.
pub const RETURNED_WITHOUT: &str = "the deletion returns although the node has not applied it";
/// A reachability check: a change of the lease can end.
pub const ENDED: &str = "a change has ended and the node holds the new, longer lease";

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
            LeaseAction::Return,
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
                state.barrier != Barrier::Returned || state.applied || state.held == 0
            }),
            Property::sometimes(RETURNED_WITHOUT, |_, state: &LeaseState| {
                state.barrier == Barrier::Returned && !state.applied
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
