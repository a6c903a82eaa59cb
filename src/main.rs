//! Parse, run, choose the exit code: the only place that reads the clock and the environment.

use std::env;
use std::process;

use ec2_autoscale::cli;
use ec2_autoscale::exit::ExitCode;
use ec2_autoscale::run::{Console, RunError, Surroundings, complete, log_to_stderr, run};
use jiff::Timestamp;

fn main() -> process::ExitCode {
    complete(surroundings);
    let cli = match cli::parse(env::args_os()) {
        Ok(cli) => cli,
        Err(error) => {
            // A reader that is gone does not want the help any more.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::Usage } else { ExitCode::Done }.into();
        }
    };
    let console = Console::new(&cli, Timestamp::now, variable);
    log_to_stderr(cli.verbose, cli.log_format(), console.log_colour);
    let around = surroundings();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            console.note(&format!("error: starting: {error}"));
            return ExitCode::Failed.into();
        }
    };
    let ended = runtime.block_on(run(&cli, &around, &console));
    // A thread may still wait for an answer at the terminal.
    runtime.shutdown_background();
    ended.unwrap_or_else(|error| explain(&error, &console)).into()
}

fn surroundings() -> Surroundings {
    Surroundings { clock: Timestamp::now, variable, names }
}

/// A variable that is set and not empty.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The names of all variables. One that is no text cannot be one of ours, and is shown as well as it can be.
fn names() -> Vec<String> {
    env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()).collect()
}

fn explain(error: &RunError, console: &Console) -> ExitCode {
    if !error.reader_went_away() {
        console.fail(error);
    }
    error.exit_code()
}
