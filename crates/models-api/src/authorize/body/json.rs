//! The model of a JSON body, found while the body arrives.
//!
//! The upstream parses the same body with a parser of its own. So the scanner accepts only a body in which every parser
//! finds the same model: one object with one top-level key `model`. It refuses the key in another case, because Go's
//! `encoding/json` ignores the case of keys. It also refuses the known keys with further models. The scanner keeps only the
//! text that it compares.

mod text;
mod token;

use std::str::from_utf8;

use self::text::Text;
use self::token::{Literal, Number};
use crate::authorize::body::error::BodyError;

/// The deepest nesting, the limit of `serde_json`.
const DEEPEST: u32 = 127;

/// The keys with further models, as `OpenRouter` and `LiteLLM` read them.
const FURTHER_MODELS: [&str; 2] = ["models", "fallbacks"];

/// Finds the model of a body that arrives piece by piece.
#[derive(Debug)]
pub(crate) struct Scanner {
    state: State,
    /// The open containers, the innermost in the lowest bit. A set bit is an object.
    containers: u128,
    depth: u32,
    /// Whether the present value is that of the key `model`.
    is_model: bool,
    /// Whether the present value of the outermost object is that of the key `tools`.
    in_tools: bool,
    model: Option<String>,
    /// The beginning of a character whose end has not arrived.
    partial: Vec<u8>,
}

#[derive(Debug)]
enum State {
    /// A value must follow.
    Value,
    /// The first item of an array, or its end, must follow.
    FirstItem,
    /// The first key of an object, or its end, must follow.
    FirstKey,
    /// A further key must follow.
    Key,
    /// A colon must follow.
    Colon,
    /// A comma, the end of the container, or the end of the body must follow.
    AfterValue,
    /// Inside a key or a string.
    Text { text: Text, is_key: bool },
    /// Inside a number.
    Number(Number),
    /// Inside `true`, `false` or `null`.
    Literal(Literal),
}

