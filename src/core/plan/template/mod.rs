//! What a node that does not exist yet will offer, for each group and with the source of each fact.
//!
//! Live nodes go before tags, and tags before the launch template and the formula: `labels`,
//! `taints` and `offer` (for amounts) decide that, each for its facts.

mod amounts;
mod csi;
mod daemon_claims;
mod daemons;
mod devices;
mod differences;
mod formula;
mod labels;
mod late_labels;
mod odd_siblings;
mod offer;
mod operating_system;
mod overhead;
mod problem;
mod sizes;
mod static_pods;
mod storage;
mod taints;
#[cfg(test)]
mod test_group;

use std::collections::{BTreeMap, BTreeSet};

use super::fleet::{Fleet, GroupEntry};
use super::report::{FactSource, TemplateReport};
use crate::scheduler::{DeviceProblem, DevicesOfNewNode, StorageOfNewNode};
use crate::snapshot::{Labels, LaunchDetails, LaunchOption, Resources, Taint, Weight};
use amounts::Amounts;
use csi::CsiLimits;
pub(crate) use labels::is_unnamed;
use labels::{GroupLabels, TypeLabels};
use overhead::Overhead;

pub(crate) use daemons::{Daemons, Place};
pub(crate) use differences::differences;
pub(crate) use odd_siblings::{labels_asked_for, odd_siblings};
pub(crate) use offer::stated_amount;
pub use problem::TemplateProblem;
pub(crate) use static_pods::StaticPods;
pub use taints::is_by_hand;
pub(crate) use taints::lasting_taints;

/// What a new node of a group looks like.
///
/// A group may launch several machine types in several zones, and the cloud chooses: a pod counts
/// as fitting only when it fits every variant, and the amounts are the least of all.
pub(crate) struct Template {
    /// One for each machine type and zone.
    pub(crate) variants: Vec<Variant>,
    pub(crate) taints: Vec<Taint>,
    /// What pods may request of it.
    pub(crate) allocatable: Resources,
    /// The same without what the DaemonSets take.
    pub(crate) free: Resources,
    /// Of what can be requested, the amounts that the kubelet reports on no node of the group: the
    /// nodes there are have them, too.
    pub(crate) unreported: Resources,
    /// How many volumes of each CSI driver it takes, as far as that is known.
    pub(crate) csi_limits: BTreeMap<String, i32>,
    /// What it has for volumes of drivers that report how much there is.
    pub(crate) storage: StorageOfNewNode,
    /// The devices that its drivers will publish, with what DaemonSets have of them.
    pub(crate) devices: Result<DevicesOfNewNode, DeviceProblem>,
    /// The sources of all that.
    pub(crate) sources: Sources,
    machine_types: Vec<String>,
    zones: Vec<String>,
}

/// One machine type in one zone.
pub(crate) struct Variant {
    pub(crate) machine_type: String,
    pub(crate) zone: String,
    pub(crate) labels: Labels,
    /// Its labels with those that every other node got late, where the group has no node to show
    /// which these are. DaemonSets count by them, but no pod is promised them.
    labels_at_last: Option<Labels>,
    /// What pods may request of it.
    pub(crate) allocatable: Resources,
    /// The same without what the DaemonSets take.
    pub(crate) free: Resources,
    /// The source of each label.
    pub(crate) label_sources: BTreeMap<String, FactSource>,
}

/// The sources of what all variants share. Each [`Variant`] has those of its labels.
pub(crate) struct Sources {
    /// In the order of [`Template::taints`].
    pub(crate) taints: Vec<FactSource>,
    /// By resource.
    pub(crate) amounts: BTreeMap<String, FactSource>,
    /// The least certain source of the amounts.
    pub(crate) worst_amount: FactSource,
    pub(crate) csi_limits: FactSource,
    /// Of what comes with a node and takes room there.
    pub(crate) overhead: FactSource,
}

