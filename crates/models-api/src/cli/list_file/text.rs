//! Text from the input, in messages.

use models_core::Outside;

/// How many characters of a text from the input a message shows.
pub(super) const SHOWN: usize = 300;

/// How a message names an entry.
pub(super) fn place(position: usize, id: Option<&str>) -> String {
    match id {
        None => format!("entry {position}"),
        Some(id) => format!("entry {position} (`{}`)", shown(id)),
    }
}

/// Text from the input, as a message shows it.
pub(super) fn shown(text: &str) -> String {
    let escaped = text.escape_debug().to_string();
    Outside::new(&escaped).at_most(SHOWN).to_string()
}
