//! Invisible characters. Texts that differ only in them look the same.

use icu_properties::props::{
    DefaultIgnorableCodePoint, Emoji, ExtendedPictographic, GeneralCategory, GeneralCategoryGroup,
};
use icu_properties::{CodePointMapData, CodePointSetData};

use super::control::is_control;

/// The invisible characters that a text may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// None.
    Nothing,
    /// Characters that change how their neighbours are written: joiners between letters and between
    /// emoji, and the variation selectors for text and emoji after an emoji.
    Joiners,
}

/// Checks for invisible characters and for white space at the ends. The error names the first such
/// character's position and code point. Other rules cover control characters, so this one ignores
/// them.
pub(crate) fn check(text: &str, allowed: Allowed) -> Result<(), String> {
    let mut before = None;
    let mut characters = (1..).zip(text.chars()).peekable();
    while let Some((position, character)) = characters.next() {
        let after = characters.peek().map(|(_, after)| *after);
        let may_stay = allowed == Allowed::Joiners && joins(before, character, after);
        if is_invisible(character) && !may_stay {
            let character = described(character, position);
            return Err(format!("must not hold {character}"));
        }
        before = Some(character);
    }
    check_ends(text)
}

fn check_ends(text: &str) -> Result<(), String> {
    let is_blank = |character: &char| character.is_whitespace() && !is_control(*character);
    if let Some(first) = text.chars().next().filter(is_blank) {
        let first = described(first, 1);
        return Err(format!("must not begin with white space: {first}"));
    }
    if let Some(last) = text.chars().next_back().filter(is_blank) {
        let last = described(last, text.chars().count());
        return Err(format!("must not end with white space: {last}"));
    }
    Ok(())
}

/// Whether the character is invisible: Unicode's `Default_Ignorable_Code_Point`, or a mark of
/// interlinear annotation, which ordinary text does not hold.
pub(crate) fn is_invisible(character: char) -> bool {
    const IGNORABLE: icu_properties::CodePointSetDataBorrowed<'static> =
        CodePointSetData::new::<DefaultIgnorableCodePoint>();
    IGNORABLE.contains(character) || matches!(character, '\u{fff9}'..='\u{fffb}')
}

fn joins(before: Option<char>, character: char, after: Option<char>) -> bool {
    let (Some(before), after) = (before, after.unwrap_or_default()) else {
        return false;
    };
    match character {
        '\u{200c}' => is_letter(before) && is_letter(after),
        '\u{200d}' => {
            is_letter(before) && is_letter(after) || ends_emoji(before) && is_pictographic(after)
        }
        '\u{fe0e}' | '\u{fe0f}' => CodePointSetData::new::<Emoji>().contains(before),
        _ => false,
    }
}

/// Whether the character is a letter or a mark on one: Indic scripts write a joiner after a virama.
fn is_letter(character: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(character);
    let letters = GeneralCategoryGroup::Letter.union(GeneralCategoryGroup::Mark);
    letters.contains(category) && !is_invisible(character)
}

fn is_pictographic(character: char) -> bool {
    CodePointSetData::new::<ExtendedPictographic>().contains(character)
}

/// Whether the character can end an emoji: the emoji itself, a skin tone, or the selector for
/// colour.
fn ends_emoji(character: char) -> bool {
    is_pictographic(character) || matches!(character, '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}')
}

fn described(character: char, position: usize) -> String {
    let code = u32::from(character);
    format!("U+{code:04X} ({}) at character {position}", name(character))
}

