//! A group whose busy instances the cloud may end of its own choice.

use super::Mend;
use crate::cloud::{SetUpChange, needs_evening_out};
use crate::snapshot::{Group, Instance, Lifecycle};

/// One call protects at most this many instances
/// (<https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetInstanceProtection.html>).
const INSTANCES_A_CALL: usize = 50;

/// Returns what keeps the cloud from ending busy instances: it no longer evens out the zones,
/// unless a service of it relies on that, and instances are protected, unless somebody wants them
/// ended at an age. New ones are protected first, so that none comes in between without protection.
pub(super) fn mend(group: &Group) -> Mend {
    let mut mend = Mend::new(&group.id);
    if group.rebalances_zones && !needs_evening_out(group) {
        mend.changes.push(SetUpChange::StopEveningOut);
    }
    if group.automatic.max_instance_lifetime.is_some() {
        let why = "protection would also spare instances that its maximum instance lifetime is to end; decide which of the two counts";
        mend.left.push(why.to_owned());
        return mend;
    }
    if !group.launches_protected {
        mend.changes.push(SetUpChange::ProtectNewInstances);
    }
    let open: Vec<String> = group.instances.iter().filter(|it| is_open(it)).map(|it| it.id.clone()).collect();
    mend.changes.extend(open.chunks(INSTANCES_A_CALL).map(|ids| SetUpChange::ProtectInstances { instances: ids.to_vec() }));
    mend
}

/// Whether an instance can be protected and is not: it has to be in service.
fn is_open(instance: &Instance) -> bool {
    instance.lifecycle == Lifecycle::InService && !instance.protected
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::duration::Seconds;

    fn group(instances: usize) -> Group {
        let mut group = crate::demo::snapshot().groups.remove(2);
        assert!(group.rebalances_zones, "the demo's group in two zones");
        let one = Instance { protected: false, ..group.instances[0].clone() };
        group.instances = (0..instances).map(|number| Instance { id: format!("i-{number}"), ..one.clone() }).collect();
        group.launches_protected = false;
        group
    }

    fn protected(change: &SetUpChange) -> Option<usize> {
        match change {
            SetUpChange::ProtectInstances { instances } => Some(instances.len()),
            _ => None,
        }
    }

    #[test]
    fn the_zones_come_first_then_new_instances_then_those_that_are_there_fifty_a_call() {
        let mend = mend(&group(120));
        assert_eq!(mend.changes[..2], [SetUpChange::StopEveningOut, SetUpChange::ProtectNewInstances]);
        assert_eq!(mend.changes[2..].iter().map(protected).collect::<Vec<_>>(), [Some(50), Some(50), Some(20)]);
        assert_eq!(mend.left, [""; 0]);
    }

    #[test]
    fn only_instances_in_service_without_protection_are_protected() {
        let mut group = group(3);
        group.instances[0].protected = true;
        group.instances[1].lifecycle = Lifecycle::Pending;
        group.launches_protected = true;
        let expected = SetUpChange::ProtectInstances { instances: vec!["i-2".into()] };
        assert_eq!(mend(&group).changes, [SetUpChange::StopEveningOut, expected]);
    }

    #[test]
    fn the_evening_out_of_a_managed_node_group_stays() {
        let mut group = group(0);
        group.tags.labels.insert("eks.amazonaws.com/nodegroup".into(), "batch".into());
        assert_eq!(mend(&group).changes, [SetUpChange::ProtectNewInstances]);
    }

    #[test]
    fn an_age_at_which_instances_end_is_not_undone() {
        let mut group = group(2);
        group.automatic.max_instance_lifetime = Some(Seconds(86_400));
        let mend = mend(&group);
        assert_eq!(mend.changes, [SetUpChange::StopEveningOut]);
        assert!(mend.left[0].contains("maximum instance lifetime"), "{:?}", mend.left);
    }
}
