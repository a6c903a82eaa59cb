//! What a node that does not exist yet will offer, group by group, and where each fact came from.

mod daemons;
mod formula;
mod labels;

use std::collections::BTreeSet;

use super::fleet::{Fleet, GroupEntry};
use super::report::{TemplateReport, TemplateSource};
use crate::snapshot::{Labels, LaunchOption, Node, Resources, Taint};

pub(crate) use daemons::Daemons;
pub(crate) use labels::lasting_taints;

/// What a new node of a group looks like.
///
/// A group may launch several machine types in several zones, and AWS chooses: a pod counts as fitting only when it fits
/// every variant, and the amounts are the least of all.
pub(crate) struct Template {
    /// One for each machine type and zone.
    pub(crate) variants: Vec<Variant>,
    pub(crate) taints: Vec<Taint>,
    /// What pods may request of it.
    pub(crate) allocatable: Resources,
    /// The same without what the DaemonSets take.
    pub(crate) free: Resources,
    machine_types: Vec<String>,
    zones: Vec<String>,
    source: TemplateSource,
}

/// One machine type in one zone.
pub(crate) struct Variant {
    pub(crate) zone: String,
    pub(crate) labels: Labels,
    free: Resources,
}

impl Template {
    /// The template of a group, or what is missing to know it.
    pub(crate) fn of(fleet: &Fleet<'_>, group: &GroupEntry<'_>, daemons: &Daemons<'_>) -> Result<Self, String> {
        let options = launch_options(group)?;
        if group.group.zones.is_empty() {
            return Err("the group names no zone".to_owned());
        }
        let siblings = ready_nodes(fleet, group, None);
        let taints = labels::new_node_taints(group.group, &siblings, fleet.policy);
        let mut variants = Vec::new();
        let mut allocatable: Option<Resources> = None;
        let mut source = None;
        for option in &options {
            let (offer, from) = allocatable_of(fleet, group, option)?;
            allocatable = Some(least(allocatable, &offer));
            source = Some(worse(source, from));
            variants.extend(group.group.zones.iter().map(|zone| variant(fleet, group, option, zone, &taints, &offer, daemons)));
        }
        let allocatable = allocatable.ok_or("the group names no instance type")?;
        let free =
            variants.iter().fold(None, |sum: Option<Resources>, variant| Some(least(sum, &variant.free))).unwrap_or_default();
        Ok(Self {
            variants,
            taints,
            allocatable,
            free,
            machine_types: options.iter().map(|option| option.machine_type.clone()).collect(),
            zones: group.group.zones.clone(),
            source: source.unwrap_or(TemplateSource::Formula),
        })
    }

    /// The published form.
    pub(crate) fn report(&self) -> TemplateReport {
        let mut daemon_requests = self.allocatable.clone();
        daemon_requests.subtract(&self.free);
        TemplateReport {
            machine_types: self.machine_types.clone(),
            zones: self.zones.clone(),
            allocatable: self.allocatable.clone(),
            daemon_requests: daemon_requests.iter().filter(|(_, amount)| *amount != 0).collect(),
            taints: self.taints.clone(),
            source: self.source.clone(),
        }
    }
}

/// What the group may launch. When that could not be read, its Ready nodes tell.
fn launch_options(group: &GroupEntry<'_>) -> Result<Vec<LaunchOption>, String> {
    if !group.group.launch_options.is_empty() {
        return Ok(group.group.launch_options.clone());
    }
    let seen: BTreeSet<&str> =
        group.live().filter(|member| member.node.is_some()).map(|member| member.instance.machine_type.as_str()).collect();
    if seen.is_empty() {
        return Err("its launch template could not be read and it has no node".to_owned());
    }
    let option = |machine_type: &str| LaunchOption {
        machine_type: machine_type.to_owned(),
        weight: 1,
        image: None,
        root_volume_gib: None,
        efa_interfaces: 0,
    };
    Ok(seen.into_iter().map(option).collect())
}

/// Ready, settled nodes of the group, of one machine type if given.
fn ready_nodes<'a>(fleet: &Fleet<'a>, group: &GroupEntry<'a>, machine_type: Option<&str>) -> Vec<&'a Node> {
    let members = group.live().filter(|member| machine_type.is_none_or(|wanted| member.instance.machine_type == wanted));
    let entries = members.filter_map(|member| member.node).map(|node| &fleet.nodes[node]);
    entries.filter(|entry| entry.node.is_ready() && !fleet.is_starting(entry)).map(|entry| entry.node).collect()
}

