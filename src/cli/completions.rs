//! `colorize completions`: what a shell needs to complete commands and options.

use clap::{Args, Command};
use clap_complete::{Shell, generate};

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub(super) struct CompletionsArguments {
    /// The shell
    shell: Shell,
}

/// Prints the script, to be sourced or put where the shell looks for it.
pub(super) fn run(arguments: &CompletionsArguments, command: &mut Command) {
    let mut script = Vec::new();
    generate(arguments.shell, command, "colorize", &mut script);
    super::output::text(&String::from_utf8_lossy(&script));
}
