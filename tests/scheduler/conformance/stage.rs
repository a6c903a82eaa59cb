//! One case on a real control plane.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::{Duration, Instant};

use ec2_autoscale::scheduler::Plugin;
use serde_json::{Value, json};

use super::cases::{Case, Expected, Kind, Manifest};
use super::sentence;
use crate::client::MERGE_PATCH;
use crate::cluster::Cluster;

const POLL: Duration = Duration::from_millis(10);

/// The scheduler decides in milliseconds; on a busy machine it may take longer.
const DEADLINE: Duration = Duration::from_secs(30);

/// A pod that waits for a resource claim is never looked at, and nothing says so.
const HELD_BACK: Duration = Duration::from_secs(2);

/// The scheduler may not have seen yet what was made last: then it is asked again, after a longer and longer while.
const TRIES: u32 = 8;

/// Everything a case can make, in the order in which it goes. Namespaces stay: nothing here could end them.
const CLEARED: [Kind; 11] = [
    Kind::Pod,
    Kind::Claim,
    Kind::ResourceClaim,
    Kind::Volume,
    Kind::StorageClass,
    Kind::CsiNode,
    Kind::CsiDriver,
    Kind::StorageCapacity,
    Kind::VolumeAttachment,
    Kind::Node,
    Kind::RuntimeClass,
];

const STORAGE: [Kind; 5] = [Kind::Claim, Kind::Volume, Kind::StorageClass, Kind::CsiNode, Kind::VolumeAttachment];

/// A case whose cluster is there.
pub(super) struct Stage<'a> {
    cluster: &'a Cluster,
    case: &'a Case,
    asked: Manifest,
    /// Nodes that fit and were not bound to yet.
    open: BTreeSet<&'a str>,
    /// The answer for every node, the closed ones too.
    expected: BTreeMap<&'a str, Expected>,
}

/// How a case ended that was not wrong.
pub(super) enum Outcome {
    /// The scheduler said what the case expects.
    Agreed,
    /// The pod has its node already, or is held back before any filter.
    NotAsked,
}

/// What became of the pod.
enum Decision {
    Bound(String),
    Refused(String),
    None,
}

impl<'a> Stage<'a> {
    /// Makes the cluster of a case.
    pub(super) fn set(cluster: &'a Cluster, case: &'a Case) -> Result<Self, String> {
        let stage = Self {
            cluster,
            case,
            asked: case.asked(),
            open: case.expect.iter().filter(|(_, answer)| **answer == Expected::Fits).map(|(node, _)| node.as_str()).collect(),
            expected: case.expect.iter().map(|(node, answer)| (node.as_str(), *answer)).collect(),
        };
        for namespace in case.namespaces() {
            stage.make_namespace(&namespace)?;
        }
        for object in case.runtime_classes().chain(case.nodes()).chain(case.residents()).chain(case.storage()) {
            stage.make(&object)?;
        }
        Ok(stage)
    }

    /// Asks until the pod fits nowhere.
    pub(super) fn play(mut self) -> Result<Outcome, String> {
        if !self.asked.body["spec"]["nodeName"].is_null() {
            return Ok(Outcome::NotAsked);
        }
        loop {
            match self.ask_patiently()? {
                Decision::Bound(node) => self.close(&node)?,
                Decision::Refused(_) => return Ok(Outcome::Agreed),
                Decision::None => return Ok(Outcome::NotAsked),
            }
        }
    }

    /// A decision that is as expected.
    fn ask_patiently(&mut self) -> Result<Decision, String> {
        let mut attempt = 1;
        loop {
            let decision = self.ask()?;
            match self.check(&decision) {
                Ok(()) => return Ok(decision),
                Err(why) if attempt == TRIES => return Err(why),
                Err(_) => thread::sleep(POLL * attempt * attempt),
            }
            if matches!(decision, Decision::Bound(_)) {
                self.restore()?;
            }
            attempt += 1;
        }
    }

