//! What each specification requests, one amount for every resource in use.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::Fleet;
use crate::plan::known_pods::KnownPods;
use crate::scheduler::{Columns, claim_of_extended_resources, pending_requests, placed_requests};
use crate::snapshot::{
    CPU, DeviceClass, DeviceNeeds, EPHEMERAL_STORAGE, MEMORY, PODS, Pod, PodSpec, Resources, Snapshot, SpecId,
};
use crate::well_known::resources::{DEVICE_CLASS, EFA};

/// Every specification, found by its id.
pub(super) struct Specs<'a> {
    entries: Vec<SpecEntry<'a>>,
    /// The ids in order, where they are not just positions. A snapshot of ours numbers them from 0.
    ids: Option<Vec<SpecId>>,
}

/// A specification with what it requests.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct SpecEntry<'a> {
    pub(super) spec: &'a PodSpec,
    /// One amount a column.
    pub(super) requests: Vec<i64>,
    pub(super) has_ports: bool,
    /// Whether dynamic resource allocation serves a resource that it requests: one of a DeviceClass
    /// that no node lists, or one that names a class.
    pub(super) asks_for_device_class: bool,
    /// The claim that the scheduler makes for these resources, where their classes are known. They
    /// are not among its requests then.
    pub(super) claim_of_resources: Option<DeviceNeeds>,
    /// Whether any of its pods has a node.
    pub(super) has_bound: bool,
    /// Whether any of its pods has none.
    pub(super) has_unbound: bool,
}

impl<'a> Specs<'a> {
    /// Takes `specs` in the order of their ids.
    fn new(specs: impl Iterator<Item = (SpecId, SpecEntry<'a>)>) -> Self {
        let (ids, entries): (Vec<SpecId>, Vec<SpecEntry<'a>>) = specs.unzip();
        let are_places = ids.iter().enumerate().all(|(place, id)| id.0 as usize == place);
        Self { entries, ids: (!are_places).then_some(ids) }
    }

    pub(super) fn of(&self, pod: &Pod) -> &SpecEntry<'a> {
        &self.entries[self.place(pod.spec)]
    }

    pub(super) fn of_mut(&mut self, pod: &Pod) -> &mut SpecEntry<'a> {
        let place = self.place(pod.spec);
        &mut self.entries[place]
    }

    fn place(&self, spec: SpecId) -> usize {
        match &self.ids {
            None => spec.0 as usize,
            Some(ids) => ids.binary_search(&spec).expect("every pod's specification is in the snapshot"),
        }
    }
}

impl<'a> Fleet<'a> {
    /// Returns the specification of a pod.
    pub(crate) fn spec(&self, pod: &Pod) -> &'a PodSpec {
        self.specs.of(pod).spec
    }

    /// Returns how many specifications there are.
    pub(crate) fn specs_in_all(&self) -> usize {
        self.specs.entries.len()
    }

    /// Returns the place of a pod's specification among all of them.
    pub(crate) fn place_of_spec(&self, pod: &Pod) -> usize {
        self.specs.place(pod.spec)
    }

    /// Whether any pod of a specification has a node that is there.
    pub(crate) fn has_bound_pods(&self, spec: SpecId) -> bool {
        self.specs.entries[self.specs.place(spec)].has_bound
    }

    /// Returns the specifications of the pods without a node.
    pub(crate) fn unbound_specs(&self) -> impl Iterator<Item = &'a PodSpec> {
        self.specs.entries.iter().filter(|entry| entry.has_unbound).map(|entry| entry.spec)
    }

    /// Returns what a pod without a node requests, one amount a column.
    pub(crate) fn requests(&self, pod: &Pod) -> &[i64] {
        &self.specs.of(pod).requests
    }

    /// Whether dynamic resource allocation serves a resource that a pod requests.
    pub(crate) fn asks_for_device_class(&self, pod: &Pod) -> bool {
        self.specs.of(pod).asks_for_device_class
    }

    /// Returns the claim that the scheduler makes for resources of a pod that classes serve.
    pub(crate) fn claim_of_resources(&self, pod: &Pod) -> Option<&DeviceNeeds> {
        self.specs.of(pod).claim_of_resources.as_ref()
    }

    /// Whether a pod takes ports of its node.
    pub(crate) fn has_ports(&self, pod: &Pod) -> bool {
        self.specs.of(pod).has_ports
    }

    /// Returns what a pod with a node holds there, one amount a column.
    pub(crate) fn held(&self, pod: &Pod) -> Cow<'_, [i64]> {
        let SpecEntry { spec, requests, .. } = self.specs.of(pod);
        match pod.resized.is_empty() && pod.pod_resized.is_empty() {
            true => Cow::Borrowed(requests),
            false => Cow::Owned(self.columns.row(&placed_requests(pod, spec))),
        }
    }
}

/// Returns every resource in use, and what each specification requests of it. `served` are the
/// resources of DeviceClasses that no node lists.
pub(super) fn columns_and_specs<'a>(
    snapshot: &'a Snapshot,
    served: &BTreeSet<&str>,
    known: &KnownPods,
) -> (Columns, Specs<'a>) {
    const OF_NODES: [&str; 5] = [CPU, MEMORY, EPHEMERAL_STORAGE, PODS, EFA];
    let requests_of = |id, spec| known.requests(id).map_or_else(|| Cow::Owned(pending_requests(spec)), Cow::Borrowed);
    let requests: Vec<(SpecId, &'a PodSpec, Cow<'_, Resources>)> =
        snapshot.pod_specs.iter().map(|(id, spec)| (*id, spec, requests_of(*id, spec))).collect();
    let requested = requests.iter().map(|(_, _, requests)| &**requests);
    let offered = snapshot.nodes.iter().map(|node| &node.allocatable);
    let planned = snapshot.groups.iter().map(|group| &group.tags.resources);
    let devices = snapshot.machine_types.iter().map(|machine| &machine.devices);
    let names = requested.chain(offered).chain(planned).chain(devices);
    let columns = Columns::new(names.flat_map(|one| one.iter().map(|(name, _)| name)).chain(OF_NODES));
    let is_of_class = |name: &str| served.contains(name) || name.starts_with(DEVICE_CLASS);
    let entry = |requests: &Resources, spec: &'a PodSpec| {
        let of_class: Vec<&str> =
            requests.iter().filter(|(name, asked)| *asked > 0 && is_of_class(name)).map(|(name, _)| name).collect();
        let classes = of_class.iter().map(|name| Some((*name, DeviceClass::of_resource(&snapshot.device_classes, name)?)));
        let classes: Option<BTreeMap<&str, &DeviceClass>> = classes.collect();
        let classes = classes.filter(|classes| !classes.is_empty());
        let mut others = Cow::Borrowed(requests);
        for name in classes.iter().flatten().map(|(name, _)| *name) {
            others.to_mut().set(name, 0);
        }
        SpecEntry {
            spec,
            requests: columns.row(&others),
            has_ports: has_ports(spec),
            asks_for_device_class: !of_class.is_empty(),
            claim_of_resources: classes.map(|classes| claim_of_extended_resources(spec, &classes)),
            has_bound: false,
            has_unbound: false,
        }
    };
    let specs = Specs::new(requests.iter().map(|(id, spec, requests)| (*id, entry(requests, spec))));
    (columns, specs)
}

fn has_ports(spec: &PodSpec) -> bool {
    spec.containers.iter().any(|container| !container.host_ports.is_empty())
}
