//! Claims and volumes by chance.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::cluster::{Cluster, namespace_of};
use crate::dice::Dice;
use crate::fleet::ZONES;

pub(crate) const DRIVER: &str = "ebs.csi.aws.com";
const ZONE: &str = "topology.kubernetes.io/zone";
const VOLUMES: &str = "/api/v1/persistentvolumes";

/// Everything that pods mount.
#[derive(Default)]
pub(crate) struct Storage {
    claims: Vec<Claim>,
    /// Volumes that wait for a claim.
    free: Vec<Value>,
}

/// A claim that is there.
struct Claim {
    manifest: Value,
    state: State,
}

/// How far a claim has come.
enum State {
    /// It has none yet.
    Waiting,
    /// It has this one.
    Bound { volume: Value },
    /// It had one.
    Lost,
}

/// The classes that claims name.
pub(crate) fn classes() -> [Value; 4] {
    let two_zones = json!([{ "matchLabelExpressions": [{ "key": ZONE, "values": [ZONES[0], ZONES[1]] }] }]);
    let late = "WaitForFirstConsumer";
    [
        json!({ "metadata": { "name": "late" }, "provisioner": DRIVER, "volumeBindingMode": late }),
        json!({ "metadata": { "name": "late-ab" }, "provisioner": DRIVER, "volumeBindingMode": late,
            "allowedTopologies": two_zones }),
        json!({ "metadata": { "name": "kept" }, "provisioner": "kubernetes.io/no-provisioner", "volumeBindingMode": late }),
        json!({ "metadata": { "name": "at-once" }, "provisioner": DRIVER, "volumeBindingMode": "Immediate" }),
    ]
}

impl Storage {
    /// Up to three volumes of the class `kept` that wait for a claim.
    pub(crate) fn new(dice: &mut Dice, nodes: &[String]) -> Self {
        let free = (0..dice.below(4)).map(|number| free_volume(dice, number, nodes)).collect();
        Self { claims: Vec::new(), free }
    }

    /// A claim of that name by chance, perhaps one that is missing.
    pub(crate) fn add(&mut self, dice: &mut Dice, name: &str, nodes: &[String]) {
        let modes = if dice.once_in(5) { ["ReadWriteOncePod"] } else { ["ReadWriteOnce"] };
        let bound = |source: Value| Some((None, State::Bound { volume: volume(name, modes[0], source) }));
        let zone = dice.pick(&ZONES);
        let disk = json!({ "csi": { "driver": DRIVER, "volumeHandle": format!("vol-{name}") } });
        let made = match dice.below(16) {
            0..3 => bound(reached_from(disk, ZONE, zone)),
            3 => bound(reached_from(json!({ "local": { "path": "/x" } }), "kubernetes.io/hostname", &dice.pick(nodes))),
            4 | 5 => bound(labelled(disk, &[zone, dice.pick(&ZONES)])),
            6..9 => Some((Some("late"), State::Waiting)),
            9 | 10 => Some((Some("late-ab"), State::Waiting)),
            11 | 12 => Some((Some("kept"), State::Waiting)),
            13 => Some((Some("at-once"), State::Waiting)),
            14 => Some((None, State::Lost)),
            _ => None,
        };
        let Some((class, state)) = made else { return };
        let mut spec = json!({
            "accessModes": modes, "storageClassName": class.unwrap_or_default(),
            "resources": { "requests": { "storage": dice.pick(&["1Gi", "3Gi"]) } },
        });
        if class == Some("kept") && dice.once_in(3) {
            spec["selector"] = json!({ "matchLabels": { "disk": "fast" } });
        }
        let mut metadata = json!({ "name": name, "namespace": namespace_of(name) });
        if class == Some("late") && dice.once_in(6) {
            // Chosen for a node that has gone since: nobody makes it.
            metadata["annotations"] = json!({ "volume.kubernetes.io/selected-node": "gone" });
        }
        self.claims.push(Claim { manifest: json!({ "metadata": metadata, "spec": spec }), state });
    }

    /// A claim that has its volume in a zone, as pods that run have it.
    pub(crate) fn add_bound(&mut self, dice: &mut Dice, name: &str) {
        let mode = if dice.once_in(2) { "ReadWriteOncePod" } else { "ReadWriteOnce" };
        let source = json!({ "csi": { "driver": DRIVER, "volumeHandle": format!("vol-{name}") } });
        let volume = volume(name, mode, reached_from(source, ZONE, dice.pick(&ZONES)));
        let spec = json!({ "accessModes": [mode], "storageClassName": "", "resources": { "requests": { "storage": "1Gi" } } });
        let metadata = json!({ "name": name, "namespace": namespace_of(name) });
        self.claims.push(Claim { manifest: json!({ "metadata": metadata, "spec": spec }), state: State::Bound { volume } });
    }

    /// Makes it all.
    pub(crate) fn make(&self, cluster: &Cluster) {
        for volume in &self.free {
            make_volume(cluster, volume, "Available");
        }
        for claim in &self.claims {
            claim.make(cluster);
        }
    }

    /// The claims that have no volume now.
    pub(crate) fn waiting(&self, cluster: &Cluster) -> BTreeSet<String> {
        let is_waiting = |path: &String| cluster.get(path)["spec"]["volumeName"].is_null();
        self.claims.iter().map(Claim::path).filter(is_waiting).collect()
    }

