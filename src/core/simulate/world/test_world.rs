//! A small world for the tests of this folder.

use serde_json::json;

use super::simulate_anew;
use crate::duration::Seconds;
use crate::plan::Outline;
use crate::policy::Policy;
use crate::simulate::{History, Settings, simulate};
use crate::snapshot::{
    Architecture, BufferShape, CPU, CapacityBuffer, ClusterIdentity, Gang, GangKind, GangName, Group, Instance, LaunchDetails,
    LaunchOption, MEMORY, MachineDetails, MachineType, Market, Node, ObjectName, PODS, Pod, PodSpec, Price, PriceSource,
    Resources, Scheduling, Snapshot, SpecId, UsdPerHour, Weight,
};
use crate::trace::{Outage, Trace, Work};
use crate::well_known::provider_id;

const GIB: i64 = 1 << 30;

/// A cluster, its coming work, and its policy.
pub(super) struct TestWorld {
    pub(super) start: Snapshot,
    pub(super) trace: Trace,
    pub(super) policy: Policy,
    pub(super) settings: Settings,
}

impl TestWorld {
    /// Returns an empty cluster without groups.
    pub(super) fn new() -> Self {
        let now = "2026-11-22T12:00:00Z".parse().expect("a timestamp");
        let cluster = ClusterIdentity { name: "test".into(), ..ClusterIdentity::default() };
        let mut start = Snapshot::empty(cluster, now);
        start.regions.push(crate::snapshot::Region { name: "us-west-2".into(), preference: 0, unreadable: None });
        start.machine_types.push(MachineType {
            region: "us-west-2".into(),
            name: "m5.large".into(),
            cpus: 2,
            memory_mib: 8192,
            architecture: Architecture::Amd64,
            network_pods: 29,
            devices: Resources::default(),
            max_efa_interfaces: 0,
            details: MachineDetails::default(),
        });
        Self { start, trace: Trace::default(), policy: Policy::default(), settings: Settings::default() }
    }

    /// Adds a group of at most `max` machines with 4 cores for pods, in the zones a and b or fewer.
    pub(super) fn group(&mut self, name: &str, max: i64, zones: &[&str]) -> &mut Group {
        let mut group: Group = serde_json::from_value(json!({
            "id": {"region": "us-west-2", "name": name}, "managed_by": "cluster-tag", "min": 0, "max": max, "desired": 0,
            "zones": zones.iter().map(|zone| format!("us-west-2{zone}")).collect::<Vec<_>>(),
            "purchase": {"kind": "on-demand"}, "launches_protected": true,
        }))
        .expect("a group");
        group.launch_options.push(LaunchOption {
            machine_type: "m5.large".into(),
            weight: Weight::ONE,
            image: Some("ami-1".into()),
            launch_version: None,
            root_volume_gib: None,
            efa_interfaces: 0,
            details: LaunchDetails::default(),
        });
        group.tags.resources = [(CPU, 4000), (MEMORY, 16 * GIB), (PODS, 20)].into_iter().collect();
        group.tags.labels.insert("pool".into(), name.into());
        self.start.groups.push(group);
        self.start.groups.last_mut().expect("it was just added")
    }

