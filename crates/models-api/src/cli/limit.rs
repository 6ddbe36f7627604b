//! The option that limits the length of a list.

use std::num::NonZeroU32;

use clap::Args;
use models_core::{Order, Page, PageRequest};

use super::terminal::Failure;

/// The items of a page if the whole list is wanted.
const PAGE: NonZeroU32 = NonZeroU32::new(1_000).expect("a constant above 0");

#[derive(Args, Default)]
pub(super) struct Limit {
    /// List at most this many, in the order of the list.
    #[arg(long, value_name = "NUMBER")]
    limit: Option<NonZeroU32>,
}

impl Limit {
    /// Removes the items above the limit.
    pub(super) fn truncate<T>(&self, items: &mut Vec<T>) {
        if let Some(limit) = self.count() {
            items.truncate(limit);
        }
    }

    /// Reads page after page until the limit, or to the end of the list.
    pub(super) async fn read<T>(
        &self,
        page: impl AsyncFn(PageRequest) -> Result<Page<T, String>, Failure>,
    ) -> Result<Vec<T>, Failure> {
        let mut items = vec![];
        let mut after = None;
        loop {
            let request = PageRequest {
                after,
                limit: self.limit.map_or(PAGE, |limit| limit.min(PAGE)),
                order: Order::Ascending,
            };
            let Page {
                items: further,
                next,
            } = page(request).await?;
            items.extend(further);
            let is_full = self.count().is_some_and(|limit| items.len() >= limit);
            if next.is_none() || is_full {
                self.truncate(&mut items);
                return Ok(items);
            }
            after = next;
        }
    }

    fn count(&self) -> Option<usize> {
        self.limit.map(|limit| limit.get() as usize)
    }
}
