//! The flags in their groups. Each doc comment states meaning and unit; clap adds variable and
//! default.
//!
//! A flag that may be repeated takes a comma-separated list as well, so that its variable can hold
//! more than one.

use std::fmt;
use std::path::PathBuf;

use clap::builder::{BoolishValueParser, PossibleValuesParser, TypedValueParser as _};
use clap::{Args, ValueEnum, ValueHint};

use super::Secret;
use super::notify::LogFormat;
use super::values::region;
use crate::duration::Seconds;
use crate::gather::manifests::ReplicaCount;
use crate::snapshot::{GangRules, GangTopology, GangWish, GroupTag, NamedGroup};

pub(super) const WHAT_IF: &str = "What if";
pub(super) const REPLAY: &str = "Replay";
const PRICES: &str = "Prices";
pub(super) const CLUSTER: &str = "Cluster";
const CLOUD: &str = "Cloud";
const AWS: &str = "AWS";
const GROUPS: &str = "Groups";
const GANGS: &str = "Gangs";
const BUFFERS: &str = "Room kept ahead";
pub(super) const APPLY: &str = "Apply";
pub(super) const NOTIFY: &str = "Notify";
pub(super) const SIMULATION: &str = "Simulation";
pub(super) const OUTPUT: &str = "Output";

/// Parses a switch: its variable may be true, 1, yes or on, or one of their opposites.
pub(super) fn boolish() -> BoolishValueParser {
    BoolishValueParser::new()
}

/// Where a snapshot comes from, if not from the live cluster.
#[derive(Debug, Clone, Default, Args)]
pub struct SourceFlags {
    /// Plan from this snapshot instead of a cluster; - is standard input, .gz is understood
    #[arg(long, value_name = "FILE", env = "EC2_AUTOSCALE_SNAPSHOT", conflicts_with = "demo", help_heading = REPLAY)]
    pub snapshot: Option<PathBuf>,
    /// Plan from the example in the program: no cluster and no AWS account needed
    #[arg(long, value_parser = boolish(), env = "EC2_AUTOSCALE_DEMO", help_heading = REPLAY)]
    pub demo: bool,
}

/// What a plan supposes to be otherwise than it is. None of the flags has a variable: one
/// that is set would quietly make a what-if of every run.
#[derive(Debug, Clone, Default, Args)]
pub struct ManifestFlags {
    /// Add the pods of these Kubernetes manifests, as if they had been applied: a file, a
    /// directory, - for standard input
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::AnyPath, help_heading = WHAT_IF)]
    pub filename: Vec<PathBuf>,
    /// Plan for this many pods at a time of an object of -f, whatever its manifest states; NAME or
    /// KIND/NAME, repeatable
    #[arg(long, value_name = "NAME=N", help_heading = WHAT_IF)]
    pub replicas: Vec<ReplicaCount>,
    /// Plan as if this node and its machine were gone; repeatable
    #[arg(long, value_name = "NAME", help_heading = WHAT_IF)]
    pub without_node: Vec<String>,
    /// Plan as if this group and its machines were gone; repeatable
    #[arg(long, value_name = "NAME", help_heading = WHAT_IF)]
    pub without_group: Vec<String>,
}

/// Room kept ahead that is no object of the cluster.
#[derive(Debug, Clone, Default, Args)]
pub struct BufferFlags {
    /// Keep room for the CapacityBuffers of these files as if they were in the cluster; repeatable,
    /// - is standard input
    #[arg(long, value_name = "FILE", value_delimiter = ',', value_hint = ValueHint::AnyPath, env = "EC2_AUTOSCALE_BUFFER", help_heading = BUFFERS)]
    pub buffer: Vec<PathBuf>,
}

/// The prices of machines.
#[derive(Debug, Clone, Default, Args)]
pub struct PriceFlags {
    #[expect(rustdoc::broken_intra_doc_links, reason = "an optional column, as the help shows it")]
    /// Read prices: a table region,instance_type,usd_per_hour[,spot] or a list of AWS, .gz too;
    /// repeatable
    #[arg(long, value_name = "FILE", value_delimiter = ',', value_hint = ValueHint::FilePath, env = "EC2_AUTOSCALE_PRICES", help_heading = PRICES)]
    pub prices: Vec<PathBuf>,
    /// Ask EC2 what spot instances of the groups cost now
    #[arg(long, value_parser = boolish(), env = "EC2_AUTOSCALE_SPOT_PRICES", help_heading = PRICES)]
    pub spot_prices: bool,
}

