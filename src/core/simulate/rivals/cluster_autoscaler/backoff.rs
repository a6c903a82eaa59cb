//! Groups that failed lately: they are left alone for a while, and longer each time.

use std::collections::BTreeMap;

use super::super::scene::{ModelCluster, ModelMember};
use super::super::step::RivalStep;
use crate::duration::Seconds;
use crate::snapshot::{Activity, ActivityKind, ActivityStatus, Group};

/// `--initial-node-group-backoff-duration`.
const FIRST: Seconds = Seconds::minutes(5);
/// `--max-node-group-backoff-duration`.
const LONGEST: Seconds = Seconds::minutes(30);
/// `--node-group-backoff-reset-timeout`: after this long without a failure it is as if there had
/// been none.
const FORGOTTEN: Seconds = Seconds::minutes(180);
/// `--max-node-provision-time`: an instance without a Ready node counts as failed then, and is
/// removed.
const PROVISION_TIME: Seconds = Seconds::minutes(15);

/// The groups that failed lately, by their places.
#[derive(Debug, Default)]
pub(super) struct Backoffs(BTreeMap<usize, ModelBackoff>);

#[derive(Debug, Clone, Copy)]
struct ModelBackoff {
    duration: Seconds,
    failed_at: Seconds,
}

impl ModelBackoff {
    fn until(self) -> Seconds {
        Seconds(self.failed_at.0 + self.duration.0)
    }
}

impl Backoffs {
    /// Notes the launches that failed and the nodes that did not come in time. Returns the steps
    /// that take back what was wanted of those groups.
    pub(super) fn note_failures(&mut self, scene: &ModelCluster<'_>) -> Vec<RivalStep> {
        let mut steps = Vec::new();
        for (place, known) in scene.groups.iter().enumerate() {
            let is_missing = known.group.live_weight() < known.group.desired;
            if is_missing && last_failure(known.group).is_some() {
                self.fail(place, scene.now);
                steps.push(RivalStep::Revert { group: place });
            }
        }
        for late in coming(scene).filter(|member| late_at(member) <= scene.now) {
            self.fail(late.group, scene.now);
            steps.push(RivalStep::Terminate { machine: late.machine });
        }
        steps
    }

    /// Notes a failure of a group. What fails during a backoff does not prolong it.
    fn fail(&mut self, group: usize, now: Seconds) {
        let before = self.0.get(&group).copied();
        let duration = match before {
            Some(before) if before.until() > now => return,
            Some(before) if before.until().0 + FORGOTTEN.0 > now.0 => Seconds((before.duration.0 * 2).min(LONGEST.0)),
            Some(_) | None => FIRST,
        };
        self.0.insert(group, ModelBackoff { duration, failed_at: now });
    }

    /// Whether a group is left alone.
    pub(super) fn keeps(&self, group: usize, now: Seconds) -> bool {
        self.0.get(&group).is_some_and(|backoff| backoff.until() > now)
    }

    /// Returns when the next group is no longer left alone.
    pub(super) fn next_end(&self, now: Seconds) -> Option<Seconds> {
        self.0.values().map(|backoff| backoff.until()).filter(|until| *until > now).min()
    }

    /// Returns when the next node would come too late.
    pub(super) fn next_timeout(scene: &ModelCluster<'_>) -> Option<Seconds> {
        coming(scene).map(|member| late_at(&member)).filter(|at| *at > scene.now).min()
    }
}

/// Returns the instances whose nodes are not Ready yet.
fn coming<'s>(scene: &'s ModelCluster<'_>) -> impl Iterator<Item = ModelMember<'s>> {
    scene.nodes.iter().filter(|node| !node.is_ready).filter_map(|node| node.member)
}

fn late_at(member: &ModelMember<'_>) -> Seconds {
    Seconds(member.launched_at.0 + PROVISION_TIME.0)
}

/// Returns the newest launch of a group, if it failed.
fn last_failure(group: &Group) -> Option<&Activity> {
    let newest = group.activities.iter().find(|activity| activity.kind == ActivityKind::Launch)?;
    (newest.status == ActivityStatus::Failed).then_some(newest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backoff_doubles_up_to_half_an_hour_and_is_forgotten_after_three() {
        let mut backoffs = Backoffs::default();
        let mut now = Seconds(0);
        for minutes in [5, 10, 20, 30, 30] {
            backoffs.fail(7, now);
            let end = Seconds(now.0 + minutes * 60);
            assert_eq!((backoffs.next_end(now), backoffs.keeps(7, Seconds(end.0 - 1))), (Some(end), true), "{minutes}");
            backoffs.fail(7, Seconds(end.0 - 1));
            assert!(!backoffs.keeps(7, end) && !backoffs.keeps(8, now), "{minutes}");
            now = end;
        }
        now = Seconds(now.0 + FORGOTTEN.0);
        backoffs.fail(7, now);
        assert_eq!(backoffs.next_end(now), Some(Seconds(now.0 + 300)));
    }
}
