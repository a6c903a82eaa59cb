//! How many pods a Job is about to make, and how many a gang lacks (`--expect-job-pods`).
//!
//! The controller of Jobs makes 500 pods at a time, with seconds in between. So a Job with fewer
//! pods than it wants is held up as a rule: by a quota, by a webhook, or since its pods fail. Its
//! pods count only for a short while after it has made one. The followers of a pod whose Job has a
//! domain of its own count for as long as that pod waits: they are refused until it runs.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{AbsentPods, AbsentTurn};
use crate::duration::Seconds;
use crate::plan::amounts::small;
use crate::plan::report::{RoomFor, RoomKind};
use crate::policy::Policy;
use crate::snapshot::{Gang, GangKind, GangName, JobFacts, Pod, PodVolume, Scheduling, Snapshot};

/// The most pods that are expected in all, as with Cluster Autoscaler.
const MOST_EXPECTED: u32 = 5_000;
/// What made no pod for so long is held up by something.
const HELD_UP_AFTER: Seconds = Seconds::minutes(5);

/// Returns the pods that Jobs are about to make and those that gangs lack, where these count.
pub(super) fn pods<'a>(snapshot: &'a Snapshot, policy: &Policy) -> Vec<AbsentPods<'a>> {
    if !snapshot.looked_at.gangs.expect_job_pods {
        return Vec::new();
    }
    let expecting = Expecting { snapshot, policy };
    let mut all = expecting.of_jobs();
    all.extend(expecting.of_gangs(&all));
    let mut left = MOST_EXPECTED;
    for expected in &mut all {
        expected.count = expected.count.min(left);
        left -= expected.count;
    }
    all
}

struct Expecting<'a, 'p> {
    snapshot: &'a Snapshot,
    policy: &'p Policy,
}

impl<'a> Expecting<'a, '_> {
    /// Returns what Jobs lack, those of the oldest Jobs first.
    fn of_jobs(&self) -> Vec<AbsentPods<'a>> {
        let mut by_owner: BTreeMap<&str, Vec<&'a Pod>> = BTreeMap::new();
        for pod in &self.snapshot.pods {
            if let Some(owner) = pod.owner.as_deref().filter(|owner| owner.kind == "Job") {
                by_owner.entry(&owner.uid).or_default().push(pod);
            }
        }
        let mut jobs: Vec<&'a JobFacts> = self.snapshot.jobs.iter().collect();
        jobs.sort_unstable_by_key(|job| (job.created_at, &job.namespace, &job.name));
        let of_job = |job: &'a JobFacts| {
            let pods = by_owner.get(job.uid.as_str())?;
            let example = self.example(pods, |pod| matches!(pod.scheduling, Scheduling::Unschedulable { .. }))?;
            let gang = example.gang.as_deref();
            let waits_for_it = self
                .snapshot
                .gangs
                .iter()
                .any(|known| known.total.is_some() && known.namespace == example.namespace && Some(&known.id) == gang);
            let is_making = waits_for_it || self.is_fresh(newest(pods).max(job.created_at));
            let room_for = RoomFor { kind: RoomKind::Job, object: job.id() };
            is_making.then(|| AbsentPods {
                room_for,
                pod: example,
                count: missing(job, pods),
                turn: AbsentTurn::InTurn,
                is_bought_for: true,
            })
        };
        jobs.into_iter().filter_map(of_job).collect()
    }

    /// Returns what gangs lack beside pods that Jobs are about to make.
    fn of_gangs(&self, of_jobs: &[AbsentPods<'a>]) -> Vec<AbsentPods<'a>> {
        let mut members: BTreeMap<(&str, &GangName), Vec<&'a Pod>> = BTreeMap::new();
        for pod in &self.snapshot.pods {
            if let Some(gang) = pod.gang.as_deref() {
                members.entry((&pod.namespace, gang)).or_default().push(pod);
            }
        }
        let mut gangs: Vec<&'a Gang> = self.snapshot.gangs.iter().collect();
        gangs.sort_unstable_by_key(|gang| (gang.created_at, &gang.namespace, &gang.id));
        let of_gang = |gang: &'a Gang| {
            let pods = members.get(&(gang.namespace.as_str(), &gang.id))?;
            // Those of a wish that are missing while others run have ended. So have those of Kueue.
            let has_begun = gang.id.kind.is_wish() && pods.iter().any(|pod| pod.node.is_some());
            let is_of_queue = matches!(gang.id.kind, GangKind::Kueue | GangKind::ProvisioningRequest);
            if has_begun || is_of_queue || !self.is_fresh(newest(pods)) {
                return None;
            }
            let is_of_it = |expected: &&AbsentPods<'_>| {
                expected.pod.namespace == gang.namespace && expected.pod.gang.as_deref() == Some(&gang.id)
            };
            let known: u32 = of_jobs.iter().filter(is_of_it).map(|expected| expected.count).sum();
            let example = self.example(pods, |pod| pod.scheduling != Scheduling::Gated)?;
            Some(AbsentPods {
                room_for: RoomFor { kind: RoomKind::Gang, object: gang.object() },
                pod: example,
                count: gang.min.saturating_sub(small(pods.len()) + known),
                turn: AbsentTurn::InTurn,
                is_bought_for: true,
            })
        };
        gangs.into_iter().filter_map(of_gang).collect()
    }

    /// Returns the newest of some pods that waits and that others may be like. Those with a volume
    /// or devices of their own say nothing of where others could be.
    fn example(&self, pods: &[&'a Pod], is_waiting: impl Fn(&Pod) -> bool) -> Option<&'a Pod> {
        let is_like_others = |pod: &Pod| {
            let has_claim = |volume: &PodVolume| matches!(volume, PodVolume::Claim { .. } | PodVolume::Ephemeral { .. });
            pod.resource_claims.is_empty() && !pod.volumes.iter().any(has_claim)
        };
        let may_be_helped = |pod: &Pod| {
            let (spec, policy) = (self.snapshot.spec(pod), self.policy);
            let is_in_scope =
                policy.pod_namespaces.is_empty() || policy.pod_namespaces.iter().any(|name| pod.namespace == *name);
            is_in_scope && spec.priority >= policy.min_priority && spec.scheduling_gates.is_empty()
        };
        let waiting =
            pods.iter().copied().filter(|pod| pod.node.is_none() && pod.deletion_deadline.is_none() && is_waiting(pod));
        waiting.filter(|pod| is_like_others(pod) && may_be_helped(pod)).max_by_key(|pod| (pod.created_at, &pod.name))
    }

    fn is_fresh(&self, made_at: Timestamp) -> bool {
        Seconds::between(made_at, self.snapshot.taken_at) <= HELD_UP_AFTER
    }
}

fn newest(pods: &[&Pod]) -> Timestamp {
    pods.iter().map(|pod| pod.created_at).max().unwrap_or(Timestamp::MIN)
}

/// Returns how many more pods a Job wants than exist. One whose pods have failed waits before it
/// makes the next, up to ten minutes, and nothing tells since when.
fn missing(job: &JobFacts, pods: &[&Pod]) -> u32 {
    if job.makes_none.is_some() || job.failed > 0 {
        return 0;
    }
    let exists = |pod: &&&Pod| !pod.is_finished() && (pod.deletion_deadline.is_none() || job.replaces_the_ended);
    job.wanted().saturating_sub(small(pods.iter().filter(exists).count()))
}