    /// Makes the pod, waits for the decision and takes the pod away.
    fn ask(&self) -> Result<Decision, String> {
        self.make(&self.asked)?;
        let path = format!("{}/{}", path(Kind::Pod, self.asked.namespace()), self.asked.name());
        let patience = if self.may_be_held_back() { HELD_BACK } else { DEADLINE };
        let begun = Instant::now();
        let decision = loop {
            let decision = decision(&self.cluster.client.get(&path).expect(200));
            if !matches!(decision, Decision::None) || begun.elapsed() > patience {
                break decision;
            }
            thread::sleep(POLL);
        };
        self.cluster.client.delete(&path, &json!({ "gracePeriodSeconds": 0 })).expect(200);
        Ok(decision)
    }

    fn may_be_held_back(&self) -> bool {
        self.expected.values().all(|answer| *answer == Expected::Refused(Plugin::DynamicResources))
    }

    fn check(&self, decision: &Decision) -> Result<(), String> {
        match decision {
            Decision::Bound(node) if self.open.contains(node.as_str()) => Ok(()),
            Decision::Bound(node) => Err(format!("the pod was bound to {node}")),
            Decision::Refused(sentence) if !self.open.is_empty() => {
                Err(format!("{:?} should fit; the scheduler: {sentence}", self.open))
            }
            Decision::Refused(sentence) => {
                let told = sentence::refusals(sentence, self.expected.len())?;
                let mut expected = BTreeMap::new();
                for answer in self.expected.values() {
                    if let Expected::Refused(plugin) = answer {
                        *expected.entry(*plugin).or_insert(0) += 1;
                    }
                }
                if told == expected { Ok(()) } else { Err(format!("expected {expected:?}; the scheduler: {sentence}")) }
            }
            Decision::None if self.may_be_held_back() => Ok(()),
            Decision::None => Err(format!("not decided within {DEADLINE:?}")),
        }
    }

    /// Closes a node that was bound to, in a way the pod does not tolerate, and undoes what binding changed.
    fn close(&mut self, node: &str) -> Result<(), String> {
        let tolerations = self.asked.body["spec"]["tolerations"].as_array().map_or(&[][..], Vec::as_slice);
        let tolerates_cordon = tolerations.iter().any(|toleration| {
            toleration["key"].as_str().is_none_or(|key| key.is_empty() || key == "node.kubernetes.io/unschedulable")
        });
        let path = format!("{}/{node}", path(Kind::Node, ""));
        let (path, change, reason) = if tolerates_cordon {
            let full = json!({ "status": { "allocatable": { "pods": "0" } } });
            (format!("{path}/status"), full, Plugin::NodeResourcesFit)
        } else {
            (path, json!({ "spec": { "unschedulable": true } }), Plugin::NodeUnschedulable)
        };
        self.cluster.client.patch(MERGE_PATCH, &path, &change).expect(200);
        let node = self.open.take(node).ok_or_else(|| format!("{node} was not open"))?;
        self.expected.insert(node, Expected::Refused(reason));
        self.restore()
    }

    /// Claims and volumes as they were before the pod was bound.
    fn restore(&self) -> Result<(), String> {
        if self.case.storage().any(|object| object.kind == Kind::Claim) {
            for kind in STORAGE {
                delete_all(self.cluster, kind);
            }
            self.case.storage().filter(|object| STORAGE.contains(&object.kind)).try_for_each(|object| self.make(&object))?;
        }
        // A resource claim that were made anew would be allocated anew; only what the pod reserved is taken back.
        for claim in self.case.storage().filter(|object| object.kind == Kind::ResourceClaim) {
            let reserved = json!({ "status": { "reservedFor": claim.body["status"]["reservedFor"] } });
            let path = format!("{}/{}/status", path(claim.kind, claim.namespace()), claim.name());
            self.cluster.client.patch(MERGE_PATCH, &path, &reserved).expect(200);
        }
        Ok(())
    }

