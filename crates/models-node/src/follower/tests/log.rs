use std::sync::atomic::Ordering;

use models_core::{LogEntry, Revision};

use super::scene::{entered, is_serving, nodes};
use crate::fake::{Fake, creation, deletion};
use crate::follower::local_node::LocalNode;

#[tokio::test]
async fn a_node_registers_before_it_reads_and_publishes_what_it_has_applied() {
    let fake = Fake::new();
    fake.append(creation());
    let mut node = LocalNode::new(nodes(&fake), fake.memory());
    assert!(!is_serving(&fake, &node));
    node.enter().await.unwrap();
    let expected = [
        "enter lease",
        "register",
        "renew with nothing",
        "begin epoch first",
        "publish 1",
    ];
    assert_eq!(fake.take_journal(), expected);
    assert!(is_serving(&fake, &node));
    assert_eq!(*node.nodes.published.borrow(), Some(Revision(1)));
}

#[tokio::test]
async fn an_event_that_takes_something_away_is_published_right_after_it_is_applied() {
    let fake = Fake::new();
    let mut node = entered(&fake).await;
    fake.append(creation());
    node.step(false).await.unwrap();
    assert_eq!(fake.take_journal(), ["read after 0", "apply 1"]);
    fake.append(deletion());
    node.step(false).await.unwrap();
    assert_eq!(
        fake.take_journal(),
        ["read after 1", "apply 2", "publish 2"]
    );
    // A renewal publishes the position from before it, and then reads new events.
    fake.append(deletion());
    node.step(true).await.unwrap();
    let expected = ["renew with 2", "read after 2", "apply 3", "publish 3"];
    assert_eq!(fake.take_journal(), expected);
    assert_eq!(fake.state().rows[&node.id].applied, 3);
}

#[tokio::test]
async fn unknown_or_missing_events_drop_everything_and_are_published() {
    let fake = Fake::new();
    let mut node = entered(&fake).await;
    fake.append(creation());
    fake.state().log.push(LogEntry::Unknown(Revision(2)));
    node.step(false).await.unwrap();
    let expected = ["read after 0", "apply 1", "invalidate", "publish 2"];
    assert_eq!(fake.take_journal(), expected);
    fake.state().newest = Some(4);
    node.step(false).await.unwrap();
    // The node reads again after an empty page.
    let expected = ["read after 2", "read after 2", "invalidate", "publish 4"];
    assert_eq!(fake.take_journal(), expected);
    assert!(is_serving(&fake, &node), "the node keeps its lease");
}

#[tokio::test]
async fn the_log_is_read_in_pages_unless_the_node_is_too_far_behind() {
    let fake = Fake::new();
    let mut node = entered(&fake).await;
    for _ in 0..20_000 {
        fake.append(creation());
    }
    node.step(true).await.unwrap();
    let journal = fake.take_journal();
    let reads = journal.iter().filter(|done| done.starts_with("read"));
    assert_eq!(reads.count(), 20);
    let applied = journal.iter().filter(|done| done.starts_with("apply"));
    assert_eq!(applied.count(), 20_000);
    assert_eq!(node.lease.applied.load(Ordering::Relaxed), 20_000);
    // The distance counts, not the revision.
    fake.append(creation());
    node.step(false).await.unwrap();
    assert_eq!(fake.take_journal(), ["read after 20000", "apply 20001"]);
    for _ in 0..20_001 {
        fake.append(creation());
    }
    node.step(true).await.unwrap();
    let expected = ["renew with 20001", "begin epoch first", "publish 40002"];
    assert_eq!(fake.take_journal(), expected);
}

#[tokio::test]
async fn a_page_ends_where_its_cursor_says() {
    let fake = Fake::new();
    let mut node = entered(&fake).await;
    for _ in 0..3 {
        fake.append(creation());
    }
    fake.state().most_rows = 2;
    node.step(false).await.unwrap();
    let read = ["read after 0", "apply 1", "apply 2"];
    let expected = [&read[..], &["read after 2", "apply 3"]].concat();
    assert_eq!(fake.take_journal(), expected);
}

#[tokio::test]
async fn an_event_in_one_of_several_pages_is_published() {
    let fake = Fake::new();
    let mut node = entered(&fake).await;
    fake.state().most_rows = 1;
    for _ in 0..2 {
        fake.append(deletion());
    }
    node.step(false).await.unwrap();
    let read = ["read after 0", "apply 1", "read after 1", "apply 2"];
    let expected = [&read[..], &["publish 2"]].concat();
    assert_eq!(fake.take_journal(), expected);
}

#[tokio::test]
async fn each_renewal_and_publication_has_the_next_number() {
    let fake = Fake::new();
    let mut node = entered(&fake).await;
    let number = |node: &LocalNode| fake.state().rows[&node.id].renewal;
    let entered = number(&node);
    node.step(true).await.unwrap();
    assert_eq!(number(&node), entered + 1);
    fake.append(deletion());
    node.step(false).await.unwrap();
    assert_eq!(number(&node), entered + 2);
}