impl Template {
    /// Returns the template of a group, or why it is not known.
    pub(crate) fn of<'a>(
        fleet: &Fleet<'a>,
        group: &GroupEntry<'a>,
        daemons: &Daemons<'a>,
        static_pods: &StaticPods<'_, 'a>,
    ) -> Result<Self, TemplateProblem> {
        if fleet.snapshot.looked_at.launches_left_out {
            return Err(TemplateProblem::NotLookedAt);
        }
        let options = launch_options(group)?;
        if group.zones.is_empty() {
            return Err(TemplateProblem::NoZone);
        }
        let (taints, taint_sources): (Vec<Taint>, Vec<FactSource>) = taints::new_node_taints(fleet, group).into_iter().unzip();
        let CsiLimits { limits: csi_limits, source: csi_source } = CsiLimits::of(fleet, group, &options);
        let group_labels = GroupLabels::of(fleet, group);
        let mut variants: Vec<Variant> = Vec::new();
        let mut least: Option<Amounts> = None;
        let mut overhead_source = FactSource::LiveNodes { nodes: 0 };
        for option in &options {
            let offer = offer::of(fleet, group, option)?;
            let labels = TypeLabels::of(fleet, group, &group_labels, option);
            let overhead = Overhead::of(fleet, group.siblings.of_type(&option.machine_type), daemons, static_pods);
            let in_zone = |zone: &String| variant(option, zone, &labels, &taints, &offer.resources, &overhead);
            overhead_source = overhead_source.or_worse(overhead.source());
            variants.extend(group.zones.iter().map(in_zone));
            match &mut least {
                Some(least) => least.lower_to(&offer),
                None => least = Some(offer),
            }
        }
        let offer = least.ok_or(TemplateProblem::LaunchTemplateUnread)?;
        let machine_types = options.iter().map(|option| option.machine_type.clone()).collect();
        let mut template = Self {
            taints,
            unreported: offer::unreported(fleet, group),
            free: least_free(&variants),
            variants,
            csi_limits,
            storage: storage::of_new_node(fleet, group, &options),
            devices: Err(DeviceProblem::NotKnown),
            sources: Sources {
                taints: taint_sources,
                worst_amount: offer.worst_source(),
                amounts: offer.sources,
                csi_limits: csi_source,
                overhead: overhead_source,
            },
            allocatable: offer.resources,
            machine_types,
            zones: group.zones.to_vec(),
        };
        template.devices = devices::of_new_node(fleet, group, &options, || {
            daemons.claiming(template.variants.iter().map(|variant| template.place(variant)))
        });
        Ok(template)
    }

    /// Returns a variant as a node for DaemonSets.
    pub(crate) fn place<'v>(&'v self, variant: &'v Variant) -> Place<'v> {
        Place {
            labels: variant.labels_at_last.as_ref().unwrap_or(&variant.labels),
            taints: &self.taints,
            offer: &variant.allocatable,
        }
    }

    /// Returns the published form.
    pub(crate) fn report(&self) -> TemplateReport {
        let mut daemon_requests = self.allocatable.clone();
        daemon_requests.subtract(&self.free);
        TemplateReport {
            machine_types: self.machine_types.clone(),
            zones: self.zones.clone(),
            allocatable: self.allocatable.clone(),
            daemon_requests: daemon_requests.iter().filter(|(_, amount)| *amount != 0).collect(),
            taints: self.taints.clone(),
            csi_limits: self.csi_limits.clone(),
            source: self.sources.worst_amount.clone(),
        }
    }
}

/// Returns what the group may launch. Where that could not be read, its Ready nodes show it.
fn launch_options(group: &GroupEntry<'_>) -> Result<Vec<LaunchOption>, TemplateProblem> {
    if !group.group.launch_options.is_empty() {
        return Ok(group.group.launch_options.clone());
    }
    let seen: BTreeSet<&str> =
        group.live().filter(|member| member.node.is_some()).map(|member| member.instance.machine_type.as_str()).collect();
    if seen.is_empty() {
        return Err(TemplateProblem::LaunchTemplateUnread);
    }
    let option = |machine_type: &str| LaunchOption {
        machine_type: machine_type.to_owned(),
        weight: Weight::ONE,
        image: None,
        launch_version: None,
        root_volume_gib: None,
        efa_interfaces: 0,
        details: LaunchDetails::default(),
    };
    Ok(seen.into_iter().map(option).collect())
}

fn variant(
    option: &LaunchOption,
    zone: &str,
    labels: &TypeLabels<'_>,
    taints: &[Taint],
    offer: &Resources,
    overhead: &Overhead<'_, '_>,
) -> Variant {
    let label_facts = labels.in_zone(zone);
    let labels_at_last = overhead.late_labels().map(|late| {
        let mut labels = label_facts.labels.clone();
        let missing = late.iter().filter(|(key, _)| !label_facts.labels.contains_key(key));
        labels.extend(missing.map(|(key, value)| (key.clone(), value.clone())));
        labels
    });
    let labels = labels_at_last.as_ref().unwrap_or(&label_facts.labels);
    let mut free = offer.clone();
    free.subtract(&overhead.on(zone, &Place { labels, taints, offer }));
    Variant {
        machine_type: option.machine_type.clone(),
        zone: zone.to_owned(),
        labels: label_facts.labels,
        labels_at_last,
        allocatable: offer.clone(),
        free,
        label_sources: label_facts.sources,
    }
}

/// Returns the component-wise minimum of what is free.
fn least_free(variants: &[Variant]) -> Resources {
    let Some((first, others)) = variants.split_first() else { return Resources::default() };
    let mut least = first.free.clone();
    for variant in others {
        least.lower_to(&variant.free);
    }
    least
}
