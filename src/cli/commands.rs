//! The commands and their flags.

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Subcommand, ValueEnum, ValueHint};
use jiff::Timestamp;

use super::flags::{
    BufferFlags, CLUSTER, ConsentFlags, FormatFlag, LiveFlags, ManifestFlags, OUTPUT, OutputFlags, PlanFormatFlag, PriceFlags,
    RowsFlag, SourceFlags, boolish,
};
use super::given::Given;
use super::help;
use super::install::{DoctorCommand, IamPolicyCommand, IamRoleCommand, ManifestsCommand};
use super::notify::NotifyFlags;
use super::policy::PolicyFlags;
use super::simulate::SimulateCommand;
use super::suggest::SuggestCommand;
use crate::duration::Seconds;

/// A command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what would be done, and why: changes nothing
    #[command(after_help = help::PLAN, mut_args(hidden_in_plan))]
    Plan(Box<PlanCommand>),
    /// Carry out a plan, new or saved; on a terminal it asks first
    // A replay cannot be applied; its flags are known here only for that message, and for
    // --dry-run.
    #[command(
        after_help = help::APPLY,
        mut_arg("snapshot", |arg| arg.hide(true)),
        mut_arg("demo", |arg| arg.hide(true)),
        mut_arg("filename", |arg| arg.hide(true)),
        mut_arg("replicas", |arg| arg.hide(true)),
        mut_arg("without_node", |arg| arg.hide(true)),
        mut_arg("without_group", |arg| arg.hide(true)),
        mut_arg("detailed_exitcode", |arg| arg.hide(true))
    )]
    Apply(Box<ApplyCommand>),
    /// Show a saved plan again: needs no cluster
    #[command(after_help = help::SHOW)]
    Show(ShowCommand),
    /// Show how one saved plan differs from another
    #[command(after_help = help::DIFF)]
    Diff(DiffCommand),
    /// Write what was seen as JSON, to be replayed with --snapshot
    #[command(after_help = help::SNAPSHOT)]
    Snapshot(Box<SnapshotCommand>),
    /// Live through a trace of work: how long pods wait, the costs
    #[command(
        after_help = help::SIMULATE,
        mut_arg("snapshot", |arg| arg.help("Start from this snapshot instead of a cluster; - is standard input, .gz is understood")),
        mut_arg("demo", |arg| arg.help("Start from the example in the program, and live through its day where there is no --trace"))
    )]
    Simulate(Box<SimulateCommand>),
    /// Show one pod, node or group in full: which rule says no
    #[command(after_help = help::EXPLAIN)]
    Explain(Box<ExplainCommand>),
    /// Show steps that mend how groups are set up; --apply does them
    #[command(
        after_help = help::FIX,
        mut_arg("only-group", |arg| arg.help("Fix this group only, also one that no tag makes ours yet; repeatable"))
    )]
    Fix(Box<FixCommand>),
    /// Check a set-up from end to end, and show the next step
    #[command(after_help = help::DOCTOR)]
    Doctor(Box<DoctorCommand>),
    /// Show which groups to add for pods that none helps, or to save
    #[command(after_help = help::SUGGEST)]
    Suggest(Box<SuggestCommand>),
    /// Print the objects of an installation, for kubectl apply -f -
    #[command(after_help = help::MANIFESTS)]
    Manifests(Box<ManifestsCommand>),
    /// Print the least IAM policy of a command
    #[command(after_help = help::IAM_POLICY)]
    IamPolicy(IamPolicyCommand),
    /// Print who may take the role of the CronJob
    #[command(after_help = help::IAM_ROLE)]
    IamRole(IamRoleCommand),
    /// Print the JSON Schema of a document, such as a plan
    #[command(after_help = help::SCHEMA)]
    Schema(SchemaCommand),
    /// Print the completion script of a shell
    #[command(after_help = help::COMPLETIONS)]
    Completions(CompletionsCommand),
    /// Print a manual page for man, or write all of them
    #[command(after_help = help::MAN)]
    Man(ManCommand),
    /// Show a topic, or all flags of a command
    #[command(after_help = help::HELP)]
    Help(HelpCommand),
}

impl Command {
    /// Whether it looks at a cluster, or at what was seen of one; the others print something.
    pub(crate) const fn looks_at_a_cluster(&self) -> bool {
        match self {
            Self::Plan(_)
            | Self::Apply(_)
            | Self::Explain(_)
            | Self::Snapshot(_)
            | Self::Simulate(_)
            | Self::Fix(_)
            | Self::Suggest(_)
            | Self::Doctor(_) => true,
            Self::Show(_)
            | Self::Diff(_)
            | Self::Manifests(_)
            | Self::IamPolicy(_)
            | Self::IamRole(_)
            | Self::Schema(_)
            | Self::Completions(_)
            | Self::Man(_)
            | Self::Help(_) => false,
        }
    }
}

