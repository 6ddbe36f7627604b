//! In which settings and statements of an import the databases differ.

use sqlx::{Postgres, Sqlite};

/// What an import sets on its connection.
pub(crate) trait ImportSettings {
    /// The statements.
    const SETTINGS: &'static [&'static str];

    /// How an import writes before it takes the turn, where others can write meanwhile.
    const AHEAD: Option<Ahead>;
}

impl ImportSettings for Sqlite {
    /// A patient wait for the lock, and room in memory for what one transaction changes (128 MiB at
    /// most): pages that do not fit are written twice, while others wait.
    const SETTINGS: &'static [&'static str] =
        &["PRAGMA busy_timeout = 60000", "PRAGMA cache_size = -131072"];

    /// Whoever writes holds the turn.
    const AHEAD: Option<Ahead> = None;
}

impl ImportSettings for Postgres {
    /// Deadlines for statements over every entry, a patient wait for the turn, and memory for the
    /// comparison and the temporary tables.
    const SETTINGS: &'static [&'static str] = &[
        "SET statement_timeout = '10min'",
        "SET lock_timeout = '60s'",
        "SET idle_in_transaction_session_timeout = '5s'",
        "SET work_mem = '64MB'",
        "SET temp_buffers = '64MB'",
    ];

    const AHEAD: Option<Ahead> = Some(Ahead {
        prepare: &[
            "CREATE INDEX IF NOT EXISTS staged_models_rank ON staged_models (rank)",
            "CREATE INDEX IF NOT EXISTS arranged_models_place ON arranged_models (place)",
        ],
        // One import at a time: their events would meet. Waiting for this lock blocks nobody else.
        queue: "SELECT pg_advisory_xact_lock(6150391)::text",
        limit_waits: "SET LOCAL lock_timeout = '200ms'; SET LOCAL idle_in_transaction_session_timeout = '1s'",
        find_waiting: "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid' \
            AND transactionid::text::bigint = txid_current() % 4294967296",
        lock_free_turn: "SELECT singleton FROM catalog FOR UPDATE SKIP LOCKED",
    });
}

/// The statements of an import that writes ahead of its turn.
pub(crate) struct Ahead {
    /// Prepare the temporary tables.
    pub(super) prepare: &'static [&'static str],
    /// Waits until no other import writes ahead.
    pub(super) queue: &'static str,
    /// Limits how long this transaction waits for a lock, and how long its locks stay if the process stops.
    pub(super) limit_waits: &'static str,
    /// Counts the transactions that wait for this one.
    pub(super) find_waiting: &'static str,
    /// Locks the row of the turn if nobody has it, and returns it.
    pub(super) lock_free_turn: &'static str,
}
