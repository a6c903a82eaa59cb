//! One launch in one zone: its note, the request, and the note of what came of it.
//!
//! The request adds to the desired capacity, so that it must never be made twice by mistake. Its
//! token goes with each sending of it, and is noted before the first one. A run that ends in
//! between leaves a note without an outcome, of which the next run asks the cloud.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::ops::RangeInclusive;

use jiff::Timestamp;

use crate::apply::cloud::read_group;
use crate::apply::step_context::StepContext;
use crate::apply::steps::growing::is_as_planned;
use crate::apply::{Obstacle, SkipReason};
use crate::cloud::{GroupNow, LaunchAnswer, LaunchFailure, LaunchFailureCode, LaunchRequest, LaunchedInstance};
use crate::duration::Seconds;
use crate::kubernetes::write::pause;
use crate::snapshot::{GroupId, GrowthNote, LaunchNote, LaunchOutcome, NotedFailure, NotedInstance};

/// A request is sent this often while the cloud still works on it, or does not look at it for the
/// number of calls.
const ATTEMPTS: u32 = 3;

/// A launch in one zone.
pub(super) struct ZoneRequest<'a> {
    pub(super) group: &'a GroupId,
    pub(super) zone: &'a str,
    pub(super) subnet: Option<&'a str>,
    pub(super) nodes: u32,
    /// The desired capacity that is presumed. What this step launched before may show or not.
    pub(super) desired: RangeInclusive<i64>,
}

/// What came of it.
pub(super) enum ZoneAnswer {
    /// The cloud launched so many, and states what kept the others away.
    Came { nodes: u32, failures: Vec<LaunchFailure> },
    /// The cloud does not launch so, in its words. Nothing was launched.
    OtherWay(String),
}

/// Launches nodes in one zone.
pub(super) async fn launch_in_zone(context: &StepContext<'_>, request: &ZoneRequest<'_>) -> Result<ZoneAnswer, Obstacle> {
    let at = (context.clock)();
    let note = LaunchNote {
        group: request.group.clone(),
        zone: request.zone.to_owned(),
        token: new_token(at),
        nodes: request.nodes,
        at,
        outcome: None,
    };
    context.check_lease()?;
    let noted = context.lease.note_launch(&note, keep(context)).await;
    noted.map_err(|error| Obstacle::Failed(error.to_string()))?;
    match send(context, request, &note.token).await {
        Sending::Answered { desired, came, failures } => {
            let nodes = u32::try_from(came.len()).unwrap_or(u32::MAX);
            note_outcome(context, &note, &came, &failures).await;
            note_growth(context, request.group, desired.saturating_add(i64::from(nodes)), nodes).await;
            Ok(ZoneAnswer::Came { nodes, failures })
        }
        Sending::NotMade(obstacle) => {
            forget(context, &note).await;
            Err(obstacle)
        }
        Sending::OtherWay(words) => {
            forget(context, &note).await;
            Ok(ZoneAnswer::OtherWay(words))
        }
        Sending::Unclear(words) => {
            let cloud = context.cloud.name();
            Err(Obstacle::Failed(format!("{cloud}'s answer was lost ({words}); the next run asks what was launched")))
        }
    }
}

/// Notes are kept for twice the time that an instance may take to become a node, or for as long as
/// a failure keeps a group from growing.
fn keep(context: &StepContext<'_>) -> Seconds {
    Seconds(context.longest_init_time.0.saturating_mul(2).max(context.policy.backoff.0))
}

/// Returns a token that no other request has.
fn new_token(at: Timestamp) -> String {
    let suffix = RandomState::new().build_hasher().finish();
    format!("ec2-autoscale/{}-{suffix:016x}", at.as_millisecond())
}

/// What became of the request.
enum Sending {
    /// The cloud answered. The desired capacity is the one before.
    Answered { desired: i64, came: Vec<LaunchedInstance>, failures: Vec<LaunchFailure> },
    /// It was not made, or not looked at.
    NotMade(Obstacle),
    /// It is to be made otherwise.
    OtherWay(String),
    /// It may have been carried out.
    Unclear(String),
}

async fn send(context: &StepContext<'_>, request: &ZoneRequest<'_>, token: &str) -> Sending {
    let now = match read_group(context, request.group).await {
        Ok(now) => now,
        Err(obstacle) => return Sending::NotMade(obstacle),
    };
    if let Err(reason) = may_launch(&now, request) {
        return Sending::NotMade(reason.into());
    }
    let launch = LaunchRequest {
        token: token.to_owned(),
        units: i64::from(request.nodes),
        zone: Some(request.zone.to_owned()),
        subnet: request.subnet.map(str::to_owned),
    };
    let mut is_begun = false;
    let mut last = String::new();
    for attempt in 0..ATTEMPTS {
        pause(attempt).await;
        if let Err(obstacle) = context.check_lease() {
            return if is_begun { Sending::Unclear(last) } else { Sending::NotMade(obstacle) };
        }
        match context.cloud.launch(request.group, &launch).await {
            LaunchAnswer::Launched { instances, failures } => {
                return Sending::Answered { desired: now.desired, came: instances, failures };
            }
            LaunchAnswer::InProgress => (is_begun, last) = (true, "the cloud is still at it".to_owned()),
            LaunchAnswer::Throttled(words) => last = words,
            // What is refused may be what the sending before has used up.
            LaunchAnswer::NotPossible(words) | LaunchAnswer::Denied(words) if is_begun => return Sending::Unclear(words),
            LaunchAnswer::NotPossible(words) | LaunchAnswer::Denied(words) => return Sending::OtherWay(words),
            LaunchAnswer::Unclear(words) => return Sending::Unclear(words),
        }
    }
    match is_begun {
        true => Sending::Unclear(last),
        false => Sending::NotMade(Obstacle::Failed(last)),
    }
}

