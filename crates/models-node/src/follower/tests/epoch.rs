use models_core::RepositoryError;

use super::scene::{SECOND, entered, is_serving};
use crate::fake::{EPOCH, Fake, Fault, OTHER_EPOCH, deletion};

/// Another server has taken over the address. Renewals reach the new server, while reads still reach the old one, which goes on
/// by itself. Or the reverse.
#[tokio::test]
async fn events_of_another_epoch_are_not_applied() {
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
            // The node starts again in the epoch of the server that took the renewal.
            stepped.unwrap();
            let expected = ["renew with 0", "begin epoch second", "publish 1"];
            assert_eq!(journal, expected);
        }
    }
}

#[tokio::test]
async fn a_node_enters_another_epoch_with_a_renewal() {
    let fake = Fake::new();
    let mut node = entered(&fake).await;
    fake.append(deletion());
    fake.state().read_epoch = OTHER_EPOCH;
    fake.state().registry_epoch = OTHER_EPOCH;
    node.step(false).await.unwrap();
    let expected = [
        "read after 0",
        "renew with 0",
        "begin epoch second",
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
        "begin epoch first",
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
    let expected = ["renew with nothing", "begin epoch first", "publish 0"];
    assert_eq!(
        fake.take_journal(),
        expected,
        "the node drops everything in memory"
    );
}

#[tokio::test]
async fn a_node_renews_at_once_if_the_registry_is_not_in_its_place() {
    let fake = Fake::new();
    let mut node = entered(&fake).await;
    fake.fail(Fault::RegistryMoved);
    node.step(false).await.unwrap();
    assert_eq!(fake.take_journal(), ["renew with 0"]);
}
