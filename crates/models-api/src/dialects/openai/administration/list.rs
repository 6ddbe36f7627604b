//! Lists with a cursor.

use models_core::Page;
use serde::Serialize;
use utoipa::ToSchema;

/// A page of a list. The next page begins after `last_id`.
#[derive(Serialize)]
pub(crate) struct ListObject<T> {
    object: &'static str,
    data: Vec<T>,
    first_id: Option<String>,
    last_id: Option<String>,
    has_more: bool,
}

/// An object with an id.
pub(crate) trait Identified: ToSchema {
    /// The id, after which a page of a list can begin.
    fn id(&self) -> &str;
}

impl<T: Identified> ListObject<T> {
    /// The list of the objects that `object` makes of the items of a page.
    pub(crate) fn of<I, C>(page: Page<I, C>, object: impl FnMut(I) -> T) -> Self {
        let data: Vec<T> = page.items.into_iter().map(object).collect();
        let id = |object: Option<&T>| object.map(|object| object.id().to_owned());
        Self {
            object: "list",
            first_id: id(data.first()),
            last_id: id(data.last()),
            has_more: page.next.is_some(),
            data,
        }
    }
}
