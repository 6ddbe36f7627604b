//! A command line that cannot be understood. Its words are shown without the keys among them.

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, Error};

use super::output::complain;

/// What the help calls a key's id.
pub(in crate::cli) const KEY_ID: &str = "KEY_ID";

/// Prints what is wrong with the command line, or the help that was asked for. Returns the status of the process.
pub(in crate::cli) fn show(mut error: Error) -> ExitCode {
    if !error.use_stderr() {
        // A reader that has gone needs no help.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let mut hint = "";
    let is_key_id = has_text(&error, ContextKind::InvalidArg, |argument| {
        argument.contains(KEY_ID)
    });
    // Where an id is expected, any other word may be the key itself, of whatever form.
    if is_key_id
        && !has_text(&error, ContextKind::InvalidValue, |id| {
            id.starts_with("key_")
        })
    {
        let hidden = ContextValue::String("...".to_owned());
        error.insert(ContextKind::InvalidValue, hidden);
        hint = "\n\nTo revoke a key by its secret: models-api key revoke --secret-file -";
    }
    complain(&format!("{}{hint}", error.render().to_string().trim_end()));
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

fn has_text(error: &Error, kind: ContextKind, is_sought: impl Fn(&str) -> bool) -> bool {
    let value = error.get(kind);
    matches!(value, Some(ContextValue::String(text)) if is_sought(text))
}
