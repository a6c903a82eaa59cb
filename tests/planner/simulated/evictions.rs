//! Every eviction: only pods that their controllers create again, or that are marked as safe to
//! evict.

use ec2_autoscale_core::plan::{Action, Plan};
use ec2_autoscale_core::snapshot::Snapshot;

const MADE_AGAIN: [&str; 3] = ["ReplicaSet", "StatefulSet", "ReplicationController"];
const SAYS_YES: &str = "cluster-autoscaler.kubernetes.io/safe-to-evict";

#[derive(Debug, Default)]
pub(super) struct Evictions {
    pub(super) wrong: Vec<String>,
    /// How many evictions were checked.
    pub(super) asked: usize,
}

impl Evictions {
    pub(super) fn look(&mut self, snapshot: &Snapshot, plan: &Plan) {
        let evicted = plan.actions.iter().filter_map(|action| match action {
            Action::Evict { pods, .. } => Some(pods),
            _ => None,
        });
        for eviction in evicted.flatten() {
            let pod = snapshot.pods.iter().find(|pod| pod.uid == eviction.uid).expect("the plan names pods that are there");
            let kind = pod.owner.as_ref().map_or("", |owner| owner.kind.as_str());
            let says_yes = pod.drain_annotations.get(SAYS_YES).is_some_and(|says| says == "true");
            if !MADE_AGAIN.contains(&kind) && !says_yes {
                self.wrong.push(format!("{} of {kind:?}", pod.id()));
            }
            self.asked += 1;
        }
    }
}
