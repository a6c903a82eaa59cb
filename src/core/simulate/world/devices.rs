//! The claims of devices that pods have: made with them from templates, allocated when they are
//! bound, and freed when they end. The drivers of a node publish its devices when it registers.

use std::collections::BTreeMap;

use super::World;
use super::ids::{HostId, PodId};
use crate::index_vec::IndexVec;
use crate::plan::ExpectedNode;
use crate::scheduler::cluster::{DemandId, allocate_on};
use crate::scheduler::{Demand, DeviceFacts, NodeView, UnallocatedClaim, not_modelled};
use crate::snapshot::{
    AllocatedDevice, Allocation, DeviceReach, NodeSelectorOperator, NodeSelectorRequirement, NodeSelectorTerm, ObjectName, Pod,
    PodResourceClaim, ResourceClaim, ResourceSlice, Snapshot,
};
use crate::trace::TraceDevices;

/// Where each claim stands in `Snapshot::resource_claims`.
#[derive(Debug, Default)]
pub(super) struct ClaimPlaces(BTreeMap<ObjectName, usize>);

/// What makes the claims of two pods alike: those that belong to one pod are so by what they
/// request.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PodClaims<'w> {
    open: Vec<UnallocatedClaim<'w>>,
    /// The names of those that have devices.
    allocated: Vec<&'w str>,
}

impl ClaimPlaces {
    pub(super) fn of(claims: &[ResourceClaim]) -> Self {
        let names = claims.iter().map(|claim| ObjectName::new(claim.namespace.as_str(), claim.name.as_str()));
        Self(names.enumerate().map(|(place, name)| (name, place)).collect())
    }

    /// Returns the place of the claim that an entry of a pod names, if there is one.
    fn of_entry(&self, namespace: &str, entry: &PodResourceClaim) -> Option<usize> {
        let name = entry.claim.as_deref()?;
        self.0.get(&ObjectName::new(namespace, name)).copied()
    }
}

/// Adds what a trace brings to a snapshot. What is there under the same name goes.
pub(super) fn add_devices(snapshot: &mut Snapshot, added: &TraceDevices) {
    let TraceDevices { classes, templates, claims } = added;
    snapshot.device_classes.retain(|there| classes.iter().all(|class| class.name != there.name));
    snapshot.device_classes.extend(classes.iter().cloned());
    let is_new = |namespace: &str, name: &str| {
        templates.iter().all(|one| (one.namespace.as_str(), one.name.as_str()) != (namespace, name))
    };
    snapshot.resource_claim_templates.retain(|there| is_new(&there.namespace, &there.name));
    snapshot.resource_claim_templates.extend(templates.iter().cloned());
    let is_there = |claim: &&ResourceClaim| {
        snapshot.resource_claims.iter().any(|there| (&there.namespace, &there.name) == (&claim.namespace, &claim.name))
    };
    let claims: Vec<ResourceClaim> = claims.iter().filter(|claim| !is_there(claim)).cloned().collect();
    snapshot.resource_claims.extend(claims);
}