    /// Undoes what was bound since those claims were waiting, while no pod is there that uses it.
    pub(crate) fn restore(&self, cluster: &Cluster, waiting: &BTreeSet<String>) {
        for claim in self.claims.iter().filter(|claim| waiting.contains(&claim.path())) {
            let path = claim.path();
            let now = cluster.get(&path);
            let Some(volume) = now["spec"]["volumeName"].as_str() else { continue };
            cluster.remove(&path);
            cluster.remove(&format!("{VOLUMES}/{volume}"));
            let free = self.free.iter().find(|free| free["metadata"]["name"] == volume);
            free.inspect(|free| make_volume(cluster, free, "Available"));
            claim.make(cluster);
        }
    }
}

impl Claim {
    fn path(&self) -> String {
        let metadata = &self.manifest["metadata"];
        let text = |key: &str| metadata[key].as_str().expect("claims are named").to_owned();
        format!("{}/{}", claims_in(&text("namespace")), text("name"))
    }

    fn make(&self, cluster: &Cluster) {
        let path = self.path();
        let (folder, _) = path.rsplit_once('/').expect("a path");
        let made = cluster.create(folder, &self.manifest);
        match &self.state {
            State::Waiting => {}
            State::Bound { volume } => {
                let mut volume = volume.clone();
                volume["spec"]["claimRef"] = reference(&made);
                make_volume(cluster, &volume, "Bound");
                bind(cluster, &made, volume["metadata"]["name"].as_str().expect("volumes are named"));
            }
            State::Lost => {
                let annotations = json!({ "pv.kubernetes.io/bind-completed": "yes" });
                let spec = json!({ "volumeName": "gone" });
                cluster.change(&path, &json!({ "metadata": { "annotations": annotations }, "spec": spec }));
                cluster.change(&format!("{path}/status"), &json!({ "status": { "phase": "Lost" } }));
            }
        }
    }
}

/// Where the claims of a namespace are.
pub(crate) fn claims_in(namespace: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/persistentvolumeclaims")
}

/// What a volume says of its claim.
pub(crate) fn reference(claim: &Value) -> Value {
    let metadata = &claim["metadata"];
    json!({ "apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": metadata["namespace"], "name": metadata["name"],
        "uid": metadata["uid"] })
}

pub(crate) fn make_volume(cluster: &Cluster, volume: &Value, phase: &str) {
    cluster.create(VOLUMES, volume);
    let name = volume["metadata"]["name"].as_str().expect("volumes are named");
    set_phase(cluster, &format!("{VOLUMES}/{name}"), phase);
}

pub(crate) fn set_phase(cluster: &Cluster, path: &str, phase: &str) {
    cluster.change(&format!("{path}/status"), &json!({ "status": { "phase": phase } }));
}

/// Says of a claim that it has this volume.
pub(crate) fn bind(cluster: &Cluster, claim: &Value, volume: &str) {
    let metadata = &claim["metadata"];
    let text = |key: &str| metadata[key].as_str().expect("claims are named");
    let path = format!("{}/{}", claims_in(text("namespace")), text("name"));
    let annotations = json!({ "pv.kubernetes.io/bind-completed": "yes" });
    cluster.change(&path, &json!({ "metadata": { "annotations": annotations }, "spec": { "volumeName": volume } }));
    set_phase(cluster, &path, "Bound");
}

/// A volume with these fields of its specification.
pub(crate) fn volume(claim: &str, mode: &str, mut source: Value) -> Value {
    let labels = source.as_object_mut().and_then(|spec| spec.remove("labels")).unwrap_or_else(|| json!({}));
    source["accessModes"] = json!([mode]);
    source["capacity"] = json!({ "storage": "4Gi" });
    json!({ "metadata": { "name": format!("pv-{claim}"), "labels": labels }, "spec": source })
}

/// Only nodes with that label reach it.
pub(crate) fn reached_from(mut source: Value, key: &str, value: &str) -> Value {
    let term = json!({ "matchExpressions": [{ "key": key, "operator": "In", "values": [value] }] });
    source["nodeAffinity"] = json!({ "required": { "nodeSelectorTerms": [term] } });
    source
}

/// Its zones are told by its labels alone.
fn labelled(mut source: Value, zones: &[&str]) -> Value {
    source["labels"] = json!({ ZONE: zones.join("__") });
    source
}

fn free_volume(dice: &mut Dice, number: usize, nodes: &[String]) -> Value {
    let source = json!({ "local": { "path": "/x" }, "storageClassName": "kept" });
    let source = match dice.below(2) {
        0 => reached_from(source, ZONE, dice.pick(&ZONES)),
        _ => reached_from(source, "kubernetes.io/hostname", &dice.pick(nodes)),
    };
    let mut volume =
        volume(&format!("free-{number}"), dice.pick(&["ReadWriteOnce", "ReadWriteOnce", "ReadWriteOncePod"]), source);
    volume["metadata"]["labels"] = json!({ "disk": dice.pick(&["fast", "slow"]) });
    volume["spec"]["capacity"]["storage"] = json!(dice.pick(&["2Gi", "4Gi"]));
    volume
}
