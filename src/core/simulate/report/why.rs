//! Why pods waited: time by cause, pods without a node by reason, the longest waits, and what kept
//! groups from growing.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::duration::Seconds;
use crate::plan::Ruling;
use crate::simulate::{HeldBack, History, PodStory, WaitCause, WaitPart};
use crate::snapshot::{GroupId, ObjectName};

/// So many of the longest waits are listed one by one.
const LONGEST: usize = 10;

/// What pods waited for one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CauseFigures {
    /// The cause.
    pub cause: WaitCause,
    /// How long all pods of the trace waited for it, those that never got a node to the end.
    pub time: Seconds,
    /// How many of them did.
    pub pods: u32,
}

/// Pods that never got a node, for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NoNode {
    /// The cause at the end.
    pub cause: WaitCause,
    /// The verdict of the last plan and its sentence; absent where no run has seen them.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub reason: Option<PlanReason>,
    /// How many pods.
    pub pods: u32,
    /// The one that came first.
    pub first: ObjectName,
    /// The longest wait among them.
    pub longest: Seconds,
}

/// A verdict of a plan on a pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlanReason {
    /// Its code.
    pub code: String,
    /// Its sentence.
    pub message: String,
}

/// A long wait of a pod that got a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LongWait {
    /// The pod.
    #[serde(flatten)]
    pub pod: ObjectName,
    /// When it came.
    pub came_at: Seconds,
    /// How long it had no node in all.
    pub waited: Seconds,
    /// The same by cause, the longest part first.
    pub parts: Vec<LongWaitPart>,
}

/// A part of a long wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LongWaitPart {
    /// The cause.
    pub cause: WaitCause,
    /// How long.
    pub time: Seconds,
    /// The last verdict behind it; absent where no run had seen the pod.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub reason: Option<PlanReason>,
}

/// For how long a group could not grow for pods that waited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GroupHeldBack {
    /// The group.
    #[serde(flatten)]
    pub group: GroupId,
    /// What held it back.
    pub by: HeldBack,
    /// For how long.
    pub time: Seconds,
}

impl From<&Ruling> for PlanReason {
    fn from(ruling: &Ruling) -> Self {
        // The code is the tag of the verdict in JSON.
        let verdict = serde_json::to_value(&ruling.verdict).unwrap_or_default();
        let code = verdict["code"].as_str().unwrap_or_default().to_owned();
        Self { code, message: ruling.message.clone() }
    }
}

impl From<&WaitPart> for LongWaitPart {
    fn from(part: &WaitPart) -> Self {
        Self { cause: part.cause, time: part.time, reason: part.ruling.as_deref().map(PlanReason::from) }
    }
}

/// Returns the time by cause; causes for which nobody waited are left out.
pub(super) fn causes(history: &History) -> Vec<CauseFigures> {
    let parts = || history.pods.iter().flat_map(|pod| &pod.wait_parts);
    let figures = |cause: WaitCause| {
        let own = || parts().filter(|part| part.cause == cause);
        let time = Seconds(own().map(|part| part.time.0).sum());
        CauseFigures { cause, time, pods: u32::try_from(own().count()).unwrap_or(u32::MAX) }
    };
    WaitCause::ALL.into_iter().map(figures).filter(|figures| figures.pods > 0).collect()
}

/// Returns the pods that never got a node by the reason of the last plan, the most pods first.
pub(super) fn no_node(history: &History) -> Vec<NoNode> {
    let mut found: BTreeMap<(WaitCause, Option<&str>), NoNode> = BTreeMap::new();
    for pod in history.pods.iter().filter(|pod| pod.first_bound_at.is_none()) {
        // A pod that came in the last second has not waited: it waits for the next run.
        let last = pod.wait_parts.last();
        let ruling = last.and_then(|part| part.ruling.as_deref());
        let cause = last.map_or(WaitCause::Interval, |part| part.cause);
        let known = found.entry((cause, ruling.map(|ruling| ruling.message.as_str()))).or_insert_with(|| NoNode {
            cause,
            reason: ruling.map(PlanReason::from),
            pods: 0,
            first: pod.pod.clone(),
            longest: pod.waited,
        });
        known.pods += 1;
        known.longest = known.longest.max(pod.waited);
    }
    let mut found: Vec<NoNode> = found.into_values().collect();
    found.sort_by_key(|one| Reverse(one.pods));
    found
}

