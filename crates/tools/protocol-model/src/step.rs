//! The steps.

use crate::rules::{Broken, LEASE};
use crate::state::{Database, Deletion, Load, Node, Request, Row, State, Task};

/// A step of a node, or of the remover on a node's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeStep {
    NoteClock,
    WriteRow,
    ReadRevision(Database),
    Apply,
    Publish,
    GiveUp,
    ReservePlace,
    ReadModel(Database),
    InsertLoad,
    BeginRequest,
    TakeFromCache,
    Respond,
    Crash,
    WatchRow,
    RemoveRow,
}

impl NodeStep {
    /// The steps that read no database.
    pub const PLAIN: [Self; 13] = [
        Self::NoteClock,
        Self::WriteRow,
        Self::Apply,
        Self::Publish,
        Self::GiveUp,
        Self::ReservePlace,
        Self::InsertLoad,
        Self::BeginRequest,
        Self::TakeFromCache,
        Self::Respond,
        Self::Crash,
        Self::WatchRow,
        Self::RemoveRow,
    ];

    /// The steps that read this database.
    #[must_use]
    pub const fn reads(database: Database) -> [Self; 2] {
        [Self::ReadRevision(database), Self::ReadModel(database)]
    }
}

/// Advances all clocks by one tick.
pub fn tick(state: &mut State) {
    if let Deletion::Committed { left } = &mut state.deletion {
        *left = left.saturating_sub(1);
    }
    for node in &mut state.nodes {
        node.lease = node.lease.saturating_sub(1);
        match &mut node.task {
            Task::Noted { left } | Task::Written { left, .. } => *left = left.saturating_sub(1),
            Task::Seen { left, .. } => *left = left.map(|left| left.saturating_sub(1)),
            Task::Idle => {}
        }
        if let Some(row) = &mut node.row {
            row.watched = row.watched.map(|left| left.saturating_sub(1));
        }
    }
}

/// Whether the deletion may return.
#[must_use]
pub fn barrier_is_over(state: &State, broken: Broken) -> bool {
    let Deletion::Committed { left } = state.deletion else {
        return false;
    };
    let mut rows = state.nodes.iter().filter_map(|node| node.row);
    left == 0 || broken == Broken::NoBarrier || rows.all(|row| row.applied)
}

/// Takes a step of the node at `index`; `None` if the step is not possible.
pub fn node(state: &mut State, index: usize, step: NodeStep, broken: Broken) -> Option<()> {
    let primary = state.primary();
    let returned = state.deletion == Deletion::Returned;
    let mut node = *state.nodes.get(index)?;
    match step {
        NodeStep::NoteClock if node.task == Task::Idle => node.task = Task::Noted { left: LEASE },
        NodeStep::WriteRow => write_row(&mut node, primary, broken)?,
        NodeStep::ReadRevision(database) => {
            let deleted = state.deleted_in(database)?;
            node.task = read_revision(&node, database, deleted, broken)?;
        }
        NodeStep::Apply => apply(&mut node, broken)?,
        NodeStep::Publish => publish(&mut node, broken)?,
        NodeStep::GiveUp => node.task = Task::Idle,
        NodeStep::ReservePlace if node.load == Load::None && !node.cached => {
            node.load = Load::Reserved;
        }
        NodeStep::ReadModel(database) if node.load == Load::Reserved => {
            node.load = if state.deleted_in(database)? {
                Load::None
            } else {
                Load::Read { epoch: database }
            };
        }
        NodeStep::InsertLoad => insert(&mut node, broken)?,
        NodeStep::BeginRequest if node.request == Request::None => {
            let unchecked = [Broken::LeaseNotChecked, Broken::FirstLeaseCheckLeftOut];
            if node.lease == 0 && !unchecked.contains(&broken) {
                return None;
            }
            node.request = Request::Begun { after: returned };
        }
        NodeStep::TakeFromCache => {
            let Request::Begun { after } = node.request else {
                return None;
            };
            node.request = if node.cached {
                Request::Holding { after }
            } else {
                Request::None
            };
        }
        NodeStep::Respond => {
            let Request::Holding { after } = node.request else {
                return None;
            };
            let unchecked = [Broken::LeaseNotChecked, Broken::LastLeaseCheckLeftOut];
            let written = node.lease > 0 || unchecked.contains(&broken);
            state.stale = after && written;
            state.late = returned && written && node.lease == 0;
            node.request = Request::None;
        }
        NodeStep::Crash if !state.crashed => {
            state.crashed = true;
            node = Node::started(node.row);
        }
        NodeStep::WatchRow => {
            let row = node.row.as_mut().filter(|row| row.watched.is_none())?;
            row.watched = Some(LEASE);
        }
        NodeStep::RemoveRow => {
            let row = node.row?;
            if row.watched != Some(0) && broken != Broken::RowRemovedEarly {
                return None;
            }
            node.row = None;
        }
        NodeStep::NoteClock
        | NodeStep::ReservePlace
        | NodeStep::ReadModel(_)
        | NodeStep::BeginRequest
        | NodeStep::Crash => return None,
    }
    *state.nodes.get_mut(index)? = node;
    Some(())
}

