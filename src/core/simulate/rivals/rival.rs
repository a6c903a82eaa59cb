//! A model at work: what it remembers from one run to the next.

use super::cluster_autoscaler::ClusterAutoscaler;
use super::karpenter::Karpenter;
use super::planner::Planner;
use super::scene::ModelCluster;
use super::step::{Launched, RivalStep};
use crate::duration::Seconds;
use crate::policy::{Expander, Policy};

/// A model at work.
pub(in crate::simulate) enum Rival {
    ClusterAutoscaler(ClusterAutoscaler),
    Karpenter(Karpenter),
}

impl Rival {
    /// Returns the model that decides, if one does.
    pub(in crate::simulate) fn new(planner: Planner, policy: &Policy) -> Option<Self> {
        match planner {
            Planner::Ours => None,
            Planner::LikeClusterAutoscaler => {
                Some(Self::ClusterAutoscaler(ClusterAutoscaler::new(policy.expander.iter().next() == Some(Expander::Random))))
            }
            Planner::LikeKarpenter => Some(Self::Karpenter(Karpenter::default())),
        }
    }

    /// Whether its nodes belong to no group: none is launched in place of one that is lost.
    pub(in crate::simulate) fn has_no_groups(&self) -> bool {
        matches!(self, Self::Karpenter(_))
    }

    /// Decides what to do now.
    pub(in crate::simulate) fn run(&mut self, scene: &ModelCluster<'_>) -> Vec<RivalStep> {
        match self {
            Self::ClusterAutoscaler(model) => model.run(scene),
            Self::Karpenter(model) => model.run(scene),
        }
    }

    /// Notes what became of a launch.
    pub(in crate::simulate) fn note(&mut self, launched: Launched) {
        match self {
            Self::ClusterAutoscaler(_) => {}
            Self::Karpenter(model) => model.note(launched),
        }
    }

    /// Notes that the scheduler could not place a pod. Returns when the model wants to run because
    /// of it; absent where its next run will do.
    pub(in crate::simulate) fn note_refusal(&mut self, now: Seconds) -> Option<Seconds> {
        match self {
            Self::ClusterAutoscaler(_) => None,
            Self::Karpenter(model) => Some(model.note_refusal(now)),
        }
    }

    /// Returns until when it would do nothing, where nothing else happens in the world: absent
    /// where that is for ever.
    pub(in crate::simulate) fn rests_until(&self) -> Option<Seconds> {
        match self {
            Self::ClusterAutoscaler(model) => model.rests_until(),
            Self::Karpenter(model) => model.rests_until(),
        }
    }

    /// Lets a run pass in which it would do nothing.
    pub(in crate::simulate) fn pass(&mut self, now: Seconds) {
        match self {
            Self::ClusterAutoscaler(_) => {}
            Self::Karpenter(model) => model.pass(now),
        }
    }

    /// Returns when it wants to run next, where that is not in its interval.
    pub(in crate::simulate) fn wakes_at(&self) -> Option<Seconds> {
        match self {
            Self::ClusterAutoscaler(_) => None,
            Self::Karpenter(model) => model.rests_until(),
        }
    }
}
