//! What a test does at the pauses.

use std::cell::RefCell;

use super::point::Point;

type Work = Box<dyn FnMut(Point)>;

thread_local! {
    static WORK: RefCell<Option<Work>> = const { RefCell::new(None) };
}

/// Runs what the test has set for this thread.
pub fn pause(before: Point) {
    // The work is not there while it runs: what it does has no pauses of its own.
    if let Some(mut work) = WORK.take() {
        work(before);
        WORK.set(Some(work));
    }
}

/// What is done at each pause of this thread, until this is dropped.
pub struct Hook(());

impl Hook {
    /// Does this at each pause of this thread.
    #[must_use]
    pub fn set(work: impl FnMut(Point) + 'static) -> Self {
        WORK.set(Some(Box::new(work)));
        Self(())
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        WORK.take();
    }
}
