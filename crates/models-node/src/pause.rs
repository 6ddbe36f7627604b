//! Where a test can stop a read between two steps.
//!
//! Without the feature `pause-points`, and in release builds, a pause is nothing.

/// Which step of a read comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// The lease is acquired.
    Hold,
    /// Something is taken from memory.
    Memory,
    /// Something is loaded from the database.
    Load,
    /// What was loaded is kept.
    Keep,
    /// The response is released.
    Release,
}

/// Does nothing.
#[cfg(not(all(feature = "pause-points", debug_assertions)))]
pub const fn pause(_: Point) {}

#[cfg(all(feature = "pause-points", debug_assertions))]
pub use hooked::{Hook, pause};

#[cfg(all(feature = "pause-points", debug_assertions))]
mod hooked {
    use std::cell::RefCell;

    use super::Point;

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
}
