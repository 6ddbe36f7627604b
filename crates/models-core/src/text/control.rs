//! Characters that no text shows as they are.

/// Whether the character says nothing itself and changes how others are shown: control characters,
/// line and paragraph separators, and those that turn the direction of writing.
pub(crate) fn is_control(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
