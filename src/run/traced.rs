//! Which runs are traced, and what they are called in a trace.

use crate::cli::{Cli, Command};
use crate::telemetry::{Telemetry, TelemetryError};

/// Begins the trace of a run, where the variables of OpenTelemetry want one and the command looks
/// at a cluster: a shell that completes a word waits for no collector.
///
/// # Errors
/// When a variable has a value that cannot be used.
pub fn telemetry(cli: &Cli, variable: impl Fn(&str) -> Option<String>) -> Result<Option<Telemetry>, TelemetryError> {
    if cli.command.looks_at_a_cluster() { Telemetry::from_variables(variable) } else { Ok(None) }
}

/// Returns the name of a command.
pub(super) fn command_name(command: &Command) -> &'static str {
    match command {
        Command::Plan(_) => "plan",
        Command::Apply(_) => "apply",
        Command::Explain(_) => "explain",
        Command::Show(_) => "show",
        Command::Diff(_) => "diff",
        Command::Snapshot(_) => "snapshot",
        Command::Simulate(_) => "simulate",
        Command::Fix(_) => "fix",
        Command::Suggest(_) => "suggest",
        Command::Doctor(_) => "doctor",
        Command::Manifests(_) => "manifests",
        Command::IamPolicy(_) => "iam-policy",
        Command::IamRole(_) => "iam-role",
        Command::Schema(_) => "schema",
        Command::Completions(_) => "completions",
        Command::Man(_) => "man",
        Command::Help(_) => "help",
    }
}
