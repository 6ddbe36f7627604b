//! `completion`.

use clap::ValueEnum;
use clap_complete::{Shell as Generator, generate};

/// A shell whose completion the program can print.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Shell {
    /// Bash.
    Bash,
    /// Zsh.
    Zsh,
    /// Fish.
    Fish,
}

/// The completion script of this shell.
pub(super) fn script(shell: Shell, mut program: clap::Command) -> String {
    let generator = match shell {
        Shell::Bash => Generator::Bash,
        Shell::Zsh => Generator::Zsh,
        Shell::Fish => Generator::Fish,
    };
    let mut script = vec![];
    generate(generator, &mut program, "models-api", &mut script);
    String::from_utf8_lossy(&script).trim_end().to_owned()
}
