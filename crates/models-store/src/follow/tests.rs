use std::sync::atomic::AtomicUsize;

use models_core::{Actor, Change, Epoch, Event, Model, Origin, Scope, Timestamp};
use sqlx::Postgres;
use test_database::TestDatabase;

use super::*;
use crate::mutation::Mutation;
use crate::open::Options;
use crate::postgres;

const OPTIONS: Options = Options {
    max_connections: 2,
    connect_timeout: Duration::from_secs(10),
    lease: Duration::from_secs(15),
    create: true,
};

/// Counts the events.
#[derive(Default)]
struct Counter(AtomicUsize);

impl Follower for Counter {
    fn apply(&self, events: &[Event]) {
        self.0.fetch_add(events.len(), Ordering::Relaxed);
    }

    fn invalidate(&self) {}

    fn forget(&self, _: &Epoch) {}
}

async fn record(store: &SqlStore<Postgres>) {
    let at = Timestamp::from_seconds(1);
    let origin = Origin {
        actor: Actor::CommandLine,
        at,
    };
    let mut mutation = Mutation::begin(store, origin).await.unwrap();
    let model = Model {
        id: "one".to_owned().try_into().unwrap(),
        scope: Scope::Public,
        created: at,
        owned_by: "system".to_owned().try_into().unwrap(),
        shutdown_date: None,
    };
    mutation.record(&Change::ModelDeleted(model)).await.unwrap();
    mutation.commit().await.unwrap();
}

/// Another server has taken the address over: the node's row is on the new one, while connections for reading are
/// still to the old one, which has gone on by itself.
#[tokio::test]
async fn events_of_another_history_are_not_applied() {
    let databases = [
        TestDatabase::postgres().await,
        TestDatabase::postgres().await,
    ];
    let mut stores = vec![];
    for database in &databases {
        let (store, _, _) = postgres::connect(database.url(), OPTIONS, None)
            .await
            .unwrap();
        record(&store).await;
        stores.push(store);
    }
    for (reader, applied) in [(0, 1), (1, 0)] {
        let store = SqlStore {
            reader: stores[reader].reader.clone(),
            ..stores[0].clone()
        };
        let follower = Arc::new(Counter::default());
        let looks = Arc::new(Looks::new(store.committed.clone()));
        let mut node = Node::new(Arc::new(store), follower.clone(), Arc::default(), looks);
        node.enter().await.unwrap();
        for store in &stores {
            record(store).await;
        }
        assert_eq!(node.step(false).await.is_ok(), applied == 1);
        assert_eq!(follower.0.load(Ordering::Relaxed), applied);
    }
}