/// Hides the flags that mean something for `apply` only: `plan` knows them for `plan --apply`.
fn hidden_in_plan(flag: Arg) -> Arg {
    let is_hidden = flag.is_hide_set() || is_of_apply(&flag);
    flag.hide(is_hidden)
}

/// Whether a flag of `plan` means something with `--apply` only.
fn is_of_apply(flag: &Arg) -> bool {
    let is_there = |heading: &str| [super::flags::APPLY, super::flags::NOTIFY].contains(&heading);
    flag.get_help_heading().is_some_and(is_there) && flag.get_long() != Some("apply")
}

/// Returns the flag of `apply` alone that a command line of `plan` has, if it has one.
pub(super) fn flag_of_apply<'a>(plan: &'a clap::Command, matches: &ArgMatches) -> Option<&'a str> {
    let is_given = |flag: &&Arg| matches.value_source(flag.get_id().as_str()) == Some(ValueSource::CommandLine);
    plan.get_arguments().filter(|flag| is_of_apply(flag)).find(is_given).and_then(Arg::get_long)
}

/// `plan`.
#[derive(Debug, Args)]
pub struct PlanCommand {
    /// Where the snapshot comes from.
    #[command(flatten)]
    pub source: SourceFlags,
    /// Objects that are not in the cluster.
    #[command(flatten)]
    pub manifests: ManifestFlags,
    /// Room kept ahead.
    #[command(flatten)]
    pub buffers: BufferFlags,
    /// The prices of machines.
    #[command(flatten)]
    pub prices: PriceFlags,
    /// The cluster and the account.
    #[command(flatten)]
    pub live: LiveFlags,
    /// What the planner may do.
    #[command(flatten)]
    pub policy: PolicyFlags,
    /// What is printed.
    #[command(flatten)]
    pub output: OutputFlags,
    /// Follow the schedules of --policy as of this moment, such as 2026-12-01T20:00:00Z: a what-if
    // It has no variable: one that is set would quietly make a what-if of every run.
    #[arg(long, value_name = "TIME", conflicts_with = "apply", help_heading = super::flags::WHAT_IF)]
    pub at: Option<Timestamp>,
    /// Carry the plan out: the same as the command apply
    // It has no variable: the command line alone decides whether a run changes anything.
    #[arg(long, help_heading = super::flags::APPLY)]
    pub apply: bool,
    /// Whether it may be carried out.
    #[command(flatten)]
    pub consent: ConsentFlags,
    /// Who is notified.
    #[command(flatten)]
    pub notify: NotifyFlags,
    /// A flag on the command line that means nothing without `--apply`.
    #[arg(skip)]
    pub flag_of_apply: Option<String>,
}

/// `apply`.
#[derive(Debug, Args)]
pub struct ApplyCommand {
    /// A plan of plan --out: as far as it still holds it is carried out, and nothing else; - is
    /// standard input
    #[arg(value_name = "PLAN", value_hint = ValueHint::FilePath)]
    pub plan: Option<PathBuf>,
    /// Where the snapshot comes from: anything but the live cluster only with `--dry-run`.
    #[command(flatten)]
    pub source: SourceFlags,
    /// Objects that are not in the cluster.
    #[command(flatten)]
    pub manifests: ManifestFlags,
    /// Room kept ahead.
    #[command(flatten)]
    pub buffers: BufferFlags,
    /// The prices of machines.
    #[command(flatten)]
    pub prices: PriceFlags,
    /// The cluster and the account.
    #[command(flatten)]
    pub live: LiveFlags,
    /// What the planner may do.
    #[command(flatten)]
    pub policy: PolicyFlags,
    /// What is printed.
    #[command(flatten)]
    pub output: OutputFlags,
    /// Whether it may be carried out.
    #[command(flatten)]
    pub consent: ConsentFlags,
    /// Who is notified.
    #[command(flatten)]
    pub notify: NotifyFlags,
    /// Change nothing: the same as the command plan
    #[arg(long, value_parser = boolish(), env = "EC2_AUTOSCALE_DRY_RUN", help_heading = super::flags::APPLY)]
    pub dry_run: bool,
    /// First wait until a pod is called unschedulable or room is asked for, for at most this long,
    /// then look, plan and act once
    #[arg(long, value_name = "DURATION", env = "EC2_AUTOSCALE_UNTIL_NEEDED", help_heading = super::flags::APPLY)]
    pub until_needed: Option<Seconds>,
    /// Carry out a saved plan up to this age only
    #[arg(
        long,
        value_name = "DURATION",
        default_value_t = Seconds::minutes(60),
        env = "EC2_AUTOSCALE_MAX_PLAN_AGE",
        help_heading = super::flags::APPLY
    )]
    pub max_plan_age: Seconds,
    /// Which flags were given: a saved plan has its own policy.
    #[arg(skip)]
    pub given: Given,
}

