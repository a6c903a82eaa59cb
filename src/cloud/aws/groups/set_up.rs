//! How a group is set up: which processes are suspended, whether it is being deleted, what it
//! protects, and what of that a person should change.

use aws_sdk_autoscaling::types::{AutoScalingGroup, CapacityDistributionStrategy, SuspendedProcess};

use crate::duration::Seconds;
use crate::snapshot::{
    Advice, AdviceCode, AutomaticChanges, Cannot, GroupId, Hindrance, Instance, Lifecycle, WhileReplacing, ZoneStrategy,
};

const LAUNCH: &str = "Launch";
const TERMINATE: &str = "Terminate";
/// The process that evens out the zones.
pub(crate) const REBALANCE: &str = "AZRebalance";
/// How the reason of a suspension begins that a person asked for.
const BY_A_PERSON: &str = "User suspended";
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
    let operator = || Some(Hindrance::OperatedBy { service: group.operator()?.principal()?.to_owned() });
    // The field is there only while the group is being deleted ("Delete in progress").
    let hindrance = |process: &str| match group.status().is_some() {
        true => Some(Hindrance::BeingDeleted),
        false => operator().or_else(|| is_suspended(group, process).then(|| Hindrance::suspended(process))),
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

/// Returns what a person should change about a group with these instances.
pub(super) fn advice(group: &AutoScalingGroup, id: &GroupId, instances: &[Instance]) -> Vec<Advice> {
    let unprotected = words_on_protection(group, instances).filter(|_| rebalances_zones(group)).map(|protect| {
        let words = match needs_rebalancing(group) {
            true => protect,
            false => format!("{protect} or suspend {REBALANCE}"),
        };
        let words = format!("AWS may terminate busy nodes to even the zones out; {words}");
        Advice::new(AdviceCode::Unprotected, format!("{id}: {words}"))
    });
    let launch_configuration = group.launch_configuration_name().map(|_| {
        let words = "launches by a launch configuration, which AWS does not develop any more; give it a launch template";
        Advice::new(AdviceCode::LaunchConfiguration, format!("{id} {words}"))
    });
    let suspended = LOSSES.iter().filter_map(|(process, loss)| {
        let by = match suspension_of(group, process)?.suspension_reason().map(str::trim).unwrap_or_default() {
            "" => String::new(),
            reason if reason.starts_with(BY_A_PERSON) => String::new(),
            // After a day of failures AWS suspends launches itself.
            reason => format!(" by AWS ({reason})"),
        };
        let words =
            format!("the process {process} is suspended{by}, so {loss}; resume it with aws autoscaling resume-processes");
        Some(Advice::new(AdviceCode::ProcessSuspended, format!("{id}: {words}")))
    });
    let old = automatic(group).max_instance_lifetime.filter(|_| !protects_new_instances(group)).map(|limit| {
        let words = format!("AWS ends its instances once they are {limit} old, busy ones as well");
        let way_out = "protect new instances from scale-in, or take its maximum instance lifetime away";
        Advice::new(AdviceCode::EndsOldInstances, format!("{id}: {words}; {way_out}"))
    });
    unprotected.into_iter().chain(launch_configuration).chain(suspended).chain(old).collect()
}

/// Whether EKS relies on the evening out of zones, as it does when it replaces the nodes of a node
/// group.
pub(super) fn needs_rebalancing(group: &AutoScalingGroup) -> bool {
    group.tags().iter().any(|tag| tag.key() == Some(EKS_NODE_GROUP))
}

/// Returns what is to be protected from scale-in. AWS protects an instance only once it is in
/// service.
fn words_on_protection(group: &AutoScalingGroup, instances: &[Instance]) -> Option<String> {
    if !protects_new_instances(group) {
        return Some("protect new instances from scale-in".to_owned());
    }
    let is_open = |instance: &&Instance| instance.lifecycle == Lifecycle::InService && !instance.protected;
    match instances.iter().filter(is_open).count() {
        0 => None,
        1 => Some("protect its one instance without protection from scale-in".to_owned()),
        open => Some(format!("protect its {open} instances without protection from scale-in")),
    }
}

/// Returns what the group itself states of that which changes it without us.
pub(super) fn automatic(group: &AutoScalingGroup) -> AutomaticChanges {
    // -1 and 0 stand for settings that were taken away.
    let percent = |percent: Option<i32>| percent.map(i64::from).filter(|percent| *percent >= 0);
    let while_replacing = group.instance_maintenance_policy().and_then(|policy| {
        let least_percent = percent(policy.min_healthy_percentage())?;
        Some(WhileReplacing { least_percent, most_percent: percent(policy.max_healthy_percentage())? })
    });
    let lifetime = group.max_instance_lifetime().and_then(|seconds| u64::try_from(seconds).ok());
    AutomaticChanges {
        replaces_at_risk: group.capacity_rebalance().unwrap_or(false),
        max_instance_lifetime: lifetime.filter(|seconds| *seconds > 0).map(Seconds),
        while_replacing,
        ..AutomaticChanges::default()
    }
}

/// Whether a process of a group is suspended.
pub(crate) fn is_suspended(group: &AutoScalingGroup, process: &str) -> bool {
    suspension_of(group, process).is_some()
}

fn suspension_of<'a>(group: &'a AutoScalingGroup, process: &str) -> Option<&'a SuspendedProcess> {
    group.suspended_processes().iter().find(|suspended| suspended.process_name() == Some(process))
}

