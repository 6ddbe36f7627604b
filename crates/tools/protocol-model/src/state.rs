//! The state at one moment. All times are remaining ticks, so that time needs no bound.

/// A database: the first primary, or the standby that took over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Database {
    First,
    Second,
}

/// The progress of a node's background task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Task {
    Idle,
    /// The renewal noted its clock; a lease from that moment has `left` ticks.
    Noted {
        left: u8,
    },
    /// The renewal wrote the node's row.
    Written {
        left: u8,
        database: Database,
    },
    /// The task read the epoch and the revision. A renewal has `left`, a poll has none.
    Seen {
        left: Option<u8>,
        epoch: Database,
        deleted: bool,
    },
}

/// A load of the model into the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Load {
    None,
    Reserved,
    /// The load read the model in this epoch.
    Read {
        epoch: Database,
    },
}

/// A request. `after` is whether it was sent after the deletion returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Request {
    None,
    Begun { after: bool },
    Holding { after: bool },
}

/// A node's row in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Row {
    /// Whether the node has applied the deletion.
    pub applied: bool,
    /// The ticks that the remover still waits, if it has seen this renewal.
    pub watched: Option<u8>,
}

/// A node, with its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    pub row: Option<Row>,
    pub registered: bool,
    pub epoch: Option<Database>,
    pub applied: bool,
    pub cached: bool,
    pub lease: u8,
    pub task: Task,
    pub load: Load,
    pub request: Request,
}

impl Node {
    /// A node that has just started, with the row of an earlier run.
    #[must_use]
    pub const fn started(row: Option<Row>) -> Self {
        Self {
            row,
            registered: false,
            epoch: None,
            applied: false,
            cached: false,
            lease: 0,
            task: Task::Idle,
            load: Load::None,
            request: Request::None,
        }
    }
}

/// The deletion, as its writer sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deletion {
    NotYet,
    /// The deletion is committed; a lease from that moment has `left` ticks.
    Committed {
        left: u8,
    },
    Returned,
}

/// The whole state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    pub nodes: Vec<Node>,
    pub deletion: Deletion,
    /// After a failover: whether the first primary, now alone, has the deletion.
    pub isolated: Option<bool>,
    pub crashed: bool,
    /// Whether a request sent after the deletion returned was shown the model.
    pub stale: bool,
    /// Whether, in the last step, a node without a lease showed the model after the deletion
    /// returned.
    pub late: bool,
}

impl State {
    #[must_use]
    pub const fn primary(&self) -> Database {
        match self.isolated {
            None => Database::First,
            Some(_) => Database::Second,
        }
    }

    #[must_use]
    pub fn committed(&self) -> bool {
        self.deletion != Deletion::NotYet
    }

    /// Whether a reader of this database sees the deletion; `None` if it does not run.
    #[must_use]
    pub fn deleted_in(&self, database: Database) -> Option<bool> {
        match (database, self.isolated) {
            (Database::First, Some(deleted)) => Some(deleted),
            (Database::Second, None) => None,
            (Database::First, None) | (Database::Second, Some(_)) => Some(self.committed()),
        }
    }
}
