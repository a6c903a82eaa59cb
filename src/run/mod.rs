//! The commands, one a file. Each returns how it ended; `main` makes the exit code of it.

mod apply;
mod candidates;
mod completions;
mod console;
mod credentials;
mod deadline;
mod did_you_mean;
mod error;
mod explain;
mod logging;
mod man;
mod memory;
mod named;
mod no_group;
mod no_region;
mod observe;
mod out_file;
mod plan;
mod prices;
mod progress;
mod question;
mod saved;
mod schema;
mod settings;
mod signals;
mod simulate;
mod snapshot;
mod surroundings;
mod telling;
mod thinking;
mod unknown_names;
mod variables;
mod what_if;

pub use completions::complete;
pub use console::Console;
pub use error::{RunError, one_line};
pub use logging::log_to_stderr;
pub use saved::SavedPlanError;
pub use surroundings::Surroundings;

use crate::cli::{
    ApplyCommand, Cli, Command, ConsentFlags, LiveFlags, ManifestFlags, NotifyFlags, OutputFlags, PlanCommand, PolicyFlags,
    PredecessorFlags, PriceFlags, SourceFlags,
};
use crate::exit::ExitCode;
use crate::policy::Policy;
use saved::Saved;

/// Runs a command.
///
/// # Errors
/// When nothing usable was done; the error knows its exit code.
pub async fn run(cli: &Cli, around: &Surroundings, console: &Console) -> Result<ExitCode, RunError> {
    variables::check(&cli.command, (around.names)())?;
    let code = match &cli.command {
        Command::Plan(command) => plan_or_apply(command, around, console).await,
        Command::Apply(command) => apply_or_plan(command, around, console).await,
        Command::Explain(command) => explain::run(command, around, console).await,
        Command::Snapshot(command) => snapshot::run(command, around, console).await,
        Command::Simulate(command) => simulate::run(command, around, console).await,
        Command::Schema(command) => schema::run(command, console),
        Command::Completions(command) => completions::run(command, console),
        Command::Man(command) => man::run(command, console),
    };
    memory::log_peak();
    code
}

/// What `plan` and `apply` have in common: they are the same command but for its last step.
struct Request<'a> {
    source: &'a SourceFlags,
    manifests: &'a ManifestFlags,
    prices: &'a PriceFlags,
    live: &'a LiveFlags,
    policy: &'a Policy,
    output: &'a OutputFlags,
    consent: &'a ConsentFlags,
    notify: &'a NotifyFlags,
    /// The plan that was reviewed, if there is one: only what holds of it is done.
    saved: Option<&'a Saved>,
}

async fn plan_or_apply(command: &PlanCommand, around: &Surroundings, console: &Console) -> Result<ExitCode, RunError> {
    let PlanCommand { source, manifests, prices, live, policy, output, consent, notify, apply: applied } = command;
    let PolicyFlags(policy) = policy;
    let request = Request { source, manifests, prices, live, policy, output, consent, notify, saved: None };
    match applied {
        true => {
            what_if::refuse(manifests)?;
            apply::run(&request, around, console).await
        }
        // Somebody who says yes expects something to happen.
        false if consent.yes => {
            Err(RunError::usage("--yes is for apply; plan changes nothing", "add --apply, or leave --yes out"))
        }
        false => plan::run(&request, around, console).await,
    }
}

async fn apply_or_plan(command: &ApplyCommand, around: &Surroundings, console: &Console) -> Result<ExitCode, RunError> {
    let ApplyCommand {
        plan: saved,
        source,
        manifests,
        prices,
        live,
        policy,
        output,
        consent,
        notify,
        dry_run,
        max_plan_age: _,
        given: _,
    } = command;
    what_if::refuse(manifests)?;
    if let Some(path) = saved {
        return saved::run(path, command, around, console).await;
    }
    let PolicyFlags(policy) = policy;
    let request = Request { source, manifests, prices, live, policy, output, consent, notify, saved: None };
    match dry_run {
        true => plan::run(&request, around, console).await,
        false => apply::run(&request, around, console).await,
    }
}

/// The predecessor's flags that have no meaning here.
fn greet_predecessor(flags: &PredecessorFlags, console: &Console) -> Result<(), RunError> {
    if flags.sleep.is_some() {
        return Err(RunError::usage(
            "--sleep is not a flag of this one-shot command: the schedule belongs to the CronJob or timer that runs it",
            "leave --sleep out",
        ));
    }
    if flags.datadog_api_key.is_some() {
        return Err(RunError::usage(
            "--datadog-api-key is not a flag here: this command sends nothing to Datadog",
            "leave --datadog-api-key out",
        ));
    }
    if flags.use_aws_iam_role {
        console.note("note: --use-aws-iam-role is not needed and ignored: roles are found by the AWS SDK itself");
    }
    Ok(())
}
