//! From flags to the options of the stages.

use super::credentials::credentials;
use super::{Environment, RunError};
use crate::cli::{CloudName, LiveFlags, PriceFlags};
use crate::cloud::{AwsOptions, MagnumOptions};
use crate::duration::Seconds;
use crate::gather::{CloudOptions, ConnectOptions, GatherOptions};
use crate::policy::{Policy, TimedPolicy};

/// Returns how to reach the APIs.
pub(super) fn connect_options(live: &LiveFlags, environment: &Environment) -> Result<ConnectOptions, RunError> {
    Ok(ConnectOptions {
        kubeconfig: live.cluster.kubeconfig.clone(),
        context: live.cluster.context.clone(),
        cloud: cloud_options(live, environment)?,
    })
}

fn cloud_options(live: &LiveFlags, environment: &Environment) -> Result<CloudOptions, RunError> {
    let (regions, cloud_config) = (regions(live), live.cloud.cloud_config.clone());
    match (live.cloud.cloud, cloud_config) {
        (CloudName::Magnum, cloud_config) => Ok(CloudOptions::Magnum(MagnumOptions { cloud_config, regions })),
        (CloudName::Aws, Some(_)) => {
            Err(RunError::usage("--cloud-config is of an OpenStack cloud", "add --cloud magnum, or leave --cloud-config out"))
        }
        (CloudName::Aws, None) => {
            regions.iter().try_for_each(|region| check_name_at_aws(region))?;
            let (access_key, secret_key) = credentials(&live.aws, environment.variable)?.unzip();
            Ok(CloudOptions::Aws(AwsOptions { regions, access_key, secret_key }))
        }
    }
}

/// Refuses a region whose name has another form than AWS's, before anything is called.
fn check_name_at_aws(region: &str) -> Result<(), RunError> {
    let is_usual = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if region.bytes().all(is_usual) {
        return Ok(());
    }
    Err(RunError::usage(
        format!("--regions {region}: no region of AWS has such a name"),
        "write names of regions such as us-west-2, separated by commas; of OpenStack's, add --cloud magnum",
    ))
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
    pub(super) fn of_a_plan(policy: &TimedPolicy) -> Self {
        let reach = |policy: &Policy| {
            let growth = policy.max_growth.map_or(policy.backoff, |rate| rate.within);
            policy.backoff.max(policy.instance_init_time).max(growth)
        };
        Self { horizon: policy.most(reach), all: false }
    }

    /// Returns the reach of everything: for a person who looks, now or later.
    pub(super) fn of_everything(policy: &TimedPolicy) -> Self {
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
        gangs: live.gangs.rules(),
        launches_only_for: None,
        devices: false,
        finished_pods: false,
        own_pod: environment.own_pod(),
    }
}

/// Returns the regions in their order, each once.
pub(super) fn regions(live: &LiveFlags) -> Vec<String> {
    let mut regions = live.cloud.regions.clone();
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

    #[test]
    fn a_cloud_has_the_options_of_its_flags() {
        let environment = Environment { clock: jiff::Timestamp::now, variable: |_| None, names: Vec::new };
        let options = |arguments: &[&str]| cloud_options(&plan(arguments).live, &environment);
        let aws = options(&["--regions", "us-west-2"]).expect("options");
        assert!(matches!(aws, CloudOptions::Aws(AwsOptions { regions, .. }) if regions == ["us-west-2"]));
        let magnum = options(&["--cloud", "magnum", "--cloud-config", "/c", "--regions=RegionOne"]).expect("options");
        let expected = MagnumOptions { cloud_config: Some("/c".into()), regions: vec!["RegionOne".to_owned()] };
        assert!(matches!(magnum, CloudOptions::Magnum(magnum) if magnum == expected));
        let refused = options(&["--regions", "us-west-2,RegionOne"]).expect_err("no name of AWS's").to_string();
        assert_eq!(refused, "--regions RegionOne: no region of AWS has such a name");
        let refused = options(&["--cloud-config", "/c"]).expect_err("AWS has none").to_string();
        assert!(refused.contains("--cloud-config is of an OpenStack cloud"), "{refused}");
    }
}
