//! Pages: lists that are read a bounded piece at a time, each after the last item of the piece before.

/// A page of a list whose items have a place in a fixed order: a cursor names the place after which the next page begins.
/// Unlike a number of items to pass over, it stays right while items are added and removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T, C> {
    /// The items, in the order of the list.
    pub items: Vec<T>,
    /// The place of the last item; `None` if there is nothing after it.
    pub next: Option<C>,
}
