//! The node must reach the volumes that the pod has; volumes that it still needs must be available,
//! or be made for the node.

use ec2_autoscale_core::snapshot::{BindingMode, Claim, ClaimPhase, Labels, ObjectName, StorageClass, Volume};

use crate::reference::selectors::{any_term_matches, matches};
use crate::reference::world::{World, WorldNode, WorldPod, class_of};

/// The result of using a claim on a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Binding {
    /// It takes an existing volume, by name.
    Take(String),
    /// A volume is made for it.
    Make,
}

pub(crate) fn why_not(world: &World, pod: &WorldPod, node: usize) -> Option<String> {
    bindings(world, pod, node).err()
}

/// Returns the bindings of the pod's unbound claims (namespace and name) on a node, or the reason
/// that keeps the pod off it.
pub(crate) fn bindings(world: &World, pod: &WorldPod, node: usize) -> Result<Vec<(ObjectName, Binding)>, String> {
    let here = &world.nodes[node];
    let mut unbound = Vec::new();
    for (name, _) in pod.claims() {
        let claim = world.claim(&pod.pod.namespace, name).ok_or_else(|| format!("claim {name} is missing"))?;
        if claim.phase == ClaimPhase::Lost {
            return Err(format!("claim {name} lost its volume"));
        }
        if claim.deleting {
            return Err(format!("claim {name} is being deleted"));
        }
        match &claim.volume {
            Some(volume) if claim.phase == ClaimPhase::Bound => {
                let found = world.volume(volume).ok_or_else(|| format!("volume {volume} is missing"))?;
                if !reaches(found, &here.labels) {
                    return Err(format!("volume {volume} is not reached from {}", here.name));
                }
            }
            Some(volume) => return Err(format!("claim {name} waits for volume {volume}")),
            None => unbound.push((claim, waiting_class(world, claim)?)),
        }
    }
    // The smallest claim chooses first.
    unbound.sort_by_key(|(claim, _)| claim.requested);
    let mut chosen: Vec<(ObjectName, Binding)> = Vec::new();
    for (claim, class) in unbound {
        let id = ObjectName::new(claim.namespace.clone(), claim.name.clone());
        // A claim may be mounted twice.
        if chosen.iter().all(|(known, _)| *known != id) {
            let binding = binding(world, claim, class, here, &chosen)?;
            chosen.push((id, binding));
        }
    }
    Ok(chosen)
}

/// Returns the class of a claim that gets its volume when it is used.
fn waiting_class<'a>(world: &'a World, claim: &Claim) -> Result<&'a StorageClass, String> {
    match world.storage_class(class_of(claim)) {
        Some(class) if class.binding_mode == BindingMode::WaitForFirstConsumer => Ok(class),
        Some(_) => Err(format!("claim {} should have got its volume at once", claim.name)),
        None => Err(format!("claim {} has no class {:?}", claim.name, class_of(claim))),
    }
}

fn binding(
    world: &World,
    claim: &Claim,
    class: &StorageClass,
    node: &WorldNode,
    chosen: &[(ObjectName, Binding)],
) -> Result<Binding, String> {
    match &claim.selected_node {
        Some(selected) if *selected != node.name => {
            return Err(format!("a volume for claim {} is being made for {selected}", claim.name));
        }
        Some(_) => {}
        None => {
            if let Some(volume) = volume_to_take(world, claim, node, chosen) {
                return Ok(Binding::Take(volume.name.clone()));
            }
        }
    }
    if class.provisioner.is_empty() || class.provisioner == "kubernetes.io/no-provisioner" {
        return Err(format!("no volume for claim {}, and none is made", claim.name));
    }
    let is_allowed = class.allowed_topologies.is_empty()
        || class.allowed_topologies.iter().any(|term| {
            let one_of = |key: &String, values: &[String]| {
                node.labels.get(key).is_some_and(|own| values.iter().any(|value| own == value))
            };
            // As with node selectors, a term without requirements matches nothing.
            !term.is_empty() && term.iter().all(|one| one_of(&one.key, &one.values))
        });
    match is_enough_left(world, claim, class, node) {
        _ if !is_allowed => Err(format!("volumes of class {} are not made there", class.name)),
        false => Err(format!("too little storage of class {} is left there", class.name)),
        true => Ok(Binding::Make),
    }
}

