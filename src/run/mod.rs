//! The commands, one a file. Each returns how it ended; `main` turns that into the exit code.

mod apply;
mod apply_saved;
mod buffer_files;
mod candidates;
mod completions;
mod compute;
mod connecting;
mod console;
mod credentials;
mod deadline;
mod device_files;
mod diff;
mod doctor;
mod environment;
mod error;
mod explain;
mod explain_code;
mod failure;
mod file_hints;
mod find_object;
mod fix;
mod help;
mod iam;
mod lease_keeper;
mod logging;
mod man;
mod manifests;
mod manual;
mod memory;
mod names_in_flags;
mod next_steps;
mod no_group;
mod no_region;
mod notify_run;
mod observe;
mod one_line;
mod out_file;
mod pager;
mod plan;
mod predecessor;
mod prices;
mod progress;
mod question;
mod refused_plan;
mod replay;
mod request;
mod saved;
mod schema;
mod settings;
mod show;
mod signals;
mod simulate;
mod snapshot;
mod suggest;
mod traced;
mod until_needed;
mod user_facing;
mod variables;
mod what_if;
mod wrong_name_hints;

pub use completions::complete;
pub use console::Console;
pub use environment::Environment;
pub use failure::Failure;
pub use help::print_clap;
pub use logging::log_to_stderr;
pub use pager::Pager;
pub use traced::telemetry;

use crate::cli::{ApplyCommand, Cli, Command, OutputFlags, PlanCommand, PlanFormat, PolicyFlags};
use crate::exit::ExitCode;
use crate::telemetry::{end_run, run_span};
use error::RunError;
use futures::future::LocalBoxFuture;
use one_line::one_line;
use predecessor::check_predecessor_flags;
use request::Request;
use traced::command_name;
use tracing::Instrument as _;

/// Runs a command. The future is in a box because whoever polls one compiles it, with all that it
/// awaits: the binary would compile most of this library for a second time.
///
/// # Errors
/// When nothing usable was done; [`Failure`] describes how such a run ends.
#[must_use]
pub fn run<'a>(
    cli: &'a Cli,
    environment: &'a Environment,
    console: &'a Console,
) -> LocalBoxFuture<'a, anyhow::Result<ExitCode>> {
    Box::pin(run_in_span(cli, environment, console))
}

async fn run_in_span(cli: &Cli, environment: &Environment, console: &Console) -> anyhow::Result<ExitCode> {
    let span = run_span(command_name(&cli.command));
    let ended = Box::pin(run_command(cli, environment, console)).instrument(span.clone()).await;
    let code = ended.as_ref().map_or_else(|error| Failure::from_error(error).exit_code, |code| *code);
    let is_success = match code {
        ExitCode::Done | ExitCode::Changes => true,
        ExitCode::Failed | ExitCode::Incomplete | ExitCode::Usage | ExitCode::LeaseHeld => false,
    };
    end_run(&span, code.number(), is_success);
    ended
}

async fn run_command(cli: &Cli, environment: &Environment, console: &Console) -> anyhow::Result<ExitCode> {
    variables::check(&cli.command, (environment.names)())?;
    let code = match &cli.command {
        Command::Plan(command) => plan_or_apply(command, environment, console).await,
        Command::Apply(command) => apply_or_plan(command, environment, console).await,
        Command::Explain(command) => explain::run(command, environment, console).await,
        Command::Show(command) => show::run(command, console),
        Command::Diff(command) => diff::run(command, console),
        Command::Snapshot(command) => snapshot::run(command, environment, console).await,
        Command::Simulate(command) => simulate::run(command, environment, console).await,
        Command::Fix(command) => fix::run(command, environment, console).await,
        Command::Suggest(command) => suggest::run(command, environment, console).await,
        Command::Doctor(command) => doctor::run(command, environment, console).await,
        Command::Manifests(command) => manifests::run(command, console),
        Command::IamPolicy(command) => iam::policy(command, console),
        Command::IamRole(command) => iam::role(command, console),
        Command::Schema(command) => schema::run(command, console),
        Command::Completions(command) => completions::run(command, console),
        Command::Man(command) => man::run(command, console),
        Command::Help(command) => help::run(command, console),
    };
    memory::log_peak();
    code
}

async fn plan_or_apply(command: &PlanCommand, environment: &Environment, console: &Console) -> anyhow::Result<ExitCode> {
    let PlanCommand {
        source,
        manifests,
        buffers,
        prices,
        live,
        policy,
        output,
        consent,
        notify,
        apply: applied,
        at,
        flag_of_apply,
    } = command;
    let PolicyFlags(policy) = policy;
    let (saved, until_needed, at) = (None, None, *at);
    let request =
        Request { source, manifests, buffers, prices, live, policy, output, consent, notify, saved, at, until_needed };
    match applied {
        true => {
            refuse_markdown(output)?;
            what_if::refuse(manifests)?;
            apply::run(&request, environment, &console.without_pager()).await
        }
        // A person who passes --yes expects a change.
        false if consent.yes => {
            Err(RunError::usage("--yes is for apply; plan changes nothing", "add --apply, or leave --yes out").into())
        }
        false => {
            refuse_flag_of_apply(flag_of_apply.as_deref())?;
            plan::run(&request, environment, console).await
        }
    }
}

/// Refuses a flag on the command line that means nothing to `plan`, and from which a person expects
/// something.
fn refuse_flag_of_apply(flag: Option<&str>) -> Result<(), RunError> {
    match flag {
        Some(flag) => Err(RunError::usage(
            format!("--{flag} is a flag of apply; plan changes nothing and notifies nobody"),
            format!("leave --{flag} out, or use `ec2-autoscale apply`"),
        )),
        None => Ok(()),
    }
}

async fn apply_or_plan(command: &ApplyCommand, environment: &Environment, console: &Console) -> anyhow::Result<ExitCode> {
    let ApplyCommand {
        plan: saved,
        source,
        manifests,
        buffers,
        prices,
        live,
        policy,
        output,
        consent,
        notify,
        dry_run,
        until_needed,
        max_plan_age: _,
        given: _,
    } = command;
    let console = &console.without_pager();
    what_if::refuse(manifests)?;
    until_needed::check(command)?;
    if !dry_run {
        refuse_markdown(output)?;
    }
    if let Some(path) = saved {
        return apply_saved::run(path, command, environment, console).await;
    }
    let PolicyFlags(policy) = policy;
    let (saved, at, until_needed) = (None, None, *until_needed);
    let request =
        Request { source, manifests, buffers, prices, live, policy, output, consent, notify, saved, at, until_needed };
    match dry_run {
        true => plan::run(&request, environment, console).await,
        false => apply::run(&request, environment, console).await,
    }
}

/// Refuses a form that has no words for what was done.
fn refuse_markdown(output: &OutputFlags) -> Result<(), RunError> {
    match output.format.output {
        PlanFormat::Markdown => Err(RunError::usage(
            "-o markdown is for plans, and apply prints what it does",
            "use -o table or -o json; `ec2-autoscale show PLAN -o markdown` prints a saved plan",
        )),
        PlanFormat::Table | PlanFormat::Json => Ok(()),
    }
}
