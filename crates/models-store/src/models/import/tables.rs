//! The temporary tables of an import, and the statements that copy from them.

use crate::database::event_columns;
use crate::models::rows::model_columns;

/// The columns have the types and collations of the columns that they are compared with. `rank`
/// numbers the changes in the order of the entries. `kind` is the event's type, and empty if
/// nothing changes. `change` is the event's text.
pub(super) const CREATE: [&str; 4] = [
    concat!(
        "CREATE TEMPORARY TABLE staged_models AS \
            SELECT m.created AS position, m.created AS rank, e.type AS kind, m.id, ",
        model_columns!(second, [", "] ["m." * " AS before_" *]),
        ", ",
        model_columns!(second, [", "] ["m." *]),
        ", e.change FROM models m CROSS JOIN events e WHERE 1 = 0"
    ),
    "CREATE UNIQUE INDEX staged_models_position ON staged_models (position)",
    "CREATE UNIQUE INDEX staged_models_id ON staged_models (id)",
    // `arranged_models` holds the rows for `models` in the order of the primary key. Writing in
    // that order takes a third of the time.
    concat!(
        "CREATE TEMPORARY TABLE arranged_models AS SELECT created AS place, ",
        model_columns!(all, [", "] [*]),
        ", organization_id FROM models WHERE 1 = 0"
    ),
];

pub(super) const FIND_ORGANIZATION: &str =
    "SELECT name FROM organizations WHERE id = $1 AND deleted_at IS NULL";

/// Whether the stored model `m` differs from the state before in `s`.
macro_rules! is_stale {
    () => {
        model_columns!(second, [" OR "] ["s.before_" * " IS DISTINCT FROM m." *])
    };
}

/// With `MATERIALIZED`, PostgreSQL plans the join for all rows. With the `LIMIT` inside, it would
/// look up each model separately, which takes five times as long when nothing is stale.
pub(super) const FIND_STALE: &str = concat!(
    "WITH stale AS MATERIALIZED (\
        SELECT s.position FROM staged_models s LEFT JOIN models m ON m.scope = $1 AND m.id = s.id WHERE ",
    is_stale!(),
    ") SELECT position FROM stale ORDER BY position LIMIT 1000"
);

/// Finds the stale rows among models that have changed after a revision. All other models are
/// unchanged since the comparison.
pub(super) const FIND_STALE_SINCE: &str = concat!(
    "SELECT DISTINCT s.position FROM events e JOIN staged_models s ON s.id = e.subject_id \
        LEFT JOIN models m ON m.scope = $1 AND m.id = s.id \
    WHERE e.revision > $2 AND e.revision <= (SELECT revision FROM catalog) AND (",
    is_stale!(),
    ") ORDER BY s.position LIMIT 1000"
);

/// Finds a staged model that has changed in a range of revisions.
pub(super) const FIND_CHANGED: &str = "SELECT s.position FROM events e JOIN staged_models s ON s.id = e.subject_id \
    WHERE e.revision > $1 AND e.revision <= $2 AND e.organization_id IS NOT DISTINCT FROM $3 LIMIT 1";

pub(super) const UNSTAGE: &str = "DELETE FROM staged_models WHERE position = $1";

pub(super) const RANK: &str = "UPDATE staged_models SET rank = r.rank FROM (\
        SELECT position AS place, ROW_NUMBER() OVER (ORDER BY position) AS rank FROM staged_models WHERE kind <> ''\
    ) r WHERE position = r.place";
pub(super) const CLEAR_ARRANGED: &str = "DELETE FROM arranged_models";
pub(super) const ARRANGE: &str = concat!(
    "INSERT INTO arranged_models (place, ",
    model_columns!(all, [", "] [*]),
    ", organization_id) SELECT ROW_NUMBER() OVER (ORDER BY id), $1, id, ",
    model_columns!(second, [", "] [*]),
    ", $2 FROM staged_models WHERE kind <> '' ORDER BY id"
);

pub(super) const WRITE: &str = concat!(
    "INSERT INTO models (",
    model_columns!(all, [", "] [*]),
    ", organization_id) SELECT ",
    model_columns!(all, [", "] [*]),
    ", organization_id FROM arranged_models WHERE place > $1 AND place <= $2 \
    ON CONFLICT (scope, id) DO UPDATE SET ",
    model_columns!(second, [", "] [* " = excluded." *])
);
pub(super) const RECORD: &str = concat!(
    "INSERT INTO events (",
    event_columns!(all, [", "] [*]),
    ") SELECT rank + CASE WHEN rank > $3 THEN $4 ELSE $5 END, $6, $7, kind, change, $9, $8, id, NULL FROM staged_models \
    WHERE kind <> '' AND rank > $1 AND rank <= $2 ORDER BY rank"
);
