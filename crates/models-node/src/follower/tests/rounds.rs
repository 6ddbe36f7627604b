use std::time::Duration;

use models_core::{CLOCK_MARGIN, RepositoryError};
use tokio::time::{Instant, advance};

use super::scene::{NANOSECOND, entered, is_serving};
use crate::fake::{EPOCH, Fake, Fault, LEASE, deletion};
use crate::follower::run::RENEWAL;

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
async fn an_expired_node_is_removed_and_a_node_that_renews_its_row_is_not() {
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
async fn a_node_probes_reads_if_nothing_was_read_since_the_last_renewal() {
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
    // The node does not register while it cannot read the log.
    assert!(node.step(true).await.is_err());
    assert_eq!(fake.ids(), [""; 0]);
    fake.mend(Fault::Log);
    node.step(false).await.unwrap();
    let expected = [
        "read after 0",
        "withdraw",
        "register",
        "renew with nothing",
        "begin epoch first",
        "publish 1",
    ];
    assert_eq!(fake.take_journal(), expected);
    assert!(is_serving(&fake, &node));
    node.step(false).await.unwrap();
    assert_eq!(
        fake.take_journal(),
        ["read after 1"],
        "the node has come back"
    );
}
