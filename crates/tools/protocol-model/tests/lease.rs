//! The rules for a change of the lease hold, and each of them is needed.

use std::collections::BTreeSet;

use protocol_model::{BrokenLease, ENDED, LeaseProtocol, NO_LEASE_LEFT, RETURNED_WITHOUT};
use stateright::{Checker, HasDiscoveries, Model};

fn holds(broken: BrokenLease) {
    let checker = LeaseProtocol { broken }
        .checker()
        .threads(2)
        .finish_when(HasDiscoveries::All)
        .spawn_bfs()
        .join();
    checker.assert_no_discovery(NO_LEASE_LEFT);
    for reached in [RETURNED_WITHOUT, ENDED] {
        checker.assert_any_discovery(reached);
    }
}

/// Finds a shortest path to a node that serves a deleted model.
fn fails(broken: BrokenLease) {
    let checker = LeaseProtocol { broken }
        .checker()
        .finish_when(HasDiscoveries::AllOf(BTreeSet::from([NO_LEASE_LEFT])))
        .spawn_bfs()
        .join();
    checker.assert_any_discovery(NO_LEASE_LEFT);
}

#[test]
fn no_node_holds_a_lease_after_a_returned_deletion_that_it_has_not_applied() {
    holds(BrokenLease::Nothing);
}

#[test]
fn a_node_may_take_the_longer_lease_during_a_change() {
    holds(BrokenLease::LongerLeaseDuringChange);
}

#[test]
fn a_change_may_end_by_time_or_by_the_rows() {
    holds(BrokenLease::ChangeEndsByTimeAlone);
    holds(BrokenLease::ChangeEndsByRowAlone);
}

#[test]
fn barriers_must_wait_for_the_longer_lease() {
    fails(BrokenLease::BarrierWaitsForLeaseInForce);
}

#[test]
fn a_change_must_not_end_early() {
    fails(BrokenLease::ChangeEndsEarly);
}

#[test]
fn the_row_must_name_a_longer_lease_first() {
    fails(BrokenLease::LongerLeaseBeforeRow);
}

#[test]
fn the_row_must_name_a_shorter_lease_last() {
    fails(BrokenLease::ShorterRowBeforeLease);
}
