//! What each group has and would launch, for a world in which plans are carried out. It is made of
//! the very templates that the planner counts on.

use std::collections::BTreeMap;

use super::fleet::{Fleet, GroupEntry, GroupIx};
use super::situation::Situation;
use super::template::{Daemons, Template, TemplateProblem, Variant};
use crate::policy::{GroupPolicy, Policy};
use crate::scheduler::StorageOfNewNode;
use crate::snapshot::{Labels, ObjectName, ResourceSlice, Resources, Snapshot, Taint};

/// A group of a snapshot.
#[derive(Debug, Clone)]
pub(crate) struct GroupOutlook {
    /// Its own settings.
    pub(crate) policy: GroupPolicy,
    /// What it may launch: its machine types in their order, each in its zones; or what is missing
    /// to know that.
    pub(crate) nodes: Result<Vec<ExpectedNode>, TemplateProblem>,
    /// The node that each of its instances has become, by the instance's id.
    pub(crate) node_of: BTreeMap<String, String>,
}

/// A node as a group launches it of one machine type in one zone.
#[derive(Debug, Clone)]
pub(crate) struct ExpectedNode {
    pub(crate) machine_type: String,
    pub(crate) zone: String,
    /// Its labels, without the host name.
    pub(crate) labels: Labels,
    /// Its lasting taints.
    pub(crate) taints: Vec<Taint>,
    /// What pods may request of it.
    pub(crate) allocatable: Resources,
    /// The same without what the pods of DaemonSets request.
    pub(crate) free: Resources,
    /// The most volumes it takes, by CSI driver, as far as it is known.
    pub(crate) csi_limits: BTreeMap<String, i32>,
    /// What it has for volumes of drivers that report how much there is.
    pub(crate) storage: StorageOfNewNode,
    /// The slices of devices that its drivers publish, as far as it is known.
    pub(crate) devices: Vec<ResourceSlice>,
    /// The DaemonSets that run there.
    pub(crate) daemons: Vec<ObjectName>,
}

/// Returns the groups in the order of the snapshot.
pub(crate) fn outlook(snapshot: &Snapshot, policy: &Policy) -> Vec<GroupOutlook> {
    let situation = Situation::new(snapshot, policy);
    let Situation { fleet, daemons, .. } = &situation;
    let outlook = |group: GroupIx| {
        let entry = &fleet.groups[group];
        let nodes =
            situation.template_or_problem(group).as_ref().map(|template| expected(template, daemons)).map_err(Clone::clone);
        (entry.id(), GroupOutlook { policy: entry.policy.clone(), nodes, node_of: nodes_of(fleet, entry) })
    };
    let known: BTreeMap<_, GroupOutlook> = situation.groups().map(outlook).collect();
    snapshot.groups.iter().filter_map(|group| known.get(&group.id).cloned()).collect()
}

fn nodes_of(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> BTreeMap<String, String> {
    let registered = group.members.iter().filter_map(|member| Some((member.instance, member.node?)));
    registered.map(|(instance, node)| (instance.id.clone(), fleet.nodes[node].node.name.clone())).collect()
}

fn expected(template: &Template, daemons: &Daemons<'_>) -> Vec<ExpectedNode> {
    let node = |variant: &Variant| ExpectedNode {
        machine_type: variant.machine_type.clone(),
        zone: variant.zone.clone(),
        labels: variant.labels.clone(),
        taints: template.taints.clone(),
        allocatable: variant.allocatable.clone(),
        free: variant.free.clone(),
        csi_limits: template.csi_limits.clone(),
        storage: template.storage.clone(),
        devices: template.devices.as_ref().map_or_else(|_| Vec::new(), |devices| devices.slices.clone()),
        daemons: daemons.on(&template.place(variant)).map(|(set, _)| set).collect(),
    };
    template.variants.iter().map(node).collect()
}
