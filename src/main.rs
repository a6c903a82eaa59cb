//! Parses the arguments, runs the command, chooses the exit code: the only place that reads the
//! clock and the environment.

use std::env;
use std::ffi::OsString;
use std::process;

use anyhow::Context;
use ec2_autoscale::cli::{self, CalledAs, Cli};
use ec2_autoscale::exit::ExitCode;
use ec2_autoscale::run::{Console, Environment, Failure, complete, log_to_stderr, print_clap, run, telemetry};
use ec2_autoscale::telemetry::{Telemetry, TelemetryError};
use jiff::Timestamp;

fn main() -> process::ExitCode {
    complete(environment);
    let arguments: Vec<OsString> = env::args_os().collect();
    let program = arguments.first().map_or_else(CalledAs::default, |path| CalledAs::from_path(path));
    let perhaps_empty = |name: &str| env::var(name).ok();
    let cli = match cli::parse(arguments.clone()) {
        Ok(cli) => cli,
        Err(error) => {
            let console = Console::for_help(&arguments, program, Timestamp::now, perhaps_empty);
            let ended = start(async || Ok(print_clap(&error, &console)));
            return ended.unwrap_or_else(|error| explain(&error, &console)).into();
        }
    };
    let console = Console::new(&cli, program, Timestamp::now, perhaps_empty);
    // A trace is nothing that a run fails for.
    let telemetry = telemetry(&cli, variable).unwrap_or_else(|error| {
        note_no_trace(&error, &console);
        None
    });
    log_to_stderr(cli.verbose, cli.log_format(), console.log_colour, telemetry.as_ref());
    let ended = start(async || run_traced(&cli, &console, telemetry.as_ref()).await);
    ended.unwrap_or_else(|error| explain(&error, &console)).into()
}

/// Runs a command, and sends its trace when it is over.
async fn run_traced(cli: &Cli, console: &Console, telemetry: Option<&Telemetry>) -> anyhow::Result<ExitCode> {
    let ended = run(cli, &environment(), console).await;
    if let Some(telemetry) = telemetry
        && let Err(error) = telemetry.export().await
    {
        note_no_trace(&error, console);
    }
    ended
}

fn start(work: impl AsyncFnOnce() -> anyhow::Result<ExitCode>) -> anyhow::Result<ExitCode> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build().context("starting")?;
    let ended = runtime.block_on(work());
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