/// The flags of a run that reads a cluster and its cloud.
#[derive(Debug, Clone, Args)]
pub struct LiveFlags {
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterFlags,
    /// The cloud, and the regions there.
    #[command(flatten)]
    pub cloud: CloudFlags,
    /// The account at AWS.
    #[command(flatten)]
    pub aws: AwsFlags,
    /// The groups.
    #[command(flatten)]
    pub groups: GroupFlags,
    /// The gangs.
    #[command(flatten)]
    pub gangs: GangFlags,
    /// The predecessor's flags.
    #[command(flatten)]
    pub predecessor: PredecessorFlags,
    /// text or json: how log, notes and errors are written
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        hide_possible_values = true,
        default_value_t = LogFormat::Text,
        env = "EC2_AUTOSCALE_LOG_FORMAT",
        help_heading = OUTPUT
    )]
    pub log_format: LogFormat,
}

/// Which cluster, and how long a run may take.
#[derive(Debug, Clone, Args)]
pub struct ClusterFlags {
    /// Value of the tag that the cluster's groups carry, or the Magnum cluster's name or UUID;
    /// required for a live run
    #[arg(long, value_name = "NAME", env = "EC2_AUTOSCALE_CLUSTER_NAME", help_heading = CLUSTER)]
    pub cluster_name: Option<String>,
    /// The kubeconfig file; without it as kubectl finds it, then the pod's service account
    #[arg(long, value_name = "FILE", env = "EC2_AUTOSCALE_KUBECONFIG", help_heading = CLUSTER)]
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig; without it the current one
    #[arg(long, value_name = "NAME", env = "EC2_AUTOSCALE_CONTEXT", help_heading = CLUSTER)]
    pub context: Option<String>,
    /// Namespace of the Lease that keeps two applies apart
    #[arg(
        long,
        value_name = "NAMESPACE",
        default_value = "kube-system",
        env = "EC2_AUTOSCALE_LEASE_NAMESPACE",
        help_heading = CLUSTER
    )]
    pub lease_namespace: String,
    /// Longest time for the whole run
    #[arg(
        long,
        value_name = "DURATION",
        default_value_t = Seconds::minutes(5),
        env = "EC2_AUTOSCALE_TIMEOUT",
        help_heading = CLUSTER
    )]
    pub timeout: Seconds,
}

/// The cloud that the machines come from.
#[derive(Debug, Clone, Args)]
pub struct CloudFlags {
    /// aws (Auto Scaling Groups) or magnum (node groups of a cluster of OpenStack Magnum)
    #[arg(
        long,
        value_enum,
        value_name = "CLOUD",
        hide_possible_values = true,
        default_value_t = CloudName::default(),
        env = "EC2_AUTOSCALE_CLOUD",
        help_heading = CLOUD
    )]
    pub cloud: CloudName,
    /// Sign in to OpenStack with this file of Cluster Autoscaler; without it by OS_CLOUD, variables
    /// OS_… or clouds.yaml
    #[arg(long, value_name = "FILE", env = "EC2_AUTOSCALE_CLOUD_CONFIG", help_heading = CLOUD)]
    pub cloud_config: Option<PathBuf>,
    /// Regions, comma-separated, the preferred one first; without it that of the AWS profile or of
    /// the OpenStack settings
    #[arg(
        long,
        visible_alias = "aws-regions",
        value_name = "REGIONS",
        value_delimiter = ',',
        value_parser = region,
        env = "EC2_AUTOSCALE_REGIONS",
        help_heading = CLOUD
    )]
    pub regions: Vec<String>,
}

/// A cloud.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum CloudName {
    /// Auto Scaling and EC2
    #[default]
    Aws,
    /// OpenStack
    Magnum,
}

impl fmt::Display for CloudName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_possible_value().map_or(Ok(()), |value| f.write_str(value.get_name()))
    }
}

