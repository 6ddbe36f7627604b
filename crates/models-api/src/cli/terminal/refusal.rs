//! Errors in the arguments. The message masks keys among the arguments.

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, Error};

use super::output::{Output, print_error, print_message};

/// The name of a key's id in the help.
pub(in crate::cli) const KEY_ID: &str = "KEY_ID";

/// The name of an admin key's id in the help.
pub(in crate::cli) const ADMIN_KEY_ID: &str = "ADMIN_KEY_ID";

const REVOKE_BY_SECRET: &str =
    "\n\nTo revoke a key by its secret: models-api key revoke --secret-file -";

/// Prints the error in the arguments, or the requested help. Returns the exit status.
pub(in crate::cli) fn show(mut error: Error, output: Output) -> ExitCode {
    if !error.use_stderr() {
        // A closed pipe is not an error: its reader has read enough.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let mut hint = "";
    let names = |name: &str| {
        has_text(&error, ContextKind::InvalidArg, |argument| {
            argument.contains(name)
        })
    };
    let (is_admin_key, is_key) = (names(ADMIN_KEY_ID), names(KEY_ID));
    // An operator may type the key itself in place of its id, and a key can have any form.
    if (is_admin_key || is_key)
        && !has_text(&error, ContextKind::InvalidValue, |id| {
            id.starts_with("key_")
        })
    {
        let hidden = ContextValue::String("...".to_owned());
        error.insert(ContextKind::InvalidValue, hidden);
        if !is_admin_key {
            hint = REVOKE_BY_SECRET;
        }
    }
    let text = format!("{}{hint}", error.render().to_string().trim_end());
    match text.strip_prefix("error: ") {
        Some(message) => print_error(output, message),
        // The help of a command that needs another one.
        None => print_message(&text),
    }
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

fn has_text(error: &Error, kind: ContextKind, is_sought: impl Fn(&str) -> bool) -> bool {
    let value = error.get(kind);
    matches!(value, Some(ContextValue::String(text)) if is_sought(text))
}
