//! The steps by which instances become nodes.

use super::World;
use super::agenda::Event;
use super::ids::MachineId;
use super::machines::MachineStage;
use crate::duration::{Seconds, whole_seconds};
use crate::plan::ExpectedNode;
use crate::snapshot::{
    CsiNode, LabelSelector, Labels, Lifecycle, Name, Node, ObjectName, Owner, Phase, Pod, Readiness, ReadyStatus, Scheduling,
    StorageCapacity, Taint, TaintEffect,
};
use crate::well_known::labels::HOSTNAME;
use crate::well_known::provider_id;
use crate::well_known::taints::NOT_READY;

/// A node registers this long before it is Ready: its network and its DaemonSets start meanwhile.
const SETTLING_IN: Seconds = Seconds(20);

impl World<'_> {
    /// Makes a machine of this age a node in its time, or at once when that has passed: it boots,
    /// and is held for so long from its launch on.
    pub(super) fn boot(&mut self, machine: MachineId, age: Seconds, held: Seconds) {
        let boot_time = self.groups[self.machines[machine].story.group].boot_time;
        let after_launch = |time: Seconds| Seconds(self.now.0 + time.0.saturating_sub(age.0));
        let ready_at = after_launch(boot_time.max(held));
        let registers_at = Seconds(ready_at.0.saturating_sub(SETTLING_IN.0)).max(after_launch(held));
        self.agenda.add(registers_at, Event::Registers { machine });
        self.agenda.add(ready_at, Event::Ready { machine });
    }

    /// Adds the node of an instance, which is not Ready yet.
    pub(super) fn register(&mut self, machine: MachineId) {
        let Some(expected) = self.expected(machine) else { return };
        let story = &self.machines[machine].story;
        let group = &mut self.snapshot.groups[story.group];
        if let Some(instance) = group.instances.iter_mut().find(|instance| instance.id == story.id) {
            instance.lifecycle = Lifecycle::InService;
        }
        // As hosts are named by their resource.
        let name = format!("{}.{}.compute.internal", story.id, group.id.region);
        let (provider_id, uid) = (provider_id::of(&story.zone, &story.id), format!("node-{}", story.id));
        let mut labels = expected.labels.clone();
        if labels.contains_key(HOSTNAME) {
            labels.insert(HOSTNAME.into(), name.as_str().into());
        }
        let not_ready = Taint { key: NOT_READY.to_owned(), value: String::new(), effect: TaintEffect::NoSchedule };
        let node = Node {
            name: name.clone(),
            uid,
            labels,
            marks: Labels::new(),
            taints: expected.taints.iter().cloned().chain([not_ready]).collect(),
            unschedulable: false,
            provider_id: Some(provider_id),
            allocatable: expected.allocatable.clone(),
            ready: Readiness { status: ReadyStatus::False, since: Some(self.time()) },
            created_at: self.time(),
            addresses: Vec::new(),
        };
        self.machines[machine].host = Some(self.add_node(node, Some(machine)));
        if !expected.csi_limits.is_empty() {
            self.snapshot.csi_nodes.push(CsiNode { name: name.clone(), limits: expected.csi_limits.clone() });
        }
        self.report_storage(&name, &expected);
        self.publish_devices(&name, &expected);
        self.start_daemons(&name, &expected);
    }

    /// Reports what a new node has for volumes, as a driver on it would.
    fn report_storage(&mut self, node: &str, expected: &ExpectedNode) {
        for (class, empty) in &expected.storage {
            let Some(empty) = empty else { continue };
            let only_it = LabelSelector { match_labels: [(HOSTNAME.to_owned(), node.to_owned())].into(), ..Default::default() };
            self.snapshot.storage_capacities.push(StorageCapacity {
                storage_class: class.clone(),
                nodes: Some(only_it),
                capacity: Some(empty.total),
                largest_volume: Some(empty.largest_volume),
            });
        }
    }

    /// Returns what an instance becomes, if it exists and has not become it.
    fn expected(&self, machine: MachineId) -> Option<ExpectedNode> {
        let known = &self.machines[machine];
        let place = known.expected.filter(|_| known.stage == MachineStage::Starting && known.host.is_none())?;
        self.groups[known.story.group].expected.as_ref().ok()?.get(place).cloned()
    }

    /// Starts the DaemonSets' pods with the node; no scheduler places them.
    fn start_daemons(&mut self, node: &str, expected: &ExpectedNode) {
        for id in &expected.daemons {
            let set = self.snapshot.daemon_sets.iter().find(|set| id.namespace == set.namespace && id.name == set.name);
            let Some(set) = set else { continue };
            let (spec, labels, resource_claims) = (set.spec, set.labels.clone(), set.resource_claims.clone());
            let owner = Owner {
                kind: "DaemonSet".into(),
                api_version: "apps/v1".into(),
                name: id.name.clone(),
                uid: format!("{}/{}", id.namespace, id.name).into(),
            };
            let name = format!("{}-{}", id.name, node.split('.').next().unwrap_or(node));
            let pod = self.add_pod(
                Pod {
                    uid: format!("{}/{name}", id.namespace).into(),
                    owner: Some(owner.into()),
                    phase: Phase::Running,
                    scheduling: Scheduling::Scheduled { at: Some(self.time()) },
                    node: Some(node.into()),
                    ready: true,
                    labels,
                    resource_claims,
                    ..Pod::unseen(ObjectName::new(id.namespace.clone(), name.as_str()), spec, self.time())
                },
                None,
            );
            if let Some(host) = self.hosts.named(node) {
                self.allocate_claims(pod, host);
            }
        }
    }

    /// Makes the node of an instance take pods from now on.
    pub(super) fn become_ready(&mut self, machine: MachineId) {
        let known = &self.machines[machine];
        let (MachineStage::Starting, Some(host)) = (known.stage, known.host) else { return };
        let whole = known.expected.and_then(|place| self.groups[known.story.group].expected.as_ref().ok()?.get(place).cloned());
        let (at, policy) = (self.time(), self.policy);
        let node = self.node_mut(host);
        node.ready = Readiness { status: ReadyStatus::True, since: Some(at) };
        node.taints.retain(|taint| !policy.is_startup_taint(taint));
        let name = node.name.clone();
        if let Some(whole) = whole {
            // A node that was starting at the start of the simulation may have lacked its devices
            // and labels.
            let before = node.allocatable.clone();
            node.allocatable.raise_to(&whole.allocatable);
            let after = node.allocatable.clone();
            let missing = |label: &Name| label != HOSTNAME && !node.labels.contains_key(label);
            let missing: Vec<_> = whole.labels.clone().into_iter().filter(|(label, _)| missing(label)).collect();
            node.labels.extend(missing);
            self.publish_devices(&name, &whole);
            self.hosts.get_mut(host).change_offer(&before, &after, &self.columns);
        }
        self.machines[machine].story.ready_at = Some(self.now);
        self.enter(machine, MachineStage::Ready);
        self.queue.changed.insert(host);
    }

    /// Returns the time in the form of our annotations.
    pub(super) fn mark(&self) -> String {
        whole_seconds(self.time())
    }
}
