//! A snapshot without some of its nodes: what would be there if they went now.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Group, Instance, Node, ObjectName, Pod, Scheduling, Snapshot, is_machine};

/// What a what-if takes away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TakenAway {
    /// Whether it is a node or a group.
    pub kind: TakenKind,
    /// The name of the node or group.
    pub name: String,
    /// The pods that their controllers make again, under the names of those that end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pods: Vec<ObjectName>,
    /// The pods that nobody makes again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<ObjectName>,
}

/// A kind of thing that a what-if takes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum TakenKind {
    /// A node with its machine (`--without-node`).
    Node,
    /// A group with its machines (`--without-group`).
    Group,
}

impl Snapshot {
    /// Takes a node away, with its machine. Returns whether there is one of that name.
    pub fn take_node_away(&mut self, name: &str) -> bool {
        let Some(node) = self.nodes.iter().find(|node| node.name == name).cloned() else { return false };
        for group in &mut self.groups {
            let before = group.live_weight();
            group.instances.retain(|instance| !is_of(&node, instance));
            // The group has to ask for the place again.
            group.desired -= before - group.live_weight();
        }
        self.take_away(TakenKind::Node, name, &BTreeSet::from([name.to_owned()]));
        true
    }

    /// Takes away the groups of a name, with their machines. Returns whether there are any.
    pub fn take_group_away(&mut self, name: &str) -> bool {
        let (gone, left): (Vec<Group>, Vec<Group>) =
            std::mem::take(&mut self.groups).into_iter().partition(|group| group.id.name == name);
        self.groups = left;
        let is_gone = |node: &&Node| gone.iter().flat_map(|group| &group.instances).any(|instance| is_of(node, instance));
        let nodes = self.nodes.iter().filter(is_gone).map(|node| node.name.clone()).collect();
        if !gone.is_empty() {
            self.take_away(TakenKind::Group, name, &nodes);
        }
        !gone.is_empty()
    }

    /// Takes nodes away. Pods that a controller makes again wait for a place; those of DaemonSets
    /// and static pods end with their node.
    fn take_away(&mut self, kind: TakenKind, name: &str, nodes: &BTreeSet<String>) {
        self.nodes.retain(|node| !nodes.contains(&node.name));
        let now = self.taken_at;
        let mut taken = TakenAway { kind, name: name.to_owned(), pods: Vec::new(), lost: Vec::new() };
        let mut left = Vec::with_capacity(self.pods.len());
        for pod in std::mem::take(&mut self.pods) {
            if !pod.node.as_ref().is_some_and(|node| nodes.contains(&**node)) {
                left.push(pod);
                continue;
            }
            if pod.is_finished() || pod.deletion_deadline.is_some() || belongs_to_its_node(&pod) {
                continue;
            }
            match pod.owner.is_some() {
                true => {
                    taken.pods.push(pod.id());
                    left.push(Pod {
                        scheduling: Scheduling::Unschedulable { since: now },
                        created_at: now,
                        ..pod.made_again()
                    });
                }
                false => taken.lost.push(pod.id()),
            }
        }
        self.pods = left;
        self.looked_at.without.push(taken);
    }
}

fn is_of(node: &Node, instance: &Instance) -> bool {
    is_machine(node, &instance.id, &instance.addresses)
}

fn belongs_to_its_node(pod: &Pod) -> bool {
    pod.mirror || pod.is_daemon()
}