impl Scanner {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Value,
            containers: 0,
            depth: 0,
            is_model: false,
            in_tools: false,
            model: None,
            partial: Vec::new(),
        }
    }

    /// Scans the next piece of the body.
    pub(crate) fn scan(&mut self, piece: &[u8]) -> Result<(), BodyError> {
        self.check_characters(piece)?;
        let mut rest = piece;
        while let Some((&byte, after)) = rest.split_first() {
            // Most bytes of a body are inside strings.
            if let State::Text { text, .. } = &mut self.state {
                let skipped = text.skip(rest);
                if skipped > 0 {
                    rest = &rest[skipped..];
                    continue;
                }
            }
            self.take(byte)?;
            rest = after;
        }
        Ok(())
    }

    /// The model of the whole body.
    pub(crate) fn finish(mut self) -> Result<String, BodyError> {
        if let State::Number(number) = &self.state
            && number.may_end()
        {
            self.state = State::AfterValue;
        }
        let is_whole = matches!(self.state, State::AfterValue) && self.depth == 0;
        if !is_whole || !self.partial.is_empty() {
            return Err(BodyError::Malformed);
        }
        self.model.ok_or(BodyError::NoModel)
    }

    /// Checks that the pieces are UTF-8 together.
    fn check_characters(&mut self, piece: &[u8]) -> Result<(), BodyError> {
        let mut piece = piece;
        while !self.partial.is_empty() {
            let Some((&byte, rest)) = piece.split_first() else {
                return Ok(());
            };
            self.partial.push(byte);
            piece = rest;
            match from_utf8(&self.partial) {
                Ok(_) => self.partial.clear(),
                Err(error) if error.error_len().is_none() => {}
                Err(_) => return Err(BodyError::Malformed),
            }
        }
        match from_utf8(piece) {
            Ok(_) => Ok(()),
            Err(error) if error.error_len().is_none() => {
                self.partial
                    .extend_from_slice(&piece[error.valid_up_to()..]);
                Ok(())
            }
            Err(_) => Err(BodyError::Malformed),
        }
    }

    fn take(&mut self, byte: u8) -> Result<(), BodyError> {
        match &mut self.state {
            State::Text { text, .. } => {
                if text.take(byte)? {
                    self.end_text()?;
                }
                return Ok(());
            }
            State::Number(number) => {
                if number.take(byte) {
                    return Ok(());
                }
                if !number.may_end() {
                    return Err(BodyError::Malformed);
                }
                self.state = State::AfterValue;
            }
            State::Literal(literal) => {
                if literal.take(byte)? {
                    self.state = State::AfterValue;
                }
                return Ok(());
            }
            State::Value
            | State::FirstItem
            | State::FirstKey
            | State::Key
            | State::Colon
            | State::AfterValue => {}
        }
        if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
            return Ok(());
        }
        match (&self.state, byte) {
            (State::FirstItem, b']')
            | (State::FirstKey, b'}')
            | (State::AfterValue, b']' | b'}') => self.close(byte),
            (State::Value | State::FirstItem, _) => self.begin_value(byte),
            (State::FirstKey | State::Key, b'"') => {
                let text = if self.depth == 1 || self.is_in_tool() {
                    Text::kept()
                } else {
                    Text::dropped()
                };
                self.state = State::Text { text, is_key: true };
                Ok(())
            }
            (State::Colon, b':') => {
                self.state = State::Value;
                Ok(())
            }
            (State::AfterValue, b',') if self.depth > 0 => {
                self.state = if self.in_object() {
                    State::Key
                } else {
                    State::Value
                };
                Ok(())
            }
            _ => Err(BodyError::Malformed),
        }
    }

    /// Whether the innermost container is one of the tools, which can have models of their own.
    fn is_in_tool(&self) -> bool {
        self.in_tools && self.depth == 3
    }

    fn in_object(&self) -> bool {
        self.containers & 1 == 1
    }

    fn begin_value(&mut self, byte: u8) -> Result<(), BodyError> {
        if self.is_model && byte != b'"' {
            return Err(BodyError::ModelIsNoText);
        }
        if self.depth == 0 && byte != b'{' {
            return Err(BodyError::Malformed);
        }
        match byte {
            b'{' | b'[' => {
                if self.depth == DEEPEST {
                    return Err(BodyError::TooDeep);
                }
                let is_object = byte == b'{';
                self.containers = self.containers << 1 | u128::from(is_object);
                self.depth += 1;
                self.state = if is_object {
                    State::FirstKey
                } else {
                    State::FirstItem
                };
            }
            b'"' => {
                let text = if self.is_model {
                    Text::kept()
                } else {
                    Text::dropped()
                };
                self.state = State::Text {
                    text,
                    is_key: false,
                };
            }
            b'-' | b'0'..=b'9' => self.state = State::Number(Number::begin(byte)),
            b't' | b'f' | b'n' => self.state = State::Literal(Literal::begin(byte)),
            _ => return Err(BodyError::Malformed),
        }
        Ok(())
    }

    fn close(&mut self, byte: u8) -> Result<(), BodyError> {
        if self.depth == 0 || self.in_object() != (byte == b'}') {
            return Err(BodyError::Malformed);
        }
        self.containers >>= 1;
        self.depth -= 1;
        self.state = State::AfterValue;
        Ok(())
    }

    /// Ends a key or a string.
    fn end_text(&mut self) -> Result<(), BodyError> {
        let State::Text { text, is_key } = std::mem::replace(&mut self.state, State::AfterValue)
        else {
            return Err(BodyError::Malformed);
        };
        if is_key {
            self.state = State::Colon;
            self.end_key(&text)?;
        } else if self.is_model {
            self.is_model = false;
            self.model = Some(text.into_string()?);
        }
        Ok(())
    }

    /// Notes a key of the outermost object or of a tool.
    fn end_key(&mut self, text: &Text) -> Result<(), BodyError> {
        if self.is_in_tool() && text.is_in_any_case("model") {
            return Err(BodyError::FurtherModels);
        }
        if self.depth != 1 {
            return Ok(());
        }
        self.in_tools = text.is_in_any_case("tools");
        if text.is("model") {
            if self.model.is_some() {
                return Err(BodyError::TwoModels);
            }
            self.is_model = true;
        } else if text.is_in_any_case("model") {
            return Err(BodyError::KeyInOtherCase);
        } else if FURTHER_MODELS.iter().any(|key| text.is_in_any_case(key)) {
            return Err(BodyError::FurtherModels);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
