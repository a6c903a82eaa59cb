//! A situation as objects on a real control plane.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::{Duration, Instant};

use ec2_autoscale::snapshot::{Claim, ClaimPhase, ObjectName, Pod, PodVolume, Snapshot, Volume};
use serde_json::{Value, json};

use super::new_nodes::MadeNode;
use super::object_manifests as objects;
use super::pod_manifest::{self, priority_class, runtime_class};
use crate::client::MERGE_PATCH;
use crate::cluster::{Cluster, Outcome, outcome};
use crate::storage::{claims_in, reference, set_phase};
use crate::volume_controller;

const NODES: &str = "/api/v1/nodes";
const VOLUMES: &str = "/api/v1/persistentvolumes";
const CSI_NODES: &str = "/apis/storage.k8s.io/v1/csinodes";
const PRIORITY_CLASSES: &str = "/apis/scheduling.k8s.io/v1/priorityclasses";
const POLL: Duration = Duration::from_millis(60);
/// Nodes are not Ready in the same moment.
const BETWEEN_NODES: Duration = Duration::from_millis(150);
/// After the last change nothing more is expected, once all are bound that should be.
pub(super) const QUIET: Duration = Duration::from_millis(1_200);
/// The same while some are not: the scheduler tries a pod again after ten seconds at most.
const CALM: Duration = Duration::from_secs(12);
const PATIENCE: Duration = Duration::from_mins(2);

/// Everything that a situation makes, in the order in which it goes. Namespaces and the
/// classes of priorities stay.
const CLEARED: [&str; 11] = [
    "/api/v1/pods",
    "/api/v1/persistentvolumeclaims",
    "/apis/resource.k8s.io/v1/resourceclaims",
    VOLUMES,
    "/apis/storage.k8s.io/v1/storageclasses",
    CSI_NODES,
    "/apis/storage.k8s.io/v1/csidrivers",
    "/apis/storage.k8s.io/v1/csistoragecapacities",
    "/apis/resource.k8s.io/v1/deviceclasses",
    "/apis/node.k8s.io/v1/runtimeclasses",
    NODES,
];

/// A snapshot that is laid before the scheduler.
pub(super) struct Stage<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) snapshot: &'a Snapshot,
    /// The schedulers whose pods are taken for those of the one that runs.
    pub(super) managed: &'a [String],
}