#[cfg(test)]
mod tests {
    use aws_sdk_autoscaling::types::{InstanceMaintenancePolicy, Operator};

    use super::*;

    fn id() -> GroupId {
        GroupId { region: "us-west-2".into(), name: "web".into() }
    }

    #[test]
    fn only_its_operator_may_change_a_group() {
        let operator = Operator::builder().principal("batch.amazonaws.com").build();
        let operated = AutoScalingGroup::builder().operator(operator).build();
        let by_it = Some(Hindrance::OperatedBy { service: "batch.amazonaws.com".into() });
        assert_eq!(cannot(&operated), Cannot::launch_or_remove(by_it.clone(), by_it));
    }

    #[test]
    fn it_is_said_who_suspended_a_process() {
        let said = |reason: &str| {
            let process = SuspendedProcess::builder().process_name(LAUNCH).suspension_reason(reason).build();
            let group = AutoScalingGroup::builder().suspended_processes(process).build();
            advice(&group, &id(), &[]).remove(0).message
        };
        let by_aws = "the process Launch is suspended by AWS (failures for a day), so the group cannot grow";
        assert!(said("failures for a day").contains(by_aws), "{}", said("failures for a day"));
        let by_a_person = "the process Launch is suspended, so";
        assert!(said("User suspended at 2026-11-01T00:00:00Z").contains(by_a_person) && said("").contains(by_a_person));
    }

    #[test]
    fn an_instance_in_service_without_protection_is_told_of_as_long_as_aws_may_choose_it() {
        let instance = |lifecycle, protected| Instance { lifecycle, protected, ..instance() };
        let group = |zones: &[&str]| {
            let zones = zones.iter().map(|zone| (*zone).to_owned()).collect();
            let group = AutoScalingGroup::builder().set_availability_zones(Some(zones));
            group.new_instances_protected_from_scale_in(true).build()
        };
        let said = |zones: &[&str], instances: &[Instance]| {
            advice(&group(zones), &id(), instances).pop().map(|advice| (advice.code, advice.message))
        };
        let both = ["us-west-2a", "us-west-2b"];
        let open = instance(Lifecycle::InService, false);
        let safe = [instance(Lifecycle::InService, true), instance(Lifecycle::Pending, false)];
        assert_eq!(said(&both, &safe), None);
        assert_eq!(said(&both[..1], std::slice::from_ref(&open)), None, "there are no zones to even out");
        let words = "web (us-west-2): AWS may terminate busy nodes to even the zones out; protect its one instance without \
                     protection from scale-in or suspend AZRebalance";
        assert_eq!(said(&both, &[open]), Some((AdviceCode::Unprotected, words.to_owned())));
    }

    fn instance() -> Instance {
        serde_json::from_value(serde_json::json!({
            "id": "i-a", "zone": "us-west-2a", "machine_type": "m5.large", "lifecycle": "in-service", "weight": 1,
        }))
        .expect("an instance")
    }

    #[test]
    fn what_aws_replaces_by_itself_is_read() {
        let policy = |least, most| {
            InstanceMaintenancePolicy::builder().min_healthy_percentage(least).max_healthy_percentage(most).build()
        };
        let group = |least, most| {
            let group = AutoScalingGroup::builder().instance_maintenance_policy(policy(least, most));
            group.capacity_rebalance(true).max_instance_lifetime(86_400).build()
        };
        let expected = AutomaticChanges {
            replaces_at_risk: true,
            max_instance_lifetime: Some(Seconds(86_400)),
            while_replacing: Some(WhileReplacing { least_percent: 90, most_percent: 120 }),
            ..AutomaticChanges::default()
        };
        assert_eq!(automatic(&group(90, 120)), expected);
        assert_eq!(automatic(&group(-1, -1)).while_replacing, None);
        assert_eq!(advice(&group(90, 120), &id(), &[])[0].code, AdviceCode::EndsOldInstances);
        let none = AutoScalingGroup::builder().max_instance_lifetime(0).build();
        assert_eq!(automatic(&none), AutomaticChanges::default());
    }
}
