//! From flags to what the stages take.

use super::credentials::credentials;
use super::{RunError, Surroundings};
use crate::cli::{LiveFlags, PolicyFlags, PriceFlags};
use crate::cloud::AwsOptions;
use crate::duration::Seconds;
use crate::gather::{ConnectOptions, GatherOptions};
use crate::policy::{DEFAULT_SPARES, Policy};

/// How to reach the APIs.
pub(super) fn connect_options(live: &LiveFlags, around: &Surroundings) -> Result<ConnectOptions, RunError> {
    let (access_key, secret_key) = credentials(&live.aws, around.variable)?.unzip();
    Ok(ConnectOptions {
        kubeconfig: live.cluster.kubeconfig.clone(),
        context: live.cluster.context.clone(),
        aws: AwsOptions { regions: regions(live), access_key, secret_key },
    })
}

/// Which scaling activities are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct ActivityReach {
    /// How far back they matter: a failed launch for `--backoff`, a request for `--instance-init-time`.
    pub(super) horizon: Seconds,
    /// Whether they are read of every group, also of those that this run cannot need.
    pub(super) all: bool,
}

impl ActivityReach {
    /// What a plan needs.
    pub(super) fn of_a_plan(policy: &Policy) -> Self {
        Self { horizon: policy.backoff.max(policy.instance_init_time), all: false }
    }

    /// All there is to know of every group: for a person who looks, now or later.
    pub(super) fn of_everything(policy: &Policy) -> Self {
        Self { all: true, ..Self::of_a_plan(policy) }
    }
}

/// What to gather.
pub(super) fn gather_options(
    live: &LiveFlags,
    prices: &PriceFlags,
    around: &Surroundings,
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
        finished_pods: false,
        own_pod: around.own_pod(),
    }
}

/// The regions in their order, each once.
pub(super) fn regions(live: &LiveFlags) -> Vec<String> {
    let mut regions = live.aws.regions.clone();
    let mut seen = std::collections::BTreeSet::new();
    regions.retain(|region| seen.insert(region.clone()));
    regions
}

