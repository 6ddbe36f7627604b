//! Text from the input for messages.

use models_core::Outside;

/// A message shows at most this many characters of a text from the input.
pub(super) const SHOWN: usize = 300;

/// The name of an entry in messages.
pub(super) fn place(position: usize, id: Option<&str>) -> String {
    match id {
        None => format!("entry {position}"),
        Some(id) => format!("entry {position} (`{}`)", shown(id)),
    }
}

/// Escapes and shortens a text from the input for a message.
pub(super) fn shown(text: &str) -> String {
    let escaped = text.escape_debug().to_string();
    Outside::new(&escaped).at_most(SHOWN).to_string()
}
