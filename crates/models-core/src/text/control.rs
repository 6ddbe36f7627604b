//! Control characters, in a wider sense than Unicode's.

/// Whether the character changes how other characters are shown: control characters, line and
/// paragraph separators, and marks that change the writing direction.
pub(crate) fn is_control(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
