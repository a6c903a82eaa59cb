//! The nodes that a plan counts on, as they become: like their siblings where there are any, else
//! as the plan describes them.

use std::collections::BTreeMap;

use ec2_autoscale::duration::Seconds;
use ec2_autoscale::plan::explain::{self, TemplateExplanation};
use ec2_autoscale::plan::{Plan, TemplateReport};
use ec2_autoscale::policy::Policy;
use ec2_autoscale::snapshot::{DaemonSet, Group, Labels, Node, PODS, Pod, Resources, Snapshot};
use serde_json::{Value, json};

use super::object_manifests::{csi_node, ready_node};
use super::pod_manifest::{pod_spec, requests};

/// A node that is younger may lack what its siblings have.
const SETTLED: Seconds = Seconds::minutes(10);

const HOSTNAME: &str = "kubernetes.io/hostname";
const ZONES: [&str; 3] =
    ["topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone", "topology.ebs.csi.aws.com/zone"];

/// What a new node is made like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    /// As its siblings are, where some are settled.
    LikeSiblings,
    /// As the plan describes it.
    AsPlanned,
}

/// A node that is to be made, with what comes with it.
pub(super) struct MadeNode {
    pub(super) name: String,
    pub(super) node: Value,
    /// Pods that no scheduler places: of DaemonSets and static ones.
    pub(super) pods: Vec<Value>,
    pub(super) csi_node: Value,
}

/// What new nodes of one group become.
pub(super) struct Nursery<'a> {
    snapshot: &'a Snapshot,
    group: &'a Group,
    template: TemplateExplanation,
    report: &'a TemplateReport,
    siblings: Vec<&'a Node>,
}

impl<'a> Nursery<'a> {
    /// Returns `None` where nobody knows what new nodes of the group would be like.
    pub(super) fn new(snapshot: &'a Snapshot, policy: &Policy, plan: &'a Plan, group: &'a Group, made: Made) -> Option<Self> {
        let report = plan.groups.iter().find(|report| report.group == group.id)?.template.as_ref()?;
        let template = explain::group(snapshot, policy, &group.id.name).ok()?.template?;
        let is_settled = |node: &&Node| {
            node.is_ready()
                && Seconds::between(node.created_at, snapshot.taken_at) >= SETTLED
                && node.place_in_cloud().is_some_and(|(_, id)| group.instances.iter().any(|instance| instance.id == id))
        };
        let siblings = match made {
            Made::LikeSiblings => snapshot.nodes.iter().filter(is_settled).collect(),
            Made::AsPlanned => Vec::new(),
        };
        Some(Self { snapshot, group, template, report, siblings })
    }

