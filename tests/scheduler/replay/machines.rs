//! What nobody does where there are no machines: kubelets register nodes and run pods, the cloud
//! controller removes the nodes of instances that are gone, DaemonSets and Jobs make their pods.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ec2_autoscale::snapshot::{Group, Snapshot};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::clock::DayClock;
use super::cloud::InstanceLife;
use super::day::Day;
use crate::cluster::Cluster;

const NODES: &str = "/api/v1/nodes";
/// Bound pods that have not ended, as of any moment of late.
const BOUND: &str = "/api/v1/pods?resourceVersion=0&fieldSelector=spec.nodeName!=,status.phase!=Succeeded,status.phase!=Failed";
const SYSTEM: &str = "kube-system";
const AGENT: &str = "node-agent";

/// The nodes and what runs there.
pub(super) struct Machines<'a> {
    cluster: &'a Cluster,
    groups: &'a [Group],
    day: Day,
    boot_time: Duration,
    daemon: Value,
    /// Instances that become nodes, and when.
    booting: Vec<(Duration, InstanceLife)>,
    /// The groups of nodes by their names.
    nodes: BTreeMap<String, usize>,
    /// Pods of the day by their paths.
    pods: BTreeMap<String, PodLife>,
    /// When bound pods of Jobs end, with their paths.
    ends: BTreeSet<(Duration, String)>,
}

/// What became of a pod.
#[derive(Debug)]
pub(super) struct PodLife {
    work: usize,
    came: Duration,
    /// When it was seen on a node, and of which group.
    pub(super) bound: Option<(Duration, usize)>,
}

impl PodLife {
    /// Returns how long it had no node, if it got one.
    pub(super) fn wait(&self) -> Option<Duration> {
        self.bound.map(|(at, _)| at.saturating_sub(self.came))
    }
}

