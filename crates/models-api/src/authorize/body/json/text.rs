//! Strings of JSON (RFC 8259), byte by byte.

use crate::authorize::body::error::BodyError;

/// The longest text that is kept, in bytes. A model's id is shorter, and so is each key that matters.
const LONGEST: usize = 1 << 10;

/// A string that has begun.
#[derive(Debug)]
pub(super) struct Text {
    place: Place,
    /// The decoded text, if it matters.
    kept: Option<Kept>,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    /// Between characters.
    Plain,
    /// After a backslash.
    Escape,
    /// After `\u` and this many digits with this value.
    Digits(u8, u16),
}

#[derive(Debug, Default)]
struct Kept {
    bytes: Vec<u8>,
    /// The first half of a surrogate pair.
    high: Option<u16>,
    /// The text has half of a surrogate pair without the other half. Parsers refuse, replace or drop it.
    has_half: bool,
    /// The text is longer than [`LONGEST`].
    is_long: bool,
}

impl Text {
    /// A string whose text matters.
    pub(super) fn kept() -> Self {
        Self {
            place: Place::Plain,
            kept: Some(Kept::default()),
        }
    }

    /// A string whose text does not matter.
    pub(super) fn dropped() -> Self {
        Self {
            place: Place::Plain,
            kept: None,
        }
    }

    /// The number of bytes at the beginning of `bytes` that are plain characters of a text that does not matter.
    pub(super) fn skip(&self, bytes: &[u8]) -> usize {
        let is_special = |byte: &u8| *byte < 0x20 || matches!(byte, b'"' | b'\\');
        match (self.place, &self.kept) {
            (Place::Plain, None) => bytes.iter().position(is_special).unwrap_or(bytes.len()),
            _ => 0,
        }
    }

    /// Takes the next byte. Returns whether the string is whole.
    pub(super) fn take(&mut self, byte: u8) -> Result<bool, BodyError> {
        match self.place {
            Place::Plain => match byte {
                b'"' => {
                    self.keep_half();
                    return Ok(true);
                }
                b'\\' => self.place = Place::Escape,
                0..0x20 => return Err(BodyError::Malformed),
                _ => self.keep(byte),
            },
            Place::Escape => {
                let meant = match byte {
                    b'"' | b'\\' | b'/' => byte,
                    b'b' => 8,
                    b'f' => 12,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'u' => {
                        self.place = Place::Digits(0, 0);
                        return Ok(false);
                    }
                    _ => return Err(BodyError::Malformed),
                };
                self.place = Place::Plain;
                self.keep(meant);
            }
            Place::Digits(count, value) => {
                let digit = char::from(byte).to_digit(16).ok_or(BodyError::Malformed)?;
                let value = value << 4 | u16::try_from(digit).map_err(|_| BodyError::Malformed)?;
                if count < 3 {
                    self.place = Place::Digits(count + 1, value);
                } else {
                    self.place = Place::Plain;
                    self.keep_unit(value);
                }
            }
        }
        Ok(false)
    }

    /// Whether this is the whole text.
    pub(super) fn is(&self, text: &str) -> bool {
        let is_text = |kept: &Kept| kept.is_whole() && kept.bytes == text.as_bytes();
        self.kept.as_ref().is_some_and(is_text)
    }

    /// Whether this is the whole text but for the case of ASCII letters, or but for halves of surrogate pairs, which some
    /// parsers drop.
    pub(super) fn is_in_any_case(&self, text: &str) -> bool {
        let is_text = |kept: &Kept| kept.bytes.eq_ignore_ascii_case(text.as_bytes());
        self.kept.as_ref().is_some_and(is_text)
    }

    /// The text.
    pub(super) fn into_string(self) -> Result<String, BodyError> {
        let kept = self.kept.unwrap_or_default();
        if !kept.is_whole() {
            return Err(BodyError::ModelIsNoText);
        }
        String::from_utf8(kept.bytes).map_err(|_| BodyError::Malformed)
    }

    fn keep(&mut self, byte: u8) {
        self.keep_half();
        if let Some(kept) = &mut self.kept {
            kept.push(&[byte]);
        }
    }

    /// Keeps a UTF-16 code unit.
    fn keep_unit(&mut self, unit: u16) {
        let Some(kept) = &mut self.kept else { return };
        match (kept.high.take(), unit) {
            (Some(high), 0xDC00..0xE000) => {
                let low = u32::from(unit - 0xDC00);
                kept.push_character(0x1_0000 + (u32::from(high - 0xD800) << 10 | low));
            }
            (high, _) => {
                kept.has_half |= high.is_some();
                match unit {
                    0xD800..0xDC00 => kept.high = Some(unit),
                    _ => kept.push_character(unit.into()),
                }
            }
        }
    }

    /// Notes that the second half of a surrogate pair is missing.
    fn keep_half(&mut self) {
        if let Some(kept) = &mut self.kept
            && kept.high.take().is_some()
        {
            kept.has_half = true;
        }
    }
}

impl Kept {
    fn is_whole(&self) -> bool {
        !self.has_half && !self.is_long
    }

    fn push(&mut self, bytes: &[u8]) {
        if self.bytes.len() + bytes.len() > LONGEST {
            self.is_long = true;
        } else if !self.is_long {
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// Keeps the character with this number; half of a surrogate pair is none.
    fn push_character(&mut self, number: u32) {
        match char::from_u32(number) {
            Some(character) => self.push(character.encode_utf8(&mut [0; 4]).as_bytes()),
            None => self.has_half = true,
        }
    }
}
