//! A model with its history, which must be linearizable.

use std::sync::atomic::{AtomicUsize, Ordering};

use stateright::semantics::{ConsistencyTester, LinearizabilityTester};
use tokio::sync::{Mutex, RwLock};

use super::model::{Model, Operation, Outcome};
use crate::Failure;
use crate::environment::scene::Scene;
use crate::environment::wait::wait;

/// After so many operations a history is checked, and a new one begun.
const WINDOW: usize = 40;

/// The history of a model, since it was last known for sure.
pub struct History {
    tester: LinearizabilityTester<usize, Model>,
    operations: usize,
    /// Something failed, and whether it happened is not known.
    is_doubtful: bool,
    next_thread: usize,
}

pub struct Register {
    pub id: String,
    /// Held to be read by every operation, and to be written when a new history is begun.
    pub quiet: RwLock<()>,
    pub history: Mutex<History>,
}

pub struct Counts {
    pub operations: AtomicUsize,
    pub violations: AtomicUsize,
    pub doubtful: AtomicUsize,
}

impl Register {
    pub fn new(number: usize) -> Self {
        Self {
            id: format!("register-{number:03}"),
            quiet: RwLock::new(()),
            history: Mutex::new(History::of(false)),
        }
    }

    pub fn path(&self) -> String {
        format!("/v1/models/{}", self.id)
    }

    pub fn quoted(&self) -> String {
        format!("\"{}\"", self.id)
    }

    /// Does it, and writes down when it began and how it ended.
    pub async fn record(
        &self,
        counts: &Counts,
        operation: Operation,
        work: impl Future<Output = Result<Outcome, Failure>>,
    ) {
        let _together = self.quiet.read().await;
        let thread = {
            let mut history = self.history.lock().await;
            let thread = history.next_thread;
            history.next_thread += 1;
            history.operations += 1;
            // It can only fail for a thread that does two things at once.
            let _ = history.tester.on_invoke(thread, operation);
            thread
        };
        let outcome = work.await;
        counts.operations.fetch_add(1, Ordering::Relaxed);
        let mut history = self.history.lock().await;
        if let Ok(outcome) = outcome {
            let _ = history.tester.on_return(thread, outcome);
        } else {
            counts.doubtful.fetch_add(1, Ordering::Relaxed);
            history.is_doubtful = true;
        }
    }

    /// Checks the history up to here.
    pub async fn check(&self, counts: &Counts) {
        let mut history = self.history.lock().await;
        if history.tester.serialized_history().is_none() {
            eprintln!("{}: {:?}", self.id, history.tester);
            counts.violations.fetch_add(1, Ordering::Relaxed);
        }
        *history = History::of(false);
    }

    /// When nobody is at it: checks the history, looks how things are, and begins another.
    pub async fn begin_anew(&self, scene: &Scene, counts: &Counts) {
        let _alone = self.quiet.write().await;
        if !self.history.lock().await.is_over() {
            return;
        }
        self.check(counts).await;
        self.begin(scene).await;
    }

    /// Begins a history with what is there. Nobody else is at it.
    pub async fn begin(&self, scene: &Scene) {
        let present = loop {
            // The database itself is asked: what it says is what the next must build on.
            match scene.catalog.ids().await {
                Ok(ids) => break ids.contains(&self.id),
                Err(_) => wait(50).await,
            }
        };
        *self.history.lock().await = History::of(present);
    }
}

impl History {
    fn of(present: bool) -> Self {
        Self {
            tester: LinearizabilityTester::new(Model(present)),
            operations: 0,
            is_doubtful: false,
            next_thread: 0,
        }
    }

    pub fn is_over(&self) -> bool {
        self.is_doubtful || self.operations >= WINDOW
    }
}
