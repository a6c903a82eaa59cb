//! The command line: arguments and their help. What they mean for a run is decided in
//! [`crate::run`].

mod clap_reason;
mod commands;
mod compare;
mod flags;
mod given;
mod help;
mod install;
mod notify;
mod other_command;
mod policy;
mod policy_file;
mod program;
mod secret;
mod short_help;
mod simulate;
mod suggest;
mod sweep;
mod usage;
mod values;
mod words;

use clap::{ArgAction, CommandFactory, Parser};

pub use commands::{
    ApplyCommand, Command, CompletionsCommand, DiffCommand, Document, ExplainCommand, ExplainedKind, FixCommand, HelpCommand,
    ManCommand, PlanCommand, SchemaCommand, Shell, ShowCommand, SnapshotCommand,
};
pub use flags::{
    AwsFlags, BufferFlags, CloudFlags, CloudName, ClusterFlags, ConsentFlags, Format, GangFlags, GroupFlags, LiveFlags,
    ManifestFlags, OutputFlags, PlanFormat, PredecessorFlags, PriceFlags, SourceFlags, variable_of,
};
pub use given::{Given, GivenBy};
pub use help::{EXAMPLES, VARIABLES};
pub use install::{DoctorCommand, GivenFlag, IamPolicyCommand, IamRoleCommand, ManifestsCommand, PolicyOf};
pub use notify::{LogFormat, NotifyFlags};
pub use policy::PolicyFlags;
pub use program::CalledAs;
pub use secret::Secret;
pub use simulate::{BootTime, ComparedFlags, LeftOutPart, MergeCommand, SimulateCommand, SimulateStep, TriedFlags, WorldFlags};
pub use suggest::{PurchaseChoice, SuggestCommand, SuggestFor, SuggestedForm};
pub use usage::parse;

use flags::boolish;

/// All commands and their flags. Doc comments of flags are their help; one paragraph each keeps
/// `-h` and `--help` the same.
#[derive(Debug, Parser)]
#[command(
    name = "ec2-autoscale",
    version,
    about = "The right number of EC2 instances behind a Kubernetes cluster of batch jobs",
    after_help = help::TOP,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    subcommand_required = true,
    max_term_width = 100
)]
pub struct Cli {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
    /// Log to standard error; -vv and -vvv log more
    #[arg(
        short,
        long,
        global = true,
        action = ArgAction::Count,
        env = "EC2_AUTOSCALE_VERBOSE",
        hide_env = true,
        help_heading = flags::OUTPUT
    )]
    pub verbose: u8,
    /// No colour; the variable NO_COLOR does the same
    #[arg(
        long,
        global = true,
        value_parser = boolish(),
        env = "EC2_AUTOSCALE_NO_COLOR",
        hide_env = true,
        help_heading = flags::OUTPUT
    )]
    pub no_color: bool,
    /// Show nothing in a pager
    #[arg(
        long,
        global = true,
        value_parser = boolish(),
        env = "EC2_AUTOSCALE_NO_PAGER",
        hide_env = true,
        help_heading = flags::OUTPUT
    )]
    pub no_pager: bool,
}

/// Returns the whole command line, as its help shows it. The variables of flags are in one sentence
/// below the flags of a command.
#[must_use]
pub fn command(program: CalledAs) -> clap::Command {
    Cli::command().bin_name(program.name()).mut_subcommands(without_variables)
}

fn without_variables(command: clap::Command) -> clap::Command {
    let has_variables = command.get_arguments().any(|flag| flag.get_env().is_some());
    let notes = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let command = command.mut_args(|flag| flag.hide_env(true)).mut_subcommands(without_variables);
    if has_variables { command.after_help(format!("{VARIABLES}\n{notes}").trim_end().to_owned()) } else { command }
}

impl Cli {
    /// Returns how log, notes and errors are written. Commands that only print something have no
    /// log.
    #[must_use]
    pub fn log_format(&self) -> LogFormat {
        match &self.command {
            Command::Plan(command) => command.live.log_format,
            Command::Apply(command) => command.live.log_format,
            Command::Explain(command) => command.live.log_format,
            Command::Snapshot(command) => command.live.log_format,
            Command::Simulate(command) => command.live.log_format,
            Command::Fix(command) => command.live.log_format,
            Command::Suggest(command) => command.live.log_format,
            Command::Manifests(command) => command.live.log_format,
            Command::Doctor(command) => command.live.log_format,
            Command::Show(_)
            | Command::Diff(_)
            | Command::IamPolicy(_)
            | Command::IamRole(_)
            | Command::Schema(_)
            | Command::Completions(_)
            | Command::Man(_)
            | Command::Help(_) => LogFormat::Text,
        }
    }
}
