//! How a group is set up: which processes are suspended, whether it is being deleted, what it
//! protects, and what of that a person should change.

use aws_sdk_autoscaling::types::{AutoScalingGroup, CapacityDistributionStrategy};

use crate::snapshot::{Advice, AdviceCode, Cannot, GroupId, Hindrance, ZoneStrategy};

const LAUNCH: &str = "Launch";
const TERMINATE: &str = "Terminate";
const REBALANCE: &str = "AZRebalance";
/// A tag of the groups of EKS's managed node groups.
const EKS_NODE_GROUP: &str = "eks:nodegroup-name";
/// Processes whose suspension is told of, each with what does not happen meanwhile. Of the others
/// none changes anything that is planned, and that of `AZRebalance` is wanted.
const LOSSES: [(&str, &str); 4] = [
    (LAUNCH, "the group cannot grow"),
    (TERMINATE, "its nodes cannot go"),
    ("ReplaceUnhealthy", "broken instances are not replaced"),
    ("HealthCheck", "AWS does not notice broken instances"),
];

/// Returns what a group cannot do at present.
pub(super) fn cannot(group: &AutoScalingGroup) -> Cannot {
    // The field is there only while the group is being deleted ("Delete in progress").
    let hindrance = |process: &str| match group.status().is_some() {
        true => Some(Hindrance::BeingDeleted),
        false => is_suspended(group, process).then(|| Hindrance::suspended(process)),
    };
    Cannot::launch_or_remove(hindrance(LAUNCH), hindrance(TERMINATE))
}

/// Returns whether Auto Scaling ends instances to even the zones out.
pub(super) fn rebalances_zones(group: &AutoScalingGroup) -> bool {
    group.availability_zones().len() > 1 && !is_suspended(group, REBALANCE)
}

/// Returns what Auto Scaling does when a launch fails in a zone.
pub(super) fn zone_strategy(group: &AutoScalingGroup) -> ZoneStrategy {
    let strategy = group.availability_zone_distribution().and_then(|it| it.capacity_distribution_strategy());
    match strategy {
        Some(CapacityDistributionStrategy::BalancedOnly) => ZoneStrategy::BalancedOnly,
        _ => ZoneStrategy::BestEffort,
    }
}

/// Returns whether new instances are protected from scale-in.
pub(super) fn protects_new_instances(group: &AutoScalingGroup) -> bool {
    group.new_instances_protected_from_scale_in().unwrap_or(false)
}

/// Returns what a person should change about a group.
pub(super) fn advice(group: &AutoScalingGroup, id: &GroupId) -> Vec<Advice> {
    // EKS relies on the evening out of zones when it replaces the nodes of a node group.
    let words_on_rebalancing = match group.tags().iter().any(|tag| tag.key() == Some(EKS_NODE_GROUP)) {
        true => "protect new instances from scale-in",
        false => "protect new instances from scale-in or suspend AZRebalance",
    };
    let unprotected = (rebalances_zones(group) && !protects_new_instances(group)).then(|| {
        let words = format!("AWS may terminate busy nodes to even the zones out; {words_on_rebalancing}");
        Advice::new(AdviceCode::Unprotected, format!("{id}: {words}"))
    });
    let launch_configuration = group.launch_configuration_name().map(|_| {
        let words = "launches by a launch configuration, which AWS does not develop any more; give it a launch template";
        Advice::new(AdviceCode::LaunchConfiguration, format!("{id} {words}"))
    });
    let suspended = LOSSES.iter().filter(|(process, _)| is_suspended(group, process)).map(|(process, loss)| {
        let words = format!("the process {process} is suspended, so {loss}; resume it with aws autoscaling resume-processes");
        Advice::new(AdviceCode::ProcessSuspended, format!("{id}: {words}"))
    });
    unprotected.into_iter().chain(launch_configuration).chain(suspended).collect()
}

/// Whether a process of a group is suspended.
pub(crate) fn is_suspended(group: &AutoScalingGroup, process: &str) -> bool {
    group.suspended_processes().iter().any(|suspended| suspended.process_name() == Some(process))
}
