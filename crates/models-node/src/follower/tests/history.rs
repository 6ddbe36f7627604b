use models_core::RepositoryError;

use super::scene::{SECOND, entered, is_serving};
use crate::fake::{EPOCH, Fake, Fault, OTHER_EPOCH, deletion};

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
