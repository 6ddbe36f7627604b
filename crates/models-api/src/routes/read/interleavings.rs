//! Tests every interleaving of a read with a renewal, the clock, and a deletion or a revocation.
//!
//! A read stops at each [`pause`](models_node::pause::pause): before it acquires the lease, before it takes the
//! session, before it takes the view, around each load, and before its release. At each pause, the world beside the read
//! takes any number of steps. The test tries all of these schedules with the code of the service on both sides. It
//! asserts two rules for each response that shows the deleted model or accepts the revoked key:
//!
//! 1. The barrier cannot have returned before the client sent the request. It may return as soon as the node has
//!    applied the event, or every lease whose renewal was sent before the commit has expired.
//! 2. No such lease has expired when the response is released. So even a request from before the deletion shows old
//!    data for at most one lease.

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

/// Asserts that the schedules covered each case: responses that show the model before and after the commit and the
/// barrier, and responses that do not.
fn assert_all_cases_occurred(name: &str, counts: &Counts) {
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

/// A lease of two ticks, so that a renewal can be sent in the middle of a lease.
const LONG: Times = Times { lease: 2, end: 4 };
/// Short times for the handlers, which have many pauses.
const SHORT: Times = Times { lease: 1, end: 2 };

#[tokio::test]
async fn the_fast_path_never_shows_a_deleted_model_or_accepts_a_revoked_key() {
    for (name, subject, path) in SUBJECTS {
        let counts = Harness::new(subject).walk_the_fast_path(LONG, path).await;
        assert_all_cases_occurred(name, &counts);
    }
}

#[tokio::test]
async fn the_handlers_never_show_a_deleted_model_or_accept_a_revoked_key() {
    for (name, subject, path) in SUBJECTS {
        let harness = Harness::new(subject);
        let counts = harness.walk_the_handlers(SHORT, Warm::All, path).await;
        assert_all_cases_occurred(name, &counts);
    }
}

#[tokio::test]
async fn a_read_that_loads_the_view_never_shows_a_deleted_model_or_accepts_a_revoked_key() {
    for (name, subject, path) in [SUBJECTS[0], SUBJECTS[2]] {
        let harness = Harness::new(subject);
        let counts = harness.walk_the_handlers(SHORT, Warm::Session, path).await;
        assert_all_cases_occurred(name, &counts);
    }
}

#[tokio::test]
async fn a_read_that_loads_the_key_never_accepts_a_revoked_one() {
    let (name, subject, path) = SUBJECTS[2];
    let harness = Harness::new(subject);
    let counts = harness.walk_the_handlers(SHORT, Warm::View, path).await;
    assert_all_cases_occurred(name, &counts);
}