    fn make(&self, object: &Manifest) -> Result<(), String> {
        let folder = path(object.kind, object.namespace());
        let mut body = object.body.clone();
        if let Some(owner) = &object.owner {
            let owner = self.cluster.client.get(&format!("{}/{owner}", path(Kind::Pod, object.namespace()))).expect(200);
            let (name, uid) = (&owner["metadata"]["name"], &owner["metadata"]["uid"]);
            body["metadata"]["ownerReferences"] =
                json!([{ "apiVersion": "v1", "kind": "Pod", "name": name, "uid": uid, "controller": true }]);
        }
        if object.deleting && object.kind != Kind::Pod {
            body["metadata"]["finalizers"] = json!(["conformance.invalid/held"]);
        }
        let answer = self.cluster.client.post(&folder, &body);
        if answer.code != 201 {
            return Err(format!("the API server refuses {}: {}", object.name(), answer.body["message"]));
        }
        let path = format!("{folder}/{}", object.name());
        // A node's status is taken as it is made, other kinds' is not.
        if !body["status"].is_null() && object.kind != Kind::Node {
            let status = json!({ "status": body["status"] });
            self.cluster.client.patch(MERGE_PATCH, &format!("{path}/status"), &status).expect(200);
        }
        if object.deleting {
            self.cluster.client.delete(&path, &Value::Null).expect(200);
        }
        Ok(())
    }

    fn make_namespace(&self, namespace: &Manifest) -> Result<(), String> {
        let path = format!("{}/{}", path(Kind::Namespace, ""), namespace.name());
        match self.cluster.client.put(&path, &namespace.body).code {
            200 => Ok(()),
            _ => self.make(namespace),
        }
    }
}

/// Takes away what a case made.
pub(super) fn clear(cluster: &Cluster) {
    for kind in CLEARED {
        delete_all(cluster, kind);
    }
}

fn delete_all(cluster: &Cluster, kind: Kind) {
    let all = cluster.client.get(&path_of_all(kind)).expect(200);
    for object in all["items"].as_array().into_iter().flatten() {
        let metadata = &object["metadata"];
        let name = metadata["name"].as_str().unwrap_or_default();
        let path = format!("{}/{name}", path(kind, metadata["namespace"].as_str().unwrap_or_default()));
        if !metadata["finalizers"].is_null() {
            cluster.client.patch(MERGE_PATCH, &path, &json!({ "metadata": { "finalizers": null } }));
        }
        // One that was only held by its finalizer has gone by now.
        cluster.client.delete(&path, &json!({ "gracePeriodSeconds": 0 }));
    }
}

/// Where objects of a kind are made.
fn path(kind: Kind, namespace: &str) -> String {
    let (group, plural) = place(kind);
    match namespace {
        "" => format!("{group}/{plural}"),
        _ => format!("{group}/namespaces/{namespace}/{plural}"),
    }
}

fn path_of_all(kind: Kind) -> String {
    path(kind, "")
}

fn place(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Namespace => ("/api/v1", "namespaces"),
        Kind::Node => ("/api/v1", "nodes"),
        Kind::Pod => ("/api/v1", "pods"),
        Kind::Claim => ("/api/v1", "persistentvolumeclaims"),
        Kind::Volume => ("/api/v1", "persistentvolumes"),
        Kind::StorageClass => ("/apis/storage.k8s.io/v1", "storageclasses"),
        Kind::CsiNode => ("/apis/storage.k8s.io/v1", "csinodes"),
        Kind::CsiDriver => ("/apis/storage.k8s.io/v1", "csidrivers"),
        Kind::StorageCapacity => ("/apis/storage.k8s.io/v1", "csistoragecapacities"),
        Kind::VolumeAttachment => ("/apis/storage.k8s.io/v1", "volumeattachments"),
        Kind::ResourceClaim => ("/apis/resource.k8s.io/v1", "resourceclaims"),
        Kind::RuntimeClass => ("/apis/node.k8s.io/v1", "runtimeclasses"),
    }
}

/// A pod whose volumes are still to be made waits for them with its node chosen.
fn decision(pod: &Value) -> Decision {
    let chosen = [&pod["spec"]["nodeName"], &pod["status"]["nominatedNodeName"]];
    if let Some(node) = chosen.into_iter().find_map(Value::as_str) {
        return Decision::Bound(node.to_owned());
    }
    let conditions = pod["status"]["conditions"].as_array().map_or(&[][..], Vec::as_slice);
    let refused = conditions.iter().find(|condition| condition["reason"] == "Unschedulable");
    refused.map_or(Decision::None, |condition| Decision::Refused(condition["message"].as_str().unwrap_or_default().to_owned()))
}
