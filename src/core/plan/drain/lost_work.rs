//! The work of a pod that is lost when it is ended, as its own annotations state it: what it has
//! done since its last checkpoint, and what starting again costs.

use jiff::Timestamp;

use crate::duration::Seconds;
use crate::snapshot::{Pod, Scheduling};
use crate::well_known::annotations::{CHECKPOINTED_AT, COST_OF_RESTART};

/// How far the clock of a pod's machine may be ahead of the API server's. Kubernetes itself relies
/// on clocks that agree within seconds, as NTP keeps them.
const CLOCKS_DIFFER: Seconds = Seconds::minutes(1);

/// An annotation that states nothing that could be understood, as `annotation key=value`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UnclearMark(pub(super) String);

/// Returns how much work the pod loses if it ends now; `None` where it states nothing of it.
///
/// # Errors
/// Names the annotation that is no time or duration, or a checkpoint that is still to come.
pub(super) fn lost_work(pod: &Pod, now: Timestamp) -> Result<Option<Seconds>, UnclearMark> {
    let since = checkpointed_at(pod, now)?.map(|saved| Seconds::between(saved.max(began(pod, now)), now));
    let again: Option<Seconds> = stated(pod, COST_OF_RESTART, |text| text.parse().ok())?;
    Ok(match (since, again) {
        (None, None) => None,
        (since, again) => Some(Seconds(since.unwrap_or_default().0.saturating_add(again.unwrap_or_default().0))),
    })
}

fn checkpointed_at(pod: &Pod, now: Timestamp) -> Result<Option<Timestamp>, UnclearMark> {
    let latest = CLOCKS_DIFFER.after(now);
    stated(pod, CHECKPOINTED_AT, |text| text.parse().ok().filter(|saved| *saved <= latest))
}

/// Returns since when the pod has worked here. A checkpoint that is older, such as one in the
/// template of its pods, is none of this pod.
fn began(pod: &Pod, now: Timestamp) -> Timestamp {
    match pod.scheduling {
        Scheduling::Scheduled { at: Some(at) } => at.min(now),
        Scheduling::Scheduled { at: None } | Scheduling::Unseen | Scheduling::Gated | Scheduling::Unschedulable { .. } => now,
    }
}

fn stated<T>(pod: &Pod, key: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, UnclearMark> {
    let Some(text) = pod.drain_annotations.get(key) else { return Ok(None) };
    read(text).map(Some).ok_or_else(|| UnclearMark(format!("annotation {key}={text}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::drain::test_pod::SamplePod;

    /// Returns what a pod loses at 12:00 that was bound at 10:00.
    fn lost(annotations: &[(&str, &str)]) -> Result<Option<Seconds>, UnclearMark> {
        let annotated = annotations.iter().fold(SamplePod::job(), |pod, (key, value)| pod.annotation(key, value));
        lost_work(&annotated.made(), "2026-11-22T12:00:00Z".parse().expect("a timestamp"))
    }

    #[test]
    fn it_is_what_was_done_since_the_checkpoint_and_the_cost_of_starting_again() {
        let saved = (CHECKPOINTED_AT, "2026-11-22T11:52:00Z");
        assert_eq!(lost(&[]), Ok(None));
        assert_eq!(lost(&[saved]), Ok(Some(Seconds::minutes(8))));
        assert_eq!(lost(&[(COST_OF_RESTART, "3m")]), Ok(Some(Seconds::minutes(3))));
        assert_eq!(lost(&[saved, (COST_OF_RESTART, "3m")]), Ok(Some(Seconds::minutes(11))));
    }

    #[test]
    fn a_checkpoint_of_an_earlier_pod_saves_nothing_of_this_one() {
        assert_eq!(lost(&[(CHECKPOINTED_AT, "2026-11-22T09:00:00Z")]), Ok(Some(Seconds::minutes(120))));
    }

    #[test]
    fn a_checkpoint_to_come_is_none_but_clocks_may_differ_a_little() {
        let to_come = "2026-11-22T12:01:01Z";
        assert_eq!(lost(&[(CHECKPOINTED_AT, to_come)]), Err(UnclearMark(format!("annotation {CHECKPOINTED_AT}={to_come}"))));
        assert_eq!(lost(&[(CHECKPOINTED_AT, "2026-11-22T12:01:00Z")]), Ok(Some(Seconds(0))));
    }

    #[test]
    fn what_is_no_time_or_duration_is_unclear() {
        for (key, value) in [(CHECKPOINTED_AT, "soon"), (COST_OF_RESTART, "much"), (COST_OF_RESTART, "-3m")] {
            assert_eq!(lost(&[(key, value)]), Err(UnclearMark(format!("annotation {key}={value}"))));
        }
    }
}
