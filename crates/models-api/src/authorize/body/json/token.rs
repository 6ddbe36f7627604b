//! Numbers and literals of JSON (RFC 8259), byte by byte.

use crate::authorize::body::error::BodyError;

/// A number that has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    /// After `-`.
    Minus,
    /// After a leading `0`.
    Zero,
    /// After further digits of the integer.
    Integer,
    /// After the decimal point.
    Point,
    /// After digits of the fraction.
    Fraction,
    /// After `e` or `E`.
    Exponent,
    /// After the sign of the exponent.
    Sign,
    /// After digits of the exponent.
    Power,
}

impl Number {
    /// The number that begins with this byte: `-` or a digit.
    pub(super) fn begin(byte: u8) -> Self {
        match byte {
            b'-' => Self::Minus,
            b'0' => Self::Zero,
            _ => Self::Integer,
        }
    }

    /// Takes the next byte if the number continues with it.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let next = match (*self, byte) {
            (Self::Minus, b'0') => Self::Zero,
            (Self::Minus, b'1'..=b'9') | (Self::Integer, b'0'..=b'9') => Self::Integer,
            (Self::Zero | Self::Integer, b'.') => Self::Point,
            (Self::Zero | Self::Integer | Self::Fraction, b'e' | b'E') => Self::Exponent,
            (Self::Point | Self::Fraction, b'0'..=b'9') => Self::Fraction,
            (Self::Exponent, b'+' | b'-') => Self::Sign,
            (Self::Exponent | Self::Sign | Self::Power, b'0'..=b'9') => Self::Power,
            _ => return false,
        };
        *self = next;
        true
    }

    /// Whether the number is whole.
    pub(super) fn may_end(self) -> bool {
        match self {
            Self::Zero | Self::Integer | Self::Fraction | Self::Power => true,
            Self::Minus | Self::Point | Self::Exponent | Self::Sign => false,
        }
    }
}

/// The rest of `true`, `false` or `null`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Literal(&'static [u8]);

impl Literal {
    /// The literal that begins with this byte: `t`, `f` or `n`.
    pub(super) fn begin(byte: u8) -> Self {
        Self(match byte {
            b't' => b"rue",
            b'f' => b"alse",
            _ => b"ull",
        })
    }

    /// Takes the next byte. Returns whether the literal is whole.
    pub(super) fn take(&mut self, byte: u8) -> Result<bool, BodyError> {
        match self.0.split_first() {
            Some((expected, rest)) if *expected == byte => {
                self.0 = rest;
                Ok(rest.is_empty())
            }
            Some(_) | None => Err(BodyError::Malformed),
        }
    }
}
