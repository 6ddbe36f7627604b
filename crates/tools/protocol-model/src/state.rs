//! What there is at one moment. All times are ticks left, so that time itself needs no bound.

/// A database: the first primary, or the standby that took over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Database {
    First,
    Second,
}

/// What a node's background task is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Task {
    Idle,
    /// A renewal noted its clock; a lease from then on has `left` ticks.
    Noted {
        left: u8,
    },
    /// The renewal wrote the node's row.
    Written {
        left: u8,
        database: Database,
    },
    /// Read the epoch and the revision: with `left` in a renewal, without in a poll.
    Seen {
        left: Option<u8>,
        epoch: Database,
        deleted: bool,
    },
}

/// A read from the database that is to be kept in the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fill {
    None,
    Opened,
    /// Read the model, which was there, in this epoch.
    Read {
        epoch: Database,
    },
}

/// A request; `after` tells that it was sent after the deletion was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Request {
    None,
    Begun { after: bool },
    Holding { after: bool },
}

/// A node's row in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Row {
    /// The deletion is among the events applied.
    pub applied: bool,
    /// The remover has seen this renewal counter, and waits this much longer.
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
    pub fill: Fill,
    pub request: Request,
}

impl Node {
    /// A node that has just started, with the row that an earlier run left.
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
            fill: Fill::None,
            request: Request::None,
        }
    }
}

/// The deletion, as its writer sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deletion {
    NotYet,
    /// Committed; a lease from then on has `left` ticks.
    Committed {
        left: u8,
    },
    Answered,
}

/// Everything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    pub nodes: Vec<Node>,
    pub deletion: Deletion,
    /// After a failover: whether the first primary, now alone, has the deletion.
    pub isolated: Option<bool>,
    pub crashed: bool,
    /// A request sent after the deletion was answered was told of the model.
    pub stale: bool,
    /// In the last step a node without a lease told of the model, after the deletion was answered.
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
