//! Which operating systems the machine images have, as far as nodes show it, and whether Windows is
//! in use at all.

use std::collections::{BTreeMap, BTreeSet};

use super::positions::{GroupIx, NodeIx};
use super::{Fleet, GroupEntry, NodeEntry};
use crate::index_vec::IndexVec;
use crate::snapshot::{NodeSelectorOperator, OperatingSystem, PodSpec, Snapshot};
use crate::well_known::labels::OPERATING_SYSTEMS;

/// What a cluster shows of its operating systems.
pub(super) struct Systems<'a> {
    of_images: BTreeMap<&'a str, OperatingSystem>,
    has_windows: bool,
}

impl<'a> Systems<'a> {
    pub(super) fn of(
        snapshot: &'a Snapshot,
        groups: &IndexVec<GroupIx, GroupEntry<'a>>,
        nodes: &IndexVec<NodeIx, NodeEntry<'a>>,
    ) -> Self {
        let image_and_system = |entry: &NodeEntry<'a>| {
            let (group, member) = entry.member_of?;
            let image = groups[group].members[member].instance.image.as_deref()?;
            Some((image, system_of(entry)?))
        };
        Self { of_images: nodes.iter().filter_map(image_and_system).collect(), has_windows: has_windows(snapshot, nodes) }
    }
}

impl Fleet<'_> {
    /// Returns the operating system of an image, if a node that runs it shows it.
    pub(crate) fn system_of_image(&self, image: &str) -> Option<OperatingSystem> {
        self.systems.of_images.get(image).copied()
    }

    /// Whether there are Windows nodes or images, or pods that select such nodes.
    pub(crate) fn has_windows(&self) -> bool {
        self.systems.has_windows
    }
}

fn system_of(entry: &NodeEntry<'_>) -> Option<OperatingSystem> {
    OPERATING_SYSTEMS.iter().find_map(|key| OperatingSystem::of_label(entry.node.labels.get(key)?))
}

/// Whether anything but a DaemonSet is about Windows: those for Windows nodes are part of many
/// clusters that have none.
fn has_windows(snapshot: &Snapshot, nodes: &IndexVec<NodeIx, NodeEntry<'_>>) -> bool {
    let is_windows = |system: Option<OperatingSystem>| system == Some(OperatingSystem::Windows);
    let mut options = snapshot.groups.iter().flat_map(|group| &group.launch_options);
    let of_daemons: BTreeSet<_> = snapshot.daemon_sets.iter().map(|set| set.spec).collect();
    let mut specs = snapshot.pod_specs.iter().filter(|(id, _)| !of_daemons.contains(id));
    nodes.iter().any(|entry| is_windows(system_of(entry)))
        || options.any(|option| is_windows(option.details.operating_system))
        || specs.any(|(_, spec)| selects_windows(spec))
}

/// Whether pods of this specification select Windows nodes and no others.
fn selects_windows(spec: &PodSpec) -> bool {
    let windows = OperatingSystem::Windows.label();
    let is_system = |key: &str| OPERATING_SYSTEMS.contains(&key);
    let terms = spec.node_affinity.iter().flatten();
    let mut required = terms.flat_map(|term| &term.match_expressions);
    spec.node_selector.iter().any(|(key, value)| is_system(key) && value == windows)
        || required.any(|it| {
            is_system(&it.key) && it.operator == NodeSelectorOperator::In && it.values.iter().all(|value| value == windows)
        })
}