    /// Returns the zones in which the group launches.
    pub(super) fn zones(&self) -> &'a [String] {
        &self.group.zones
    }

    /// Whether all its new nodes are of one machine type.
    pub(super) fn is_of_one_type(&self) -> bool {
        self.report.machine_types.len() == 1
    }

    /// Returns a new node.
    pub(super) fn node(&self, name: &str, zone: &str) -> MadeNode {
        let Some(sibling) = self.sibling(zone) else { return self.as_planned(name, zone) };
        let labels = named(&self.labels_of_most(name), name, zone);
        let is_of_node = |pod: &&Pod| pod.node.as_deref() == Some(&*sibling.name) && pod.belongs_to_its_node();
        let pods = self.snapshot.pods.iter().filter(is_of_node).map(|pod| {
            let own = format!("{}-{name}", pod.name);
            let mut spec = pod_spec(self.snapshot.spec(pod), pod.spec);
            spec["nodeName"] = json!(name);
            json!({ "metadata": { "name": own, "namespace": pod.namespace, "labels": pod.labels }, "spec": spec })
        });
        let limits = self.snapshot.csi_nodes.iter().find(|csi| csi.name == sibling.name);
        MadeNode {
            name: name.to_owned(),
            node: ready_node(name, &labels, &sibling.allocatable, &self.report.taints),
            pods: pods.collect(),
            csi_node: csi_node(name, limits.map_or(&self.report.csi_limits, |csi| &csi.limits)),
        }
    }

    fn as_planned(&self, name: &str, zone: &str) -> MadeNode {
        let in_zone = |variant: &&explain::VariantExplanation| variant.zone == zone;
        let variants = &self.template.variants;
        let variant = variants.iter().find(in_zone).or(variants.first()).expect("a template has variants");
        let daemons = self.template.daemon_requests.iter().filter_map(|daemon| {
            let of_set =
                |set: &&DaemonSet| set.namespace == *daemon.daemon_set.namespace && set.name == *daemon.daemon_set.name;
            let set = self.snapshot.daemon_sets.iter().find(of_set)?;
            let mut spec = pod_spec(&self.snapshot.pod_specs[&set.spec], set.spec);
            take_room(&mut spec, &daemon.requests);
            spec["nodeName"] = json!(name);
            let metadata = json!({ "name": format!("{}-{name}", set.name), "namespace": set.namespace, "labels": set.labels });
            Some(json!({ "metadata": metadata, "spec": spec }))
        });
        let mut of_others = self.template.overhead.requests.clone();
        self.template.daemon_requests.iter().for_each(|daemon| of_others.subtract(&daemon.requests));
        let mut pods: Vec<Value> = daemons.collect();
        if of_others.iter().any(|(_, amount)| amount > 0) {
            let mut spec = json!({ "containers": [{ "name": "main", "image": "none" }], "nodeName": name });
            take_room(&mut spec, &of_others);
            let metadata = json!({ "name": format!("static-{name}"), "namespace": "kube-system" });
            pods.push(json!({ "metadata": metadata, "spec": spec }));
        }
        MadeNode {
            name: name.to_owned(),
            node: ready_node(name, &named(&variant.labels, name, zone), &variant.allocatable, &self.report.taints),
            pods,
            csi_node: csi_node(name, &self.report.csi_limits),
        }
    }

    /// Returns a sibling that offers what most do, the newest one of the zone.
    fn sibling(&self, zone: &str) -> Option<&'a Node> {
        let mut offers: BTreeMap<&Resources, usize> = BTreeMap::new();
        for node in &self.siblings {
            *offers.entry(&node.allocatable).or_default() += 1;
        }
        let rank = |node: &&&Node| {
            let is_in_zone = node.place_in_cloud().is_some_and(|(own, _)| own == zone);
            (offers[&node.allocatable], is_in_zone, node.created_at)
        };
        self.siblings.iter().max_by_key(rank).copied()
    }

    /// Returns the labels of most siblings. One that all have with values of their own gets
    /// another value on each new node as well.
    fn labels_of_most(&self, name: &str) -> Labels {
        let mut counts: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
        for (key, value) in self.siblings.iter().flat_map(|node| node.labels.iter()) {
            *counts.entry(key).or_default().entry(value).or_default() += 1;
        }
        let is_most = |count: usize| count * 2 > self.siblings.len();
        let mut labels = Labels::new();
        for (key, values) in counts {
            let (value, count) = values.iter().max_by_key(|(_, count)| **count).expect("a key has a value");
            if is_most(*count) {
                labels.insert(key.into(), (*value).into());
            } else if is_most(values.values().sum()) {
                labels.insert(key.into(), format!("of-{name}").into());
            }
        }
        labels
    }
}

/// Lets the first container of a pod request all that the pod takes.
fn take_room(spec: &mut Value, all: &Resources) {
    let amounts: Resources = all.iter().filter(|(name, amount)| *name != PODS && *amount > 0).collect();
    for list in ["containers", "initContainers"] {
        for container in spec[list].as_array_mut().into_iter().flatten() {
            container["resources"] = Value::Null;
        }
    }
    spec["containers"][0]["resources"] = requests(&amounts);
}

/// Returns labels with the name of a node and its zone.
fn named(labels: &Labels, name: &str, zone: &str) -> Labels {
    let mut labels = labels.clone();
    labels.insert(HOSTNAME.into(), name.into());
    for key in ZONES {
        if labels.contains_key(key) {
            labels.insert(key.into(), zone.into());
        }
    }
    labels
}
