//! Parses the arguments, runs the command, chooses the exit code: the only place that reads the
//! clock and the environment.

use std::env;
use std::process;

use anyhow::Context;
use ec2_autoscale::cli::{self, Cli};
use ec2_autoscale::exit::ExitCode;
use ec2_autoscale::run::{Console, Environment, Failure, complete, log_to_stderr, run, telemetry};
use ec2_autoscale::telemetry::{Telemetry, TelemetryError};
use jiff::Timestamp;

fn main() -> process::ExitCode {
    complete(environment);
    let cli = match cli::parse(env::args_os()) {
        Ok(cli) => cli,
        Err(error) => {
            // A reader that went away does not need the help any more.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::Usage } else { ExitCode::Done }.into();
        }
    };
    let console = Console::new(&cli, Timestamp::now, variable);
    // A trace is nothing that a run fails for.
    let telemetry = telemetry(&cli, variable).unwrap_or_else(|error| {
        note_no_trace(&error, &console);
        None
    });
    log_to_stderr(cli.verbose, cli.log_format(), console.log_colour, telemetry.as_ref());
    let ended = start(&cli, &console, telemetry.as_ref());
    ended.unwrap_or_else(|error| explain(&error, &console)).into()
}

fn start(cli: &Cli, console: &Console, telemetry: Option<&Telemetry>) -> anyhow::Result<ExitCode> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build().context("starting")?;
    let ended = runtime.block_on(async {
        let ended = run(cli, &environment(), console).await;
        if let Some(telemetry) = telemetry
            && let Err(error) = telemetry.export().await
        {
            note_no_trace(&error, console);
        }
        ended
    });
    // A thread may still wait for an answer at the terminal.
    runtime.shutdown_background();
    ended
}

fn note_no_trace(error: &TelemetryError, console: &Console) {
    console.note(&format!("note: the trace of this run is not exported: {error}"));
}

fn environment() -> Environment {
    Environment { clock: Timestamp::now, variable, names }
}

/// Returns a variable that is set and not empty.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Returns the names of all variables. One that is no text cannot be one of ours, and is shown as
/// well as it can be.
fn names() -> Vec<String> {
    env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()).collect()
}

fn explain(error: &anyhow::Error, console: &Console) -> ExitCode {
    let failure = Failure::from_error(error);
    if !failure.is_silent() {
        console.fail(&failure);
    }
    failure.exit_code
}
