//! A lease can be changed while nodes run, and each rule of that is needed.

use std::collections::BTreeSet;

use protocol_model::{ANSWERED_WITHOUT, BrokenLease, ENDED, LeaseProtocol, NO_LEASE_LEFT};
use stateright::{Checker, HasDiscoveries, Model};

fn holds(broken: BrokenLease) {
    let checker = LeaseProtocol { broken }
        .checker()
        .threads(2)
        .finish_when(HasDiscoveries::All)
        .spawn_bfs()
        .join();
    checker.assert_no_discovery(NO_LEASE_LEFT);
    for reached in [ANSWERED_WITHOUT, ENDED] {
        checker.assert_any_discovery(reached);
    }
}

/// Finds a shortest way to a node that serves what is gone.
fn fails(broken: BrokenLease) {
    let checker = LeaseProtocol { broken }
        .checker()
        .finish_when(HasDiscoveries::AllOf(BTreeSet::from([NO_LEASE_LEFT])))
        .spawn_bfs()
        .join();
    checker.assert_any_discovery(NO_LEASE_LEFT);
}

#[test]
fn no_node_holds_a_lease_after_an_answer_it_has_not_applied() {
    holds(BrokenLease::Nothing);
}

#[test]
fn the_longer_lease_may_be_taken_during_a_change() {
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
