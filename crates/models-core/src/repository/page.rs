//! Pages of lists. Each page begins after the last item of the page before.

/// A page of a list with a fixed order. The cursor is the place after which the next page begins.
/// Unlike an offset, a cursor stays valid while items are added and removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T, C> {
    /// The items, in the order of the list.
    pub items: Vec<T>,
    /// The place of the last item; `None` on the last page.
    pub next: Option<C>,
}
