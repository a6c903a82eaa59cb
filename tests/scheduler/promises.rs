//! What the plan promised, carried out before the real scheduler.

use std::collections::BTreeMap;

use ec2_autoscale::plan::{Plan, PodVerdict, Refusal};
use ec2_autoscale::snapshot::GroupId;
use serde_json::{Value, json};

use crate::case::Case;
use crate::cluster::{Cluster, Outcome};
use crate::dice::Dice;
use crate::fleet::node_of;
use crate::{Tally, daemon_pod};

/// A case whose pending pods have been taken away again, to come back one group of them at a time.
pub(crate) struct Stage<'a> {
    pub(crate) cluster: &'a Cluster,
    pub(crate) case: &'a Case,
    pub(crate) plan: &'a Plan,
    /// The UID of the DaemonSet, if there is one.
    pub(crate) daemon: Option<&'a str>,
}

/// Somewhere a pod is promised a place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    New { group: String, ordinal: u32 },
    Uncordoned { node: String },
}

/// Pods that the scheduler found no node for, and whose verdict is none that fits such a pod. A pod that depends on others may fit
/// on a node that is there once those are placed.
pub(crate) fn unexpected(
    outcomes: &BTreeMap<String, Outcome>,
    verdicts: &BTreeMap<&str, &PodVerdict>,
    depends: bool,
) -> Vec<String> {
    let unplaced = outcomes.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Unschedulable { .. }));
    unplaced.filter_map(|(pod, outcome)| wrong_verdict(pod, outcome, verdicts.get(pod.as_str()).copied(), depends)).collect()
}

fn wrong_verdict(pod: &str, outcome: &Outcome, verdict: Option<&PodVerdict>, depends: bool) -> Option<String> {
    let Some(verdict) = verdict else { return Some(format!("{pod} is not in the plan")) };
    match verdict {
        PodVerdict::FitsNew { .. }
        | PodVerdict::FitsUncordoned { .. }
        | PodVerdict::CannotHelp { .. }
        | PodVerdict::Nominated { .. } => None,
        PodVerdict::FitsExisting { .. } if depends => None,
        other => Some(format!("{pod} {other}; the scheduler: {outcome:?}")),
    }
}

/// Pods for which the scheduler makes room must be known as such, and get their node once the others have left.
pub(crate) fn nominations(
    cluster: &Cluster,
    outcomes: &BTreeMap<String, Outcome>,
    verdicts: &BTreeMap<&str, &PodVerdict>,
    tally: &mut Tally,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut expected = BTreeMap::new();
    for (pod, outcome) in outcomes {
        let Outcome::Unschedulable { nominated, .. } = outcome else { continue };
        let verdict = verdicts.get(pod.as_str());
        let promised = match verdict {
            Some(PodVerdict::Nominated { node }) => Some(node),
            _ => None,
        };
        if promised != nominated.as_ref() {
            wrong.push(format!("{pod}: {verdict:?}; the scheduler nominates {nominated:?}"));
        }
        expected.extend(promised.map(|node| (pod.clone(), node.clone())));
    }
    tally.nominated += expected.len();
    cluster.delete_pods(cluster.leaving().iter().map(String::as_str));
    wrong.extend(cluster.not_bound(&expected));
    wrong
}

/// Each place is made with only its pods waiting, and goes again.
pub(crate) fn kept(stage: &Stage<'_>, dice: &mut Dice, tally: &mut Tally) -> Vec<String> {
    let manifests = stage.case.manifests();
    let mut wrong = Vec::new();
    for (round, (place, pods)) in places(stage.plan).into_iter().enumerate() {
        let node = stage.make(&place, dice, round);
        stage.cluster.add_pods(pods.iter().map(|pod| manifests[pod]));
        for (pod, outcome) in stage.cluster.decisions(pods.iter().copied()) {
            if outcome != (Outcome::Bound { node: node.clone() }) {
                wrong.push(format!(
                    "{pod} is promised {place:?}; the scheduler: {outcome:?}; {}",
                    manifests[pod.as_str()]["spec"]
                ));
            }
        }
        if let Place::New { .. } = place {
            tally.promised += pods.len();
            tally.planned_nodes += 1;
        }
        stage.cluster.delete_pods(pods);
        stage.undo(&place, &node, round);
    }
    wrong
}