/// Whether the driver of a class reports enough for a claim on a node, if it wants that compared.
fn is_enough_left(world: &World, claim: &Claim, class: &StorageClass, node: &WorldNode) -> bool {
    if claim.requested == 0 || !world.capacity_drivers.contains(&class.provisioner) {
        return true;
    }
    world.storage_capacities.iter().any(|left| {
        left.storage_class == class.name
            && left.nodes.as_ref().is_some_and(|nodes| matches(nodes, &node.labels))
            && left.largest_volume.or(left.capacity).is_some_and(|bytes| bytes >= claim.requested)
    })
}

/// Returns the volume reserved for the claim, or the smallest that suits it and is not reserved.
fn volume_to_take<'a>(
    world: &'a World,
    claim: &Claim,
    node: &WorldNode,
    chosen: &[(ObjectName, Binding)],
) -> Option<&'a Volume> {
    let of_class = world.volumes.iter().filter(|volume| volume.storage_class.as_deref().unwrap_or_default() == class_of(claim));
    let left: Vec<&Volume> = of_class
        .filter(|volume| !chosen.iter().any(|(_, binding)| *binding == Binding::Take(volume.name.clone())))
        .filter(|volume| {
            volume.capacity >= claim.requested
                && volume.block == claim.block
                && volume.attributes_class == claim.attributes_class
        })
        .collect();
    // A volume that is not available was reserved for an earlier claim of that name.
    let is_kept = |volume: &&&Volume| {
        let is_for_claim = |kept: &ObjectName| kept.namespace == claim.namespace && kept.name == claim.name;
        volume.available && volume.claim.as_ref().is_some_and(is_for_claim)
    };
    if let Some(kept) = left.iter().find(is_kept) {
        return reaches(kept, &node.labels).then_some(*kept);
    }
    let suits = |volume: &&Volume| {
        volume.claim.is_none()
            && volume.available
            && claim.selector.as_ref().is_none_or(|selector| matches(selector, &volume.labels))
            && claim.access_modes.iter().all(|mode| volume.access_modes.contains(mode))
            && reaches(volume, &node.labels)
    };
    left.into_iter().filter(suits).min_by_key(|volume| volume.capacity)
}

