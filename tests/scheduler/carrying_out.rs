//! A plan whose pods depend on each other, carried out before the real scheduler.
//!
//! All planned nodes are made at once and closed, as are those that were there. One after the other is then opened, with only the
//! pods waiting that are promised to it. The plan does not say in which order it placed its pods, so that this goes round until
//! nothing more is bound; if pods are left, other orders are tried.

use std::collections::{BTreeMap, BTreeSet};

use ec2_autoscale::plan::{Plan, PodVerdict, Refusal};
use serde_json::{Value, json};

use crate::cluster::{Cluster, Outcome, names};
use crate::dice::Dice;
use crate::fleet::node_of;
use crate::world::World;
use crate::{Tally, Trial};

/// How many orders are tried before a promise counts as broken.
const ORDERS: usize = 4;

/// A planned node or one that is there, and the pods promised to it.
struct Place<'a> {
    node: String,
    /// The group and the zone of a node that is to be made.
    new: Option<(&'a str, &'a str)>,
    pods: Vec<&'a str>,
}

/// Carries the plan out, and leaves what was bound where it is. Promises that the scheduler does not keep in any order that was
/// tried, a sentence each.
pub(crate) fn broken_promises(trial: &Trial<'_>, dice: &mut Dice, tally: &mut Tally) -> Vec<String> {
    let places = places(trial.plan);
    let mut doors = Doors::close_all(trial);
    let new_nodes: Vec<Value> = places.iter().filter_map(|place| new_node(trial, place)).collect();
    trial.cluster.add_nodes(&new_nodes);
    tally.promised += places.iter().map(|place| place.pods.len()).sum::<usize>();
    tally.planned_nodes += new_nodes.len();
    let waiting = trial.world.storage.waiting(trial.cluster);
    let mut order: Vec<&Place<'_>> = places.iter().collect();
    let mut left = Vec::new();
    for attempt in 0..ORDERS {
        if attempt > 0 {
            let is_bound = |pod: &&str| !left.iter().any(|(name, _)| name == pod);
            trial.cluster.delete_pods(places.iter().flat_map(|place| &place.pods).copied().filter(is_bound));
            trial.world.storage.restore(trial.cluster, &waiting);
            dice.shuffle(&mut order);
        }
        left = rounds(trial, &mut doors, &order);
        if left.is_empty() {
            break;
        }
    }
    let manifests = trial.world.case.manifests();
    left.iter().map(|(pod, why)| format!("{pod} {why}; {}", manifests[pod])).collect()
}

/// Opens place after place until nothing more is bound; the pods that are left, each with the last word on it.
fn rounds<'a>(trial: &Trial<'_>, doors: &mut Doors<'_>, places: &[&Place<'a>]) -> Vec<(&'a str, String)> {
    let manifests = trial.world.case.manifests();
    let mut left: BTreeMap<&str, String> =
        places.iter().flat_map(|place| &place.pods).map(|pod| (*pod, String::new())).collect();
    loop {
        let before = left.len();
        for place in places {
            let waiting: Vec<&str> = place.pods.iter().copied().filter(|pod| left.contains_key(pod)).collect();
            if waiting.is_empty() {
                continue;
            }
            doors.open(&place.node);
            trial.cluster.add_pods(waiting.iter().map(|pod| manifests[pod]));
            let outcomes = trial.cluster.decisions(waiting.iter().copied());
            for pod in waiting {
                if outcomes[pod] == (Outcome::Bound { node: place.node.clone() }) {
                    left.remove(pod);
                    continue;
                }
                trial.cluster.delete_pods([pod]);
                left.insert(pod, format!("is promised {}; the scheduler: {:?}", place.node, outcomes[pod]));
            }
            doors.close(&place.node);
        }
        if left.is_empty() || left.len() == before {
            return left.into_iter().collect();
        }
    }
}

/// The places of a plan in its own order.
fn places(plan: &Plan) -> Vec<Place<'_>> {
    let mut places: Vec<Place<'_>> = Vec::new();
    for report in &plan.pods {
        let (node, new) = match &report.verdict {
            PodVerdict::FitsNew { group, new_node } => {
                (format!("new-{}-{new_node}", group.name), Some((group.name.as_str(), zone_of(plan, &group.name, *new_node))))
            }
            PodVerdict::FitsUncordoned { node } | PodVerdict::FitsExisting { node } => (node.clone(), None),
            _ => continue,
        };
        match places.iter_mut().find(|place| place.node == node) {
            Some(place) => place.pods.push(&report.pod.name),
            None => places.push(Place { node, new, pods: vec![&report.pod.name] }),
        }
    }
    places
}