/// Returns the longest waits of pods that got a node, the longest first.
pub(super) fn longest_waits(history: &History) -> Vec<LongWait> {
    let mut waits: Vec<&PodStory> =
        history.pods.iter().filter(|pod| pod.first_bound_at.is_some() && pod.waited > Seconds(0)).collect();
    waits.sort_by_key(|pod| (Reverse(pod.waited), pod.came_at, &pod.pod));
    waits.truncate(LONGEST);
    let long = |pod: &PodStory| {
        let mut parts: Vec<LongWaitPart> = pod.wait_parts.iter().map(LongWaitPart::from).collect();
        parts.sort_by_key(|part| (Reverse(part.time), part.cause));
        LongWait { pod: pod.pod.clone(), came_at: pod.came_at, waited: pod.waited, parts }
    };
    waits.into_iter().map(long).collect()
}

/// Returns what kept groups from growing, those in the order of the snapshot.
pub(super) fn held_back(history: &History) -> Vec<GroupHeldBack> {
    let known = history.held_back.iter();
    known.map(|((group, by), time)| GroupHeldBack { group: history.groups[*group].clone(), by: *by, time: *time }).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::test_report::{history, pod};
    use super::*;
    use crate::plan::PodVerdict;

    fn part(cause: WaitCause, time: u64, verdict: Option<PodVerdict>) -> WaitPart {
        WaitPart { cause, time: Seconds(time), ruling: verdict.map(|verdict| Arc::new(verdict.into())) }
    }

    #[test]
    fn pods_without_a_node_are_listed_by_the_reason_of_the_last_plan() {
        let mut history = history();
        for came_at in 0..5 {
            let mut waits = pod(came_at, 100 + came_at, None);
            waits.first_bound_at = None;
            let last = if came_at < 3 { PodVerdict::NotYetScheduled } else { PodVerdict::OtherNamespace };
            waits.wait_parts = vec![part(WaitCause::Interval, 40, None), part(WaitCause::LeftAlone, 60, Some(last))];
            history.pods.push(waits);
        }
        let found = no_node(&history);
        let [most, other] = found.as_slice() else { panic!("two reasons: {found:?}") };
        assert_eq!((most.pods, most.longest, most.first.name.as_str()), (3, Seconds(102), "p-0"));
        assert_eq!(most.reason.as_ref().map(|reason| reason.code.as_str()), Some("not-yet-scheduled"));
        assert_eq!((other.pods, other.cause), (2, WaitCause::LeftAlone));
        let times: Vec<_> = causes(&history).iter().map(|one| (one.cause, one.time.0, one.pods)).collect();
        assert_eq!(times, [(WaitCause::Interval, 200, 5), (WaitCause::LeftAlone, 300, 5)]);
    }

    #[test]
    fn the_ten_longest_waits_have_their_longest_part_first() {
        let mut history = history();
        history.pods = (0..30).map(|came_at| pod(came_at, came_at * 10, None)).collect();
        history.pods[29].wait_parts = vec![part(WaitCause::Interval, 50, None), part(WaitCause::Boot, 240, None)];
        let longest = longest_waits(&history);
        assert_eq!((longest.len(), longest[0].waited, longest[9].waited), (10, Seconds(290), Seconds(200)));
        assert_eq!(longest[0].parts.iter().map(|part| part.cause).collect::<Vec<_>>(), [WaitCause::Boot, WaitCause::Interval]);
    }
}
