//! The sentences of suggestions.

use super::document::{Goal, LeftPods, PlanNumbers, SuggestedGroup};
use crate::plan::count;

/// Returns a group in one sentence.
pub(super) fn group(group: &SuggestedGroup) -> String {
    let pods = count(group.pods.len() as u64, "pod");
    let nodes = count(u64::from(group.nodes), "node");
    let types = group.machine_types.join(", ");
    let cost = group.usd_per_hour.map(|cost| format!(", {cost} together")).unwrap_or_default();
    format!("{nodes} of {types} for {pods} ({}, {} to {}){cost}", group.market, 0, group.max)
}

/// Returns all suggestions in one sentence.
pub(super) fn whole(
    goal: Goal,
    groups: &[SuggestedGroup],
    left: &[LeftPods],
    before: &PlanNumbers,
    after: &PlanNumbers,
) -> String {
    let left: usize = left.iter().map(|left| left.pods.len()).sum();
    let groups_words = count(groups.len() as u64, "group");
    match goal {
        Goal::Help => {
            let helped = before.pods_unhelped.saturating_sub(after.pods_unhelped);
            match (groups.is_empty(), left) {
                (true, 0) => "no pod needs another group".to_owned(),
                (true, left) => format!("no new group would help: {} left", count(left as u64, "pod")),
                (false, 0) => format!("{groups_words} to add: {} helped", count(u64::from(helped), "more pod")),
                (false, left) => {
                    format!("{groups_words} to add: {} helped, {left} left", count(u64::from(helped), "more pod"))
                }
            }
        }
        Goal::Save => match before.usd_per_hour.zip(after.usd_per_hour) {
            None => "no price is known, so that nothing can be saved by it".to_owned(),
            Some(_) if groups.is_empty() => "no new group would save a twentieth of the costs".to_owned(),
            Some((before, after)) => {
                format!("{groups_words} to add: the same pods on new nodes would cost {after} instead of {before}")
            }
        },
    }
}
