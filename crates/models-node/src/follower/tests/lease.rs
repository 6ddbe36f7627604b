use models_core::{CLOCK_MARGIN, Revision};

use super::scene::{NANOSECOND, SECOND, entered, is_serving};
use crate::fake::{Fake, Fault, LEASE, deletion};

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
    // A step that does not renew the row does not extend the lease.
    fake.clock.advance(SECOND);
    node.step(false).await.unwrap();
    assert_eq!(node.lease.until(), sent + LEASE);
    fake.clock.advance(SECOND.saturating_sub(NANOSECOND));
    assert!(is_serving(&fake, &node));
    fake.clock.advance(NANOSECOND);
    assert!(!is_serving(&fake, &node));
}

#[tokio::test]
async fn a_lease_is_not_extended_if_the_log_cannot_be_read() {
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
        // The row names 3 s, and the shorter lease from the next renewal on.
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
