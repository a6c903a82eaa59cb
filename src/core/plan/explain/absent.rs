//! Pods that an object stands for, against every node and every group: what `explain buffer` and
//! `explain request` have in common.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::alike::{NodesAlike, alike};
use super::pod::{GroupVerdict, NodeVerdict, group_verdicts, node_verdicts};
use super::ranking::{RankStep, steps};
use crate::plan::absent_pods::AbsentIx;
use crate::plan::amounts::small;
use crate::plan::decisions::{Decisions, decide_for};
use crate::plan::report::{PodVerdict, RoomFor, Ruling};
use crate::plan::situation::Situation;
use crate::scheduler::pending_requests;
use crate::snapshot::{Name, Pod, Resources};

/// Pods that are alike and not in the API, and what becomes of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AbsentPodsExplanation {
    /// For how many of them there is to be room.
    pub pods: u32,
    /// What each of them requests.
    pub requests: Resources,
    /// The nodes that are there on which they have room, each with how many.
    pub held_on: Vec<HeldOnNode>,
    /// What becomes of the others, those with the same verdict together.
    pub others: Vec<PodsInWords>,
    /// Whether each node would take one of them as it is now, without the room that is held.
    pub nodes: Vec<NodeVerdict>,
    /// The same with nodes of the same verdict together.
    pub nodes_alike: Vec<NodesAlike>,
    /// Every managed group, in the order in which they are tried.
    pub groups: Vec<GroupVerdict>,
    /// How the groups that such a pod fits were ranked when nodes were bought; empty where nothing
    /// had to be bought.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranking: Vec<RankStep>,
}

/// Room on one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeldOnNode {
    /// The node.
    pub node: Name,
    /// For how many pods.
    pub pods: u32,
}

/// Pods with the same verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PodsInWords {
    /// The verdict in words.
    pub message: String,
    /// How many pods.
    pub pods: u32,
}

/// What is decided, with the ranking of the groups for the first pods of an object.
pub(super) struct TracedDecisions {
    pub(super) decisions: Decisions,
    traced: Option<AbsentIx>,
}

impl TracedDecisions {
    /// Decides, and keeps the ranking.
    pub(super) fn of(situation: &Situation<'_>, room_for: &RoomFor) -> Self {
        let traced = situation.fleet.absent.position(|absent| absent.room_for == *room_for);
        let place = traced.map(|traced| situation.fleet.absent_places.of(traced).start);
        Self { decisions: decide_for(situation, place), traced }
    }

    /// Explains some pods of the object. `pod` is what each of them is like; `index` is absent
    /// where there is to be room for none.
    pub(super) fn absent_pods(&self, situation: &Situation<'_>, pod: &Pod, index: Option<AbsentIx>) -> AbsentPodsExplanation {
        let (fleet, scale_up) = (&situation.fleet, &self.decisions.scale_up);
        let rulings = index.map(|index| scale_up.rulings_on_absent(fleet, index)).unwrap_or_default();
        let rulings: Vec<&Ruling> = rulings.iter().map(|one| &*one.ruling).collect();
        let is_traced = index.is_some() && index == self.traced;
        let ranking = scale_up.ranking.clone().filter(|_| is_traced).zip(telling_verdict(&rulings));
        let nodes = node_verdicts(fleet, pod);
        AbsentPodsExplanation {
            pods: index.map_or(0, |index| fleet.absent[index].count),
            requests: pending_requests(fleet.spec(pod)),
            held_on: held_on(&rulings),
            others: others(&rulings),
            groups: group_verdicts(situation, pod, if is_traced { scale_up.closed.clone() } else { BTreeMap::new() }),
            ranking: ranking.map_or_else(Vec::new, |(ranking, verdict)| steps(fleet, ranking, verdict)),
            nodes_alike: alike(&nodes),
            nodes,
        }
    }
}

/// Returns the verdict by which a ranking is explained: that on a pod for which a node is bought.
fn telling_verdict<'r>(rulings: &[&'r Ruling]) -> Option<&'r PodVerdict> {
    let mut verdicts = rulings.iter().map(|ruling| &ruling.verdict);
    let bought = verdicts.clone().find(|verdict| matches!(verdict, PodVerdict::FitsNew { .. }));
    bought.or_else(|| verdicts.next())
}

fn held_on(rulings: &[&Ruling]) -> Vec<HeldOnNode> {
    let mut pods: BTreeMap<&str, u32> = BTreeMap::new();
    for ruling in rulings {
        if let PodVerdict::FitsExisting { node } = &ruling.verdict {
            *pods.entry(node).or_default() += 1;
        }
    }
    pods.into_iter().map(|(node, pods)| HeldOnNode { node: node.into(), pods }).collect()
}

/// Returns what becomes of pods without room on a node that is there, those of most pods first.
fn others(rulings: &[&Ruling]) -> Vec<PodsInWords> {
    let is_held = |ruling: &&&Ruling| matches!(ruling.verdict, PodVerdict::FitsExisting { .. });
    let mut by_words: BTreeMap<&str, usize> = BTreeMap::new();
    for ruling in rulings.iter().filter(|ruling| !is_held(ruling)) {
        *by_words.entry(&ruling.message).or_default() += 1;
    }
    let mut alike: Vec<PodsInWords> =
        by_words.into_iter().map(|(message, pods)| PodsInWords { message: message.to_owned(), pods: small(pods) }).collect();
    alike.sort_by_key(|pods| std::cmp::Reverse(pods.pods));
    alike
}
