//! Instances that have not become nodes: joining while young, never registered after.

use jiff::Timestamp;

use crate::duration::Seconds;
use crate::plan::amounts::small;
use crate::plan::fleet::{Fleet, GroupEntry};
use crate::plan::reason::GrowthBlock;
use crate::snapshot::Instance;

/// An instance that is expected to become a node.
pub(crate) struct Joining<'a> {
    pub(crate) instance: &'a Instance,
    /// Absent while AWS does not tell when it was launched; then it counts as just launched.
    pub(crate) age: Option<Seconds>,
    /// When it counts as never registered.
    pub(crate) overdue_at: Timestamp,
}

/// Live instances without a node that are still young.
pub(crate) fn joining<'a>(fleet: &'a Fleet<'_>, group: &'a GroupEntry<'_>) -> impl Iterator<Item = Joining<'a>> {
    let limit = group.policy.instance_init_time;
    without_node(group).filter(move |instance| !is_overdue(fleet, group, instance)).map(move |instance| Joining {
        instance,
        age: instance.launched_at.map(|at| Seconds::between(at, fleet.now())),
        overdue_at: limit.after(instance.launched_at.unwrap_or(fleet.now())),
    })
}

/// Live instances that should have become nodes by now, with their age.
pub(crate) fn never_registered<'a>(
    fleet: &'a Fleet<'_>,
    group: &'a GroupEntry<'_>,
) -> impl Iterator<Item = (&'a Instance, Seconds)> {
    let overdue = without_node(group).filter(move |instance| is_overdue(fleet, group, instance));
    overdue.filter_map(move |instance| Some((instance, Seconds::between(instance.launched_at?, fleet.now()))))
}

fn without_node<'a>(group: &'a GroupEntry<'_>) -> impl Iterator<Item = &'a Instance> {
    group.live().filter(|member| member.node.is_none()).map(|member| member.instance)
}

fn is_overdue(fleet: &Fleet<'_>, group: &GroupEntry<'_>, instance: &Instance) -> bool {
    instance.launched_at.is_some_and(|at| Seconds::between(at, fleet.now()) >= group.policy.instance_init_time)
}

/// A group whose newest instances do not become nodes is not given more: a bad image must not be multiplied.
pub(super) fn block(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Option<GrowthBlock> {
    let failed: Vec<Timestamp> = never_registered(fleet, group).filter_map(|(instance, _)| instance.launched_at).collect();
    let newest_failure = failed.iter().max()?;
    let newest_node =
        group.live().filter(|member| member.node.is_some()).filter_map(|member| member.instance.launched_at).max();
    let instances = small(failed.len());
    newest_node.is_none_or(|launched| launched < *newest_failure).then_some(GrowthBlock::NodesNotReady { instances })
}
