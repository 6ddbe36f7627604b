//! The event log, and the revisions that it gives to models.

pub mod audit;
pub mod model_revisions;
pub mod revisions;

use std::num::NonZeroU32;
use std::sync::Arc;

use models_core::{
    Actor, Attempt, Change, Context, Event, ImportEntry, Origin, Revision, Role, Scope, Timestamp,
};

use crate::Store;
use crate::fixtures::{
    NOW, add_api_key, add_models, add_organization, entry, id, import, log, origin, own,
};

async fn all(store: &Store) -> Vec<Event> {
    let entries = log(store).await.into_iter();
    entries.map(|entry| entry.into_event().unwrap()).collect()
}

pub async fn every_mutation_appends_its_event_and_takes_the_next_revision(store: Store) {
    assert_eq!(store.events.revision().await.unwrap(), Revision(0));
    let acme = add_organization(&store, "acme").await;
    let (key, _) = add_api_key(&store, &acme, Role::Owner).await;
    add_models(&store, &own(&acme), &[("a", 1)]).await;
    let created = store
        .models
        .find(&own(&acme), &id("a"))
        .await
        .unwrap()
        .unwrap();
    let retired = ImportEntry {
        shutdown_date: Some("2027-01-31".parse().unwrap()),
        ..entry("a", 1)
    };
    store
        .models
        .import(
            import(own(&acme), vec![retired]),
            origin(),
            Arc::new(|_| ()),
        )
        .await
        .unwrap();
    let updated = store
        .models
        .find(&own(&acme), &id("a"))
        .await
        .unwrap()
        .unwrap();
    let later = Timestamp::from_seconds(NOW.seconds() + 1);
    store
        .models
        .delete_as(&key.id, &id("a"), later, Attempt::First, Context::default())
        .await
        .unwrap();
    let revoked = store
        .api_keys
        .revoke(&key.id, origin())
        .await
        .unwrap()
        .unwrap();
    add_models(&store, &Scope::Public, &[("b", 1)]).await;
    let public = store
        .models
        .delete(&Scope::Public, &id("b"), origin())
        .await
        .unwrap()
        .unwrap();

    let by_key = Origin {
        actor: Actor::ApiKey(key.id.clone()),
        at: later,
        context: Context::default(),
    };
    let expected = [
        (origin(), Change::OrganizationCreated(acme)),
        (origin(), Change::ApiKeyCreated(key)),
        (origin(), Change::ModelCreated(created.clone())),
        (
            origin(),
            Change::ModelUpdated {
                before: created,
                after: updated.clone(),
            },
        ),
        (by_key, Change::ModelDeleted(updated)),
        (origin(), Change::ApiKeyDeleted(revoked)),
        (origin(), Change::ModelCreated(public.clone())),
        (origin(), Change::ModelDeleted(public)),
    ];
    let expected: Vec<Event> = (1..)
        .zip(expected)
        .map(|(revision, (origin, change))| Event {
            revision: Revision(revision),
            origin,
            change,
        })
        .collect();
    assert_eq!(all(&store).await, expected);
    assert_eq!(store.events.revision().await.unwrap(), Revision(8));
}

pub async fn a_mutation_without_a_change_is_not_logged(store: Store) {
    let acme = add_organization(&store, "acme").await;
    add_models(&store, &own(&acme), &[("a", 1)]).await;
    let before = all(&store).await;
    add_models(&store, &own(&acme), &[("a", 1)]).await;
    store
        .models
        .delete(&Scope::Public, &id("a"), origin())
        .await
        .unwrap();
    assert_eq!(all(&store).await, before);
    assert_eq!(store.events.revision().await.unwrap(), Revision(2));
}

pub async fn concurrent_mutations_get_revisions_without_gaps(store: Store) {
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for number in 0..10 {
                    add_models(
                        &store,
                        &Scope::Public,
                        &[(&format!("{writer}-{number}"), 1)],
                    )
                    .await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let revisions: Vec<i64> = all(&store)
        .await
        .iter()
        .map(|event| event.revision.0)
        .collect();
    assert_eq!(revisions, (1..=80).collect::<Vec<_>>());
    assert_eq!(store.events.revision().await.unwrap(), Revision(80));
}

pub async fn a_dropped_caller_cancels_no_mutation(store: Store) {
    for number in 0..50 {
        let name = format!("m{number}");
        let one = import(Scope::Public, vec![entry(&name, 1)]);
        let mut call = store.models.import(one, origin(), Arc::new(|_| ()));
        // Polls the call a few times, so that it has begun, and drops it.
        for _ in 0..=number % 5 {
            let waited =
                tokio::time::timeout(std::time::Duration::from_micros(50), &mut call).await;
            if waited.is_ok() {
                break;
            }
        }
    }
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while store.models.list(&Scope::Public).await.unwrap().len() < 50 {
        assert!(
            std::time::Instant::now() < deadline,
            "a mutation was cancelled with its caller"
        );
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

pub async fn events_are_listed_in_pages(store: Store) {
    add_models(&store, &Scope::Public, &[("a", 1), ("b", 2), ("c", 3)]).await;
    let page = |after, limit| {
        let events = store.events.clone();
        async move {
            let limit = NonZeroU32::new(limit).unwrap();
            let page = events.list_after(Revision(after), limit).await.unwrap();
            // Full and empty pages have the same position.
            assert_eq!(page.position, events.position().await.unwrap());
            assert_eq!(page.position.revision, Revision(3));
            let items = page.value.items.iter();
            let items: Vec<i64> = items.map(|entry| entry.revision().0).collect();
            (items, page.value.next.map(|revision| revision.0))
        }
    };
    assert_eq!(page(0, 2).await, (vec![1, 2], Some(2)));
    assert_eq!(page(0, 3).await, (vec![1, 2, 3], None));
    assert_eq!(page(2, 2).await, (vec![3], None));
    assert_eq!(page(3, 2).await, (vec![], None));
}
