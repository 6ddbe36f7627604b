//! Which rows are written at once, and which revisions their events get.

use models_core::Revision;

/// Rows by their numbers, which start at 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) after: i64,
    pub(super) up_to: i64,
}

impl Span {
    /// In pieces of this length; the last may be shorter.
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

/// Which revision the event of which change has. The change with rank `n` has the revision `before + n`, but for the
/// first `passed` ones: those follow after the last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Numbering {
    pub(super) before: Revision,
    pub(super) passed: i64,
}
