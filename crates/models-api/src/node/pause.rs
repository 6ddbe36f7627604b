//! Where a test can stop a read between two steps.

/// Which step of a read comes next.
#[derive(Clone, Copy)]
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "only the tests' own repositories load")
)]
pub(crate) enum Point {
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

/// Does nothing. In tests it runs what the test has set for this thread.
#[cfg(not(test))]
pub(crate) const fn pause(_: Point) {}

#[cfg(test)]
pub(crate) use in_tests::{Hook, pause};

#[cfg(test)]
mod in_tests {
    use std::cell::RefCell;

    use super::Point;

    type Work = Box<dyn FnMut(Point)>;

    thread_local! {
        static WORK: RefCell<Option<Work>> = const { RefCell::new(None) };
    }

    pub(crate) fn pause(before: Point) {
        // The work is not there while it runs: what it does has no pauses of its own.
        if let Some(mut work) = WORK.take() {
            work(before);
            WORK.set(Some(work));
        }
    }

    /// What is done at each pause of this thread, until this is dropped.
    pub(crate) struct Hook(());

    impl Hook {
        pub(crate) fn set(work: impl FnMut(Point) + 'static) -> Self {
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
