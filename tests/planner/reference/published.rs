//! The placements that a plan publishes, read from its JSON: the checker reads what people and
//! tools see.

use ec2_autoscale_core::plan::Plan;
use ec2_autoscale_core::snapshot::{GroupId, ObjectName};
use serde::Deserialize;
use serde_json::Value;

/// The parts of a plan that contain where pods are expected, and on what.
#[derive(Debug, Deserialize)]
pub(crate) struct Published {
    pods: Vec<PodEntry>,
    groups: Vec<GroupEntry>,
    nodes: Vec<NodeEntry>,
}

/// The entry of one pod.
#[derive(Debug, Deserialize)]
struct PodEntry {
    #[serde(flatten)]
    pod: ObjectName,
    code: String,
    node: Option<String>,
    group: Option<GroupId>,
    new_node: Option<u32>,
    upcoming: Option<u32>,
    placed: Option<u32>,
    #[serde(default)]
    refusals: Vec<Refusal>,
}

/// The reason why one group does not help a pod.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Refusal {
    pub(crate) group: GroupId,
    pub(crate) misfit: Option<Misfit>,
}

/// The predicate that refused the pod.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Misfit {
    pub(crate) plugin: String,
}

/// The entry of one group.
#[derive(Debug, Deserialize)]
pub(crate) struct GroupEntry {
    #[serde(flatten)]
    pub(crate) id: GroupId,
    #[serde(default)]
    pub(crate) new_nodes: Vec<NewNode>,
    #[serde(default)]
    pub(crate) upcoming_nodes: Vec<UpcomingNode>,
}

/// A node that the plan adds.
#[derive(Debug, Deserialize)]
pub(crate) struct NewNode {
    pub(crate) zone: String,
}

/// A node that is coming.
#[derive(Debug, Deserialize)]
pub(crate) struct UpcomingNode {
    pub(crate) node: Option<String>,
    pub(crate) zone: String,
}

#[derive(Debug, Deserialize)]
struct NodeEntry {
    node: String,
    decision: String,
}

/// The place where a pod is expected.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// An existing node, by name.
    There(String),
    /// An upcoming node of a group, from 1.
    Upcoming(GroupId, u32),
    /// A new node of a group, from 1.
    New(GroupId, u32),
}

impl Published {
    pub(crate) fn of(plan: &Plan) -> Self {
        Self::read(serde_json::to_value(plan).expect("a plan is JSON"))
    }

    /// Reads the content of a plan's file.
    pub(crate) fn read(plan: Value) -> Self {
        serde_json::from_value(plan).unwrap_or_else(|error| panic!("the published plan: {error}"))
    }

    /// Returns the expected placements in the order in which the planner made them, and the faults
    /// in that order.
    pub(crate) fn placements(&self) -> (Vec<(ObjectName, Place)>, Vec<String>) {
        let mut wrong = Vec::new();
        let mut placed = Vec::new();
        for entry in &self.pods {
            let place = match entry.code.as_str() {
                "fits-existing" | "fits-uncordoned" => Place::There(entry.node.clone().expect("a node")),
                "fits-upcoming" => Place::Upcoming(entry.group.clone().expect("a group"), entry.upcoming.unwrap_or(0)),
                "fits-new" => Place::New(entry.group.clone().expect("a group"), entry.new_node.expect("a number")),
                _ => {
                    wrong.extend(entry.placed.map(|turn| format!("{} is not placed, as number {turn}", entry.pod)));
                    continue;
                }
            };
            placed.push((entry.placed, entry.pod.clone(), place));
        }
        placed.sort_by_key(|(turn, ..)| *turn);
        let turns: Vec<Option<u32>> = placed.iter().map(|(turn, ..)| *turn).collect();
        if turns != (0..).map(Some).take(turns.len()).collect::<Vec<_>>() {
            wrong.push(format!("the positions in the order of placement are {turns:?}"));
        }
        (placed.into_iter().map(|(_, pod, place)| (pod, place)).collect(), wrong)
    }

    /// Returns the pods for which preemption makes room, with the node.
    pub(crate) fn nominated(&self) -> Vec<(ObjectName, String)> {
        let nominated = self.pods.iter().filter(|entry| entry.code == "nominated");
        nominated.map(|entry| (entry.pod.clone(), entry.node.clone().expect("a node"))).collect()
    }

    /// Returns the nodes that the plan makes schedulable again.
    pub(crate) fn uncordoned(&self) -> Vec<&str> {
        self.decided(|decision| decision == "uncordon")
    }

    /// Returns the nodes that the plan removes.
    pub(crate) fn leaving(&self) -> Vec<&str> {
        self.decided(|decision| decision != "uncordon" && decision != "keep")
    }

    fn decided(&self, wanted: impl Fn(&str) -> bool) -> Vec<&str> {
        self.nodes.iter().filter(|entry| wanted(&entry.decision)).map(|entry| entry.node.as_str()).collect()
    }

    /// Returns the pods that no group can help, with what each group's new node lacks.
    pub(crate) fn misfits(&self) -> Vec<(&ObjectName, &Refusal)> {
        let refused = |entry: &'_ PodEntry| entry.code == "cannot-help";
        let entries = self.pods.iter().filter(|entry| refused(entry));
        entries.flat_map(|entry| entry.refusals.iter().map(|refusal| (&entry.pod, refusal))).collect()
    }

    pub(crate) fn groups(&self) -> &[GroupEntry] {
        &self.groups
    }

    pub(crate) fn group(&self, id: &GroupId) -> &GroupEntry {
        self.groups.iter().find(|entry| entry.id == *id).expect("the plan speaks of groups that are there")
    }
}
