//! Every binding before the second opinion: a pod that was bound since the run before must be
//! allowed where it is.

use std::collections::BTreeSet;

use ec2_autoscale_core::policy::Policy;
use ec2_autoscale_core::snapshot::{Pod, Scheduling, Snapshot};

use crate::reference::predicates::{ALL, ask};
use crate::reference::world::World;

/// Filters whose result depends on which pod came first. They are run when one pod was bound and
/// none has left since.
const IN_TURN: [&str; 2] = ["PodTopologySpread", "InterPodAffinity"];

#[derive(Debug, Default)]
pub(super) struct Bindings {
    /// Pods that had a node at the run before, by UID.
    before: Option<BTreeSet<String>>,
    pub(super) wrong: Vec<String>,
    /// How many bindings were checked.
    pub(super) asked: usize,
}

impl Bindings {
    pub(super) fn look(&mut self, snapshot: &Snapshot, policy: &Policy) {
        let bound: Vec<&Pod> = snapshot.pods.iter().filter(|pod| pod.node.is_some()).collect();
        let now: BTreeSet<String> = bound.iter().map(|pod| pod.uid.to_string()).collect();
        let before = self.before.replace(now.clone());
        // At the start pods are where the cluster has them, rightly or not.
        let Some(before) = before else { return };
        let is_newly_bound = |pod: &&Pod| !before.contains(pod.uid.as_str()) && !pod.is_daemon();
        let newcomers: Vec<&Pod> = bound.into_iter().filter(is_newly_bound).collect();
        let nobody_left = before.is_subset(&now);
        let daemons = snapshot.pods.iter().filter(|pod| pod.is_daemon() && !before.contains(pod.uid.as_str())).count();
        let is_alone = newcomers.len() == 1 && nobody_left && daemons == 0;
        for pod in newcomers {
            assert!(matches!(pod.scheduling, Scheduling::Scheduled { at: Some(_) }), "a bound pod says when");
            self.asked += 1;
            let world = World::of(snapshot, policy).without(pod);
            let all = World::of(snapshot, policy);
            let place = all.pods.iter().position(|other| other.pod.uid == pod.uid).expect("it is there");
            let mut waiting = all.pods[place].clone();
            let node = waiting.node.take().expect("its node is there");
            waiting.pod.node = None;
            for (plugin, _) in ALL.iter().filter(|(plugin, _)| is_alone || !IN_TURN.contains(plugin)) {
                if let Some(why) = ask(plugin, &world, &waiting, node) {
                    self.wrong.push(format!("{} on {}: {plugin}: {why}", pod.id(), world.nodes[node].name));
                }
            }
        }
    }
}
