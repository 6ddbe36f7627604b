//! A model with its history, which must be linearizable.

use std::sync::atomic::{AtomicUsize, Ordering};

use stateright::semantics::{ConsistencyTester, LinearizabilityTester};
use tokio::sync::{Mutex, RwLock};

use super::model::{Model, Operation, Outcome};
use crate::Failure;
use crate::environment::scene::Scene;
use crate::environment::wait::wait;

/// The operations after which a history is checked and a new one begins.
const WINDOW: usize = 40;

/// The history of a model since its last known state.
pub struct History {
    tester: LinearizabilityTester<usize, Model>,
    operations: usize,
    /// Whether an operation failed with an unknown outcome.
    is_doubtful: bool,
    next_thread: usize,
}

pub struct Register {
    pub id: String,
    /// Held for reading during each operation, and for writing when a new history begins.
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

    /// Runs an operation and records its beginning and its outcome.
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
            // This fails only for a thread with two operations at once.
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

    /// Checks the history so far, and empties it.
    pub async fn check(&self, counts: &Counts) {
        let mut history = self.history.lock().await;
        if history.tester.serialized_history().is_none() {
            eprintln!("{}: {:?}", self.id, history.tester);
            counts.violations.fetch_add(1, Ordering::Relaxed);
        }
        *history = History::of(false);
    }

    /// Waits until no operation runs, checks the history, reads the state, and begins another
    /// history.
    pub async fn begin_anew(&self, scene: &Scene, counts: &Counts) {
        let _alone = self.quiet.write().await;
        if !self.history.lock().await.is_over() {
            return;
        }
        self.check(counts).await;
        self.begin(scene).await;
    }

    /// Begins a history with the present state. No operation may run.
    pub async fn begin(&self, scene: &Scene) {
        let present = loop {
            // The state comes from the database, because the next operations build on it.
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