/// The credentials of AWS.
#[derive(Debug, Clone, Args)]
pub struct AwsFlags {
    /// Discouraged, as others can read it in the list of processes: use the AWS environment, a
    /// profile or a role
    #[arg(
        long,
        value_name = "ID",
        hide_env_values = true,
        env = "EC2_AUTOSCALE_AWS_ACCESS_KEY",
        help_heading = AWS
    )]
    pub aws_access_key: Option<Secret>,
    /// Discouraged likewise; goes with --aws-access-key
    #[arg(
        long,
        value_name = "SECRET",
        hide_env_values = true,
        env = "EC2_AUTOSCALE_AWS_SECRET_KEY",
        help_heading = AWS
    )]
    pub aws_secret_key: Option<Secret>,
}

/// Which groups are managed beyond those found by their tags, and which are touched.
#[derive(Debug, Clone, Args)]
pub struct GroupFlags {
    /// Manage the groups that carry this tag as well; repeated: all of these tags
    #[arg(
        long,
        value_name = "KEY[=VALUE]",
        value_delimiter = ',',
        env = "EC2_AUTOSCALE_GROUP_TAG",
        help_heading = GROUPS
    )]
    pub group_tag: Vec<GroupTag>,
    /// Manage this group as well, perhaps within tighter limits (in units of its capacity);
    /// repeatable
    #[arg(
        long,
        value_name = "NAME[:MIN:MAX]",
        value_delimiter = ',',
        env = "EC2_AUTOSCALE_GROUP",
        help_heading = GROUPS
    )]
    pub group: Vec<NamedGroup>,
    /// Read devices of nodes to come: ResourceSlices with the annotation ec2-autoscale/group;
    /// repeatable, - is standard input
    #[arg(
        long,
        value_name = "FILE",
        value_delimiter = ',',
        value_hint = ValueHint::AnyPath,
        env = "EC2_AUTOSCALE_DEVICE_FILE",
        help_heading = GROUPS
    )]
    pub device_file: Vec<PathBuf>,
}

/// Which pods count as gangs, beside those that a scheduler or a queue starts together.
#[derive(Debug, Clone, Default, Args)]
pub struct GangFlags {
    /// Count these as gangs as well: all, or some of job-set, leader-worker-set, indexed-job,
    /// mpi-job, ray-cluster
    #[arg(
        long,
        value_name = "KINDS",
        value_delimiter = ',',
        env = "EC2_AUTOSCALE_GANG_WISHES",
        help_heading = GANGS
    )]
    pub gang_wishes: Vec<GangWish>,
    /// Keep gangs together that name no place of their own: zone
    #[arg(
        long,
        value_name = "WHERE",
        value_parser = PossibleValuesParser::new(GangTopology::NAMES).try_map(|name| name.parse::<GangTopology>()),
        hide_possible_values = true,
        env = "EC2_AUTOSCALE_GANG_TOPOLOGY",
        help_heading = GANGS
    )]
    pub gang_topology: Option<GangTopology>,
    /// Name of a scheduler that runs the coscheduling plugin, repeatable; one that is not called
    /// default-scheduler need not be named
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        env = "EC2_AUTOSCALE_COSCHEDULING_SCHEDULER",
        help_heading = GANGS
    )]
    pub coscheduling_scheduler: Vec<String>,
    /// Count pods that a Job is about to make, or of which a gang lacks some, as expected: nodes
    /// are bought for them
    #[arg(long, env = "EC2_AUTOSCALE_EXPECT_JOB_PODS", help_heading = GANGS)]
    pub expect_job_pods: bool,
}

impl GangFlags {
    /// Returns the rules by which pods count as gangs.
    #[must_use]
    pub fn rules(&self) -> GangRules {
        GangRules {
            wishes: self.gang_wishes.clone(),
            topology: self.gang_topology,
            coscheduling: self.coscheduling_scheduler.clone(),
            expect_job_pods: self.expect_job_pods,
        }
    }

    /// Returns the flags that give these rules.
    #[must_use]
    pub fn from_rules(rules: &GangRules) -> Self {
        Self {
            gang_wishes: rules.wishes.clone(),
            gang_topology: rules.topology,
            coscheduling_scheduler: rules.coscheduling.clone(),
            expect_job_pods: rules.expect_job_pods,
        }
    }
}

