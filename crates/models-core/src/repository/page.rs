//! Pages of lists. Each page begins after the last item of the page before.

use std::num::NonZeroU32;

/// A page of a list with a fixed order. The cursor is the place after which the next page begins.
/// Unlike an offset, a cursor stays valid while items are added and removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T, C> {
    /// The items, in the order of the list.
    pub items: Vec<T>,
    /// The place of the last item; `None` on the last page.
    pub next: Option<C>,
}

/// The order of a list by the time at which its items were created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The oldest first.
    Ascending,
    /// The newest first.
    Descending,
}

/// A request for a page of a list. Items keep their places: an item that is created while a client
/// reads page after page comes after all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// The id of the item after which the page begins; `None` for the first page. The item may have
    /// been deleted or archived meanwhile. After any other text, the page is empty.
    pub after: Option<String>,
    /// The most items of the page.
    pub limit: NonZeroU32,
    /// The order.
    pub order: Order,
}