/// What pods may request of a new node of one machine type, from the best source there is; tags override single amounts.
fn allocatable_of(
    fleet: &Fleet<'_>,
    group: &GroupEntry<'_>,
    option: &LaunchOption,
) -> Result<(Resources, TemplateSource), String> {
    let (mut offer, source) = live_siblings(fleet, group, option)
        .or_else(|| same_type_elsewhere(fleet, option))
        .or_else(|| by_formula(fleet, group, option))
        .or_else(|| by_tags_alone(group))
        .ok_or_else(|| format!("instance type {} is unknown in {}", option.machine_type, group.id().region))?;
    for (name, amount) in group.group.tags.resources.iter() {
        offer.set(name, amount);
    }
    Ok((offer, source))
}

fn live_siblings(fleet: &Fleet<'_>, group: &GroupEntry<'_>, option: &LaunchOption) -> Option<(Resources, TemplateSource)> {
    let nodes = ready_nodes(fleet, group, Some(&option.machine_type));
    let offer = nodes.iter().fold(None, |sum, node| Some(least(sum, &node.allocatable)))?;
    let nodes = u32::try_from(nodes.len()).unwrap_or(u32::MAX);
    Some((offer, TemplateSource::LiveNodes { nodes }))
}

fn same_type_elsewhere(fleet: &Fleet<'_>, option: &LaunchOption) -> Option<(Resources, TemplateSource)> {
    let image = option.image.as_ref()?;
    let twin = fleet.nodes.iter().find(|entry| {
        let is_twin = |instance: &crate::snapshot::Instance| {
            instance.machine_type == option.machine_type && instance.image.as_ref() == Some(image)
        };
        entry.node.is_ready() && !fleet.is_starting(entry) && fleet.instance_of(entry).is_some_and(is_twin)
    })?;
    Some((twin.node.allocatable.clone(), TemplateSource::SameTypeElsewhere { node: twin.node.name.clone() }))
}

fn by_formula(fleet: &Fleet<'_>, group: &GroupEntry<'_>, option: &LaunchOption) -> Option<(Resources, TemplateSource)> {
    let machine = fleet.machine_type(&group.id().region, &option.machine_type)?;
    Some((formula::allocatable(machine, option, &group.policy), TemplateSource::Formula))
}

/// Tags that state the amounts every pod needs are enough by themselves.
fn by_tags_alone(group: &GroupEntry<'_>) -> Option<(Resources, TemplateSource)> {
    use crate::snapshot::{CPU, MEMORY, PODS};
    let stated = &group.group.tags.resources;
    [CPU, MEMORY, PODS].iter().all(|name| stated.contains(name)).then(|| (stated.clone(), TemplateSource::Tags))
}

fn variant(
    fleet: &Fleet<'_>,
    group: &GroupEntry<'_>,
    option: &LaunchOption,
    zone: &str,
    taints: &[Taint],
    offer: &Resources,
    daemons: &Daemons<'_>,
) -> Variant {
    let siblings = ready_nodes(fleet, group, Some(&option.machine_type));
    let machine = fleet.machine_type(&group.id().region, &option.machine_type);
    let labels = labels::new_node_labels(group.group, &siblings, &option.machine_type, machine, zone);
    let mut free = offer.clone();
    free.subtract(&daemons.requests_on(&labels, taints, |_, _| false));
    Variant { zone: zone.to_owned(), labels, free }
}

/// The component-wise minimum; a resource that one side lacks is 0.
fn least(sum: Option<Resources>, other: &Resources) -> Resources {
    match sum {
        None => other.clone(),
        Some(mut sum) => {
            sum.lower_to(other);
            sum
        }
    }
}

/// The less certain of two sources: a mixed group is known only as well as its least known type.
fn worse(known: Option<TemplateSource>, other: TemplateSource) -> TemplateSource {
    let doubt = |source: &TemplateSource| match source {
        TemplateSource::LiveNodes { .. } => 0,
        TemplateSource::SameTypeElsewhere { .. } => 1,
        TemplateSource::Tags => 2,
        TemplateSource::Formula => 3,
    };
    match known {
        Some(known) if doubt(&known) >= doubt(&other) => known,
        _ => other,
    }
}