/// Flags of the predecessor that have no meaning here; they are known so that the message can
/// explain why.
#[derive(Debug, Clone, Default, Args)]
pub struct PredecessorFlags {
    /// Not needed: ignored with a note
    #[arg(long, value_parser = boolish(), hide = true, env = "EC2_AUTOSCALE_USE_AWS_IAM_ROLE")]
    pub use_aws_iam_role: bool,
    /// Refused
    #[arg(long, hide = true, num_args = 0..=1, default_missing_value = "", allow_hyphen_values = true)]
    pub sleep: Option<String>,
    /// Refused
    #[arg(long, hide = true, num_args = 0..=1, default_missing_value = "", allow_hyphen_values = true)]
    pub datadog_api_key: Option<Secret>,
}

/// The format of the output.
#[derive(Debug, Clone, Copy, Args)]
pub struct FormatFlag {
    /// table or json
    #[arg(
        short,
        long,
        value_enum,
        value_name = "FORMAT",
        hide_possible_values = true,
        default_value_t = Format::Table,
        env = "EC2_AUTOSCALE_OUTPUT",
        help_heading = OUTPUT
    )]
    pub output: Format,
}

/// The format of a plan.
#[derive(Debug, Clone, Copy, Args)]
pub struct PlanFormatFlag {
    /// table, json, or markdown for a review (plan and show)
    #[arg(
        short,
        long,
        value_enum,
        value_name = "FORMAT",
        hide_possible_values = true,
        default_value_t = PlanFormat::Table,
        env = "EC2_AUTOSCALE_OUTPUT",
        help_heading = OUTPUT
    )]
    pub output: PlanFormat,
}

/// How many rows of a table are shown.
#[derive(Debug, Clone, Copy, Args)]
pub struct RowsFlag {
    /// Show every group, node and pod: otherwise those of one answer are counted, and the last of
    /// many
    #[arg(long, value_parser = boolish(), env = "EC2_AUTOSCALE_ALL", help_heading = OUTPUT)]
    pub all: bool,
}

/// The output, and where it goes.
#[derive(Debug, Clone, Args)]
pub struct OutputFlags {
    /// The format of the output.
    #[command(flatten)]
    pub format: PlanFormatFlag,
    /// Write the plan to this file as well, for apply PLAN: the bytes of plan -o json; compressed
    /// when it ends in .gz
    #[arg(long, value_name = "FILE", env = "EC2_AUTOSCALE_OUT", help_heading = OUTPUT)]
    pub out: Option<PathBuf>,
    /// Draw the plan in this file as well: HTML that needs no network and no script
    #[arg(long, value_name = "FILE", env = "EC2_AUTOSCALE_HTML", help_heading = OUTPUT)]
    pub html: Option<PathBuf>,
    /// The command as it was written, for that file.
    #[arg(skip)]
    pub command_line: String,
    /// Whether every row is shown.
    #[command(flatten)]
    pub rows: RowsFlag,
    /// Exit with 2 when there are changes; idle marks alone are none
    #[arg(long, value_parser = boolish(), env = "EC2_AUTOSCALE_DETAILED_EXITCODE", help_heading = OUTPUT)]
    pub detailed_exitcode: bool,
}

/// How something is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Table,
    /// For programs
    Json,
}

/// How a plan is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// For people
    Table,
    /// For programs
    Json,
    /// For the comments of a review
    Markdown,
}

/// Whether a plan may be carried out.
#[derive(Debug, Clone, Default, Args)]
pub struct ConsentFlags {
    /// Do not ask on a terminal
    #[arg(short, long, value_parser = boolish(), env = "EC2_AUTOSCALE_YES", help_heading = APPLY)]
    pub yes: bool,
    /// Stay until the nodes that were cordoned or drained are terminated; pods are waited for at
    /// most for --drain-timeout
    #[arg(long, value_parser = boolish(), env = "EC2_AUTOSCALE_WAIT", help_heading = APPLY)]
    pub wait: bool,
    /// Go on although Cluster Autoscaler is at work in the cluster: only when it manages other
    /// groups
    #[arg(long, value_parser = boolish(), env = "EC2_AUTOSCALE_BESIDE_CLUSTER_AUTOSCALER", help_heading = APPLY)]
    pub beside_cluster_autoscaler: bool,
}

/// Returns the name of the variable that stands for a flag, given without its dashes.
#[must_use]
pub fn variable_of(flag: &str) -> String {
    format!("EC2_AUTOSCALE_{}", flag.to_uppercase().replace('-', "_"))
}
