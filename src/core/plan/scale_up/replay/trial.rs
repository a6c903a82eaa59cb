//! One way in which new nodes may appear, tried.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::new_nodes::{NewNodes, OnRequests, Pods};
use super::queue::Queue;
use super::runs_by_class::RunsByClass;
use super::{Left, equal_nodes};
use crate::index_vec::IndexVec;
use crate::plan::amounts::take;
use crate::plan::pending::ClassIx;
use crate::plan::scale_up::offers::Offers;
use crate::plan::scale_up::ranking::waste::room;
use crate::policy::SchedulerScoring;
use crate::scheduler::binding::{Capacity, ChoiceIx, OnCluster, RankedNodes, SortIx};
use crate::scheduler::cluster::{Checkpoint, Cluster, NodeId};

/// With at most so many runs of pods it pays to count equally full nodes together.
const FEW_RUNS: usize = 64;

/// The nodes and pods of a replay.
pub(super) struct ReplayTrial<'t, 'a> {
    pub(super) scoring: SchedulerScoring,
    pub(super) offers: &'t Offers<'a>,
    /// How many classes of pods there are.
    pub(super) classes: usize,
    pub(super) sorts: &'t IndexVec<SortIx, NewNodes>,
    pub(super) pods: &'t Arc<Pods>,
    /// The state of working copies before anything is bought.
    pub(super) before: Checkpoint,
}

impl<'a> ReplayTrial<'_, 'a> {
    /// Returns what is left of the queue when all nodes are there from the start. The working copy
    /// is absent where nothing but requests matters to any of the pods.
    pub(super) fn at_once(&self, copy: Option<&mut Cluster<'a>>, mut queue: Queue, nodes: &IndexVec<ChoiceIx, SortIx>) -> Left {
        let Self { scoring, offers, sorts, pods, .. } = self;
        match copy {
            Some(cluster) => {
                let added = nodes.iter().map(|sort| (appear(offers, cluster, &sorts[*sort]), [].as_slice())).collect();
                let capacity = OnCluster { cluster: &mut *cluster, nodes: added, are_sorts_alike: true };
                serve(&mut queue, &mut pods.rank(*scoring, sorts, nodes, capacity, false));
                cluster.roll_back(self.before);
            }
            None if queue.runs.len() <= FEW_RUNS => equal_nodes::place_at_once(*scoring, sorts, nodes, pods, &mut queue),
            None => {
                let capacity = OnRequests::new(pods, sorts, nodes);
                serve(&mut queue, &mut pods.rank(*scoring, sorts, nodes, capacity, true));
            }
        }
        queue.into()
    }

    /// Returns what is left of the queue when each node is filled before the next one is there.
    /// Pods that follow others are tried on earlier nodes again once all are there.
    pub(super) fn one_by_one(&self, copy: Option<&mut Cluster<'a>>, mut queue: Queue, nodes: &[SortIx]) -> Left {
        let Self { offers, sorts, pods, .. } = self;
        let mut runs = RunsByClass::new(Arc::clone(pods), self.classes, &queue);
        let Some(cluster) = copy else {
            for &sort in nodes {
                runs.fill(sort, sorts[sort].free.clone(), &mut queue, |class, left, free| {
                    let taken = room(free, pods.requests(class)).min(left);
                    take(free, pods.requests(class), taken);
                    taken
                });
            }
            return queue.into();
        };
        let mut there: Vec<NodeId> = Vec::new();
        for &sort in nodes {
            let node = appear(offers, cluster, &sorts[sort]);
            there.push(node);
            runs.fill(sort, cluster.row(node).to_vec(), &mut queue, |class, left, free| {
                let taken = cluster.fill(class.demand(), node, left);
                free.copy_from_slice(cluster.row(node));
                taken
            });
        }
        follow_others(cluster, &mut queue, &there);
        cluster.roll_back(self.before);
        queue.into()
    }
}

/// Places pods that follow others and have no node yet, once for each class that has none.
fn follow_others(cluster: &mut Cluster<'_>, queue: &mut Queue, nodes: &[NodeId]) {
    let mut refused: BTreeSet<ClassIx> = BTreeSet::new();
    for run in queue.runs.iter_mut().filter(|run| run.left > 0) {
        if !cluster.demand(run.class.demand()).follows_others() || refused.contains(&run.class) {
            continue;
        }
        for node in nodes {
            run.left -= cluster.fill(run.class.demand(), *node, run.left);
        }
        if run.left > 0 {
            refused.insert(run.class);
        }
    }
}

/// Adds a node to the working copy.
fn appear<'a>(offers: &Offers<'a>, cluster: &mut Cluster<'a>, nodes: &NewNodes) -> NodeId {
    offers.appear(cluster, nodes.group, nodes.zone)
}

/// Places the queue on nodes that are all there from the start; what is left in it has to wait.
fn serve<C: Capacity>(queue: &mut Queue, nodes: &mut RankedNodes<C>) {
    for run in &mut queue.runs {
        while run.left > 0 && nodes.bind(run.class.demand()).is_some() {
            run.left -= 1;
        }
    }
}
