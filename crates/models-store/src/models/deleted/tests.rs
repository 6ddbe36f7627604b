use std::time::Duration;

use models_node::Nodes;
use sqlx::{AssertSqlSafe, PgConnection, SqliteConnection};
use sqlx::{Connection, Executor, Row};
use test_database::TestDatabase;

use super::*;
use crate::opening::{Options, open};

const OPTIONS: Options = Options {
    max_connections: 2,
    connect_timeout: Duration::from_secs(10),
    lease: Duration::from_secs(15),
    create: true,
};

/// 2,000 deletions of `x` by other keys, and 2,000 deletions of other ids by the key `key_1`.
const FILL: &str = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 2000) \
    INSERT INTO events (revision, occurred_at, actor, type, organization_id, subject_id, change) \
    SELECT 2 * n, 100, 'key_' || (n + 1), 'model.deleted', 'org_2', 'x', '{}' FROM n \
    UNION ALL SELECT 2 * n + 1, 100, 'key_1', 'model.deleted', 'org_1', 'y' || n, '{}' FROM n";

/// The look-ups of a foreign id (`x`), a missing one (`z`) and the actor's own (`y7`).
fn look_ups() -> impl Iterator<Item = String> {
    ["x", "z", "y7"].into_iter().map(|id| {
        let sql = FIND_DELETED.replace("$1", "'key_1'");
        sql.replace("$2", &format!("'{id}'")).replace("$3", "40")
    })
}

#[tokio::test]
async fn on_sqlite_the_look_up_reads_only_the_actors_own_events() {
    let database = TestDatabase::sqlite();
    open(database.url(), OPTIONS, Nodes::new)
        .await
        .unwrap()
        .close()
        .await;
    let mut connection = SqliteConnection::connect(database.url()).await.unwrap();
    connection.execute(FILL).await.unwrap();
    for analyzed in ["SELECT 1", "ANALYZE"] {
        connection.execute(analyzed).await.unwrap();
        for look_up in look_ups() {
            let plan = format!("EXPLAIN QUERY PLAN {look_up}");
            let plan = connection.fetch_one(AssertSqlSafe(plan)).await.unwrap();
            assert_eq!(
                plan.get::<String, _>("detail"),
                "SEARCH events USING INDEX events_deletions (actor=? AND subject_id=?)"
            );
        }
    }
}

#[tokio::test]
async fn on_postgres_the_look_up_reads_only_the_actors_own_events() {
    let database = TestDatabase::postgres().await;
    open(database.url(), OPTIONS, Nodes::new)
        .await
        .unwrap()
        .close()
        .await;
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    connection.execute(FILL).await.unwrap();
    connection
        .execute("SET plan_cache_mode = force_generic_plan")
        .await
        .unwrap();
    let prepare = format!("PREPARE look_up (text, text, bigint) AS {FIND_DELETED}");
    connection.execute(AssertSqlSafe(prepare)).await.unwrap();
    for analyzed in ["SELECT 1", "ANALYZE"] {
        connection.execute(analyzed).await.unwrap();
        let generic = ["x", "z", "y7"].map(|id| format!("EXECUTE look_up ('key_1', '{id}', 40)"));
        for look_up in look_ups().chain(generic) {
            let explain = format!("EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF) {look_up}");
            let rows = connection.fetch_all(AssertSqlSafe(explain)).await.unwrap();
            let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
            let plan = plan.join("\n");
            assert!(
                plan.contains("events_deletions") && plan.contains("Index Cond: ((actor = "),
                "{plan}"
            );
            // Rows that are read and discarded would show here.
            assert!(!plan.contains("Rows Removed"), "{plan}");
            assert!(!plan.contains("Seq Scan"), "{plan}");
        }
    }
}
