//! The work that a test does at the pause points.

use std::cell::RefCell;

use super::point::Point;

type Work = Box<dyn FnMut(Point)>;

thread_local! {
    static WORK: RefCell<Option<Work>> = const { RefCell::new(None) };
}

/// Runs the work that the test has set for this thread.
pub fn pause(before: Point) {
    // Taken out while it runs, so that the work itself is not paused.
    if let Some(mut work) = WORK.take() {
        work(before);
        WORK.set(Some(work));
    }
}

/// The work at each pause point of this thread, until this is dropped.
pub struct Hook(());

impl Hook {
    /// Sets the work at each pause point of this thread.
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
