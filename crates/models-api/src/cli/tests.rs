//! The examples in the help.

use clap::{CommandFactory, Parser};

use super::Arguments;
use super::completion::{Shell, script};

/// The arguments of each call of the program in this help text.
fn calls(help: &str) -> Vec<Vec<String>> {
    let examples = help.lines().filter(|line| line.starts_with("  "));
    let commands = examples.flat_map(|line| {
        let line = line.split('#').next().unwrap_or_default();
        line.split(['|', '&', '>']).map(words).collect::<Vec<_>>()
    });
    commands
        .filter_map(|words| {
            let is_variable = |word: &&String| word.contains('=') && !word.starts_with('-');
            let call: Vec<String> = words.iter().skip_while(is_variable).cloned().collect();
            (call.first().map(String::as_str) == Some("models-api")).then_some(call)
        })
        .collect()
}

/// Splits a shell command at spaces outside of single quotes.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![];
    for (number, part) in command.split('\'').enumerate() {
        if number % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

/// Checks the help of this command and of all commands below it. Returns the number of examples.
fn check(command: &clap::Command, path: &[&str]) -> usize {
    let help = command.get_after_help().map(ToString::to_string);
    let help = help.unwrap_or_else(|| panic!("{path:?} has no example"));
    let calls = calls(&help);
    let own = calls.iter().filter(|call| {
        let arguments = call.iter().skip(1).map(String::as_str);
        path.iter().copied().eq(arguments.take(path.len()))
    });
    // `serve` is the default command, so `models-api` alone is an example of it.
    assert!(
        own.count() > 0,
        "{path:?} has no example of its own: {help}"
    );
    for call in &calls {
        if let Err(error) = Arguments::try_parse_from(call) {
            let is_help = error.kind() == clap::error::ErrorKind::DisplayHelp;
            assert!(is_help, "{call:?}: {error}");
        }
    }
    let inner = command
        .get_subcommands()
        .filter(|inner| inner.get_name() != "help");
    let counts = inner.map(|inner| check(inner, &[path, &[inner.get_name()]].concat()));
    calls.len() + counts.sum::<usize>()
}

#[test]
fn the_completion_of_each_shell_names_the_commands() {
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        let script = script(shell, Arguments::command());
        for word in ["service-account", "completion", "expires-within"] {
            assert!(script.contains(word), "{shell:?}: {word}");
        }
    }
}

#[test]
fn the_help_of_every_command_has_an_example_that_parses() {
    let examples = check(&Arguments::command(), &[]);
    assert!(examples > 25, "{examples}");
}