/// Unicode's name of the character in lower case, for the characters that occur in practice.
fn name(character: char) -> &'static str {
    match character {
        ' ' => "space",
        '\u{a0}' => "no-break space",
        '\u{ad}' => "soft hyphen",
        '\u{34f}' => "combining grapheme joiner",
        '\u{61c}' => "arabic letter mark",
        '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' => "hangul filler",
        '\u{180b}'..='\u{180d}'
        | '\u{180f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{e0100}'..='\u{e01ef}' => "variation selector",
        '\u{180e}' => "mongolian vowel separator",
        '\u{200b}' => "zero width space",
        '\u{200c}' => "zero width non-joiner",
        '\u{200d}' => "zero width joiner",
        '\u{200e}' => "left-to-right mark",
        '\u{200f}' => "right-to-left mark",
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => "change of writing direction",
        '\u{2060}' => "word joiner",
        '\u{feff}' => "byte order mark",
        '\u{e0000}'..='\u{e007f}' => "tag character",
        other if other.is_whitespace() => "white space",
        _ => "invisible character",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str, allowed: Allowed) -> String {
        check(text, allowed).expect_err(text)
    }

    #[test]
    fn a_refusal_names_the_code_point_and_its_position() {
        for (text, reason) in [
            (
                "ab\u{200b}c",
                "must not hold U+200B (zero width space) at character 3",
            ),
            (
                "\u{feff}a",
                "must not hold U+FEFF (byte order mark) at character 1",
            ),
            (
                "模\u{ad}b",
                "must not hold U+00AD (soft hyphen) at character 2",
            ),
            (
                "a\u{e0041}",
                "must not hold U+E0041 (tag character) at character 2",
            ),
            (
                "a\u{202e}",
                "must not hold U+202E (change of writing direction) at character 2",
            ),
            (
                "a\u{1d173}",
                "must not hold U+1D173 (invisible character) at character 2",
            ),
            (
                "a\u{fffa}",
                "must not hold U+FFFA (invisible character) at character 2",
            ),
            (
                "qwen-32b ",
                "must not end with white space: U+0020 (space) at character 9",
            ),
            (
                " ",
                "must not begin with white space: U+0020 (space) at character 1",
            ),
            (
                "\u{a0}a",
                "must not begin with white space: U+00A0 (no-break space) at character 1",
            ),
            (
                "模\u{3000}",
                "must not end with white space: U+3000 (white space) at character 2",
            ),
        ] {
            assert_eq!(refused(text, Allowed::Nothing), reason);
            assert_eq!(refused(text, Allowed::Joiners), reason);
        }
    }

    #[test]
    fn every_default_ignorable_code_point_is_refused_alone() {
        let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
        let code_points: Vec<u32> = ignorable.iter_ranges().flatten().collect();
        // Unicode 17, DerivedCoreProperties.txt. None of them is a surrogate.
        assert_eq!(code_points.len(), 4_174);
        let annotations = [0xfff9, 0xfffa, 0xfffb];
        for code_point in code_points.into_iter().chain(annotations) {
            let character = char::from_u32(code_point).expect("no surrogate");
            let text = format!("a{character}1");
            assert!(check(&text, Allowed::Joiners).is_err(), "{code_point:X}");
        }
    }

    #[test]
    fn joiners_are_allowed_where_they_change_the_writing() {
        for text in [
            "می\u{200c}خواهم",
            "क\u{94d}\u{200d}ष",
            "a\u{200d}b",
            "❤\u{fe0f}",
            "❤\u{fe0e} x",
            "1\u{fe0f}\u{20e3}",
            "👩\u{200d}💻",
            "👩🏽\u{200d}💻",
            "❤\u{fe0f}\u{200d}🔥",
        ] {
            assert_eq!(check(text, Allowed::Joiners), Ok(()), "{text}");
            assert!(check(text, Allowed::Nothing).is_err(), "{text}");
        }
    }

    #[test]
    fn joiners_elsewhere_are_refused() {
        for text in [
            "\u{200d}a",
            "a\u{200c}",
            "a\u{200d}\u{200d}b",
            "a \u{200c}b",
            "1\u{200d}2",
            "👩\u{200c}💻",
            "👩\u{200d}a",
            "1\u{200d}💻",
            "a\u{fe0f}",
            "\u{fe0f}",
            "❤\u{fe0f}\u{fe0f}",
            "❤\u{fe01}",
            "邉\u{e0100}",
        ] {
            assert!(check(text, Allowed::Joiners).is_err(), "{text:?}");
        }
    }

    #[test]
    fn visible_text_is_accepted() {
        for text in [
            "gpt-4o",
            "模型/7b",
            "a b",
            "é",
            "e\u{301}",
            "\u{10ffff}",
            "عربي",
            "",
            "a\0",
        ] {
            assert_eq!(check(text, Allowed::Nothing), Ok(()), "{text:?}");
        }
    }

    #[test]
    fn invisible_characters_have_unicodes_names() {
        for (characters, expected) in [
            (" ", "space"),
            ("\u{a0}", "no-break space"),
            ("\u{ad}", "soft hyphen"),
            ("\u{34f}", "combining grapheme joiner"),
            ("\u{61c}", "arabic letter mark"),
            ("\u{115f}\u{1160}\u{3164}\u{ffa0}", "hangul filler"),
            (
                "\u{180b}\u{180d}\u{180f}\u{fe00}\u{fe0f}\u{e0100}\u{e01ef}",
                "variation selector",
            ),
            ("\u{180e}", "mongolian vowel separator"),
            ("\u{200b}", "zero width space"),
            ("\u{200c}", "zero width non-joiner"),
            ("\u{200d}", "zero width joiner"),
            ("\u{200e}", "left-to-right mark"),
            ("\u{200f}", "right-to-left mark"),
            (
                "\u{202a}\u{202e}\u{2066}\u{2069}",
                "change of writing direction",
            ),
            ("\u{2060}", "word joiner"),
            ("\u{feff}", "byte order mark"),
            ("\u{e0001}\u{e007f}", "tag character"),
            ("\u{3000}\u{2003}", "white space"),
            ("\u{2061}\u{fffa}", "invisible character"),
        ] {
            for character in characters.chars() {
                assert_eq!(name(character), expected, "{}", character.escape_unicode());
            }
        }
    }
}
