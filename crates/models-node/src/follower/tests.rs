use std::sync::Arc;
use std::time::Duration;

use models_core::{CLOCK_MARGIN, Level, LogEntry, RepositoryError, Revision};
use tokio::time::{Instant, advance, sleep};

use super::local_node::LocalNode;
use super::run::{POLL, RENEWAL};
use crate::fake::{EPOCH, Fake, Fault, LEASE, OTHER_EPOCH, creation, deletion};
use crate::nodes::Nodes;

const SECOND: Duration = Duration::from_secs(1);
const NANOSECOND: Duration = Duration::from_nanos(1);

fn nodes(fake: &Arc<Fake>) -> Nodes {
    Nodes::with_clock(fake.clone(), fake.clock.clone().into())
}

/// A node that a test moves step by step.
async fn entered(fake: &Arc<Fake>) -> LocalNode {
    let mut node = LocalNode::new(nodes(fake), fake.memory());
    fake.state().lease = Some(node.lease.clone());
    node.enter().await.unwrap();
    fake.take_journal();
    node
}

fn is_serving(fake: &Fake, node: &LocalNode) -> bool {
    node.lease.hold_at(fake.clock.now()).is_some()
}

/// Waits until this is so, and returns for how long.
async fn until(mut is_so: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_mins(1));
        sleep(Duration::from_millis(1)).await;
    }
    began.elapsed()
}

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
        "forget all but first",
        "publish 1",
    ];
    assert_eq!(fake.take_journal(), expected);
    assert!(is_serving(&fake, &node));
    assert_eq!(*node.nodes.published.borrow(), Some(Revision(1)));
}

#[tokio::test]
async fn what_takes_something_away_is_applied_and_then_published_at_once() {
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
    // A renewal publishes all else, and finds what is new.
    fake.append(deletion());
    node.step(true).await.unwrap();
    let expected = ["renew with 2", "read after 2", "apply 3", "publish 3"];
    assert_eq!(fake.take_journal(), expected);
    assert_eq!(fake.state().rows[&node.id].applied, 3);
}

#[tokio::test]
async fn a_lease_is_counted_from_the_sending_of_its_renewal() {
    let fake = Fake::new();
    let mut node = entered(&fake).await;
    fake.state().renewals_take = SECOND;
    let sent = fake.clock.now();
    node.step(true).await.unwrap();
    assert_eq!(fake.clock.now(), sent + SECOND);
    assert_eq!(node.lease.until(), sent + LEASE);
    assert_eq!(node.renewed, sent);
    // A step that does not renew the row does not extend it.
    fake.clock.advance(SECOND);
    node.step(false).await.unwrap();
    assert_eq!(node.lease.until(), sent + LEASE);
    fake.clock.advance(SECOND.saturating_sub(NANOSECOND));
    assert!(is_serving(&fake, &node));
    fake.clock.advance(NANOSECOND);
    assert!(!is_serving(&fake, &node));
}

#[tokio::test]
async fn a_lease_is_not_extended_when_the_log_cannot_be_applied() {
    let fake = Fake::new();
    let mut node = entered(&fake).await;
    let until = node.lease.until();
    fake.clock.advance(SECOND);
    fake.append(deletion());
    fake.fail(Fault::Log);
    assert!(node.step(true).await.is_err());
    assert_eq!(node.lease.until(), until);
    assert_eq!(*node.nodes.published.borrow(), Some(Revision(0)));
}

#[tokio::test]
async fn a_shorter_lease_is_taken_at_once_and_a_longer_one_after_the_row_names_it() {
    let fake = Fake::new();
    let mut node = entered(&fake).await;
    for (in_force, previous, taken, in_row) in [
        // The node's row names 3 s, and the next one the shorter lease.
        (2, 2, 2, 3),
        (2, 2, 2, 2),
        // During the change to a longer lease, nodes use the shorter one.
        (9, 2, 2, 2),
        (9, 9, 2, 2),
        (9, 9, 9, 9),
    ] {
        fake.state().leases.in_force = in_force * SECOND;
        fake.state().leases.previous = previous * SECOND;
        node.step(true).await.unwrap();
        assert_eq!(node.lease.until(), fake.clock.now() + taken * SECOND);
        assert_eq!(fake.state().rows[&node.id].lease, in_row * SECOND);
    }
}