impl<'a> Machines<'a> {
    /// Makes what is there before the day begins: namespaces, and the DaemonSet.
    pub(super) fn new(cluster: &'a Cluster, start: &'a Snapshot, day: Day, boot_time: Duration) -> Self {
        let namespaces: BTreeSet<&str> = day.work.iter().map(|work| work.namespace.as_str()).collect();
        for name in namespaces.into_iter().filter(|name| *name != "default") {
            cluster.create("/api/v1/namespaces", &json!({ "metadata": { "name": name } }));
        }
        let daemon = make_daemon_set(cluster);
        let (booting, nodes, pods, ends) = (Vec::new(), BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        Self { cluster, groups: &start.groups, day, boot_time, daemon, booting, nodes, pods, ends }
    }

    /// Returns the pods of the day so far.
    pub(super) fn pods(&self) -> impl Iterator<Item = &PodLife> {
        self.pods.values()
    }

    /// Lets instances boot.
    pub(super) fn launched(&mut self, instances: Vec<InstanceLife>, now: Duration) {
        self.booting.extend(instances.into_iter().map(|instance| (now + self.boot_time, instance)));
    }

    /// Removes the nodes of instances that are gone, with their pods.
    pub(super) fn ended(&mut self, instances: &[InstanceLife]) {
        for instance in instances {
            self.booting.retain(|(_, booting)| booting.id != instance.id);
            if self.nodes.remove(&instance.node).is_none() {
                continue;
            }
            for pod in self.cluster.list(&format!("{BOUND},spec.nodeName={}", instance.node)) {
                let path = path_of(&pod);
                assert!(!self.pods.contains_key(&path), "{path} ran on {}, which was ended", instance.node);
                self.cluster.client.delete(&path, &json!({ "gracePeriodSeconds": 0 })).expect(200);
            }
            self.cluster.delete_node(&instance.node);
        }
    }

    /// Does what is due.
    pub(super) fn act(&mut self, clock: DayClock) {
        let now = clock.time_of_day();
        while let Some(work) = self.day.due(now) {
            for pod in self.day.first_pods(work) {
                self.add_pod(work, &pod, now);
            }
        }
        let (ready, booting) = std::mem::take(&mut self.booting).into_iter().partition(|(at, _)| *at <= now);
        self.booting = booting;
        for (_, instance) in &ready as &Vec<(Duration, InstanceLife)> {
            self.register(instance);
        }
        self.start_pods(clock);
        self.end_pods(clock.time_of_day());
    }

    fn add_pod(&mut self, work: usize, pod: &Value, now: Duration) {
        let made = self.cluster.create(&folder_of(&self.day.work[work].namespace), pod);
        self.pods.insert(path_of(&made), PodLife { work, came: now, bound: None });
    }

    /// Makes a Ready node of an instance. It is Ready at once: what a pod is refused by a node that
    /// is not costs it a second of the scheduler's back-off, which is a minute of the day.
    fn register(&mut self, instance: &InstanceLife) {
        self.cluster.create(NODES, &node(instance, &self.groups[instance.group]));
        let mut daemon = self.daemon.clone();
        daemon["metadata"]["name"] = json!(format!("{AGENT}-{}", instance.id));
        daemon["spec"]["nodeName"] = json!(instance.node);
        self.cluster.create(&folder_of(SYSTEM), &daemon);
        self.nodes.insert(instance.node.clone(), instance.group);
    }

    /// Lets those run which the scheduler has bound.
    fn start_pods(&mut self, clock: DayClock) {
        for pod in self.cluster.list(BOUND).iter().filter(|pod| pod["status"]["phase"] == "Pending") {
            let path = path_of(pod);
            let now = clock.time_of_day();
            let running =
                json!({ "status": { "phase": "Running", "startTime": Timestamp::now(), "conditions": ready_conditions(pod) } });
            self.cluster.change(&format!("{path}/status"), &running);
            let Some(life) = self.pods.get_mut(&path).filter(|life| life.bound.is_none()) else { continue };
            let node = pod["spec"]["nodeName"].as_str().unwrap_or_default();
            life.bound = Some((now, *self.nodes.get(node).expect("pods are bound to nodes that are there")));
            if let Some(duration) = self.day.work[life.work].duration {
                self.ends.insert((now + duration, path));
            }
        }
    }

    /// Ends pods that have done their work; others of the same work may come then.
    fn end_pods(&mut self, now: Duration) {
        while self.ends.first().is_some_and(|(at, _)| *at <= now) {
            let (_, path) = self.ends.pop_first().expect("there is a first");
            self.cluster.change(&format!("{path}/status"), &json!({ "status": { "phase": "Succeeded" } }));
            let work = self.pods[&path].work;
            if let Some(next) = self.day.next_pod(work) {
                self.add_pod(work, &next, now);
            }
        }
    }
}

fn folder_of(namespace: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/pods")
}

fn path_of(pod: &Value) -> String {
    let text = |field: &str| pod["metadata"][field].as_str().expect("objects have names").to_owned();
    format!("{}/{}", folder_of(&text("namespace")), text("name"))
}

/// Returns the scheduler's conditions of a pod, and that it is ready.
fn ready_conditions(pod: &Value) -> Vec<Value> {
    let said = pod["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let ready = json!({ "type": "Ready", "status": "True", "lastTransitionTime": Timestamp::now() });
    said.into_iter().chain([ready]).collect()
}

/// Returns the Node of an instance, as its kubelet and the cloud make it.
fn node(instance: &InstanceLife, group: &Group) -> Value {
    let machine_type = group.launch_options[0].machine_type.as_str();
    let mut labels = json!(group.tags.labels);
    for (key, value) in [
        ("kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", "amd64"),
        ("kubernetes.io/hostname", &instance.node),
        ("node.kubernetes.io/instance-type", machine_type),
        ("topology.kubernetes.io/region", &group.id.region),
        ("topology.kubernetes.io/zone", &instance.zone),
    ] {
        labels[key] = json!(value);
    }
    let (now, offer) = (Timestamp::now(), offer(machine_type));
    json!({
        "metadata": { "name": instance.node, "labels": labels },
        "spec": { "taints": group.tags.taints, "providerID": format!("aws:///{}/{}", instance.zone, instance.id) },
        "status": {
            "allocatable": offer,
            "capacity": offer,
            "addresses": [{ "type": "InternalIP", "address": instance.address }],
            "conditions": [{ "type": "Ready", "status": "True", "lastHeartbeatTime": now, "lastTransitionTime": now }],
        },
    })
}

/// Returns what nodes of this type leave to pods on EKS: of the memory that Linux sees, less 255
/// MiB and 11 MiB for each of 234 pods, and 100 MiB below which pods are evicted; of the CPUs less
/// 6 % of the first, 1 % of the second, half a percent of the next two and a quarter of the others.
fn offer(machine_type: &str) -> Value {
    match machine_type {
        "m5.4xlarge" => json!({ "cpu": "15890m", "memory": "60000Mi", "ephemeral-storage": "180Gi", "pods": "234" }),
        "p3.16xlarge" => {
            json!({ "cpu": "63770m", "memory": "485000Mi", "ephemeral-storage": "180Gi", "pods": "234", "nvidia.com/gpu": "8" })
        }
        other => panic!("the bundled day has no {other}"),
    }
}

/// Makes the DaemonSet of the bundled cluster, and returns a pod of it without a name and a node.
fn make_daemon_set(cluster: &Cluster) -> Value {
    let labels = json!({ "app": AGENT });
    let spec = json!({
        "containers": [{ "name": "main", "image": "none", "resources": { "requests": { "cpu": "100m", "memory": "128Mi" } } }],
        "tolerations": [{ "operator": "Exists" }],
    });
    let set = json!({
        "metadata": { "name": AGENT },
        "spec": { "selector": { "matchLabels": labels }, "template": { "metadata": { "labels": labels }, "spec": spec } },
    });
    let made = cluster.create(&format!("/apis/apps/v1/namespaces/{SYSTEM}/daemonsets"), &set);
    let owner = json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet", "name": AGENT, "uid": made["metadata"]["uid"], "controller": true,
    });
    json!({ "metadata": { "labels": labels, "ownerReferences": [owner] }, "spec": spec })
}