/// Drops everything except the request in progress and the newest epoch, because the row is gone.
fn drop_all(node: &mut Node, broken: Broken) {
    let Node { request, epoch, .. } = *node;
    *node = Node::started(None);
    node.request = request;
    if broken != Broken::ForgetsEpoch {
        node.epoch = epoch;
    }
}

fn write_row(node: &mut Node, database: Database, broken: Broken) -> Option<()> {
    let Task::Noted { left } = node.task else {
        return None;
    };
    if node.registered && node.row.is_none() && broken != Broken::KeepsCacheWithoutRow {
        drop_all(node, broken);
        return Some(());
    }
    node.registered = true;
    node.row = Some(Row {
        applied: node.applied,
        watched: None,
    });
    node.task = Task::Written { left, database };
    Some(())
}

fn read_revision(node: &Node, database: Database, deleted: bool, broken: Broken) -> Option<Task> {
    let left = match node.task {
        // Only a node with a row polls.
        Task::Idle if node.registered => None,
        Task::Noted { left } if !node.registered && broken == Broken::RowAfterFirstRead => {
            Some(left)
        }
        Task::Written {
            left,
            database: written,
        } if written == database || broken == Broken::RenewalReadsElsewhere => Some(left),
        Task::Idle | Task::Noted { .. } | Task::Written { .. } | Task::Seen { .. } => return None,
    };
    Some(Task::Seen {
        left,
        epoch: database,
        deleted,
    })
}

fn apply(node: &mut Node, broken: Broken) -> Option<()> {
    let Task::Seen {
        left,
        epoch,
        deleted,
    } = node.task
    else {
        return None;
    };
    node.task = Task::Idle;
    // The node ignores a read of an older epoch.
    if node.epoch > Some(epoch) && broken != Broken::EpochGoesBack {
        return Some(());
    }
    let moves = node.epoch != Some(epoch);
    let event = deleted && !node.applied;
    if moves || (event && broken != Broken::UnknownEventKeepsCache) {
        node.cached = false;
        if broken != Broken::PlaceNotMarked {
            node.load = Load::None;
        }
    }
    if left.is_some() || broken != Broken::PollKeepsEpoch {
        node.epoch = Some(epoch);
    }
    node.applied |= deleted;
    extend(node, left, broken);
    Some(())
}

fn extend(node: &mut Node, left: Option<u8>, broken: Broken) {
    if let Some(left) = left {
        let granted = if broken == Broken::LeaseFromReceipt {
            LEASE
        } else {
            left
        };
        node.lease = node.lease.max(granted);
    }
}

fn publish(node: &mut Node, broken: Broken) -> Option<()> {
    if !node.registered {
        return None;
    }
    let seen = matches!(node.task, Task::Seen { deleted: true, .. });
    let early = seen && broken == Broken::PublishedBeforeApplied;
    match &mut node.row {
        Some(row) => row.applied = node.applied || early,
        None => drop_all(node, broken),
    }
    Some(())
}

fn insert(node: &mut Node, broken: Broken) -> Option<()> {
    let Load::Read { epoch } = node.load else {
        return None;
    };
    node.load = Load::None;
    let known = node.epoch.is_some();
    if node.epoch == Some(epoch) || (known && broken == Broken::LoadEpochNotChecked) {
        node.cached = true;
    }
    Some(())
}
