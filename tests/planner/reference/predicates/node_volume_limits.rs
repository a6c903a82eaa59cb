//! A node takes only a limited number of volumes of a CSI driver.

use std::collections::BTreeSet;

use crate::reference::world::{World, WorldPod, class_of};

/// The driver of a volume, and the identity of the volume.
type Attached = (String, String);

pub(crate) fn why_not(world: &World, pod: &WorldPod, node: usize) -> Option<String> {
    for (name, _) in pod.claims() {
        if world.claim(&pod.pod.namespace, name).is_none() {
            return Some(format!("claim {name} is missing"));
        }
    }
    let there: BTreeSet<Attached> = world.pods_on(node).flat_map(|other| volumes(world, other)).collect();
    let new: BTreeSet<Attached> = volumes(world, pod).into_iter().filter(|volume| !there.contains(volume)).collect();
    for (driver, most) in &world.nodes[node].csi_limits {
        let of = |set: &BTreeSet<Attached>| i64::try_from(set.iter().filter(|(own, _)| own == driver).count()).expect("few");
        if of(&new) > 0 && of(&there) + of(&new) > *most {
            return Some(format!("{} and {} volumes of {driver}, at most {most}", of(&there), of(&new)));
        }
    }
    None
}

/// Returns the volumes of a pod that are attached to its node. One that is not made yet counts by
/// the driver that will make it.
fn volumes(world: &World, pod: &WorldPod) -> Vec<Attached> {
    let mut found = Vec::new();
    for (name, _) in pod.claims() {
        let Some(claim) = world.claim(&pod.pod.namespace, name) else { continue };
        if let Some(volume) = claim.volume.as_deref().and_then(|volume| world.volume(volume)) {
            found.extend(volume.driver.clone().zip(volume.handle.clone()));
        } else if let Some(class) = world.storage_class(class_of(claim)) {
            found.push((class.provisioner.clone(), format!("to be made for {}/{}", claim.namespace, claim.name)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::reference::case::check;

    const ORIGIN: &str = "pkg/scheduler/framework/plugins/nodevolumelimits/csi_test.go";

    /// Claims `a`, `b`, `c` have EBS volumes, `twin` has that of `a`, `new` is not made yet, `nfs`
    /// has no driver, `other` is another driver's. Node `two` takes two EBS volumes, `free` has no
    /// limit.
    fn world(mounted: &[&str], there: &[&[&str]]) -> Value {
        let mount = |names: &[&str]| -> Vec<Value> {
            names
                .iter()
                .map(|name| json!({ "kind": if *name == "eph" { "ephemeral" } else { "claim" }, "claim": name }))
                .collect()
        };
        let bound = |name: &str, volume: &str| json!({ "name": name, "phase": "bound", "volume": volume });
        let ebs = |name: &str| json!({ "name": name, "driver": "ebs.csi.aws.com", "handle": format!("vol-{name}") });
        let pods: Vec<Value> = there
            .iter()
            .flat_map(|names| ["two", "free"].map(|node| json!({ "node": node, "volumes": mount(names) })))
            .collect();
        json!({ "nodes": { "two": { "csi_limits": { "ebs.csi.aws.com": 2 } }, "free": {} }, "pods": pods,
            "pod": { "volumes": mount(mounted) },
            "claims": [bound("a", "a"), bound("b", "b"), bound("c", "c"), bound("twin", "a"),
                bound("nfs", "nfs"), bound("other", "other"),
                bound("lost", "gone"), { "name": "new", "storage_class": "gp3" }, { "name": "eph", "storage_class": "gp3" },
                { "name": "classless" }],
            "volumes": [ebs("a"), ebs("b"), ebs("c"), { "name": "nfs" }, { "name": "other", "driver": "efs", "handle": "a" }],
            "storage_classes": [{ "name": "gp3" }] })
    }

    #[test]
    fn table() {
        let mut ended = world(&["c"], &[&["a"], &["b"]]);
        ended["pods"][0]["phase"] = json!("succeeded");
        check(
            "NodeVolumeLimits",
            &[
                ("no volume on a full node", ORIGIN, world(&[], &[&["a"], &["b"]]), "two free"),
                ("the last place", ORIGIN, world(&["b"], &[&["a"]]), "two free"),
                ("one too many", ORIGIN, world(&["c"], &[&["a"], &["b"]]), "free"),
                ("two at once", ORIGIN, world(&["b", "c"], &[&["a"]]), "free"),
                ("a volume that is there already", ORIGIN, world(&["a"], &[&["a", "b"]]), "two free"),
                ("the volume of another claim", ORIGIN, world(&["twin"], &[&["a", "b"]]), "two free"),
                ("shared there: counted once", ORIGIN, world(&["c"], &[&["a"], &["a"], &["twin"]]), "two free"),
                ("another driver", ORIGIN, world(&["other"], &[&["a"], &["b"]]), "two free"),
                ("no driver", ORIGIN, world(&["nfs"], &[&["a"], &["b"]]), "two free"),
                ("a volume to be made", ORIGIN, world(&["new"], &[&["a"], &["b"]]), "free"),
                ("there a volume is being made", ORIGIN, world(&["b"], &[&["a"], &["new"]]), "free"),
                ("a volume made for the pod", ORIGIN, world(&["eph"], &[&["a"], &["b"]]), "free"),
                ("a claim without class or volume", ORIGIN, world(&["classless"], &[&["a"], &["b"]]), "two free"),
                ("a claim whose volume is gone has no class to go by", ORIGIN, world(&["lost"], &[&["a"], &["b"]]), "two free"),
                ("a claim that is not there", ORIGIN, world(&["gone"], &[]), ""),
                ("an ended pod's volume is gone", ORIGIN, ended, "two free"),
            ],
        );
    }
}