impl World<'_> {
    /// Makes the claims of a pod from the templates that it names, as the controller would.
    pub(super) fn make_claims(&mut self, pod: &mut Pod) {
        for entry in &mut pod.resource_claims {
            if self.claim_places.of_entry(&pod.namespace, entry).is_some() {
                continue;
            }
            let Some(template) = entry.template.as_deref() else { continue };
            let mut templates = self.snapshot.resource_claim_templates.iter();
            let template = templates.find(|one| one.namespace == pod.namespace.as_str() && one.name == template);
            entry.claim = template.map(|template| {
                // No name of an entry has a dot.
                let name = format!("{}.{}", pod.name, entry.name);
                let place = self.snapshot.resource_claims.len();
                self.claim_places.0.insert(ObjectName::new(pod.namespace.clone(), name.as_str()), place);
                self.snapshot.resource_claims.push(ResourceClaim {
                    namespace: pod.namespace.to_string(),
                    name: name.clone(),
                    deleting: false,
                    needs: Some(template.needs.clone()),
                    allocation: None,
                    reserved_for: Vec::new(),
                });
                name
            });
        }
    }

    /// Makes the claims of a pod anew that is created again.
    pub(super) fn renew_claims(&mut self, pod: PodId) {
        if !self.pod(pod).resource_claims.is_empty() {
            let mut object = self.pod(pod).clone();
            self.make_claims(&mut object);
            self.pod_mut(pod).resource_claims = object.resource_claims;
        }
    }

    /// Whether it can be told where a pod gets the devices that it claims.
    pub(super) fn are_claims_known(&self, pod: &Pod) -> bool {
        let claims: Vec<&ResourceClaim> = self.claims_of(pod).collect();
        not_modelled(pod, self.snapshot.spec(pod), &claims, self.snapshot.resource_slices.is_some()).is_empty()
    }

    fn claims_of<'w>(&'w self, pod: &'w Pod) -> impl Iterator<Item = &'w ResourceClaim> {
        self.claim_places_of(pod).map(|place| &self.snapshot.resource_claims[place])
    }

    fn claim_places_of<'w>(&'w self, pod: &'w Pod) -> impl Iterator<Item = usize> {
        pod.resource_claims.iter().filter_map(|entry| self.claim_places.of_entry(&pod.namespace, entry))
    }

    /// Returns what makes the claims of a pod like those of others.
    pub(super) fn likeness_of_claims<'w>(&'w self, pod: &'w Pod) -> PodClaims<'w> {
        let mut claims = PodClaims::default();
        for entry in &pod.resource_claims {
            let Some(place) = self.claim_places.of_entry(&pod.namespace, entry) else { continue };
            let claim = &self.snapshot.resource_claims[place];
            let is_own = entry.template.is_some();
            match (&claim.allocation, &claim.needs) {
                (None, Some(needs)) => claims.open.push(UnallocatedClaim {
                    name: if is_own { &entry.name } else { &claim.name },
                    shared_in: (!is_own).then_some(claim.namespace.as_str()),
                    needs,
                }),
                (_, _) => claims.allocated.push(&claim.name),
            }
        }
        claims
    }

    /// States what a pod claims, for the scheduler.
    pub(super) fn claim_for<'w>(&'w self, pod: &'w Pod, demand: &mut Demand<'w>) {
        demand.claims = self.likeness_of_claims(pod).open;
        demand.devices = self.claims_of(pod).filter(|claim| claim.allocation.is_some()).collect();
    }

    /// Gives the claims of a pod the devices of its node that the scheduler has found for it.
    pub(super) fn allocate_claims(&mut self, pod: PodId, host: HostId) {
        let object = self.pod(pod);
        if object.resource_claims.is_empty() {
            return;
        }
        let node = self.node(host);
        let is_within_reach = |slice: &&ResourceSlice| !matches!(&slice.reach, DeviceReach::Node(name) if *name != node.name);
        let slices = self.snapshot.resource_slices.iter().flatten();
        let slices: Vec<ResourceSlice> = slices.filter(is_within_reach).cloned().collect();
        let (uid, places): (String, Vec<usize>) = (object.uid.to_string(), self.claim_places_of(object).collect());
        let open: Vec<usize> =
            places.iter().copied().filter(|place| self.snapshot.resource_claims[*place].allocation.is_none()).collect();
        let mut demand = Demand::new(self.snapshot.spec(object), &object.namespace, &object.labels, Vec::new());
        self.claim_for(object, &mut demand);
        let pods: IndexVec<DemandId, Demand<'_>> = [demand].into_iter().collect();
        let view = NodeView { name: &node.name, labels: &node.labels, taints: &node.taints, unschedulable: node.unschedulable };
        let facts = DeviceFacts::of(&self.snapshot).with_slices(&slices);
        let devices = allocate_on(&view, facts, &pods).into_iter().next().flatten().unwrap_or_default();
        let name = node.name.clone();
        for (place, devices) in open.into_iter().zip(devices) {
            let node_selector = selector_of(&devices, &slices, &name);
            self.snapshot.resource_claims[place].allocation = Some(Allocation { node_selector, devices });
        }
        for place in places {
            self.snapshot.resource_claims[place].reserved_for.push(uid.clone());
        }
    }

    /// Frees what a pod claims that leaves. Its own claims end with it.
    pub(super) fn free_claims(&mut self, pod: PodId) {
        let object = self.pod(pod);
        let (namespace, uid, entries) = (object.namespace.clone(), object.uid.clone(), object.resource_claims.clone());
        for entry in entries {
            let Some(place) = self.claim_places.of_entry(&namespace, &entry) else { continue };
            if entry.template.is_some() {
                self.remove_claim(place);
                continue;
            }
            let claim = &mut self.snapshot.resource_claims[place];
            claim.reserved_for.retain(|user| *user != *uid);
            if claim.reserved_for.is_empty() {
                claim.allocation = None;
            }
        }
    }

    fn remove_claim(&mut self, place: usize) {
        let id = |claim: &ResourceClaim| ObjectName::new(claim.namespace.as_str(), claim.name.as_str());
        let gone = self.snapshot.resource_claims.swap_remove(place);
        self.claim_places.0.remove(&id(&gone));
        if let Some(moved) = self.snapshot.resource_claims.get(place) {
            self.claim_places.0.insert(id(moved), place);
        }
    }

    /// Publishes the devices of a new node, unless its drivers have.
    pub(super) fn publish_devices(&mut self, node: &str, expected: &ExpectedNode) {
        let Some(slices) = &mut self.snapshot.resource_slices else { return };
        if slices.iter().any(|slice| is_of(slice, node)) {
            return;
        }
        slices.extend(expected.devices.iter().map(|slice| ResourceSlice {
            name: format!("{node}-{}", slice.name),
            pool: if slice.pool.is_empty() { node.to_owned() } else { slice.pool.clone() },
            reach: DeviceReach::Node(node.to_owned()),
            ..slice.clone()
        }));
    }

    /// Removes the devices of a node that goes.
    pub(super) fn withdraw_devices(&mut self, node: &str) {
        if let Some(slices) = &mut self.snapshot.resource_slices {
            slices.retain(|slice| !is_of(slice, node));
        }
    }
}

