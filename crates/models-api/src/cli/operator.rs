//! The operator that runs a command, for the audit log.

use models_core::{Entered, Name};
use rustix::process::geteuid;
use rustix::system::uname;

/// The name of the operating system's user that runs the command. Without a name in the local file of users, it is that of
/// `USER`, which a network directory's users have, or else the number.
pub(super) fn user() -> String {
    let uid = geteuid().as_raw();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = name_of(uid, &users).map(str::to_owned);
    // A variable can hold any text, and the name is printed.
    let name = name.or_else(|| std::env::var("USER").ok().filter(|name| is_name(name)));
    name.unwrap_or_else(|| format!("uid {uid}"))
}

fn is_name(text: &str) -> bool {
    text.parse::<Entered<Name>>().is_ok()
}

/// The name of the host; `None` if it is not text.
pub(super) fn host() -> Option<String> {
    uname().nodename().to_str().ok().map(str::to_owned)
}

/// The name of the user with this number in the text of `/etc/passwd`.
fn name_of(uid: u32, users: &str) -> Option<&str> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        (number.parse() == Ok(uid)).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_the_name_in_the_file_of_users() {
        let users = "root:x:0:0:root:/root:/bin/sh\n\nbroken\nmodels:x:101:7::/:/bin/false\n";
        assert_eq!(name_of(0, users), Some("root"));
        assert_eq!(name_of(101, users), Some("models"));
        assert_eq!(name_of(7, users), None);
    }

    #[test]
    fn a_variable_holds_a_name_or_not() {
        assert!(is_name("jane.doe@example.com"));
        for text in ["", "a\u{1b}[2J", "a\nb"] {
            assert!(!is_name(text), "{text:?}");
        }
    }

    #[test]
    fn the_user_and_the_host_have_names() {
        assert!(!user().is_empty());
        assert!(host().is_some_and(|host| !host.is_empty()));
    }
}
