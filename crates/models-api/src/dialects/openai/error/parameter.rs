//! Problems with one parameter of a request.

use std::borrow::Cow;

/// A problem with a parameter of the body or of the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParameterProblem {
    /// The parameter is required, and the request lacks it.
    Missing,
    /// The body has a field that the route does not know.
    Unknown,
    /// The request has the parameter twice.
    Repeated,
    /// The value has another type. Holds the type that it must have, and the type that it has.
    Type(&'static str, &'static str),
    /// The value has the right type, and is not allowed. Holds the reason, for example `must not be empty`.
    Value(Cow<'static, str>),
}

impl ParameterProblem {
    /// OpenAI's code of the problem.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Missing => "missing_required_parameter",
            Self::Unknown => "unknown_parameter",
            Self::Repeated => "repeated_parameter",
            Self::Type(..) => "invalid_type",
            Self::Value(_) => "invalid_value",
        }
    }

    /// The message about the parameter with this name.
    pub(super) fn message(&self, name: &str) -> String {
        match self {
            Self::Missing => format!("Missing required parameter: '{name}'."),
            Self::Unknown => format!("Unknown parameter: '{name}'."),
            Self::Repeated => format!("Repeated parameter: '{name}'."),
            Self::Type(expected, found) => {
                format!("Invalid type for '{name}': expected {expected}, but got {found} instead.")
            }
            Self::Value(reason) => format!("Invalid value for '{name}': it {reason}."),
        }
    }
}
