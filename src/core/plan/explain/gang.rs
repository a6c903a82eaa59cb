//! `explain gang`: whether as many pods of a gang as start together have a place, and which.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::compose::compose;
use crate::plan::decisions::decide;
use crate::plan::gangs::{GangEntry, GangIx};
use crate::plan::report::{GangReport, PodReport, PodVerdict};
use crate::plan::situation::Situation;
use crate::policy::Policy;
use crate::snapshot::{Name, ObjectName, Snapshot};

/// The explanation of one gang.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GangExplanation {
    /// The plan's report on it.
    pub report: GangReport,
    /// The priority that counts for all its pods.
    pub priority: i32,
    /// The label that has the same value on the nodes of all its pods; absent where any nodes will
    /// do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same: Option<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// `taken_at` of the snapshot, from which distances are counted.
    pub now: Timestamp,
    /// The nodes on which pods of it run, each with how many.
    pub runs_on: Vec<GangNode>,
    /// Its pods without a node, by what becomes of them.
    pub waiting: Vec<GangPods>,
}

/// Pods of a gang that run on one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GangNode {
    /// The node.
    pub node: Name,
    /// How many pods.
    pub pods: u32,
}

/// Pods of a gang with the same verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GangPods {
    /// The verdict in words.
    pub message: String,
    /// The pods, by name.
    pub pods: Vec<Name>,
}

/// Explains the gangs of a name: objects of several kinds may have the same. There is none where no
/// unfinished pod belongs to one.
#[must_use]
pub fn gangs(snapshot: &Snapshot, policy: &Policy, name: &ObjectName) -> Vec<GangExplanation> {
    let situation = Situation::new(snapshot, policy);
    let decisions = decide(&situation);
    let plan = compose(&situation, &decisions);
    let named = situation.fleet.gangs.named(name);
    let explain = |(index, entry)| {
        let absent = decisions.scale_up.verdicts_on_absent_members(&situation.fleet, index);
        explanation(&situation, (&plan.pods, &absent), index, entry)
    };
    named.map(explain).collect()
}

fn explanation(
    situation: &Situation<'_>,
    (pods, absent): (&[PodReport], &[&PodVerdict]),
    index: GangIx,
    entry: &GangEntry<'_>,
) -> GangExplanation {
    let fleet = &situation.fleet;
    let unbound = fleet.unbound.iter().zip(pods).filter(|(pod, _)| fleet.gangs.of(pod) == Some(index));
    let unbound: Vec<&PodReport> = unbound.map(|(_, report)| report).collect();
    let bound = fleet.snapshot.pods.iter().filter(|pod| fleet.gangs.of(pod) == Some(index));
    let mut nodes: Vec<&Name> = bound.filter_map(|pod| pod.node.as_ref()).collect();
    nodes.sort_unstable();
    let count = |pods: usize| u32::try_from(pods).unwrap_or(u32::MAX);
    let runs_on = nodes.chunk_by(|one, other| one == other);
    GangExplanation {
        report: GangReport::new(entry, &unbound, absent),
        priority: entry.priority,
        same: entry.gang.same.clone(),
        created_at: entry.gang.created_at,
        now: fleet.now(),
        runs_on: runs_on.map(|alike| GangNode { node: alike[0].clone(), pods: count(alike.len()) }).collect(),
        waiting: alike(unbound),
    }
}

/// Returns pods with the same verdict together, in the order in which they get their places.
fn alike(mut unbound: Vec<&PodReport>) -> Vec<GangPods> {
    unbound.sort_by_key(|report| (report.placed.is_none(), report.placed, &report.pod));
    let same = unbound.chunk_by(|one, other| one.message == other.message);
    let pods = |reports: &[&PodReport]| reports.iter().map(|report| report.pod.name.clone()).collect();
    same.map(|reports| GangPods { message: reports[0].message.clone(), pods: pods(reports) }).collect()
}