/// The policy. Every field is named here and every flag taken apart, so that neither can be forgotten.
pub(super) fn policy(flags: &PolicyFlags) -> Policy {
    let PolicyFlags {
        pod_namespace,
        min_priority,
        expendable_below,
        scheduler_name,
        only_group,
        first_nodes,
        no_scale_up,
        instance_init_time,
        backoff,
        over_provision,
        max_scale_up,
        expander,
        seed,
        balance_similar_groups,
        max_nodes_total,
        max_cpu,
        max_memory,
        no_scale_in,
        idle_threshold,
        min_node_age,
        type_idle_count,
        type_idle_threshold,
        launch_hour_threshold,
        drain_utilization,
        consolidate,
        drain_grace,
        drain_timeout,
        max_parallel_drains,
        max_scale_in_fraction,
        cordon_settle,
        dead_after,
        max_dead_fraction,
        max_pods,
        vm_memory_overhead,
        startup_taint,
        numeric_tolerations,
        allow_uncertain_zone,
        revert_unfilled,
        scheduler_scoring,
        packing,
    } = flags.clone();
    Policy {
        pod_namespaces: pod_namespace,
        min_priority,
        expendable_below,
        scheduler_names: scheduler_name,
        instance_init_time,
        backoff,
        over_provision,
        max_scale_up,
        expander,
        seed,
        balance_similar_groups,
        max_nodes_total,
        max_cpu,
        max_memory,
        idle_threshold,
        min_node_age,
        dead_after,
        type_idle_count: type_idle_count.unwrap_or(if type_idle_threshold.is_some() { DEFAULT_SPARES } else { 0 }),
        type_idle_threshold: type_idle_threshold.unwrap_or(Policy::default().type_idle_threshold),
        launch_hour_threshold,
        drain_utilization,
        consolidate,
        drain_grace,
        drain_timeout,
        max_parallel_drains,
        max_scale_in_fraction,
        cordon_settle,
        max_dead_fraction,
        scale_up: !no_scale_up,
        scale_in: !no_scale_in,
        max_pods,
        vm_memory_overhead,
        startup_taints: startup_taint,
        numeric_tolerations,
        scheduler_scoring,
        packing,
        allow_uncertain_zone,
        revert_unfilled,
        first_nodes,
        only_groups: only_group,
    }
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
    fn without_flags_the_policy_is_the_default() {
        assert_eq!(policy(&plan(&[]).policy), Policy::default());
    }

    #[test]
    fn each_flag_changes_its_own_field() {
        let flags = [
            ("--pod-namespace=a,b", r#"{"pod_namespaces":["a","b"]}"#),
            ("--min-priority=-5", r#"{"min_priority":-5}"#),
            ("--expendable-below=-5", r#"{"expendable_below":-5}"#),
            ("--first-nodes", r#"{"first_nodes":true}"#),
            ("--scheduler-name=volcano", r#"{"scheduler_names":["volcano"]}"#),
            ("--instance-init-time=1h30m", r#"{"instance_init_time":5400}"#),
            ("--backoff=600", r#"{"backoff":600}"#),
            ("--over-provision=2", r#"{"over_provision":2}"#),
            ("--max-scale-up=7", r#"{"max_scale_up":7}"#),
            ("--expander=spot,random", r#"{"expander":["spot","random"]}"#),
            ("--seed=7", r#"{"seed":7}"#),
            ("--balance-similar-groups", r#"{"balance_similar_groups":true}"#),
            ("--max-nodes-total=500", r#"{"max_nodes_total":500}"#),
            ("--max-cpu=64", r#"{"max_cpu":64000}"#),
            ("--max-memory=256", r#"{"max_memory":274877906944}"#),
            ("--idle-threshold=55m", r#"{"idle_threshold":3300}"#),
            ("--min-node-age=1m", r#"{"min_node_age":60}"#),
            ("--dead-after=2h", r#"{"dead_after":7200}"#),
            ("--type-idle-count=2", r#"{"type_idle_count":2}"#),
            ("--type-idle-threshold=1d", r#"{"type_idle_threshold":86400,"type_idle_count":5}"#),
            ("--launch-hour-threshold=50m", r#"{"launch_hour_threshold":3000}"#),
            ("--drain-utilization=0.5", r#"{"drain_utilization":0.5}"#),
            ("--consolidate", r#"{"consolidate":true}"#),
            ("--drain-grace=2h", r#"{"drain_grace":7200}"#),
            ("--drain-timeout=5m", r#"{"drain_timeout":300}"#),
            ("--max-parallel-drains=3", r#"{"max_parallel_drains":3}"#),
            ("--max-scale-in-fraction=0.5", r#"{"max_scale_in_fraction":0.5}"#),
            ("--cordon-settle=45s", r#"{"cordon_settle":45}"#),
            ("--max-dead-fraction=0.2", r#"{"max_dead_fraction":0.2}"#),
            ("--no-scale", r#"{"scale_up":false}"#),
            ("--no-maintenance", r#"{"scale_in":false}"#),
            ("--max-pods=110", r#"{"max_pods":110}"#),
            ("--vm-memory-overhead=0.1", r#"{"vm_memory_overhead":0.1}"#),
            ("--startup-taint=example.com/booting", r#"{"startup_taints":["example.com/booting"]}"#),
            ("--numeric-tolerations", r#"{"numeric_tolerations":true}"#),
            ("--scheduler-scoring=most-allocated", r#"{"scheduler_scoring":"most-allocated"}"#),
            ("--packing=scheduler", r#"{"packing":"scheduler"}"#),
            ("--allow-uncertain-zone", r#"{"allow_uncertain_zone":true}"#),
            ("--revert-unfilled", r#"{"revert_unfilled":true}"#),
            ("--only-group=gpu", r#"{"only_groups":["gpu"]}"#),
        ];
        let fields = |policy: &Policy| serde_json::to_value(policy).expect("JSON").as_object().expect("an object").clone();
        let defaults = fields(&Policy::default());
        assert_eq!(flags.len(), defaults.len(), "one flag for each field");
        for (flag, changed) in flags {
            let mut expected = defaults.clone();
            expected.extend(serde_json::from_str::<serde_json::Map<_, _>>(changed).expect("JSON"));
            assert_eq!(fields(&policy(&plan(&[flag]).policy)), expected, "{flag}");
        }
    }

    #[test]
    fn regions_keep_their_order_and_come_once() {
        let live = plan(&["--aws-regions", "us-west-2, us-east-1,us-west-2", "--regions=eu-west-1"]).live;
        assert_eq!(regions(&live), ["us-west-2", "us-east-1", "eu-west-1"]);
    }
}