/// `show`.
#[derive(Debug, Args)]
pub struct ShowCommand {
    /// A plan of plan --out; - is standard input, .gz is understood
    #[arg(value_name = "PLAN", value_hint = ValueHint::FilePath)]
    pub plan: PathBuf,
    /// The format of the output.
    #[command(flatten)]
    pub format: PlanFormatFlag,
    /// Whether every row is shown.
    #[command(flatten)]
    pub rows: RowsFlag,
}

/// `diff`.
#[derive(Debug, Args)]
pub struct DiffCommand {
    /// The first plan of plan --out; - is standard input, .gz is understood
    #[arg(value_name = "A", value_hint = ValueHint::FilePath)]
    pub a: PathBuf,
    /// The second plan
    #[arg(value_name = "B", value_hint = ValueHint::FilePath)]
    pub b: PathBuf,
    /// The format of the output.
    #[command(flatten)]
    pub format: FormatFlag,
    /// Whether every row is shown.
    #[command(flatten)]
    pub rows: RowsFlag,
    /// Exit with 2 when the plans differ
    #[arg(long, value_parser = boolish(), env = "EC2_AUTOSCALE_DETAILED_EXITCODE", help_heading = OUTPUT)]
    pub detailed_exitcode: bool,
}

/// `snapshot`.
#[derive(Debug, Args)]
pub struct SnapshotCommand {
    /// Where it comes from.
    #[command(flatten)]
    pub source: SourceFlags,
    /// The prices of machines.
    #[command(flatten)]
    pub prices: PriceFlags,
    /// The cluster and the account.
    #[command(flatten)]
    pub live: LiveFlags,
    /// Read finished pods as well, of which simulate can make a trace
    #[arg(long, value_parser = boolish(), env = "EC2_AUTOSCALE_WITH_FINISHED", help_heading = OUTPUT)]
    pub with_finished: bool,
    /// Replace all names; its plans are the same up to names
    #[arg(long, value_parser = boolish(), env = "EC2_AUTOSCALE_ANONYMIZE", help_heading = OUTPUT)]
    pub anonymize: bool,
    /// Write to this file what replaces each name, for yourself alone
    #[arg(long, value_name = "FILE", requires = "anonymize", env = "EC2_AUTOSCALE_NAMES", help_heading = OUTPUT)]
    pub names: Option<PathBuf>,
    /// Write to this file instead of standard output; compressed when it ends in .gz
    #[arg(long, value_name = "FILE", env = "EC2_AUTOSCALE_OUT", help_heading = OUTPUT)]
    pub out: Option<PathBuf>,
}

/// `fix`.
#[derive(Debug, Args)]
pub struct FixCommand {
    /// Where the snapshot comes from: anything but the live cluster only without `--apply`.
    #[command(flatten)]
    pub source: SourceFlags,
    /// The cluster and the account.
    #[command(flatten)]
    pub live: LiveFlags,
    /// What the planner may do, on which some findings depend.
    #[command(flatten)]
    pub policy: PolicyFlags,
    /// The format of the output.
    #[command(flatten)]
    pub format: FormatFlag,
    /// Exit with 2 when there are steps
    #[arg(long, value_parser = boolish(), env = "EC2_AUTOSCALE_DETAILED_EXITCODE", help_heading = OUTPUT)]
    pub detailed_exitcode: bool,
    /// Carry the steps out, one by one, after asking for each
    // It has no variable: the command line alone decides whether a run changes anything.
    #[arg(long, help_heading = super::flags::APPLY)]
    pub apply: bool,
    /// With --apply: do not ask
    #[arg(short, long, value_parser = boolish(), env = "EC2_AUTOSCALE_YES", help_heading = super::flags::APPLY)]
    pub yes: bool,
}

