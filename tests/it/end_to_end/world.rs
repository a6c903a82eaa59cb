//! The rest of the world, as little of it as the tests need: instances become nodes, a scheduler
//! places pods, time passes.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::cluster::TestCluster;
use crate::support::kubernetes::objects::{Node, Object as _, Pod, node, pod};

/// Returns what a kubelet of the EKS optimised images offers: CPU in millicores, memory in MiB,
/// pods, GPUs. The numbers were computed by hand from the published formula, independently of the
/// product.
fn offer(instance_type: &str) -> (i64, i64, i64, i64) {
    match instance_type {
        "m5.large" => (1930, 6903, 29, 0),
        "m5.xlarge" => (3920, 14162, 58, 0),
        "g5.xlarge" => (3920, 14162, 58, 1),
        other => panic!("nobody has worked out what {other} offers"),
    }
}

/// Returns a pod of a job that requests so many millicores, which the scheduler could not place.
pub(super) fn job(name: &str, millicores: u32) -> Pod {
    let asked = format!("{millicores}m");
    pod("default", name).requests(&[("cpu", &asked), ("memory", "1Gi")]).owned_by("Job", name).unschedulable()
}

impl TestCluster {
    /// Makes instances in service Ready nodes, as they come; returns the names of the new ones.
    pub(super) fn register_nodes(&self, region: &str, group: &str) -> Vec<String> {
        self.register_nodes_as(region, group, |node| node)
    }

    /// Does the same with what their user data adds: labels, taints.
    pub(super) fn register_nodes_as(&self, region: &str, group: &str, dress: impl Fn(Node) -> Node) -> Vec<String> {
        let known: Vec<Value> = self.kubernetes.all("nodes");
        let mut names = Vec::new();
        for instance in self.aws.group_state(region, group).instances {
            let provider_id = instance.provider_id();
            if instance.lifecycle_state != "InService" || known.iter().any(|node| node["spec"]["providerID"] == *provider_id) {
                continue;
            }
            let (cpu, memory, pods, gpus) = offer(&instance.instance_type);
            let mut fresh = node(&instance.private_dns)
                .provider_id(&provider_id)
                .allocatable("cpu", &format!("{cpu}m"))
                .allocatable("memory", &format!("{memory}Mi"))
                .allocatable("pods", &pods.to_string())
                .label("node.kubernetes.io/instance-type", &instance.instance_type)
                .label("topology.kubernetes.io/region", region)
                .label("topology.kubernetes.io/zone", &instance.zone);
            if gpus > 0 {
                fresh = fresh.allocatable("nvidia.com/gpu", &gpus.to_string());
            }
            self.kubernetes.add(dress(fresh));
            names.push(instance.private_dns);
        }
        names
    }

    /// Places pending pods, in their order, on the first node with room; returns who went where.
    pub(super) fn schedule(&self) -> BTreeMap<String, String> {
        let mut placed = BTreeMap::new();
        for pod in self.kubernetes.all("pods").iter().filter(|pod| pod["spec"]["nodeName"].is_null()) {
            let name = pod["metadata"]["name"].as_str().expect("a name");
            let namespace = pod["metadata"]["namespace"].as_str().expect("a namespace");
            if let Some(node) = self.kubernetes.all("nodes").iter().find(|node| self.fits(pod, node)) {
                let node = node["metadata"]["name"].as_str().expect("a name");
                self.kubernetes.bind(namespace, name, node);
                placed.insert(name.to_owned(), node.to_owned());
            }
        }
        placed
    }

    /// Places each pod that the plan puts on a new node: pods of one planned node together on one
    /// of the nodes given. Fails when one of them does not fit.
    pub(super) fn schedule_as_planned(&self, plan: &Value, group: &str, nodes: &[String]) {
        let planned = plan["pods"].as_array().expect("pods").iter();
        for pod in planned.filter(|pod| pod["code"] == "fits-new" && pod["group"]["name"] == group) {
            let position = usize::try_from(pod["new_node"].as_u64().expect("a number")).expect("a small number");
            let node = &nodes[position - 1];
            let (namespace, name) = (pod["namespace"].as_str().expect("text"), pod["name"].as_str().expect("text"));
            let (pod, host) = (self.kubernetes.get("pods", namespace, name), self.kubernetes.get("nodes", "", node));
            assert!(self.fits(&pod, &host), "{name} does not fit on {node}, where it was planned: {pod} {host}");
            self.kubernetes.bind(namespace, name, node);
        }
    }

    /// Returns the names of pods without a node.
    pub(super) fn pending(&self) -> Vec<String> {
        let pods = self.kubernetes.all("pods");
        let unbound = pods.iter().filter(|pod| pod["spec"]["nodeName"].is_null());
        unbound.map(|pod| pod["metadata"]["name"].as_str().expect("a name").to_owned()).collect()
    }

