//! `suggest`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::flags::{FormatFlag, LiveFlags, ManifestFlags, OUTPUT, PriceFlags, SourceFlags};
use super::policy::PolicyFlags;

/// The heading of the flags on new groups.
const GROUPS_TO_ADD: &str = "Groups to add";

/// `suggest`.
#[derive(Debug, Args)]
pub struct SuggestCommand {
    /// Where the snapshot comes from.
    #[command(flatten)]
    pub source: SourceFlags,
    /// Objects that are not in the cluster.
    #[command(flatten)]
    pub manifests: ManifestFlags,
    /// The prices of machines.
    #[command(flatten)]
    pub prices: PriceFlags,
    /// The cluster and the account.
    #[command(flatten)]
    pub live: LiveFlags,
    /// What the planner may do.
    #[command(flatten)]
    pub policy: PolicyFlags,
    /// What for: help (pods that no group helps) or save (money, if all pods came to empty groups)
    #[arg(long, value_name = "GOAL", env = "EC2_AUTOSCALE_TO", default_value = "help", hide_possible_values = true, help_heading = GROUPS_TO_ADD)]
    pub to: SuggestFor,
    /// Buy on-demand or spot instances where the pods leave that open
    #[arg(long, value_name = "MARKET", env = "EC2_AUTOSCALE_PURCHASE", default_value = "on-demand", hide_possible_values = true, help_heading = GROUPS_TO_ADD)]
    pub purchase: PurchaseChoice,
    /// Choose among the machine types of this file, as aws ec2 describe-instance-types prints them
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, env = "EC2_AUTOSCALE_TYPES", help_heading = GROUPS_TO_ADD)]
    pub types: Option<PathBuf>,
    /// Print the groups for these tools as well: eksctl, kops, terraform, aws
    #[arg(long = "as", value_name = "TOOLS", value_delimiter = ',', env = "EC2_AUTOSCALE_AS", hide_possible_values = true, help_heading = OUTPUT)]
    pub forms: Vec<SuggestedForm>,
    /// The format of the output.
    #[command(flatten)]
    pub format: FormatFlag,
}

/// What groups are suggested for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SuggestFor {
    /// Pods that no group helps
    Help,
    /// Money
    Save,
}

/// How the machines of new groups are paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PurchaseChoice {
    /// On demand
    OnDemand,
    /// As spot instances
    Spot,
}

/// A tool that makes groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SuggestedForm {
    /// A ClusterConfig of eksctl
    Eksctl,
    /// An InstanceGroup of kops
    Kops,
    /// Resources of Terraform
    Terraform,
    /// Calls of the command line of AWS
    Aws,
}
