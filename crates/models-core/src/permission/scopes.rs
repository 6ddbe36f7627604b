//! Scopes, which limit what a key may do.

use serde::Serialize;

use crate::text::Invalid;
use crate::text::control::is_control;

const NOUN: &str = "the scopes";
const MOST: usize = 100;
const LONGEST: usize = 256;

/// The scopes of a key: at least one. A key may do only what its role and its scopes both allow.
/// Unknown scopes are kept, and grant nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Scopes(Vec<String>);

impl Scopes {
    /// These scopes; `None`, which restricts nothing, for an empty list. Fails for more than 100
    /// scopes, and for one that is empty, longer than 256 bytes, or holds control characters.
    pub fn new(scopes: Vec<String>) -> Result<Option<Self>, Invalid> {
        if scopes.len() > MOST {
            return Err(Invalid::new(NOUN, "must not be more than 100"));
        }
        let is_good = |scope: &String| {
            !scope.is_empty() && scope.len() <= LONGEST && !scope.chars().any(is_control)
        };
        if !scopes.iter().all(is_good) {
            return Err(Invalid::new(
                NOUN,
                "must each have 1 to 256 bytes without control characters",
            ));
        }
        Ok((!scopes.is_empty()).then_some(Self(scopes)))
    }

    /// The scopes, in the order in which they were given.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(scopes: &[&str]) -> Result<Option<Scopes>, Invalid> {
        Scopes::new(scopes.iter().map(|scope| (*scope).to_owned()).collect())
    }

    #[test]
    fn an_empty_list_restricts_nothing() {
        assert_eq!(scopes(&[]), Ok(None));
        let some = scopes(&["b", "a"]).expect("scopes").expect("some");
        assert_eq!(some.iter().collect::<Vec<_>>(), ["b", "a"]);
    }

    #[test]
    fn scopes_are_at_most_100_short_texts() {
        assert!(scopes(&["a"; 100]).is_ok());
        let error = scopes(&["a"; 101]).expect_err("too many");
        assert_eq!(error.to_string(), "the scopes must not be more than 100");
        let longest = "a".repeat(256);
        assert!(scopes(&[&longest]).is_ok());
        for bad in ["", "a\n", &format!("{longest}a")] {
            assert!(scopes(&["a", bad]).is_err(), "{bad:?}");
        }
    }
}