/// `explain`.
#[derive(Debug, Args)]
pub struct ExplainCommand {
    /// pod, node, group, gang, buffer, request or code
    #[arg(hide_possible_values = true)]
    pub kind: ExplainedKind,
    /// NAMESPACE/NAME of a pod, gang, buffer or request, name or instance id of a node, NAME or
    /// REGION/NAME of a group, how one of these begins, or a code (all codes without one)
    pub name: Option<String>,
    /// Namespace of a pod, gang, buffer or request, as kubectl has it
    #[arg(short, long, value_name = "NAMESPACE", env = "EC2_AUTOSCALE_NAMESPACE", help_heading = CLUSTER)]
    pub namespace: Option<String>,
    /// Where the snapshot comes from.
    #[command(flatten)]
    pub source: SourceFlags,
    /// Objects that are not in the cluster.
    #[command(flatten)]
    pub manifests: ManifestFlags,
    /// Room kept ahead.
    #[command(flatten)]
    pub buffers: BufferFlags,
    /// The prices of machines.
    #[command(flatten)]
    pub prices: PriceFlags,
    /// The cluster and the account.
    #[command(flatten)]
    pub live: LiveFlags,
    /// What the planner may do.
    #[command(flatten)]
    pub policy: PolicyFlags,
    /// The format of the output.
    #[command(flatten)]
    pub format: FormatFlag,
}

/// What can be explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExplainedKind {
    /// A pod that has not finished
    #[value(alias = "pods", alias = "po")]
    Pod,
    /// A node
    #[value(alias = "nodes", alias = "no")]
    Node,
    /// A managed Auto Scaling Group
    #[value(alias = "groups", alias = "asg")]
    Group,
    /// Pods that start together or not at all
    #[value(alias = "gangs")]
    Gang,
    /// A CapacityBuffer
    #[value(alias = "buffers", alias = "capacitybuffer")]
    Buffer,
    /// A ProvisioningRequest that is not over
    #[value(alias = "requests", alias = "provisioningrequest", alias = "provreq")]
    Request,
    /// A code of plans and explanations
    #[value(alias = "codes")]
    Code,
}

/// `schema`.
#[derive(Debug, Args)]
pub struct SchemaCommand {
    /// plan, plan-difference, snapshot, explain-pod, explain-node, explain-group, explain-gang,
    /// explain-buffer, explain-request, explain-code, simulation, simulation-comparison,
    /// simulation-sweep, policy, fix, diagnosis or suggestions; plan-v1 and snapshot-v1 are still
    /// read
    #[arg(hide_possible_values = true)]
    pub document: Document,
}

/// A document with a published schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Document {
    /// What plan -o json prints
    Plan,
    /// What older versions printed as a plan
    #[value(name = "plan-v1")]
    PlanV1,
    /// What snapshot prints
    Snapshot,
    /// What older versions printed as a snapshot
    #[value(name = "snapshot-v1")]
    SnapshotV1,
    /// What explain pod -o json prints
    ExplainPod,
    /// What explain node -o json prints
    ExplainNode,
    /// What explain group -o json prints
    ExplainGroup,
    /// What explain gang -o json prints
    ExplainGang,
    /// What explain buffer -o json prints
    ExplainBuffer,
    /// What explain request -o json prints
    ExplainRequest,
    /// What explain code -o json prints
    ExplainCode,
    /// What simulate -o json prints
    Simulation,
    /// What simulate --compare -o json prints
    SimulationComparison,
    /// What simulate --sweep -o json prints, and simulate merge reads
    SimulationSweep,
    /// What diff -o json prints
    PlanDifference,
    /// What --policy reads
    Policy,
    /// What fix -o json prints
    Fix,
    /// What doctor -o json prints
    Diagnosis,
    /// What suggest -o json prints
    Suggestions,
}

/// `completions`.
#[derive(Debug, Args)]
pub struct CompletionsCommand {
    /// bash, zsh, fish or powershell; kubectl is for the plugin: kubectl_complete-ec2_autoscale
    #[arg(hide_possible_values = true)]
    pub shell: Shell,
}

/// A shell with a completion script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// Bash
    Bash,
    /// Zsh
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    #[value(name = "powershell", alias = "pwsh")]
    PowerShell,
    /// kubectl, for the plugin
    Kubectl,
}

/// `man`.
#[derive(Debug, Args)]
pub struct ManCommand {
    /// A command, for its own page, or a topic, such as policy; a name that is none lists them
    pub command: Option<String>,
    /// Write all pages into this directory, each into a file such as ec2-autoscale-plan.1
    // It has no variable: that of plan --out is the name of a file.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "command", help_heading = OUTPUT)]
    pub out: Option<PathBuf>,
}

/// `help`.
#[derive(Debug, Args)]
pub struct HelpCommand {
    /// A command, or a topic such as gangs; without one all are listed
    #[arg(value_name = "NAME")]
    pub name: Vec<String>,
}
