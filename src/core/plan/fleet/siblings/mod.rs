//! The nodes of a group that show what its next one will be like: the newest settled ones of the
//! version that the group launches now.

pub(crate) mod agreement;
mod completeness;
mod devices;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{GroupEntry, NodeEntry, NodeIx};
use crate::duration::Seconds;
use crate::index_vec::IndexVec;
use crate::snapshot::{Group, Instance, MachineType};

pub(crate) use completeness::{StartRules, lagging};
pub(crate) use devices::has_devices_of;

/// How many siblings of a zone are asked. Enough for one odd one not to matter, and few enough to
/// ask in a group of thousands.
pub(crate) const ASKED: usize = 5;

/// The siblings of a group's next node.
#[derive(Default)]
pub(crate) struct Siblings<'a> {
    by_type: BTreeMap<&'a str, Elders>,
    all: Elders,
}

/// Nodes that show what another one will be like, the newest first, and how much they show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Elders {
    pub(crate) nodes: Vec<NodeIx>,
    pub(crate) evidence: Evidence,
}

/// How much siblings show.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// What they are a new node will be.
    #[default]
    Settled,
    /// They have not been Ready for `--min-node-age` yet: what they have a new node will have, but
    /// more may come.
    Young,
    /// The group launches another version now: they show only what that leaves as it was.
    Outdated,
}

/// A node that could be asked.
#[derive(Clone, Copy)]
struct Askable<'a> {
    node: NodeIx,
    instance: &'a Instance,
    created_at: Timestamp,
    is_current: bool,
    /// Whether it is paid for as the next one will be: in a mixed group, spot instances have other
    /// labels than those on demand.
    is_paid_alike: bool,
    is_settled: bool,
}

impl<'a> Siblings<'a> {
    /// Chooses among the Ready nodes of a group that are complete.
    pub(super) fn of(
        group: &GroupEntry<'a>,
        nodes: &IndexVec<NodeIx, NodeEntry<'a>>,
        now: Timestamp,
        served: &BTreeSet<&str>,
        machine_type: impl Fn(&str) -> Option<&'a MachineType>,
    ) -> Self {
        let mut by_type: BTreeMap<&str, Vec<Askable<'a>>> = BTreeMap::new();
        let next_is_spot = group.group.next_is_spot();
        for member in group.live() {
            let Some((node, entry)) = member.node.map(|node| (node, &nodes[node])) else { continue };
            if entry.node.is_ready() && !entry.is_lagging {
                let ready_for = Seconds::between(entry.node.readiness_since(), now);
                by_type.entry(&member.instance.machine_type).or_default().push(Askable {
                    node,
                    instance: member.instance,
                    created_at: entry.node.created_at,
                    is_current: is_of_current_version(member.instance, group.group),
                    is_paid_alike: member.instance.spot == next_is_spot,
                    is_settled: ready_for >= group.policy.min_node_age,
                });
            }
        }
        for (name, candidates) in &mut by_type {
            if let Some(machine) = machine_type(name) {
                leave_out_broken(candidates, nodes, machine, served);
            }
        }
        let all = elders(by_type.values().flatten().copied().collect());
        Self { by_type: by_type.into_iter().map(|(name, candidates)| (name, elders(candidates))).collect(), all }
    }

    /// Returns those of one machine type.
    pub(crate) fn of_type(&self, machine_type: &str) -> &Elders {
        const NONE: &Elders = &Elders { nodes: Vec::new(), evidence: Evidence::Settled };
        self.by_type.get(machine_type).unwrap_or(NONE)
    }

    /// Returns those of each machine type.
    pub(crate) fn by_type(&self) -> impl Iterator<Item = (&'a str, &Elders)> {
        self.by_type.iter().map(|(name, elders)| (*name, elders))
    }

    /// Returns those of any type.
    pub(crate) fn all(&self) -> &Elders {
        &self.all
    }
}

/// Returns the newest of the best nodes there are: those of the present version before older ones,
/// among these those that are paid for as the next one, and among these the settled ones before
/// young ones.
fn elders(mut candidates: Vec<Askable<'_>>) -> Elders {
    let is_current = candidates.iter().any(|candidate| candidate.is_current);
    candidates.retain(|candidate| candidate.is_current == is_current);
    let is_paid_alike = candidates.iter().any(|candidate| candidate.is_paid_alike);
    candidates.retain(|candidate| candidate.is_paid_alike == is_paid_alike);
    let is_settled = candidates.iter().any(|candidate| candidate.is_settled);
    candidates.retain(|candidate| candidate.is_settled == is_settled);
    candidates.sort_unstable_by_key(|candidate| (Reverse(candidate.created_at), &candidate.instance.id));
    let mut asked: BTreeMap<&str, usize> = BTreeMap::new();
    candidates.retain(|candidate| {
        let of_zone = asked.entry(&candidate.instance.zone).or_default();
        *of_zone += 1;
        *of_zone <= ASKED
    });
    let evidence = match (is_current || candidates.is_empty(), is_settled || candidates.is_empty()) {
        (true, true) => Evidence::Settled,
        (true, false) => Evidence::Young,
        (false, _) => Evidence::Outdated,
    };
    Elders { nodes: candidates.into_iter().map(|candidate| candidate.node).collect(), evidence }
}

/// Whether an instance is what its group would launch now, as far as that is known: of the same
/// version and the same image.
pub(crate) fn is_of_current_version(instance: &Instance, group: &Group) -> bool {
    let same = |own: &Option<String>, launched_now: &Option<String>| match (own, launched_now) {
        (Some(own), Some(launched_now)) => own == launched_now,
        _ => true,
    };
    let options = group.launch_options.iter().filter(|option| option.machine_type == instance.machine_type);
    options
        .into_iter()
        .next()
        .is_none_or(|option| same(&instance.launch_version, &option.launch_version) && same(&instance.image, &option.image))
}

/// Leaves out nodes without the devices of their machine, as long as another node has them. Such a
/// node has a broken device plugin, whatever its age. As an example for new nodes it would close
/// the group to all pods that request a device.
fn leave_out_broken(
    candidates: &mut Vec<Askable<'_>>,
    nodes: &IndexVec<NodeIx, NodeEntry<'_>>,
    machine: &MachineType,
    served: &BTreeSet<&str>,
) {
    let is_whole = |candidate: &Askable<'_>| has_devices_of(nodes[candidate.node].node, machine, served);
    if candidates.iter().any(is_whole) {
        candidates.retain(is_whole);
    }
}