/// Where the plan expects a new node of a group.
fn zone_of<'a>(plan: &'a Plan, group: &str, number: u32) -> &'a str {
    let report = plan.groups.iter().find(|report| report.group.name == group).expect("plans report every group");
    let index = usize::try_from(number).expect("a small number") - 1;
    &report.new_nodes[index].zone
}

/// The manifest of the place's node if it is to be made, closed.
fn new_node(trial: &Trial<'_>, place: &Place<'_>) -> Option<Value> {
    let (group, zone) = place.new?;
    trial.world.join(trial.cluster, &place.node, group);
    let mut node = node_in(trial.world, trial.plan, group, &place.node, zone);
    node["spec"]["unschedulable"] = json!(true);
    Some(node)
}

/// A new node of a group as the plan describes it.
fn node_in(world: &World, plan: &Plan, group: &str, name: &str, zone: &str) -> Value {
    let report = plan.groups.iter().find(|report| report.group.name == group).expect("plans report every group");
    let template = report.template.as_ref().expect("the groups are well known");
    node_of(world.case.group(group), name, zone, &template.allocatable, &template.taints)
}

/// What keeps pods from nodes without a trace that they could see: `spec.unschedulable`, but not the taint that mirrors it.
struct Doors<'a> {
    cluster: &'a Cluster,
    moves: usize,
}

impl<'a> Doors<'a> {
    /// Closes every node that is there.
    fn close_all(trial: &Trial<'a>) -> Self {
        let mut doors = Self { cluster: trial.cluster, moves: 0 };
        for node in names(&trial.world.case.nodes) {
            doors.close(node);
        }
        doors
    }

    fn open(&mut self, node: &str) {
        let path = format!("/api/v1/nodes/{node}");
        let mut taints = self.cluster.get(&path)["spec"]["taints"].take();
        if let Some(taints) = taints.as_array_mut() {
            taints.retain(|taint| taint["key"] != "node.kubernetes.io/unschedulable");
        }
        self.turn(node, &json!({ "unschedulable": false, "taints": taints }));
    }

    fn close(&mut self, node: &str) {
        self.turn(node, &json!({ "unschedulable": true }));
    }

    fn turn(&mut self, node: &str, spec: &Value) {
        self.moves += 1;
        self.cluster.change_node(node, spec, &format!("move-{}", self.moves));
    }
}

/// Beside the plan as it was carried out, a group that refused a pod for what its nodes are gets one node more in one of its
/// zones, and the pod must stay pending. A few pods of each group are tried.
pub(crate) fn unfounded_refusals(trial: &Trial<'_>, dice: &mut Dice, tally: &mut Tally) -> Vec<String> {
    const MOST: usize = 4;
    let manifests = trial.world.case.manifests();
    let waiting = trial.world.storage.waiting(trial.cluster);
    let mut wrong = Vec::new();
    for group in &trial.world.case.groups {
        let mut refused: Vec<&str> = refused_by(trial.plan, &group.facts.id.name).into_iter().collect();
        if refused.is_empty() {
            continue;
        }
        dice.shuffle(&mut refused);
        refused.truncate(MOST);
        let group = &group.facts.id.name;
        let zone = dice.pick(&trial.world.case.group(group).facts.zones);
        let name = format!("wrong-{group}");
        trial.world.join(trial.cluster, &name, group);
        trial.cluster.add_nodes(&[node_in(trial.world, trial.plan, group, &name, &zone)]);
        for pod in &refused {
            trial.cluster.add_pods([manifests[pod]]);
            let outcome = trial.cluster.decisions([*pod].into_iter()).remove(*pod);
            if outcome == Some(Outcome::Bound { node: name.clone() }) {
                let verdict = trial.plan.pods.iter().find(|report| report.pod.name == *pod).map(|report| &report.message);
                wrong.push(format!("{pod} was bound to {name} in {zone}; the plan: {verdict:?}; {}", manifests[pod]));
            }
            trial.cluster.delete_pods([*pod]);
            trial.world.storage.restore(trial.cluster, &waiting);
        }
        tally.refused += refused.len();
        trial.cluster.delete_node(&name);
    }
    wrong
}

/// The pods that no group helps and this one refuses whatever its size.
fn refused_by<'a>(plan: &'a Plan, group: &str) -> BTreeSet<&'a str> {
    let is_refused = |verdict: &PodVerdict| match verdict {
        PodVerdict::CannotHelp { refusals } => {
            refusals.iter().any(|refusal| refusal.group.name == group && matches!(refusal.refusal, Refusal::Misfit { .. }))
        }
        _ => false,
    };
    plan.pods.iter().filter(|report| is_refused(&report.verdict)).map(|report| report.pod.name.as_str()).collect()
}