/// Whether the group may launch so many.
fn may_launch(group: &GroupNow, request: &ZoneRequest<'_>) -> Result<(), SkipReason> {
    is_as_planned(group, &request.desired)?;
    let live = group.live();
    let desired = group.desired.max(live);
    if live > *request.desired.end() {
        return Err(SkipReason::AboveDesired { live, desired: group.desired });
    }
    match desired.saturating_add(i64::from(request.nodes)) <= group.max {
        true => Ok(()),
        false => Err(SkipReason::OutsideLimits { min: group.min, max: group.max }),
    }
}

async fn note_outcome(context: &StepContext<'_>, note: &LaunchNote, came: &[LaunchedInstance], failures: &[LaunchFailure]) {
    let instance =
        |it: &LaunchedInstance| NotedInstance { id: it.id.clone(), machine_type: it.machine_type.clone(), spot: it.spot };
    let failure = |it: &LaunchFailure| NotedFailure {
        zone: it.zone.clone().filter(|_| it.code.is_about_zone()),
        machine_type: it.machine_type.clone().filter(|_| it.code.is_about_type()),
        capacity_problem: it.code.is_about_capacity(),
        placement_full: it.code == LaunchFailureCode::PlacementFull,
        words: it.words.chars().take(300).collect(),
    };
    let outcome = LaunchOutcome { came: came.iter().map(instance).collect(), failed: failures.iter().map(failure).collect() };
    if let Err(error) = context.lease.settle_launch(&note.token, Some(&outcome)).await {
        // The next run asks the cloud by the token.
        tracing::warn!("what came of a launch in {} is not noted: {error}", note.group);
    }
}

/// Notes the desired capacity that follows, as for any other growth.
async fn note_growth(context: &StepContext<'_>, group: &GroupId, desired: i64, nodes: u32) {
    if nodes == 0 {
        return;
    }
    let note = GrowthNote { group: group.clone(), desired, at: (context.clock)() };
    if let Err(error) = context.lease.note(&note, keep(context), context.known_groups()).await {
        tracing::warn!("the growth of {group} is not noted: {error}");
    }
}

async fn forget(context: &StepContext<'_>, note: &LaunchNote) {
    if let Err(error) = context.lease.settle_launch(&note.token, None).await {
        // The next run finds that its token launched nothing.
        tracing::debug!("the note of a launch that was not requested stays: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::InstanceNow;
    use crate::snapshot::{Cannot, Hindrance, Lifecycle};

    fn group() -> GroupNow {
        GroupNow { min: 0, max: 5, desired: 3, ..GroupNow::default() }
    }

    fn judged(group: &GroupNow) -> Result<(), SkipReason> {
        let id = GroupId { region: "us-west-2".into(), name: "gpu".into() };
        may_launch(group, &ZoneRequest { group: &id, zone: "us-west-2a", subnet: None, nodes: 2, desired: 2..=3 })
    }

    #[test]
    fn a_launch_presumes_the_desired_capacity_and_what_this_step_added_to_it() {
        assert_eq!(judged(&group()), Ok(()));
        assert_eq!(judged(&GroupNow { desired: 2, ..group() }), Ok(()), "what came does not show yet");
        for desired in [1, 4] {
            let changed = SkipReason::DesiredChanged { expected: 3, found: desired };
            assert_eq!(judged(&GroupNow { desired, ..group() }), Err(changed));
        }
    }

    #[test]
    fn limits_and_switches_are_looked_at_again() {
        let suspended = Cannot::launch_or_remove(Some(Hindrance::suspended("Launch")), None);
        let instance = |id: &str| InstanceNow { id: id.into(), lifecycle: Lifecycle::Pending, weight: 1, protected: true };
        let four = ["i-a", "i-b", "i-c", "i-d"].map(instance).into();
        for (group, reason) in [
            (GroupNow { max: 4, ..group() }, SkipReason::OutsideLimits { min: 0, max: 4 }),
            (GroupNow { cannot: suspended, ..group() }, SkipReason::Suspended { process: "Launch".into() }),
            (GroupNow { instances: four, ..group() }, SkipReason::AboveDesired { live: 4, desired: 3 }),
        ] {
            assert_eq!(judged(&group), Err(reason));
        }
    }

    #[test]
    fn a_token_is_one_that_the_cloud_takes_and_another_each_time() {
        let at = "2026-11-30T12:00:00Z".parse().expect("a time");
        let (one, other) = (new_token(at), new_token(at));
        assert_ne!(one, other);
        assert!(one.len() <= 64 && one.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_/".contains(&byte)), "{one}");
    }
}