    /// Adds a Ready node of the group of that name, which is a day old.
    pub(super) fn node(&mut self, group: &str, zone: &str, name: &str) -> &mut Node {
        let zone = format!("us-west-2{zone}");
        let known = self.start.groups.iter_mut().find(|known| known.id.name == group).expect("a group of that name");
        let instance: Instance = serde_json::from_value(json!({
            "id": format!("i-{name}"), "zone": zone, "machine_type": "m5.large", "lifecycle": "in-service", "weight": 1,
            "image": "ami-1", "launched_at": "2026-11-21T12:00:00Z", "protected": true,
        }))
        .expect("an instance");
        known.instances.push(instance);
        known.desired += 1;
        let allocatable = known.tags.resources.clone();
        let mut node: Node = serde_json::from_value(json!({
            "name": name, "uid": name, "provider_id": provider_id::of(&zone, &format!("i-{name}")), "allocatable": {},
            "ready": {"status": "true"}, "created_at": "2026-11-21T12:00:00Z",
            "labels": {"pool": group, "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone},
        }))
        .expect("a node");
        node.allocatable = allocatable;
        self.start.nodes.push(node);
        self.start.nodes.last_mut().expect("it was just added")
    }

    /// Returns a specification that requests this many millicores.
    pub(super) fn spec(cpu: i64) -> PodSpec {
        serde_json::from_value(json!({
            "scheduler_name": "default-scheduler", "restart_policy": "never",
            "containers": [{ "name": "a", "role": "main", "requests": { "cpu": format!("{cpu}m"), "memory": "1Gi" } }],
        }))
        .expect("a specification")
    }

    /// Returns the same for a pod that runs for as long as it may, and may be moved.
    pub(super) fn service_spec(cpu: i64) -> PodSpec {
        PodSpec { restart_policy: crate::snapshot::RestartPolicy::Always, ..Self::spec(cpu) }
    }

    /// Returns a service's pod that has run on a node for an hour.
    pub(super) fn running(name: &str, node: &str) -> Pod {
        let pod = Self::pod(name, "ReplicaSet");
        Pod {
            node: Some(node.into()),
            phase: crate::snapshot::Phase::Running,
            ready: true,
            scheduling: crate::snapshot::Scheduling::Scheduled { at: Some(pod.created_at) },
            ..pod
        }
    }

    /// Returns a pod of a controller of that kind, without a node.
    pub(super) fn pod(name: &str, kind: &str) -> Pod {
        let api_version = if kind == "Job" { "batch/v1" } else { "apps/v1" };
        serde_json::from_value(json!({
            "namespace": "batch", "name": name, "uid": name, "spec": 0, "phase": "pending",
            "scheduling": {"state": "unseen"}, "created_at": "2026-11-22T11:00:00Z", "labels": { "app": name },
            "owner": {"kind": kind, "api_version": api_version, "name": name, "uid": name},
        }))
        .expect("a pod")
    }

    /// Adds a job of this many pods, all at a time, with the given requests and duration.
    pub(super) fn job(&mut self, at: u64, name: &str, cpu: i64, pods: u32, seconds: u64) -> &mut Work {
        let id = SpecId(u32::try_from(self.trace.pod_specs.len()).expect("few specifications"));
        self.trace.pod_specs.insert(id, Self::spec(cpu));
        let pod = Pod { spec: id, ..Self::pod(name, "Job") };
        let work =
            Work { at: Seconds(at), pod, parallelism: pods, completions: pods, duration: Some(Seconds(seconds)), until: None };
        self.trace.work.push(work);
        self.trace.work.last_mut().expect("it was just added")
    }

    /// Makes the pods of the work that was added last a gang, of which so many start together.
    pub(super) fn gang(&mut self, kind: GangKind, min: u32) -> &mut Gang {
        let pod = &mut self.trace.work.last_mut().expect("some work").pod;
        let id = GangName { kind, name: pod.name.clone() };
        pod.gang = Some(Box::new(id.clone()));
        let created_at = self.start.taken_at;
        let gang = Gang { namespace: pod.namespace.clone(), id, min, same: None, total: None, priority: None, created_at };
        self.trace.gangs.push(gang);
        self.trace.gangs.last_mut().expect("it was just added")
    }

    /// Adds a buffer for so many pods that request this many millicores.
    pub(super) fn buffer(&mut self, name: &str, cpu: i64, replicas: u32) {
        let id = SpecId(u32::try_from(self.start.pod_specs.len()).expect("few specifications"));
        self.start.pod_specs.insert(id, Self::spec(cpu));
        let created_at = self.start.taken_at;
        let mut pod = Pod::unseen(ObjectName::new("batch", name), id, created_at);
        pod.scheduling = Scheduling::Unschedulable { since: created_at };
        self.start.capacity_buffers.push(CapacityBuffer {
            namespace: "batch".into(),
            name: name.into(),
            created_at,
            strategy: None,
            replicas: Some(replicas),
            percentage: None,
            limits: None,
            shape: BufferShape::Known { pod: Box::new(pod), scale: None, template: None },
            object: None,
        });
    }

    /// Adds a period in which nothing is launched in a group, or in a zone of it.
    pub(super) fn outage(&mut self, group: &str, zone: Option<&str>, from: u64, until: u64) {
        self.trace.outages.push(Outage {
            region: None,
            group: Some(group.into()),
            zone: zone.map(|zone| format!("us-west-2{zone}")),
            from: Seconds(from),
            until: Seconds(until),
        });
    }

    /// Sets the price of a machine, in millionths of a dollar.
    pub(super) fn price(&mut self, market: Market, micros: u64) {
        self.start.prices.get_or_insert_default().push(Price {
            region: "us-west-2".into(),
            machine_type: "m5.large".into(),
            market,
            zone: None,
            usd_per_hour: UsdPerHour::from_micros(micros),
            list_usd_per_hour: None,
            source: PriceSource::Table,
        });
    }

    pub(super) fn lived(&self) -> History {
        self.watched(&mut |_, _| {})
    }

    pub(super) fn watched(&self, watch: &mut dyn FnMut(&Snapshot, &Outline<'_>)) -> History {
        simulate(&self.start, &self.trace, &self.policy, &self.settings, watch)
    }

    /// Lives the same life, and looks at everything anew each time.
    pub(super) fn watched_anew(&self, watch: &mut dyn FnMut(&Snapshot, &Outline<'_>)) -> History {
        simulate_anew(&self.start, &self.trace, &self.policy, &self.settings, watch)
    }
}
