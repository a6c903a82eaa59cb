//! The report on every instance without a node.

use crate::plan::fleet::{Fleet, GroupIx};
use crate::plan::group_health::{joining, never_registered};
use crate::plan::report::{InstanceReport, InstanceState};
use crate::plan::scale_in::Lost;
use crate::snapshot::Lifecycle;

/// Returns the reports of all instances without a node, by group and id.
pub(super) fn instances(fleet: &Fleet<'_>, lost: &Lost) -> Vec<InstanceReport> {
    fleet.groups.numbers().flat_map(|group| of_group(fleet, group, lost)).collect()
}

fn of_group(fleet: &Fleet<'_>, index: GroupIx, lost: &Lost) -> Vec<InstanceReport> {
    let group = &fleet.groups[index];
    let limit = group.policy.instance_init_time;
    let young = joining(fleet, group).map(|joining| (joining.instance, InstanceState::Joining { age: joining.age, limit }));
    let held_by = |id: &String| lost.get(&(index, id.clone())).cloned().flatten();
    let lost = never_registered(fleet, group)
        .map(|it| (it.instance, InstanceState::NeverRegistered { age: it.age, limit, held_by: held_by(&it.instance.id) }));
    let others = group.members.iter().filter(|member| member.node.is_none()).filter_map(|member| {
        let state = match member.instance.lifecycle {
            Lifecycle::Pending | Lifecycle::InService => return None,
            Lifecycle::Terminating | Lifecycle::Terminated | Lifecycle::Detached => InstanceState::Terminating,
            Lifecycle::Standby => InstanceState::Standby,
            Lifecycle::Warm => InstanceState::Warm,
            Lifecycle::ReplacingDisk => InstanceState::ReplacingDisk,
        };
        Some((member.instance, state))
    });
    let mut reports: Vec<InstanceReport> = young
        .chain(lost)
        .chain(others)
        .map(|(instance, state)| InstanceReport {
            instance: instance.id.clone(),
            group: group.id().clone(),
            message: state.to_string(),
            state,
        })
        .collect();
    reports.sort_by(|a, b| a.instance.cmp(&b.instance));
    reports
}