#[tokio::test]
async fn rows_that_are_unknown_or_missing_drop_everything_and_are_published() {
    let fake = Fake::new();
    let mut node = entered(&fake).await;
    fake.append(creation());
    fake.state().log.push(LogEntry::Unknown(Revision(2)));
    node.step(false).await.unwrap();
    let expected = ["read after 0", "apply 1", "invalidate", "publish 2"];
    assert_eq!(fake.take_journal(), expected);
    fake.state().newest = Some(4);
    node.step(false).await.unwrap();
    // It looks again for rows where it found none.
    let expected = ["read after 2", "read after 2", "invalidate", "publish 4"];
    assert_eq!(fake.take_journal(), expected);
    assert!(is_serving(&fake, &node), "it keeps its lease");
}

#[tokio::test]
async fn a_log_is_read_in_pages_and_one_that_is_too_long_is_not_read() {
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
    assert_eq!(
        node.lease
            .applied
            .load(std::sync::atomic::Ordering::Relaxed),
        20_000
    );
    for _ in 0..20_001 {
        fake.append(creation());
    }
    node.step(true).await.unwrap();
    let expected = ["renew with 20000", "forget all but first", "publish 40001"];
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

/// Another server has taken the address over: it takes the renewals, while connections for reading are still to the
/// old one, which has gone on by itself. Or the other way round.
#[tokio::test]
async fn events_of_another_history_are_not_applied() {
    for (read_epoch, registry_epoch) in [(EPOCH, OTHER_EPOCH), (OTHER_EPOCH, EPOCH)] {
        let fake = Fake::new();
        let mut node = entered(&fake).await;
        fake.append(deletion());
        fake.state().read_epoch = read_epoch;
        fake.state().registry_epoch = registry_epoch;
        let stepped = node.step(true).await;
        let journal = fake.take_journal();
        assert!(!journal.contains(&"apply 1".to_owned()), "{journal:?}");
        if registry_epoch == EPOCH {
            assert!(matches!(stepped, Err(RepositoryError::Unavailable(_))));
            assert_eq!(journal, ["renew with 0", "read after 0"]);
        } else {
            // It begins anew in the history of the server that took the renewal.
            stepped.unwrap();
            let expected = ["renew with 0", "forget all but second", "publish 1"];
            assert_eq!(journal, expected);
        }
    }
}

#[tokio::test]
async fn a_change_of_the_history_is_taken_over_with_a_renewal() {
    let fake = Fake::new();
    let mut node = entered(&fake).await;
    fake.append(deletion());
    fake.state().read_epoch = OTHER_EPOCH;
    fake.state().registry_epoch = OTHER_EPOCH;
    node.step(false).await.unwrap();
    let expected = [
        "read after 0",
        "renew with 0",
        "forget all but second",
        "publish 1",
    ];
    assert_eq!(fake.take_journal(), expected);
}

#[tokio::test]
async fn a_node_whose_row_is_gone_ends_its_lease_and_begins_anew() {
    let fake = Fake::new();
    let mut node = entered(&fake).await;
    let id = node.id.clone();
    fake.state().rows.clear();
    fake.state().leases.in_force = 2 * SECOND;
    node.step(true).await.unwrap();
    let expected = [
        "renew with 0",
        "register",
        "renew with nothing",
        "forget all but first",
        "publish 0",
    ];
    assert_eq!(fake.take_journal(), expected);
    assert_ne!(node.id, id);
    assert_eq!(fake.ids(), [node.id.clone()]);
    assert_eq!(node.lease.until(), fake.clock.now() + 2 * SECOND);
}

#[tokio::test]
async fn a_database_that_was_replaced_ends_the_lease() {
    let fake = Fake::new();
    let mut node = entered(&fake).await;
    fake.fail(Fault::Replaced);
    assert!(node.step(true).await.is_err());
    assert!(!is_serving(&fake, &node));
    assert_eq!(fake.take_journal(), [""; 0]);
    fake.mend(Fault::Replaced);
    node.step(false).await.unwrap();
    let expected = ["renew with nothing", "forget all but first", "publish 0"];
    assert_eq!(fake.take_journal(), expected, "nothing in memory counts");
}

#[tokio::test]
async fn a_registry_that_is_not_in_its_place_is_found_before_the_renewal_is_due() {
    let fake = Fake::new();
    let mut node = entered(&fake).await;
    fake.fail(Fault::RegistryMoved);
    node.step(false).await.unwrap();
    assert_eq!(fake.take_journal(), ["renew with 0"]);
}

#[tokio::test(start_paused = true)]
async fn reads_that_hang_end_before_the_renewal_is_due() {
    let fake = Fake::new();
    let mut node = entered(&fake).await;
    fake.state().reads_take = Duration::from_mins(1);
    for (since_renewal, longest) in [(0, 1_000), (400, 600), (900, 250), (2_000, 250)] {
        let renewed = node.renewed;
        fake.clock.advance(Duration::from_millis(since_renewal));
        let began = Instant::now();
        let stepped = node.step(false).await;
        assert!(matches!(stepped, Err(RepositoryError::Unavailable(_))));
        assert_eq!(began.elapsed(), Duration::from_millis(longest));
        node.renewed = fake.clock.now();
        assert!(node.renewed >= renewed);
    }
}

#[tokio::test(start_paused = true)]
async fn an_expired_node_is_removed_and_one_that_renews_its_row_is_not() {
    let fake = Fake::new();
    let mut node = entered(&fake).await;
    fake.add_row("node_silent", EPOCH, 0, LEASE);
    fake.add_row("node_slow", EPOCH, 0, LEASE);
    let mut waited = Duration::ZERO;
    while fake.state().rows.contains_key("node_silent") {
        node.step(true).await.unwrap();
        fake.state().rows.get_mut("node_slow").unwrap().renewal += 1;
        advance(RENEWAL).await;
        waited += RENEWAL;
        assert!(waited < 10 * LEASE);
    }
    assert!(waited > LEASE + CLOCK_MARGIN, "{waited:?}");
    node.step(true).await.unwrap();
    let mut ids = fake.ids();
    ids.sort();
    assert_eq!(ids.len(), 2);
    assert!(ids.contains(&node.id) && ids.contains(&"node_slow".to_owned()));
}

#[tokio::test]
async fn a_change_of_the_lease_is_ended_when_it_was_seen_for_longer_than_the_longer_lease() {
    let fake = Fake::new();
    let mut node = entered(&fake).await;
    fake.state().leases.previous = 5 * SECOND;
    node.step(true).await.unwrap();
    fake.clock.advance(5 * SECOND + CLOCK_MARGIN);
    node.step(true).await.unwrap();
    tokio::task::yield_now().await;
    assert_eq!(fake.state().settled, []);
    fake.clock.advance(NANOSECOND);
    node.step(true).await.unwrap();
    tokio::task::yield_now().await;
    assert_eq!(fake.state().settled, [LEASE]);
}

#[tokio::test]
async fn reads_are_probed_when_nothing_was_read_since_the_last_renewal() {
    let fake = Fake::new();
    let mut node = entered(&fake).await;
    for (age, is_probed) in [(RENEWAL, false), (RENEWAL + NANOSECOND, true)] {
        fake.state().time_since_read = age;
        node.step(true).await.unwrap();
        tokio::task::yield_now().await;
        assert_eq!(fake.state().time_since_read.is_zero(), is_probed);
    }
}

#[tokio::test]
async fn a_node_withdraws_when_it_has_not_followed_the_log_for_a_lease() {
    let fake = Fake::new();
    let mut node = entered(&fake).await;
    fake.append(deletion());
    fake.fail(Fault::Log);
    fake.clock.advance(LEASE.saturating_sub(NANOSECOND));
    assert!(node.step(true).await.is_err());
    node.withdraw_if_lost().await;
    assert_eq!(fake.ids(), [node.id.clone()], "not before");
    fake.take_journal();
    fake.clock.advance(NANOSECOND);
    node.withdraw_if_lost().await;
    node.withdraw_if_lost().await;
    assert_eq!(fake.take_journal(), ["withdraw"], "once");
    assert_eq!(fake.ids(), [""; 0]);
    assert!(!is_serving(&fake, &node));
    assert_eq!(*node.nodes.published.borrow(), None);
    // It does not register while it cannot read the log.
    assert!(node.step(true).await.is_err());
    assert_eq!(fake.ids(), [""; 0]);
    fake.mend(Fault::Log);
    node.step(false).await.unwrap();
    let expected = [
        "read after 0",
        "withdraw",
        "register",
        "renew with nothing",
        "forget all but first",
        "publish 1",
    ];
    assert_eq!(fake.take_journal(), expected);
    assert!(is_serving(&fake, &node));
    node.step(false).await.unwrap();
    assert_eq!(fake.take_journal(), ["read after 1"], "it is back");
}

#[tokio::test(start_paused = true)]
async fn a_node_keeps_its_lease_and_follows_hints_and_polls() {
    let fake = Fake::new();
    fake.tick();
    let nodes = nodes(&fake);
    let following = nodes.follow(fake.memory()).await.unwrap();
    assert_eq!(fake.take_journal()[0], "listen");
    let lived = Instant::now();
    while lived.elapsed() < 3 * LEASE {
        sleep(SECOND / 10).await;
        assert!(following.lease_remaining() + RENEWAL + 2 * POLL > LEASE);
        assert!(following.silence() <= 2 * POLL);
    }
    let revision = fake.append(creation());
    fake.hint();
    let heard = until(|| following.applied() == revision).await;
    assert!(heard < POLL / 5, "{heard:?}");
    let revision = fake.append(creation());
    let polled = until(|| following.applied() == revision).await;
    assert!(polled <= POLL, "{polled:?}");
    assert_eq!(following.lag(), 0);
    assert_eq!(following.needed_level(), None);
    following.leave().await;
    assert!(following.hold().is_none());
    assert_eq!(fake.ids(), [""; 0]);
    assert_eq!(*nodes.published.borrow(), None);
}

#[tokio::test(start_paused = true)]
async fn a_catch_up_returns_when_all_that_was_committed_before_is_applied() {
    let fake = Fake::new();
    fake.tick();
    let following = nodes(&fake).follow(fake.memory()).await.unwrap();
    for _ in 0..3 {
        let revision = fake.append(creation());
        let began = Instant::now();
        following.catch_up().await.unwrap();
        assert_eq!(following.applied(), revision);
        assert!(began.elapsed() < POLL / 5);
    }
    // A read that has begun before does not count.
    fake.state().reads_take = SECOND / 10;
    fake.hint();
    sleep(SECOND / 20).await;
    let revision = fake.append(creation());
    following.catch_up().await.unwrap();
    assert_eq!(following.applied(), revision);
    fake.fail(Fault::Log);
    fake.fail(Fault::Renewals);
    let began = Instant::now();
    let failed = following.catch_up().await;
    assert!(matches!(failed, Err(RepositoryError::Unavailable(_))));
    assert_eq!(began.elapsed(), 5 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_node_below_the_catalogs_level_ends_its_lease_and_stays_out() {
    let fake = Fake::new();
    fake.tick();
    let nodes = nodes(&fake);
    let following = nodes.follow(fake.memory()).await.unwrap();
    fake.append(deletion());
    fake.state().level = 2;
    until(|| following.needed_level() == Some(Level(2))).await;
    assert!(following.hold().is_none());
    until(|| fake.ids().is_empty()).await;
    assert_eq!(following.applied(), Revision(0), "it applied nothing");
    assert_eq!(*nodes.published.borrow(), None);
    fake.state().level = 1;
    sleep(2 * LEASE).await;
    assert!(following.hold().is_none());
    assert_eq!(fake.ids(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_running_node_withdraws_and_comes_back() {
    let fake = Fake::new();
    fake.tick();
    let following = nodes(&fake).follow(fake.memory()).await.unwrap();
    fake.append(deletion());
    fake.fail(Fault::Log);
    let withdrawn = until(|| fake.ids().is_empty()).await;
    assert!(
        (LEASE..LEASE + SECOND).contains(&withdrawn),
        "{withdrawn:?}"
    );
    assert!(following.hold().is_none());
    sleep(LEASE).await;
    assert_eq!(fake.ids(), [""; 0]);
    fake.mend(Fault::Log);
    until(|| following.hold().is_some()).await;
    assert_eq!(fake.ids().len(), 1);
    assert_eq!(following.applied(), Revision(1));
}

#[tokio::test]
async fn a_node_that_cannot_enter_leaves_no_row() {
    let fake = Fake::new();
    fake.fail(Fault::Renewals);
    assert!(nodes(&fake).follow(fake.memory()).await.is_err());
    assert_eq!(fake.take_journal(), ["listen", "enter lease", "register"]);
    assert_eq!(fake.ids(), [""; 0]);
}
