//! The statements that differ between the databases.

use sqlx::{Postgres, Sqlite};

use super::columns::columns;
use super::driver::Driver;

/// The statements of one database.
pub(crate) trait Dialect: Driver {
    /// Returns the catalog's row: the newest revision, its epoch, the level and the leases. The
    /// epoch is empty on a standby.
    const POSITION: &'static str;

    /// Takes the next revision, and returns the catalog's row with it as the newest one.
    const TAKE_TURN: &'static str;

    /// Returns the catalog's row joined with each event in a range of revisions, oldest first.
    /// Without an event it returns one row.
    const LIST_AFTER: &'static str;

    /// Whether the same database holds the nodes' rows and the catalog.
    const HAS_NODES: bool;
}

/// The columns of the table `catalog` that every read of the position returns, apart from the
/// revision and the epoch.
macro_rules! catalog_columns {
    ($($form:tt)*) => {
        columns!($($form)* => level level_version lease_ms previous_lease_ms lease_revision)
    };
}

/// The columns of the table `events`: first the columns that a read of the log returns, then those
/// that only look-ups use.
macro_rules! event_columns {
    ($($form:tt)*) => {
        $crate::database::columns!(
            $($form)* => [revision occurred_at actor type change context] [organization_id subject_id project_id]
        )
    };
}
pub(crate) use event_columns;

/// A SQLite file has one epoch, which a column holds.
macro_rules! epoch_of_sqlite {
    () => {
        "epoch"
    };
}

/// An epoch identifies one server (or a promoted copy of it, by its timeline) since its last start,
/// and these very tables.
macro_rules! epoch_of_postgres {
    () => {
        "CASE WHEN pg_is_in_recovery() THEN '' ELSE \
        (SELECT system_identifier FROM pg_control_system()) || '-' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) \
        || '-' || 'catalog'::regclass::oid || '-' || extract(epoch FROM pg_postmaster_start_time()) END"
    };
}

macro_rules! dialect {
    ($database:ty, $epoch:expr, $has_nodes:expr) => {
        impl Dialect for $database {
            const POSITION: &'static str = concat!(
                "SELECT revision AS newest, ", $epoch, " AS epoch, ", catalog_columns!([", "] [*]), " FROM catalog"
            );
            const TAKE_TURN: &'static str = concat!(
                "UPDATE catalog SET revision = revision + 1 RETURNING revision AS newest, ", $epoch, " AS epoch, ",
                catalog_columns!([", "] [*])
            );
            const LIST_AFTER: &'static str = concat!(
                "SELECT c.revision AS newest, ", $epoch, " AS epoch, ", catalog_columns!([", "] [*]),
                ", ", event_columns!(first, [", "] ["e." *]),
                " FROM catalog c LEFT JOIN events e ON e.revision > $1 AND e.revision <= $2 ORDER BY e.revision"
            );
            const HAS_NODES: bool = $has_nodes;
        }
    };
}

dialect!(Sqlite, epoch_of_sqlite!(), false);
dialect!(Postgres, epoch_of_postgres!(), true);
