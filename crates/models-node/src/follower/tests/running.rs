use models_core::{Level, RepositoryError, Revision};
use tokio::time::{Instant, sleep};

use super::scene::{SECOND, nodes, until};
use crate::fake::{Fake, Fault, LEASE, creation, deletion};
use crate::follower::run::{POLL, RENEWAL};

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
    let journal = fake.take_journal();
    let renewals = journal.iter().filter(|done| done.starts_with("renew"));
    assert!((7..=9).contains(&renewals.count()), "one a second");
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
async fn a_catch_up_returns_when_every_change_from_before_it_is_applied() {
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
    // A read that began before the catch-up does not serve it.
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
async fn a_hint_is_followed_after_a_rest_and_a_catch_up_at_once() {
    let fake = Fake::new();
    fake.tick();
    let rest = POLL / 2;
    fake.state().rest = Some(rest);
    let following = nodes(&fake).follow(fake.memory()).await.unwrap();
    for _ in 0..2 {
        let revision = fake.append(creation());
        fake.hint();
        let heard = until(|| following.applied() == revision).await;
        assert!((rest..rest + POLL / 5).contains(&heard), "{heard:?}");
        let revision = fake.append(creation());
        let began = Instant::now();
        following.catch_up().await.unwrap();
        assert_eq!(following.applied(), revision);
        assert!(began.elapsed() < rest);
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_below_the_catalogs_level_ends_its_lease_and_stays_out() {
    let fake = Fake::new();
    fake.tick();
    let nodes = nodes(&fake);
    let following = nodes.follow(fake.memory()).await.unwrap();
    fake.append(deletion());
    let newer = Level(Level::SUPPORTED.0 + 1);
    fake.state().level = newer.0;
    until(|| following.needed_level() == Some(newer)).await;
    assert!(following.hold().is_none());
    until(|| fake.ids().is_empty()).await;
    assert_eq!(following.applied(), Revision(0), "the node applied nothing");
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
    assert_eq!(following.lag(), 1, "the node has seen the deletion");
    assert!(following.silence() >= LEASE);
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
