//! The rules of the protocol hold, and each of them is needed.
#![expect(clippy::print_stdout, reason = "the number of states is the result")]

use std::collections::BTreeSet;
use std::time::Instant;

use protocol_model::{
    ALL_FAULTS, Broken, Fault, NO_LATE, NO_STALE, OVERLAPPING, Protocol, RETURNED, RETURNED_EARLY,
    SERVED,
};
use stateright::{Checker, HasDiscoveries, Model};

/// Visits every state. Returns whether a node without a lease shows the model in any of them.
fn holds(nodes: usize, faults: &'static [Fault], broken: Broken) -> bool {
    let begun = Instant::now();
    let checker = Protocol {
        nodes,
        faults,
        broken,
    }
    .checker()
    .threads(2)
    .finish_when(HasDiscoveries::All)
    .spawn_bfs()
    .join();
    println!(
        "{broken:?}, nodes: {nodes}, faults: {faults:?}, states: {}, depth: {}, time: {:?}",
        checker.unique_state_count(),
        checker.max_depth(),
        begun.elapsed()
    );
    checker.assert_no_discovery(NO_STALE);
    for reached in [RETURNED, RETURNED_EARLY, SERVED, OVERLAPPING] {
        checker.assert_any_discovery(reached);
    }
    checker.discovery(NO_LATE).is_some()
}

/// Finds a shortest path to a stale response.
fn fails(broken: Broken) {
    let checker = Protocol {
        nodes: 1,
        faults: ALL_FAULTS,
        broken,
    }
    .checker()
    .finish_when(HasDiscoveries::AllOf(BTreeSet::from([NO_STALE])))
    .spawn_bfs()
    .join();
    let actions = checker.assert_any_discovery(NO_STALE).into_actions();
    println!(
        "{broken:?}, states: {}, counter-example: {actions:?}",
        checker.unique_state_count()
    );
}

#[test]
fn one_node_is_never_stale() {
    assert!(!holds(1, ALL_FAULTS, Broken::Nothing));
}

#[test]
fn two_nodes_of_which_one_may_crash_are_never_stale() {
    assert!(!holds(2, &[Fault::Crash], Broken::Nothing));
}

/// This is the largest run, about half a minute.
#[test]
fn two_nodes_in_a_failover_are_never_stale() {
    assert!(!holds(2, &[Fault::Failover], Broken::Nothing));
}

#[test]
fn a_node_that_keeps_its_cache_without_a_row_is_never_stale() {
    assert!(!holds(1, ALL_FAULTS, Broken::KeepsCacheWithoutRow));
}

/// This is the one hole: a process that pauses between its last check and the write can show the
/// model at any later time, but only to requests sent before the deletion returned.
#[test]
fn a_pause_after_the_last_check_makes_overlapping_requests_late() {
    assert!(holds(1, ALL_FAULTS, Broken::LastLeaseCheckLeftOut));
}

macro_rules! controls {
    ($($name:ident: $broken:ident,)*) => {$(
        #[test]
        fn $name() {
            fails(Broken::$broken);
        }
    )*};
}

controls! {
    barrier_is_needed: NoBarrier,
    lease_check_is_needed: LeaseNotChecked,
    first_lease_check_is_needed: FirstLeaseCheckLeftOut,
    lease_must_run_from_the_sending: LeaseFromReceipt,
    place_mark_is_needed: PlaceNotMarked,
    unknown_events_must_drop_the_cache: UnknownEventKeepsCache,
    row_must_come_before_the_first_read: RowAfterFirstRead,
    events_must_be_applied_before_published: PublishedBeforeApplied,
    row_must_outlive_its_lease: RowRemovedEarly,
    load_epoch_check_is_needed: LoadEpochNotChecked,
    poll_must_take_over_the_epoch: PollKeepsEpoch,
    renewal_must_read_where_it_wrote: RenewalReadsElsewhere,
    node_without_row_must_keep_the_epoch: ForgetsEpoch,
    epoch_must_not_go_back: EpochGoesBack,
}
