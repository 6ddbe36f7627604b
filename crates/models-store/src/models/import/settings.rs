//! The settings and statements of an import that differ between the databases.

use sqlx::{Postgres, Sqlite};

/// The settings and statements of an import on one database.
pub(crate) trait ImportSettings {
    /// The statements that set up the connection.
    const SETTINGS: &'static [&'static str];

    /// The statements for writing ahead of the turn; `None` if only the holder of the turn can
    /// write.
    const AHEAD: Option<Ahead>;
}

impl ImportSettings for Sqlite {
    /// A long wait for the lock, and memory for the pages that one transaction changes (128 MiB at
    /// most). Pages that do not fit are written twice while other changes wait.
    const SETTINGS: &'static [&'static str] =
        &["PRAGMA busy_timeout = 60000", "PRAGMA cache_size = -131072"];

    /// In SQLite a writer always holds the turn.
    const AHEAD: Option<Ahead> = None;
}

impl ImportSettings for Postgres {
    /// Deadlines for statements over every entry, a long wait for the turn, and memory for the
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
        // One import writes ahead at a time, because two would use the same revisions. The wait for
        // this lock blocks no other transaction.
        queue: "SELECT pg_advisory_xact_lock(6150391)::text",
        limit_waits: "SET LOCAL lock_timeout = '200ms'; SET LOCAL idle_in_transaction_session_timeout = '1s'",
        find_waiting: "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid' \
            AND transactionid::text::bigint = txid_current() % 4294967296",
        lock_free_turn: "SELECT singleton FROM catalog FOR UPDATE SKIP LOCKED",
    });
}

/// The statements of an import that writes ahead of its turn.
pub(crate) struct Ahead {
    /// The statements that prepare the temporary tables.
    pub(super) prepare: &'static [&'static str],
    /// The statement that waits until no other import writes ahead.
    pub(super) queue: &'static str,
    /// The statements that limit this transaction's waits for locks, and the life of its locks if
    /// the process stops.
    pub(super) limit_waits: &'static str,
    /// The statement that counts the transactions that wait for this one.
    pub(super) find_waiting: &'static str,
    /// The statement that locks and returns the row of the turn if it is free.
    pub(super) lock_free_turn: &'static str,
}
