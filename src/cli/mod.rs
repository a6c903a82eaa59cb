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
mod policy;
mod policy_file;
mod secret;
mod simulate;
mod suggest;
mod sweep;
mod usage;
mod values;
mod words;

use clap::{ArgAction, Parser};

pub use commands::{
    ApplyCommand, Command, CompletionsCommand, DiffCommand, Document, ExplainCommand, ExplainedKind, FixCommand, ManCommand,
    PlanCommand, SchemaCommand, Shell, ShowCommand, SnapshotCommand,
};
pub use flags::{
    AwsFlags, BufferFlags, CloudFlags, CloudName, ClusterFlags, ConsentFlags, Format, GangFlags, GroupFlags, LiveFlags,
    ManifestFlags, OutputFlags, PlanFormat, PredecessorFlags, PriceFlags, SourceFlags, variable_of,
};
pub use given::{Given, GivenBy};
pub use install::{DoctorCommand, GivenFlag, IamPolicyCommand, IamRoleCommand, ManifestsCommand, PolicyOf};
pub use notify::{LogFormat, NotifyFlags};
pub use policy::PolicyFlags;
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
            | Command::Man(_) => LogFormat::Text,
        }
    }
}