    fn fits(&self, pod: &Value, node: &Value) -> bool {
        let name = &node["metadata"]["name"];
        let on_it: Vec<Value> =
            self.kubernetes.all("pods").into_iter().filter(|pod| pod["spec"]["nodeName"] == *name).collect();
        let room = |resource: &str| {
            let taken: i64 = on_it.iter().map(|pod| asked(pod, resource)).sum();
            taken + asked(pod, resource) <= amount(&node["status"]["allocatable"][resource])
        };
        node["spec"]["unschedulable"] != true
            && ["cpu", "memory", "nvidia.com/gpu"].into_iter().all(room)
            && i64::try_from(on_it.len()).expect("few pods") < amount(&node["status"]["allocatable"]["pods"])
            && is_selected(pod, node)
            && is_tolerated(pod, node)
    }

    /// Lets time pass: everything in the cluster and in AWS happened that much earlier.
    pub(super) fn pass(&self, time: Duration) {
        self.aws.age(time);
        for node in self.kubernetes.all("nodes") {
            let name = node["metadata"]["name"].as_str().expect("a name").to_owned();
            self.kubernetes.edit("nodes", "", &name, |node| age_node(node, time));
        }
        for pod in self.kubernetes.all("pods") {
            let (namespace, name) = (pod["metadata"]["namespace"].as_str(), pod["metadata"]["name"].as_str());
            self.kubernetes.edit("pods", namespace.expect("text"), name.expect("text"), |pod| age_object(pod, time));
        }
    }

    pub(super) fn node(&self, name: &str) -> Value {
        self.kubernetes.get("nodes", "", name)
    }

    pub(super) fn is_cordoned(&self, name: &str) -> bool {
        self.node(name)["spec"]["unschedulable"] == true
    }

    /// Returns the keys of its taints.
    pub(super) fn taints(&self, name: &str) -> Vec<String> {
        let taints = self.node(name)["spec"]["taints"].as_array().cloned().unwrap_or_default();
        taints.iter().filter_map(|taint| taint["key"].as_str()).map(str::to_owned).collect()
    }
}

fn asked(pod: &Value, resource: &str) -> i64 {
    let containers = pod["spec"]["containers"].as_array().expect("containers");
    containers.iter().map(|container| amount(&container["resources"]["requests"][resource])).sum()
}

/// Returns a quantity in thousandths, of the few forms that these tests use.
fn amount(quantity: &Value) -> i64 {
    let Some(text) = quantity.as_str() else { return 0 };
    let units = [("Gi", 1000 << 30), ("Mi", 1000 << 20), ("m", 1), ("", 1000)];
    let (number, unit) = units.iter().find_map(|(suffix, unit)| Some((text.strip_suffix(suffix)?, unit))).expect("a quantity");
    number.parse::<i64>().expect("a number") * unit
}

fn is_selected(pod: &Value, node: &Value) -> bool {
    let selector = pod["spec"]["nodeSelector"].as_object().cloned().unwrap_or_default();
    selector.iter().all(|(label, value)| node["metadata"]["labels"][label] == *value)
}

fn is_tolerated(pod: &Value, node: &Value) -> bool {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let tolerations = list(&pod["spec"]["tolerations"]);
    let repels = |taint: &&Value| taint["effect"] != "PreferNoSchedule";
    list(&node["spec"]["taints"]).iter().filter(repels).all(|taint| tolerations.iter().any(|one| one["key"] == taint["key"]))
}

pub(super) fn age_object(object: &mut Value, time: Duration) {
    age_time(&mut object["metadata"]["creationTimestamp"], time);
    for condition in object["status"]["conditions"].as_array_mut().into_iter().flatten() {
        age_time(&mut condition["lastTransitionTime"], time);
    }
}

pub(super) fn age_node(node: &mut Value, time: Duration) {
    age_object(node, time);
    for mark in ["cordoned-at", "draining-since", "gone-since"] {
        if let Some(mark) = node.pointer_mut(&format!("/metadata/annotations/ec2-autoscale~1{mark}")) {
            age_time(mark, time);
        }
    }
    for taint in node["spec"]["taints"].as_array_mut().into_iter().flatten() {
        if taint["key"] == "ec2-autoscale/idle-since" {
            let since: i64 = taint["value"].as_str().and_then(|value| value.parse().ok()).expect("unix time");
            taint["value"] = json!((since - i64::try_from(time.as_secs()).expect("short")).to_string());
        }
    }
}

fn age_time(value: &mut Value, time: Duration) {
    if let Some(at) = value.as_str().and_then(|text| text.parse::<Timestamp>().ok()) {
        *value = json!((at - SignedDuration::try_from(time).expect("short")).to_string());
    }
}
