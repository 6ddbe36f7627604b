//! Every interleaving of a read with a renewal, the clock, and a deletion or a revocation.
//!
//! A read stops at each [`pause`](models_node::pause::pause): before it acquires the lease, before it takes the
//! session, before it takes the view, around each load, and before it is released. At each of them the
//! rest of the world takes any number of steps. The test tries all of these schedules, with the
//! service's own code on both sides, and asserts for each response that shows the deleted model or
//! accepts the revoked key:
//!
//! 1. The barrier could not have returned before the request was sent. It may return as soon as the node
//!    has applied the event, or each lease whose renewal was sent before the commit has run out.
//! 2. No such lease has run out when the response is released, so also a request from before the
//!    deletion is served late by at most a lease.

pub(super) mod database;
pub(super) mod harness;
mod schedules;
mod walk;
mod world;

use database::Subject;
use harness::{Harness, Warm};
use walk::Counts;
use world::Times;

const MODEL: &str = "/v1/models/own";
const LIST: &str = "/v1/models";

/// Each schedule was a different one, and the model was shown in some of each kind.
fn assert_not_in_vain(name: &str, counts: &Counts) {
    assert!(counts.schedules > 500, "{name}: {counts:?}");
    assert!(counts.shown_after_commit > 0, "{name}: {counts:?}");
    assert!(counts.shown_after_barrier > 0, "{name}: {counts:?}");
    assert!(counts.shown < counts.schedules, "{name}: {counts:?}");
}

const SUBJECTS: [(&str, Subject, &str); 3] = [
    ("a deleted model", Subject::Model, MODEL),
    ("a list without it", Subject::Model, LIST),
    ("a revoked key", Subject::Key, MODEL),
];

/// A lease of two ticks, so that a renewal may be sent in the midst of one.
const LONG: Times = Times { lease: 2, end: 4 };
/// The handlers have many pauses.
const SHORT: Times = Times { lease: 1, end: 2 };

#[tokio::test]
async fn the_fast_path_never_shows_what_was_taken_away() {
    for (name, subject, path) in SUBJECTS {
        let counts = Harness::new(subject).walk_the_fast_path(LONG, path).await;
        assert_not_in_vain(name, &counts);
    }
}

#[tokio::test]
async fn the_handlers_never_show_what_was_taken_away() {
    for (name, subject, path) in SUBJECTS {
        let harness = Harness::new(subject);
        let counts = harness.walk_the_handlers(SHORT, Warm::All, path).await;
        assert_not_in_vain(name, &counts);
    }
}

#[tokio::test]
async fn a_read_that_loads_the_view_never_shows_what_was_taken_away() {
    for (name, subject, path) in [SUBJECTS[0], SUBJECTS[2]] {
        let harness = Harness::new(subject);
        let counts = harness.walk_the_handlers(SHORT, Warm::Session, path).await;
        assert_not_in_vain(name, &counts);
    }
}

#[tokio::test]
async fn a_read_that_loads_the_key_never_accepts_a_revoked_one() {
    let (name, subject, path) = SUBJECTS[2];
    let harness = Harness::new(subject);
    let counts = harness.walk_the_handlers(SHORT, Warm::View, path).await;
    assert_not_in_vain(name, &counts);
}