fn reaches(volume: &Volume, labels: &Labels) -> bool {
    volume.node_affinity.as_ref().is_none_or(|terms| any_term_matches(terms, labels, ""))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::reference::case::check;

    const BINDER: &str = "pkg/scheduler/framework/plugins/volumebinding/binder_test.go";
    const PLUGIN: &str = "pkg/scheduler/framework/plugins/volumebinding/volume_binding_test.go";
    const MATCH: &str = "pkg/controller/volume/persistentvolume/index_test.go";

    fn world(claims: Value, volumes: Value) -> Value {
        let names: Vec<Value> =
            claims.as_array().expect("claims").iter().map(|claim| json!({ "kind": "claim", "claim": claim["name"] })).collect();
        json!({ "nodes": { "a": { "labels": { "zone": "a" } }, "b": { "labels": { "zone": "b" } } },
            "claims": claims, "volumes": volumes, "pod": { "volumes": names },
            "storage_classes": [{ "name": "make" }, { "name": "now", "binding_mode": "immediate" },
                { "name": "local", "provisioner": "kubernetes.io/no-provisioner" },
                { "name": "zonal", "allowed_topologies": [[{ "key": "zone", "values": ["a", "c"] }]] },
                { "name": "never", "allowed_topologies": [[]] }] })
    }

    fn one(claim: Value) -> Value {
        with(claim, json!([]))
    }

    fn with(mut claim: Value, volumes: Value) -> Value {
        claim["name"] = json!("data");
        world(json!([claim]), volumes)
    }

    fn local(extra: Value) -> Value {
        let mut volume =
            json!({ "name": "v", "available": true, "storage_class": "local", "node_affinity": { "zone": ["a"] } });
        for (key, value) in extra.as_object().expect("an object") {
            volume[key] = value.clone();
        }
        volume
    }

    #[test]
    fn claims_that_have_a_volume() {
        let bound = json!({ "phase": "bound", "volume": "v", "storage_class": "make" });
        let mut missing = one(bound.clone());
        missing["claims"] = json!([]);
        let two = json!([{ "name": "c", "phase": "bound", "volume": "v" }, { "name": "d", "phase": "bound", "volume": "w" }]);
        let volumes =
            json!([{ "name": "v", "node_affinity": { "zone": ["a"] } }, { "name": "w", "node_affinity": { "zone": ["b"] } }]);
        check(
            "VolumeBinding",
            &[
                ("no claim", PLUGIN, world(json!([]), json!([])), "a b"),
                ("a volume reached from everywhere", BINDER, with(bound.clone(), json!([{ "name": "v" }])), "a b"),
                (
                    "a volume of one zone",
                    BINDER,
                    with(bound.clone(), json!([{ "name": "v", "node_affinity": { "zone": ["a"] } }])),
                    "a",
                ),
                ("two volumes in two zones", BINDER, world(two, volumes), ""),
                ("the volume is missing", BINDER, one(bound.clone()), ""),
                ("the claim is missing", PLUGIN, missing, ""),
                ("the claim is lost", PLUGIN, with(json!({ "phase": "lost", "volume": "v" }), json!([{ "name": "v" }])), ""),
                (
                    "the claim is being deleted",
                    PLUGIN,
                    with(json!({ "phase": "bound", "volume": "v", "deleting": true }), json!([{ "name": "v" }])),
                    "",
                ),
                (
                    "not bound yet, though it names its volume",
                    PLUGIN,
                    with(json!({ "volume": "v", "storage_class": "make" }), json!([{ "name": "v" }])),
                    "",
                ),
            ],
        );
    }

    #[test]
    fn claims_whose_volume_is_made() {
        let chosen = json!({ "storage_class": "make", "selected_node": "b" });
        let chosen_elsewhere = json!({ "storage_class": "make", "selected_node": "gone" });
        let chosen_wrongly = json!({ "storage_class": "zonal", "selected_node": "b" });
        check(
            "VolumeBinding",
            &[
                ("made anywhere", BINDER, one(json!({ "storage_class": "make" })), "a b"),
                ("should have been made at once", PLUGIN, one(json!({ "storage_class": "now" })), ""),
                ("without a class it should have been made at once", PLUGIN, one(json!({})), ""),
                ("the class is missing", PLUGIN, one(json!({ "storage_class": "gone" })), ""),
                ("made in some zones", BINDER, one(json!({ "storage_class": "zonal" })), "a"),
                (
                    "a topology that asks nothing",
                    "staging/src/k8s.io/component-helpers/scheduling/corev1",
                    one(json!({ "storage_class": "never" })),
                    "",
                ),
                ("never made", BINDER, one(json!({ "storage_class": "local" })), ""),
                ("being made for a node", BINDER, one(chosen), "b"),
                ("being made for a node that is gone", BINDER, one(chosen_elsewhere), ""),
                ("being made where none is made", BINDER, one(chosen_wrongly), ""),
            ],
        );
    }

    #[test]
    fn claims_that_are_compared_with_what_is_left() {
        let left = |capacity: Value| {
            let mut world = one(json!({ "storage_class": "make", "requested": 5 }));
            world["capacity_drivers"] = json!(["ebs.csi.aws.com"]);
            world["storage_capacities"] = json!([capacity]);
            world
        };
        let in_a = json!({ "match_labels": { "zone": "a" } });
        check(
            "VolumeBinding",
            &[
                ("enough", BINDER, left(json!({ "storage_class": "make", "nodes": in_a, "capacity": 5 })), "a"),
                ("too little", BINDER, left(json!({ "storage_class": "make", "nodes": in_a, "capacity": 4 })), ""),
                (
                    "the largest volume is more precise",
                    BINDER,
                    left(json!({ "storage_class": "make", "nodes": in_a, "capacity": 4, "largest_volume": 5 })),
                    "a",
                ),
                ("not known", BINDER, left(json!({ "storage_class": "make", "nodes": in_a })), ""),
                ("of another class", BINDER, left(json!({ "storage_class": "zonal", "nodes": in_a, "capacity": 9 })), ""),
                ("reached from nowhere", BINDER, left(json!({ "storage_class": "make", "capacity": 9 })), ""),
                (
                    "reached from everywhere",
                    BINDER,
                    left(json!({ "storage_class": "make", "nodes": {}, "capacity": 9 })),
                    "a b",
                ),
            ],
        );
    }

    #[test]
    fn claims_that_take_a_volume() {
        let waits = json!({ "storage_class": "local" });
        let take = |volume: Value| with(waits.clone(), json!([local(volume)]));
        let asking = |claim: Value, volume: Value| {
            let mut claim = claim;
            claim["storage_class"] = json!("local");
            with(claim, json!([local(volume)]))
        };
        let kept = |name: &str| json!({ "claim": { "namespace": "default", "name": name } });
        let select = json!({ "selector": { "match_labels": { "disk": "ssd" } } });
        let select_any = select.clone();
        let released = json!({ "available": false, "claim": { "namespace": "default", "name": "data" } });
        let two_claims = json!([{ "name": "c", "storage_class": "local" }, { "name": "d", "storage_class": "local" }]);
        let big_and_small =
            json!([{ "name": "big", "storage_class": "local", "requested": 8 }, { "name": "small", "storage_class": "local" }]);
        let small_volume = local(json!({ "name": "w", "capacity": 5 }));
        let free = json!({ "storage_class": "make" });
        let kept_far = json!([{ "name": "v", "available": true, "storage_class": "make", "node_affinity": { "zone": ["a"] },
            "claim": { "namespace": "default", "name": "data" } }]);
        check(
            "VolumeBinding",
            &[
                ("a volume in its zone", BINDER, take(json!({})), "a"),
                ("a volume that is not available", MATCH, take(json!({ "available": false })), ""),
                ("a volume of another class", MATCH, take(json!({ "storage_class": "make" })), ""),
                ("too small", MATCH, asking(json!({ "requested": 11 }), json!({})), ""),
                ("just large enough", MATCH, asking(json!({ "requested": 10 }), json!({})), "a"),
                ("another access mode", MATCH, asking(json!({ "access_modes": ["read-write-many"] }), json!({})), ""),
                ("a block device is asked for", MATCH, asking(json!({ "block": true }), json!({})), ""),
                ("labels that are selected", MATCH, asking(select.clone(), json!({ "labels": { "disk": "ssd" } })), "a"),
                ("labels that are not", MATCH, asking(select, json!({ "labels": { "disk": "hdd" } })), ""),
                ("kept for another claim", BINDER, take(kept("other")), ""),
                ("kept for this claim", BINDER, take(kept("data")), "a"),
                ("kept for this claim, whatever its selector", BINDER, asking(select_any, kept("data")), "a"),
                ("released by an earlier claim of that name", BINDER, take(released), ""),
                ("of another attributes class", MATCH, take(json!({ "attributes_class": "gold" })), ""),
                ("kept in another zone: one is made there", BINDER, with(free, kept_far), "a b"),
                ("one volume for two claims", BINDER, world(two_claims.clone(), json!([local(json!({}))])), ""),
                ("two volumes for two claims", BINDER, world(two_claims, json!([local(json!({})), small_volume.clone()])), "a"),
                (
                    "the small claim leaves the large volume",
                    BINDER,
                    world(big_and_small, json!([local(json!({})), small_volume])),
                    "a",
                ),
            ],
        );
    }
}
