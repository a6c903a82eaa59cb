//! Where the pods of one object are expected.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pod::PodVerdict;
use crate::snapshot::GroupId;

/// Where pods are expected.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExpectedPlaces {
    /// Pods that need new nodes, by group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_new_nodes: Vec<OnNewNodes>,
    /// How many pods wait for nodes that were requested already.
    #[serde(default)]
    pub on_upcoming_nodes: u32,
    /// How many pods fit on nodes that are there, or are bound to one.
    #[serde(default)]
    pub on_nodes_there: u32,
}

/// Pods on new nodes of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OnNewNodes {
    /// The group.
    pub group: GroupId,
    /// How many pods.
    pub pods: u32,
    /// How many new nodes they are on; other pods may be there as well.
    pub nodes: u32,
}

impl ExpectedPlaces {
    /// Counts the pods that have a place, by their verdicts; `bound` pods have no verdict.
    pub(crate) fn of<'v>(bound: u32, verdicts: impl Iterator<Item = &'v PodVerdict>) -> Self {
        let mut new: BTreeMap<&GroupId, (u32, BTreeSet<u32>)> = BTreeMap::new();
        let mut places = Self { on_nodes_there: bound, ..Self::default() };
        for verdict in verdicts {
            match verdict {
                PodVerdict::FitsNew { group, new_node } => {
                    let (pods, nodes) = new.entry(group).or_default();
                    *pods += 1;
                    nodes.insert(*new_node);
                }
                PodVerdict::FitsUpcoming { .. } => places.on_upcoming_nodes += 1,
                PodVerdict::FitsExisting { .. } | PodVerdict::FitsUncordoned { .. } | PodVerdict::Nominated { .. } => {
                    places.on_nodes_there += 1;
                }
                PodVerdict::Refused { .. }
                | PodVerdict::WaitsForRegion { .. }
                | PodVerdict::NotYetScheduled
                | PodVerdict::Terminating
                | PodVerdict::Gated { .. }
                | PodVerdict::OtherScheduler { .. }
                | PodVerdict::OtherNamespace
                | PodVerdict::LowPriority { .. }
                | PodVerdict::RoomRequested { .. }
                | PodVerdict::DaemonSet
                | PodVerdict::NotModelled { .. }
                | PodVerdict::GangIncomplete { .. }
                | PodVerdict::GangUnknown { .. }
                | PodVerdict::GangWithoutRoom { .. }
                | PodVerdict::CannotHelp { .. } => {}
            }
        }
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let on_new = |(group, (pods, nodes)): (&GroupId, (u32, BTreeSet<u32>))| OnNewNodes {
            group: group.clone(),
            pods,
            nodes: small(nodes.len()),
        };
        places.on_new_nodes = new.into_iter().map(on_new).collect();
        places
    }

    /// Returns how many pods have a place.
    #[must_use]
    pub fn pods(&self) -> u32 {
        self.on_new_nodes.iter().map(|new| new.pods).sum::<u32>() + self.on_upcoming_nodes + self.on_nodes_there
    }

    /// Returns what there is to say of each kind of place that pods have.
    pub(crate) fn parts(&self) -> Vec<String> {
        let mut parts = Vec::new();
        for OnNewNodes { group, pods, nodes } in &self.on_new_nodes {
            let nodes = if *nodes == 1 { "1 more node".to_owned() } else { format!("{nodes} more nodes") };
            parts.push(format!("{pods} {} {nodes} of {} ({})", verb(*pods, "need"), group.name, group.region));
        }
        if self.on_upcoming_nodes > 0 {
            let pods = self.on_upcoming_nodes;
            parts.push(format!("{pods} {} for nodes already asked for", verb(pods, "wait")));
        }
        if self.on_nodes_there > 0 {
            let pods = self.on_nodes_there;
            parts.push(format!("{pods} {} on nodes that are there", verb(pods, "fit")));
        }
        parts
    }
}

fn verb(pods: u32, plural: &str) -> String {
    if pods == 1 { format!("{plural}s") } else { plural.to_owned() }
}
