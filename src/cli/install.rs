//! What an installation is made of: the flags of `manifests`, `iam-policy` and `iam-role`.

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, ValueEnum};

use super::flags::{BufferFlags, FormatFlag, LiveFlags, PriceFlags, SourceFlags, boolish};
use super::notify::NotifyFlags;
use super::policy::PolicyFlags;
use crate::duration::Seconds;
use crate::snapshot::GroupTag;

pub(super) const INSTALLATION: &str = "Installation";

/// `manifests`.
#[derive(Debug, Args)]
pub struct ManifestsCommand {
    /// The container image, with the binary as its entry point
    #[arg(long, value_name = "IMAGE", required = true, env = "EC2_AUTOSCALE_IMAGE", help_heading = INSTALLATION)]
    pub image: String,
    /// The role of IRSA; without it Pod Identity, the Secret autoscaler or the instance
    #[arg(long, value_name = "ARN", env = "EC2_AUTOSCALE_ROLE_ARN", help_heading = INSTALLATION)]
    pub role_arn: Option<String>,
    /// Let it only look: plan in place of apply
    #[arg(long, value_parser = boolish(), env = "EC2_AUTOSCALE_LOOK_ONLY", help_heading = INSTALLATION)]
    pub look_only: bool,
    /// How long a run waits for a pod that needs a node
    #[arg(long, value_name = "DURATION", default_value_t = Seconds(50), env = "EC2_AUTOSCALE_UNTIL_NEEDED", help_heading = INSTALLATION)]
    pub until_needed: Seconds,
    /// Add a Grafana dashboard and Prometheus alerts, as a ConfigMap and a PrometheusRule
    #[arg(long, value_parser = boolish(), env = "EC2_AUTOSCALE_MONITORING", help_heading = INSTALLATION)]
    pub monitoring: bool,
    /// Write a kustomize base into this folder instead of standard output
    #[arg(long, value_name = "DIR", env = "EC2_AUTOSCALE_OUT", help_heading = INSTALLATION)]
    pub out: Option<PathBuf>,
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
    /// Who is notified.
    #[command(flatten)]
    pub notify: NotifyFlags,
    /// The flags of the run that were given, with their values.
    #[arg(skip)]
    pub given: Vec<GivenFlag>,
}

/// A flag of the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenFlag {
    /// Its name, without dashes.
    pub name: String,
    /// Its values, as they were written; none for a switch.
    pub values: Vec<String>,
}

/// `doctor`.
#[derive(Debug, Args)]
pub struct DoctorCommand {
    /// Name of the CronJob, in the namespace of --lease-namespace
    #[arg(long, value_name = "NAME", default_value = "ec2-autoscale", env = "EC2_AUTOSCALE_CRON_JOB", help_heading = INSTALLATION)]
    pub cron_job: String,
    /// Where the look comes from: a replay says nothing of the CronJob and its rights.
    #[command(flatten)]
    pub source: SourceFlags,
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

/// `iam-policy`.
#[derive(Debug, Args)]
pub struct IamPolicyCommand {
    /// plan, apply, fix or suggest
    #[arg(value_enum, value_name = "COMMAND", hide_possible_values = true, default_value_t = PolicyOf::Apply)]
    pub purpose: PolicyOf,
    /// Allow changes of groups whose tag KubernetesCluster has this value
    #[arg(long, value_name = "NAME", env = "EC2_AUTOSCALE_CLUSTER_NAME", help_heading = INSTALLATION)]
    pub cluster_name: Option<String>,
    /// Allow changes of groups that carry this tag as well; repeated: all of these tags
    #[arg(long, value_name = "KEY[=VALUE]", value_delimiter = ',', env = "EC2_AUTOSCALE_GROUP_TAG", help_heading = INSTALLATION)]
    pub group_tag: Vec<GroupTag>,
    /// Leave out what only growth needs
    #[arg(long, value_parser = boolish(), env = "EC2_AUTOSCALE_NO_SCALE_UP", help_heading = INSTALLATION)]
    pub no_scale_up: bool,
    /// Leave out what only removals need
    #[arg(long, value_parser = boolish(), env = "EC2_AUTOSCALE_NO_SCALE_IN", help_heading = INSTALLATION)]
    pub no_scale_in: bool,
}

/// The command that a policy is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PolicyOf {
    /// plan, explain, snapshot, and fix without --apply
    Plan,
    /// apply
    Apply,
    /// fix --apply
    Fix,
    /// suggest
    Suggest,
}

/// `iam-role`.
#[derive(Debug, Args)]
pub struct IamRoleCommand {
    /// Trust the issuer of the cluster (IRSA), an address of `aws eks describe-cluster`
    #[arg(long, value_name = "URL", required_unless_present = "pod_identity", conflicts_with = "pod_identity", requires = "account", env = "EC2_AUTOSCALE_OIDC_ISSUER", help_heading = INSTALLATION)]
    pub oidc_issuer: Option<String>,
    /// Number of the account that has the issuer's provider
    #[arg(long, value_name = "NUMBER", env = "EC2_AUTOSCALE_ACCOUNT", help_heading = INSTALLATION)]
    pub account: Option<String>,
    /// Partition of AWS, such as aws-cn
    #[arg(long, value_name = "NAME", default_value = "aws", env = "EC2_AUTOSCALE_PARTITION", help_heading = INSTALLATION)]
    pub partition: String,
    /// Trust EKS Pod Identity instead
    #[arg(long, value_parser = boolish(), env = "EC2_AUTOSCALE_POD_IDENTITY", help_heading = INSTALLATION)]
    pub pod_identity: bool,
    /// Namespace of the CronJob
    #[arg(long, value_name = "NAMESPACE", default_value = "kube-system", env = "EC2_AUTOSCALE_NAMESPACE", help_heading = INSTALLATION)]
    pub namespace: String,
    /// Name of its ServiceAccount
    #[arg(long, value_name = "NAME", default_value = "ec2-autoscale", env = "EC2_AUTOSCALE_SERVICE_ACCOUNT", help_heading = INSTALLATION)]
    pub service_account: String,
}

/// The names of flags of `manifests` that are not flags of the run.
const NOT_OF_THE_RUN: [&str; 9] =
    ["image", "role-arn", "look-only", "until-needed", "monitoring", "out", "verbose", "no-color", "no-pager"];

/// Returns the flags of the run that stand on the command line, in the order of the help.
pub(super) fn flags_of_the_run(command: &Command, matches: &ArgMatches) -> Vec<GivenFlag> {
    let flags = command.get_arguments().filter_map(|flag| Some((flag, flag.get_long()?)));
    let own = flags.filter(|(_, name)| !NOT_OF_THE_RUN.contains(name));
    let given = own.filter(|(flag, _)| {
        let id = flag.get_id().as_str();
        matches.try_contains_id(id).is_ok() && matches.value_source(id) == Some(ValueSource::CommandLine)
    });
    given.map(|(flag, name)| GivenFlag { name: name.to_owned(), values: values(flag, matches) }).collect()
}

/// Returns the values of a flag as they were written; none where it is only switched on.
fn values(flag: &Arg, matches: &ArgMatches) -> Vec<String> {
    if !flag.get_action().takes_values() {
        return Vec::new();
    }
    let raw = matches.get_raw(flag.get_id().as_str()).into_iter().flatten();
    let values: Vec<String> = raw.map(|value| value.to_string_lossy().into_owned()).collect();
    match flag.get_value_delimiter() {
        Some(delimiter) if !values.is_empty() => vec![values.join(&delimiter.to_string())],
        _ => values,
    }
}
