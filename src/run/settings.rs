//! From flags to the options of the stages.

use super::credentials::credentials;
use super::{Environment, RunError};
use crate::cli::{LiveFlags, PriceFlags};
use crate::cloud::AwsOptions;
use crate::duration::Seconds;
use crate::gather::{ConnectOptions, GatherOptions};
use crate::policy::Policy;

/// Returns how to reach the APIs.
pub(super) fn connect_options(live: &LiveFlags, environment: &Environment) -> Result<ConnectOptions, RunError> {
    let (access_key, secret_key) = credentials(&live.aws, environment.variable)?.unzip();
    Ok(ConnectOptions {
        kubeconfig: live.cluster.kubeconfig.clone(),
        context: live.cluster.context.clone(),
        aws: AwsOptions { regions: regions(live), access_key, secret_key },
    })
}

/// Which scaling activities are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct ActivityReach {
    /// How far back they matter: a failed launch for `--backoff`, a request for
    /// `--instance-init-time`.
    pub(super) horizon: Seconds,
    /// Whether they are read for every group, also for those that this run cannot need.
    pub(super) all: bool,
}

impl ActivityReach {
    /// Returns the reach that a plan needs.
    pub(super) fn of_a_plan(policy: &Policy) -> Self {
        let growth = policy.max_growth.map_or(policy.backoff, |rate| rate.within);
        Self { horizon: policy.backoff.max(policy.instance_init_time).max(growth), all: false }
    }

    /// Returns the reach of everything: for a person who looks, now or later.
    pub(super) fn of_everything(policy: &Policy) -> Self {
        Self { all: true, ..Self::of_a_plan(policy) }
    }
}

/// Returns what to gather.
pub(super) fn gather_options(
    live: &LiveFlags,
    prices: &PriceFlags,
    environment: &Environment,
    activities: ActivityReach,
) -> GatherOptions {
    GatherOptions {
        cluster_name: live.cluster.cluster_name.clone(),
        group_tags: live.groups.group_tag.clone(),
        groups: live.groups.group.clone(),
        lease_namespace: live.cluster.lease_namespace.clone(),
        activity_horizon: activities.horizon,
        all_activities: activities.all,
        spot_prices: prices.spot_prices,
        launches_only_for: None,
        finished_pods: false,
        own_pod: environment.own_pod(),
    }
}

/// Returns the regions in their order, each once.
pub(super) fn regions(live: &LiveFlags) -> Vec<String> {
    let mut regions = live.aws.regions.clone();
    let mut seen = std::collections::BTreeSet::new();
    regions.retain(|region| seen.insert(region.clone()));
    regions
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command, PlanCommand};

    fn plan(arguments: &[&str]) -> PlanCommand {
        let cli = Cli::parse_from(["ec2-autoscale", "plan"].iter().chain(arguments));
        match cli.command {
            Command::Plan(command) => *command,
            other => panic!("not plan: {other:?}"),
        }
    }

    #[test]
    fn regions_keep_their_order_and_come_once() {
        let live = plan(&["--aws-regions", "us-west-2, us-east-1,us-west-2", "--regions=eu-west-1"]).live;
        assert_eq!(regions(&live), ["us-west-2", "us-east-1", "eu-west-1"]);
    }
}