impl Stage<'_> {
    /// Makes what pods and nodes refer to.
    pub(super) fn make_surroundings(&self) -> Result<(), String> {
        let snapshot = self.snapshot;
        let known = snapshot.namespaces.iter().map(|namespace| (namespace.name.as_str(), json!(namespace.labels)));
        let of_pods = snapshot.pods.iter().map(|pod| (&*pod.namespace, json!({})));
        let namespaces: BTreeMap<&str, Value> = of_pods.chain(known).collect();
        for (name, labels) in namespaces {
            self.make_namespace(name, &labels)?;
        }
        let priorities: BTreeSet<i32> = snapshot.pod_specs.values().map(|spec| spec.priority).collect();
        for priority in priorities.into_iter().filter(|priority| *priority < 1_000_000_001) {
            let metadata = json!({ "name": priority_class(priority) });
            // Nobody is pushed out: the plan makes room for all.
            let class = json!({ "metadata": metadata, "value": priority, "preemptionPolicy": "Never" });
            self.make(PRIORITY_CLASSES, &class)?;
        }
        for (id, spec) in snapshot.pod_specs.iter().filter(|(_, spec)| !spec.overhead.is_empty()) {
            let overhead = json!({ "podFixed": spec.overhead });
            let class = json!({ "metadata": { "name": runtime_class(*id) }, "handler": "none", "overhead": overhead });
            self.make("/apis/node.k8s.io/v1/runtimeclasses", &class)?;
        }
        for (number, resource) in snapshot.device_class_resources.iter().enumerate() {
            let class =
                json!({ "metadata": { "name": format!("class-{number}") }, "spec": { "extendedResourceName": resource } });
            self.make("/apis/resource.k8s.io/v1/deviceclasses", &class)?;
        }
        self.make_storage()
    }

    fn make_storage(&self) -> Result<(), String> {
        for class in &self.snapshot.storage_classes {
            self.make("/apis/storage.k8s.io/v1/storageclasses", &objects::storage_class(class))?;
        }
        for driver in &self.snapshot.capacity_drivers {
            let body = json!({ "metadata": { "name": driver }, "spec": { "storageCapacity": true } });
            self.make("/apis/storage.k8s.io/v1/csidrivers", &body)?;
        }
        for (number, capacity) in self.snapshot.storage_capacities.iter().enumerate() {
            let folder = "/apis/storage.k8s.io/v1/namespaces/default/csistoragecapacities";
            self.make(folder, &objects::storage_capacity(number, capacity))?;
        }
        for csi in &self.snapshot.csi_nodes {
            self.make(CSI_NODES, &objects::csi_node(&csi.name, &csi.limits))?;
        }
        for claim in &self.snapshot.resource_claims {
            self.make_resource_claim(claim)?;
        }
        Ok(())
    }

    fn make_resource_claim(&self, claim: &ec2_autoscale::snapshot::ResourceClaim) -> Result<(), String> {
        let folder = format!("/apis/resource.k8s.io/v1/namespaces/{}/resourceclaims", claim.namespace);
        let request = json!({ "name": "device", "exactly": { "deviceClassName": "none" } });
        let spec = json!({ "devices": { "requests": [request] } });
        self.make(&folder, &json!({ "metadata": { "name": claim.name, "namespace": claim.namespace }, "spec": spec }))?;
        if claim.allocation.is_some() {
            return Err("devices that are allocated to a claim are not laid".to_owned());
        }
        Ok(())
    }

    /// Makes the nodes as they stand and the pods that have one of them.
    pub(super) fn make_nodes(&self, leaves_out: impl Fn(&str) -> bool, changed: impl Fn(&mut Value)) -> Result<(), String> {
        for node in self.snapshot.nodes.iter().filter(|node| !leaves_out(&node.name)) {
            let mut manifest = objects::node(node);
            changed(&mut manifest);
            self.make(NODES, &manifest)?;
        }
        let there = |pod: &&Pod| pod.node.as_deref().is_some_and(|node| !leaves_out(node)) && !pod.is_finished();
        for pod in self.snapshot.pods.iter().filter(there) {
            let mut manifest = pod_manifest::pod(self.snapshot, pod, self.managed);
            manifest["spec"]["nodeName"] = json!(pod.node);
            manifest["spec"]["schedulingGates"] = json!([]);
            self.make(&pods_in(&pod.namespace), &manifest)?;
            self.change_status(&path_of(&pod.id()), &status_of(pod, &manifest))?;
            if pod.deletion_deadline.is_some() {
                self.cluster.remove(&path_of(&pod.id()));
            }
        }
        Ok(())
    }

    /// Makes a node with the pods that come with it.
    pub(super) fn make_new_node(&self, new: &MadeNode) -> Result<(), String> {
        // The one of that name may be starting: then its drivers are those of its siblings.
        let _ = self.cluster.client.delete(&format!("{CSI_NODES}/{}", new.name), &Value::Null);
        // Before the node, so that no other pod is sooner.
        for pod in &new.pods {
            let namespace = pod["metadata"]["namespace"].as_str().unwrap_or("default");
            self.make_namespace(namespace, &json!({}))?;
            self.make(&pods_in(namespace), pod)?;
        }
        thread::sleep(BETWEEN_NODES / 2);
        self.make(NODES, &new.node)?;
        self.make(CSI_NODES, &new.csi_node)?;
        thread::sleep(BETWEEN_NODES / 2);
        Ok(())
    }

    /// Makes pods without a node, and after them the claims.
    pub(super) fn make_pending<'p>(&self, pods: impl Iterator<Item = &'p Pod>) -> Result<(), String> {
        let mut pods: Vec<&Pod> = pods.collect();
        pods.sort_by_key(|pod| (pod.created_at, pod.id()));
        for pod in pods {
            self.make(&pods_in(&pod.namespace), &pod_manifest::pod(self.snapshot, pod, self.managed))?;
            if let Some(node) = &pod.nominated_node {
                self.change_status(&path_of(&pod.id()), &json!({ "nominatedNodeName": node }))?;
            }
        }
        Ok(())
    }

    /// Makes volumes and claims. Those of one pod belong to it.
    pub(super) fn make_claims(&self) -> Result<(), String> {
        let mut owners = BTreeMap::new();
        for pod in &self.snapshot.pods {
            for volume in &pod.volumes {
                if let PodVolume::Ephemeral { claim, .. } = volume {
                    owners.insert(ObjectName::new(&*pod.namespace, claim.as_str()), pod.id());
                }
            }
        }
        let mut made = BTreeMap::new();
        for claim in &self.snapshot.claims {
            let name = ObjectName::new(claim.namespace.as_str(), claim.name.as_str());
            let mut manifest = objects::claim(claim);
            if let Some(owner) = owners.get(&name) {
                manifest["metadata"]["ownerReferences"] = self.owned_by(owner);
            }
            made.insert(name, self.make(&claims_in(&claim.namespace), &manifest)?);
        }
        for volume in &self.snapshot.volumes {
            let claim = volume.claim.as_ref().map(|name| made.get(name).map_or_else(|| unknown(name), reference));
            self.make_volume(volume, claim)?;
        }
        self.snapshot.claims.iter().try_for_each(|claim| self.bind(claim))
    }

    fn make_volume(&self, volume: &Volume, claim: Option<Value>) -> Result<(), String> {
        let mut manifest = objects::volume(volume);
        manifest["spec"]["claimRef"] = claim.unwrap_or_default();
        self.make(VOLUMES, &manifest)?;
        let phase = if volume.available { "Available" } else { "Bound" };
        set_phase(self.cluster, &format!("{VOLUMES}/{}", volume.name), phase);
        Ok(())
    }

    /// Writes what the volume controllers would into a claim that has had a volume.
    fn bind(&self, claim: &Claim) -> Result<(), String> {
        let path = format!("{}/{}", claims_in(&claim.namespace), claim.name);
        if claim.phase != ClaimPhase::Pending {
            let annotations = json!({ "pv.kubernetes.io/bind-completed": "yes" });
            let spec = json!({ "volumeName": claim.volume });
            self.cluster.change(&path, &json!({ "metadata": { "annotations": annotations }, "spec": spec }));
            set_phase(self.cluster, &path, &format!("{:?}", claim.phase));
        }
        if claim.deleting {
            return Err("a claim that is being deleted is not laid".to_owned());
        }
        Ok(())
    }

    fn owned_by(&self, pod: &ObjectName) -> Value {
        let owner = self.cluster.client.get(&path_of(pod)).body;
        let (name, uid) = (&owner["metadata"]["name"], &owner["metadata"]["uid"]);
        json!([{ "apiVersion": "v1", "kind": "Pod", "name": name, "uid": uid, "controller": true }])
    }

    /// Waits until nothing changes any more; what became of every pod.
    pub(super) fn settle(&self, awaited: &BTreeSet<String>, quiet: Duration) -> BTreeMap<String, Outcome> {
        let deadline = Instant::now() + PATIENCE;
        let (mut before, mut since) = (BTreeMap::new(), Instant::now());
        loop {
            let pods = self.cluster.list("/api/v1/pods");
            volume_controller::step(self.cluster, &pods);
            let now: BTreeMap<String, Outcome> = pods.iter().map(|pod| (id_of(pod), outcome(pod))).collect();
            let is_bound = |pod: &String| matches!(now.get(pod), Some(Outcome::Bound { .. }));
            let wait = if awaited.iter().all(is_bound) { quiet } else { CALM };
            if now != before {
                (before, since) = (now, Instant::now());
            } else if since.elapsed() > wait || Instant::now() > deadline {
                return now;
            }
            thread::sleep(POLL);
        }
    }

    /// Removes pods for good.
    pub(super) fn end<'p>(&self, pods: impl Iterator<Item = &'p ObjectName>) {
        for pod in pods {
            self.cluster.client.delete(&path_of(pod), &json!({ "gracePeriodSeconds": 0 }));
        }
    }

    fn make_namespace(&self, name: &str, labels: &Value) -> Result<(), String> {
        let body = json!({ "metadata": { "name": name, "labels": labels } });
        let path = format!("/api/v1/namespaces/{name}");
        match self.cluster.client.get(&path).code {
            200 => Ok(self.cluster.client.patch(MERGE_PATCH, &path, &body).expect(200)).map(|_| ()),
            _ => self.make("/api/v1/namespaces", &body).map(|_| ()),
        }
    }

    fn change_status(&self, path: &str, status: &Value) -> Result<(), String> {
        let answer = self.cluster.client.patch(MERGE_PATCH, &format!("{path}/status"), &json!({ "status": status }));
        if answer.code == 200 { Ok(()) } else { Err(format!("the status of {path}: {}", answer.body["message"])) }
    }

    fn make(&self, folder: &str, body: &Value) -> Result<Value, String> {
        let begun = Instant::now();
        loop {
            let answer = self.cluster.client.post(folder, body);
            let message = &answer.body["message"];
            // Classes that were just made are not known yet to those who admit pods.
            let is_early = answer.code == 403 && message.as_str().is_some_and(|text| text.contains("not found"));
            match answer.code {
                201 => return Ok(answer.body),
                409 if folder == PRIORITY_CLASSES => return Ok(Value::Null),
                _ if is_early || message.as_str().is_some_and(|text| text.contains("was found")) => {}
                _ => return Err(format!("the API server refuses {} of {folder}: {message}", body["metadata"]["name"])),
            }
            if begun.elapsed() > CALM {
                return Err(format!("{folder}: {message}"));
            }
            thread::sleep(POLL);
        }
    }
}

