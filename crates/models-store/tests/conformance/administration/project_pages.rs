use std::collections::BTreeSet;

use models_core::{Order, Organization, Project};

use crate::Store;
use crate::fixtures::administration::{add_project, page};
use crate::fixtures::{add_organization, origin};

/// The ids of all projects, read page by page. `between` runs after each page.
async fn read_all(
    store: &Store,
    organization: &Organization,
    limit: u32,
    order: Order,
    mut between: impl AsyncFnMut(),
) -> Vec<String> {
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let request = page(after.as_deref(), limit, order);
        let read = store.projects.list(&organization.id, request, true).await;
        let read = read.unwrap();
        assert!(read.items.len() <= limit.try_into().unwrap());
        ids.extend(read.items.iter().map(|item| item.id.to_string()));
        after = read.next;
        if after.is_none() {
            return ids;
        }
        assert_eq!(after.as_ref(), ids.last(), "the cursor is the last id");
        between().await;
    }
}

pub async fn pages_of_any_size_hold_each_item_once(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let other = add_organization(&store, "other").await;
    // Neither the ids nor the times are in the order of the creation.
    let mut expected = vec![acme.default_project.id.to_string()];
    for id in ["m", "z", "a", "k", "b", "y"] {
        add_project(&store, &acme, id).await;
        add_project(&store, &other, &format!("other-{id}")).await;
        expected.push(id.to_owned());
    }
    for limit in 1..=8 {
        let ascending = read_all(&store, &acme, limit, Order::Ascending, async || ()).await;
        assert_eq!(ascending, expected, "{limit}");
        let mut descending = read_all(&store, &acme, limit, Order::Descending, async || ()).await;
        descending.reverse();
        assert_eq!(descending, expected, "{limit}");
    }
}

pub async fn a_page_after_an_unknown_or_foreign_id_is_empty(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let other = add_organization(&store, "other").await;
    add_project(&store, &acme, "a").await;
    let foreign = add_project(&store, &other, "b").await;
    // A client can send any text, also a NUL, which PostgreSQL refuses.
    let long = "a".repeat(65);
    for after in ["unknown", "", "a\0", "ä", &long, foreign.id.as_str()] {
        for order in [Order::Ascending, Order::Descending] {
            let request = page(Some(after), 10, order);
            let read = store.projects.list(&acme.id, request, true).await.unwrap();
            assert_eq!(read.items, [], "{after}");
            assert_eq!(read.next, None);
        }
    }
}

/// Writers insert projects, and one of them archives projects, while clients read page by page.
pub async fn items_keep_their_places_under_concurrent_inserts(store: Store) {
    let acme = add_organization(&store, "acme").await;
    for number in 0..10 {
        add_project(&store, &acme, &format!("m{number}")).await;
    }
    let before: BTreeSet<String> = read_all(&store, &acme, 100, Order::Ascending, async || ())
        .await
        .into_iter()
        .collect();
    // Ids on both sides of the present ones.
    let writers: Vec<_> = ["a", "z"]
        .into_iter()
        .map(|prefix| {
            let (store, acme) = (store.clone(), acme.clone());
            tokio::spawn(async move {
                for number in 0..25 {
                    let Project { id, .. } =
                        add_project(&store, &acme, &format!("{prefix}{number}")).await;
                    if number % 5 == 0 {
                        let archive = store.projects.archive(&acme.id, &id, origin());
                        archive.await.unwrap().unwrap();
                    }
                }
            })
        })
        .collect();
    let mut rounds = 0;
    while rounds < 5 || writers.iter().any(|writer| !writer.is_finished()) {
        let pause = async || tokio::task::yield_now().await;
        let read = read_all(&store, &acme, 3, Order::Ascending, pause).await;
        let unique: BTreeSet<String> = read.iter().cloned().collect();
        assert_eq!(unique.len(), read.len(), "an item came twice: {read:?}");
        assert!(unique.is_superset(&before), "an item is missing: {read:?}");
        rounds += 1;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let all = read_all(&store, &acme, 7, Order::Descending, async || ()).await;
    assert_eq!(all.len(), before.len() + 50);
}