/// Whether a slice is of one node alone.
fn is_of(slice: &ResourceSlice, node: &str) -> bool {
    matches!(&slice.reach, DeviceReach::Node(name) if name == node)
}

/// Returns the nodes that reach devices which were allocated on one.
fn selector_of(devices: &[AllocatedDevice], slices: &[ResourceSlice], node: &str) -> Option<Vec<NodeSelectorTerm>> {
    let is_its = |slice: &&ResourceSlice| devices.iter().any(|one| (&one.driver, &one.pool) == (&slice.driver, &slice.pool));
    let mut reaches = slices.iter().filter(is_its).map(|slice| &slice.reach);
    if reaches.clone().any(|reach| matches!(reach, DeviceReach::Node(_) | DeviceReach::EachItsOwn)) {
        let is_it = NodeSelectorRequirement {
            key: "metadata.name".to_owned(),
            operator: NodeSelectorOperator::In,
            values: vec![node.to_owned()],
        };
        return Some(vec![NodeSelectorTerm { match_expressions: Vec::new(), match_fields: vec![is_it] }]);
    }
    reaches.find_map(|reach| match reach {
        DeviceReach::Nodes(terms) => Some(terms.clone()),
        DeviceReach::Node(_) | DeviceReach::AllNodes | DeviceReach::EachItsOwn => None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::test_world::TestWorld;
    use super::*;
    use crate::simulate::History;
    use crate::snapshot::{DaemonSet, Labels, ResourceClaimTemplate, SpecId};

    /// Returns what a claim requests of so many devices.
    fn needs(count: u64) -> crate::snapshot::DeviceNeeds {
        let way = json!({ "class": "gpu", "count": { "exactly": count } });
        serde_json::from_value(json!({ "requests": [{ "name": "r", "alternatives": [way] }] })).expect("needs")
    }

    fn template(namespace: &str, count: u64) -> ResourceClaimTemplate {
        ResourceClaimTemplate { namespace: namespace.to_owned(), name: "some".to_owned(), needs: needs(count) }
    }

    fn entry(template: Option<&str>, claim: Option<&str>) -> PodResourceClaim {
        PodResourceClaim { name: "gpu".to_owned(), claim: claim.map(str::to_owned), template: template.map(str::to_owned) }
    }

    /// Returns a world with a group whose nodes have four devices each.
    fn world() -> TestWorld {
        let mut world = TestWorld::new();
        let devices: Vec<_> = (0..4).map(|number| json!({ "name": format!("gpu-{number}") })).collect();
        let slice = json!({ "name": "gpus", "driver": "gpu.example.com", "pool": "", "generation": 1, "slices": 1,
            "reach": { "node": "" }, "devices": devices });
        let slice = serde_json::from_value(slice).expect("a slice");
        world.group("gpu", 9, &["a"]).tags.devices = vec![slice];
        world.start.resource_slices = Some(Vec::new());
        world.start.device_classes = vec![serde_json::from_value(json!({ "name": "gpu" })).expect("a class")];
        world.start.resource_claim_templates = vec![template("batch", 1)];
        world
    }

    /// Adds a job whose pods have such an entry.
    fn claiming_job(world: &mut TestWorld, at: u64, name: &str, pods: u32, entry: PodResourceClaim) {
        let work = world.job(at, name, 100, pods, 600);
        work.pod.resource_claims = vec![entry];
        let spec = work.pod.spec;
        world.trace.pod_specs.get_mut(&spec).expect("it was just added").resource_claims = vec!["gpu".to_owned()];
    }

    /// Returns the history, the most devices that were allocated at a time, and the claims that the
    /// last run saw. No device is ever two claims'.
    fn lived(world: &TestWorld) -> (History, usize, usize) {
        let (mut most, mut last) = (0, 0);
        let history = world.watched(&mut |snapshot, _| {
            let allocations = snapshot.resource_claims.iter().filter_map(|claim| claim.allocation.as_ref());
            let mut devices: Vec<_> =
                allocations.flat_map(|it| &it.devices).map(|device| (device.pool.clone(), device.device.clone())).collect();
            let all = devices.len();
            devices.sort();
            devices.dedup();
            assert_eq!(devices.len(), all, "two claims have one device");
            (most, last) = (most.max(all), snapshot.resource_claims.len());
        });
        (history, most, last)
    }

    fn have_all_ended(history: &History) -> bool {
        history.pods.iter().all(|pod| pod.ended_at.is_some())
    }

    #[test]
    fn claims_come_with_their_pods_and_go_with_them() {
        let mut world = world();
        claiming_job(&mut world, 0, "first", 6, entry(Some("some"), None));
        claiming_job(&mut world, 1200, "second", 8, entry(Some("some"), None));
        let (history, most, last) = lived(&world);
        assert!(have_all_ended(&history), "{:?}", history.pods);
        assert_eq!((history.instances.len(), most, last), (2, 8, 0));
    }

    #[test]
    fn what_a_daemon_claims_is_taken_on_each_node() {
        let mut world = world();
        let spec = SpecId(900);
        let of_agent = crate::snapshot::PodSpec { resource_claims: vec!["gpu".to_owned()], ..TestWorld::service_spec(100) };
        world.start.pod_specs.insert(spec, of_agent);
        world.start.daemon_sets.push(DaemonSet {
            namespace: "kube-system".into(),
            name: "agent".into(),
            spec,
            labels: Labels::new(),
            resource_claims: vec![entry(Some("some"), None)],
        });
        world.start.resource_claim_templates.push(template("kube-system", 2));
        claiming_job(&mut world, 0, "first", 6, entry(Some("some"), None));
        let (history, most, _) = lived(&world);
        assert!(have_all_ended(&history), "{:?}", history.pods);
        assert_eq!((history.instances.len(), most), (3, 12), "two devices of each node are left");
    }

    #[test]
    fn pods_that_share_a_claim_go_to_one_node_and_the_last_frees_it() {
        let mut world = world();
        world.start.resource_claims = vec![ResourceClaim {
            namespace: "batch".into(),
            name: "shared".into(),
            deleting: false,
            needs: Some(needs(3)),
            allocation: None,
            reserved_for: Vec::new(),
        }];
        claiming_job(&mut world, 0, "first", 5, entry(None, Some("shared")));
        claiming_job(&mut world, 1200, "second", 5, entry(Some("some"), None));
        let (history, most, last) = lived(&world);
        assert!(have_all_ended(&history), "{:?}", history.pods);
        assert_eq!((history.instances.len(), most, last), (2, 5, 1));
    }

    #[test]
    fn without_its_template_a_pod_waits_for_ever() {
        let mut world = world();
        claiming_job(&mut world, 0, "first", 1, entry(Some("other"), None));
        let (history, most, last) = lived(&world);
        assert_eq!((history.pods[0].first_bound_at, history.instances.len(), most, last), (None, 0, 0, 0));
    }
}
