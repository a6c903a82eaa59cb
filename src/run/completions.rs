//! `completions`: the script that teaches a shell the commands and flags.

use clap::CommandFactory;
use clap_complete::{Shell as Target, generate};

use super::{Console, RunError};
use crate::cli::{Cli, CompletionsCommand, Shell};
use crate::exit::ExitCode;

pub(super) fn run(command: &CompletionsCommand, console: &Console) -> Result<ExitCode, RunError> {
    let target = match command.shell {
        Shell::Bash => Target::Bash,
        Shell::Zsh => Target::Zsh,
        Shell::Fish => Target::Fish,
        Shell::PowerShell => Target::PowerShell,
    };
    // Into memory first: clap_complete panics when it cannot write, and a pipe may close.
    let mut script = Vec::new();
    generate(target, &mut Cli::command(), "ec2-autoscale", &mut script);
    console.stream(|out| out.write_all(&script)).map_err(RunError::Output)?;
    Ok(ExitCode::Done)
}