/// Takes away what a situation made.
pub(super) fn clear(cluster: &Cluster) {
    for path in CLEARED {
        let answer = cluster.client.get(path);
        for object in answer.body["items"].as_array().into_iter().flatten() {
            let metadata = &object["metadata"];
            let name = metadata["name"].as_str().unwrap_or_default();
            let folder = match metadata["namespace"].as_str() {
                Some(namespace) => {
                    let (group, plural) = path.rsplit_once('/').expect("a path has parts");
                    format!("{group}/namespaces/{namespace}/{plural}")
                }
                None => path.to_owned(),
            };
            cluster.client.delete(&format!("{folder}/{name}"), &json!({ "gracePeriodSeconds": 0 }));
        }
    }
}

/// What a kubelet would have written about a running pod.
fn status_of(pod: &Pod, manifest: &Value) -> Value {
    let allocated = |name: &Value| pod.resized.iter().find(|one| *name == one.name.as_str());
    let statuses = |list: &str| -> Value {
        let containers = manifest["spec"][list].as_array().into_iter().flatten();
        let one = |container: &Value| {
            let held = &allocated(&container["name"])?.requests;
            let mut status =
                json!({ "name": container["name"], "image": "none", "imageID": "", "ready": true, "restartCount": 0 });
            status["allocatedResources"] = json!(held);
            status["resources"] = json!({ "requests": held });
            Some(status)
        };
        containers.filter_map(one).collect()
    };
    let mut status = json!({ "phase": format!("{:?}", pod.phase) });
    if !pod.resized.is_empty() {
        status["containerStatuses"] = statuses("containers");
        status["initContainerStatuses"] = statuses("initContainers");
    }
    if pod.resize_infeasible {
        status["conditions"] = json!([{ "type": "PodResizePending", "status": "True", "reason": "Infeasible" }]);
    }
    status
}

/// What a volume says of a claim that is not there.
fn unknown(claim: &ObjectName) -> Value {
    json!({ "apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": claim.namespace, "name": claim.name, "uid": "gone" })
}

fn pods_in(namespace: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/pods")
}

fn path_of(pod: &ObjectName) -> String {
    format!("{}/{}", pods_in(&pod.namespace), pod.name)
}

fn id_of(pod: &Value) -> String {
    let text = |key: &str| pod["metadata"][key].as_str().unwrap_or_default();
    format!("{}/{}", text("namespace"), text("name"))
}
