//! Errors in the arguments. The message masks keys among the arguments.

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, Error};

use super::output::print_message;

/// The name of a key's id in the help.
pub(in crate::cli) const KEY_ID: &str = "KEY_ID";

/// Prints the error in the arguments, or the requested help. Returns the exit status.
pub(in crate::cli) fn show(mut error: Error) -> ExitCode {
    if !error.use_stderr() {
        // A closed pipe is not an error: its reader has read enough.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let mut hint = "";
    let is_key_id = has_text(&error, ContextKind::InvalidArg, |argument| {
        argument.contains(KEY_ID)
    });
    // An operator may type the key itself in place of its id, and a key can have any form.
    if is_key_id
        && !has_text(&error, ContextKind::InvalidValue, |id| {
            id.starts_with("key_")
        })
    {
        let hidden = ContextValue::String("...".to_owned());
        error.insert(ContextKind::InvalidValue, hidden);
        hint = "\n\nTo revoke a key by its secret: models-api key revoke --secret-file -";
    }
    print_message(&format!("{}{hint}", error.render().to_string().trim_end()));
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

fn has_text(error: &Error, kind: ContextKind, is_sought: impl Fn(&str) -> bool) -> bool {
    let value = error.get(kind);
    matches!(value, Some(ContextValue::String(text)) if is_sought(text))
}