/// A group that refused a pod for what its nodes are gets a node in each of its zones, with only such pods waiting.
pub(crate) fn refusals(stage: &Stage<'_>, tally: &mut Tally) -> Vec<String> {
    let manifests = stage.case.manifests();
    let mut wrong = Vec::new();
    for group in &stage.case.groups {
        let refused: Vec<&str> = refused_by(stage.plan, &group.facts.id).collect();
        if refused.is_empty() {
            continue;
        }
        let name = &group.facts.id.name;
        let zones = group.facts.zones.iter();
        let nodes: Vec<Value> = zones.map(|zone| stage.node(name, &format!("wrong-{name}-{zone}"), zone)).collect();
        stage.add_nodes(&nodes);
        stage.cluster.add_pods(refused.iter().map(|pod| manifests[pod]));
        for (pod, outcome) in stage.cluster.decisions(refused.iter().copied()) {
            if let Outcome::Bound { node } = outcome {
                let verdict = stage.plan.pods.iter().find(|report| report.pod.name == pod).map(|report| &report.message);
                wrong.push(format!("{pod} was bound to {node}; the plan: {verdict:?}; {}", manifests[pod.as_str()]["spec"]));
            }
        }
        tally.refused += refused.len();
        stage.cluster.delete_pods(refused);
        for node in crate::cluster::names(&nodes) {
            stage.remove_node(node);
        }
    }
    wrong
}

/// Makes all planned nodes and then all their pods, in any order; how many are bound.
pub(crate) fn at_once(stage: &Stage<'_>, dice: &mut Dice) -> usize {
    let manifests = stage.case.manifests();
    let mut waiting = Vec::new();
    for (round, (place, pods)) in places(stage.plan).into_iter().enumerate() {
        if let Place::New { .. } = place {
            stage.make(&place, dice, round);
            waiting.extend(pods);
        }
    }
    dice.shuffle(&mut waiting);
    stage.cluster.add_pods(waiting.iter().map(|pod| manifests[pod]));
    let outcomes = stage.cluster.decisions(waiting.iter().copied());
    outcomes.values().filter(|outcome| matches!(outcome, Outcome::Bound { .. })).count()
}

/// The pods of each place.
fn places(plan: &Plan) -> BTreeMap<Place, Vec<&str>> {
    let mut places: BTreeMap<Place, Vec<&str>> = BTreeMap::new();
    for report in &plan.pods {
        let place = match &report.verdict {
            PodVerdict::FitsNew { group, new_node } => Place::New { group: group.name.clone(), ordinal: *new_node },
            PodVerdict::FitsUncordoned { node } => Place::Uncordoned { node: node.clone() },
            _ => continue,
        };
        places.entry(place).or_default().push(&report.pod.name);
    }
    places
}

/// The pods that no group helps and this one refuses whatever its size.
fn refused_by<'a>(plan: &'a Plan, group: &GroupId) -> impl Iterator<Item = &'a str> {
    plan.pods.iter().filter_map(move |report| match &report.verdict {
        PodVerdict::CannotHelp { refusals } => refusals
            .iter()
            .any(|refusal| refusal.group == *group && matches!(refusal.refusal, Refusal::Misfit { .. }))
            .then_some(report.pod.name.as_str()),
        _ => None,
    })
}

impl Stage<'_> {
    /// Makes the place; the name of its node.
    fn make(&self, place: &Place, dice: &mut Dice, round: usize) -> String {
        match place {
            Place::New { group, ordinal } => {
                let name = format!("new-{group}-{ordinal}");
                let zone = dice.pick(&self.case.group(group).facts.zones);
                self.add_nodes(&[self.node(group, &name, &zone)]);
                name
            }
            Place::Uncordoned { node } => {
                let mut taints = self.taints_of(node);
                taints.retain(|taint| taint["key"] != "node.kubernetes.io/unschedulable");
                self.cluster.change_node(node, &json!({ "unschedulable": false, "taints": taints }), &format!("open-{round}"));
                node.clone()
            }
        }
    }

    fn undo(&self, place: &Place, node: &str, round: usize) {
        match place {
            Place::New { .. } => self.remove_node(node),
            Place::Uncordoned { node } => {
                let spec = json!({ "unschedulable": true, "taints": self.taints_of(node) });
                self.cluster.change_node(node, &spec, &format!("closed-{round}"));
            }
        }
    }

    fn taints_of(&self, name: &str) -> Vec<Value> {
        let node = self.case.nodes.iter().find(|node| node["metadata"]["name"] == name);
        node.and_then(|node| node["spec"]["taints"].as_array()).cloned().unwrap_or_default()
    }

    /// A new node of a group as the plan describes it.
    fn node(&self, group: &str, name: &str, zone: &str) -> Value {
        let report = self.plan.groups.iter().find(|report| report.group.name == group).expect("plans report every group");
        let template = report.template.as_ref().expect("the groups are well known");
        node_of(self.case.group(group), name, zone, &template.allocatable, &template.taints)
    }

    fn add_nodes(&self, nodes: &[Value]) {
        self.cluster.add_nodes(nodes);
        let Some(uid) = self.daemon else { return };
        for node in crate::cluster::names(nodes) {
            self.cluster.add_pods([&daemon_pod(uid, node)]);
        }
    }

    fn remove_node(&self, name: &str) {
        if self.daemon.is_some() {
            self.cluster.delete_pods([format!("agent-{name}").as_str()]);
        }
        self.cluster.delete_node(name);
    }
}
