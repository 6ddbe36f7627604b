//! The errors of reading a list.

use std::io;

use super::list::MOST;
use super::text::shown;

/// The reason why the input is not a list.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The input is empty.
    #[error("there is no input; if it comes from a pipe, the command before the pipe failed")]
    Empty,
    /// The input cannot be read, decompressed or decoded.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// The input is compressed in an unsupported form. Holds the name of the program.
    #[error("this is compressed with {0}; decompress it first (only gzip is read directly)")]
    Compressed(&'static str),
    /// The input is encoded in UTF-32.
    #[error("this is encoded in UTF-32; write it in UTF-8")]
    Utf32,
    /// The input is an HTML or XML page. Holds its title.
    #[error(
        "this is an HTML or XML page{}, not a list of models; the URL is wrong, or the server refused the request",
        .0.as_ref().map(|title| format!(" with the title `{}`", shown(title))).unwrap_or_default()
    )]
    Page(Option<String>),
    /// The input is not JSON. Holds its beginning.
    #[error("this is not the JSON of a list of models; it begins with `{}`", shown(.0))]
    Text(String),
    /// The JSON is malformed.
    #[error("this is not the JSON of a list of models: {0}")]
    Json(serde_json::Error),
    /// The input is the error response of another server. Holds its message.
    #[error("the server responded with an error instead of a list: {}", shown(.0))]
    Upstream(String),
    /// The input is one model. Holds its id.
    #[error(
        "this is the one model `{}`, not a list; a list is {{\"object\":\"list\",\"data\":[…]}} or an array",
        shown(.0)
    )]
    Model(String),
    /// The input has an object on each line.
    #[error(
        "this is one JSON object on each line, not a list; `jq --slurp .` makes an array of them"
    )]
    Lines,
    /// The list has more than [`MOST`] entries. Holds their number.
    #[error(
        "the list has {0} models, and an import takes at most {MOST}; import it in parts (an import does not change models that its list lacks)"
    )]
    TooLong(usize),
    /// The JSON has another shape.
    #[error("this is not a list of models: {0}")]
    Shape(String),
}

impl From<serde_json::Error> for ListError {
    fn from(error: serde_json::Error) -> Self {
        if error.is_io() {
            return Self::Read(error.into());
        }
        Self::Json(error)
    }
}
