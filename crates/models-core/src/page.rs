//! Pages: lists that are read a bounded piece at a time, each after the last item of the piece before.

/// How many items a page holds at most: from 1 to [`MOST`](Self::MOST).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimit(u32);

impl PageLimit {
    /// The largest limit.
    pub const MOST: Self = Self(1_000);

    /// `None` if it is 0 or more than [`MOST`](Self::MOST).
    #[must_use]
    pub const fn new(limit: u32) -> Option<Self> {
        if limit == 0 || limit > Self::MOST.0 {
            None
        } else {
            Some(Self(limit))
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// A page of a list whose items have a place in a fixed order: a cursor names the place after which the next page begins.
/// Unlike a number of items to pass over, it stays right while items are added and removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T, C> {
    /// The items, in the order of the list.
    pub items: Vec<T>,
    /// The place of the last item; `None` if there is nothing after it.
    pub next: Option<C>,
}

impl<T, C> Page<T, C> {
    /// Whether there is something after the last item.
    #[must_use]
    pub const fn has_more(&self) -> bool {
        self.next.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_from_one_to_the_largest() {
        let limit = |number| PageLimit::new(number).map(PageLimit::get);
        assert_eq!(limit(0), None);
        assert_eq!(limit(1), Some(1));
        assert_eq!(limit(1_000), Some(1_000));
        assert_eq!(limit(1_001), None);
        assert_eq!(PageLimit::MOST.get(), 1_000);
    }

    #[test]
    fn a_page_with_a_cursor_has_more_after_it() {
        let page = |next: Option<u8>| Page {
            items: vec!["a"],
            next,
        };
        assert!(page(Some(7)).has_more());
        assert!(!page(None).has_more());
    }
}
