//! Levels: which program versions can serve a catalog.

/// The level of rules that a program must enforce to serve a catalog. A program supports all levels
/// up to its own. A catalog starts at the first level; a change that older programs cannot enforce
/// raises it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Level(pub i64);

impl Level {
    /// The level of a catalog that uses no feature of a higher level.
    pub const FIRST: Self = Self(1);

    /// The level of policies, scopes, disabled organizations, archived projects, and service accounts
    /// without a role.
    pub const RESTRICTIONS: Self = Self(2);

    /// The highest level that this version of the program supports.
    pub const SUPPORTED: Self = Self::RESTRICTIONS;
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_shown_as_its_number() {
        assert_eq!(Level(12).to_string(), "12");
    }
}
