//! Ranges of rows, and the revisions of events.

use models_core::Revision;

/// A range of row numbers, which start at 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) after: i64,
    pub(super) up_to: i64,
}

impl Span {
    /// Splits the range into pieces of this length; the last may be shorter.
    pub(super) fn pieces(self, length: i64) -> impl Iterator<Item = Self> {
        let step = usize::try_from(length).unwrap_or(usize::MAX);
        (self.after..self.up_to)
            .step_by(step)
            .map(move |after| Self {
                after,
                up_to: (after + length).min(self.up_to),
            })
    }
}

/// The assignment of revisions to the events of changes. The change with rank `n` gets the revision
/// `before + n`, except for the first `passed` changes, which follow after the last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Numbering {
    pub(super) before: Revision,
    pub(super) passed: i64,
}
