//! The binpacking estimator: how many new nodes of a template the pods need. It is first fit
//! decreasing: the pods that take the largest share of a new node come first
//! (`DecreasingPodOrderer` adds the shares of CPU and memory).

use super::super::first_fit::take;
use super::super::scene::{LaunchOffer, ModelCluster, ModelPod};
use crate::scheduler::fits;
use crate::snapshot::{CPU, MEMORY};

/// `--max-nodes-per-scaleup`.
const MOST_NODES: usize = 1000;

/// What a group would do for the pods that wait.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NodeEstimate {
    /// So many new nodes.
    pub(super) nodes: usize,
    /// So many pods get a place on them.
    pub(super) pods: usize,
    /// The share of the CPU and of the memory of the new nodes that is left.
    pub(super) idle: [f64; 2],
}

/// Returns what new nodes of a template would do for pods, if anything.
pub(super) fn estimate(
    scene: &ModelCluster<'_>,
    pods: &[ModelPod<'_>],
    template: &LaunchOffer<'_>,
    room: usize,
) -> Option<NodeEstimate> {
    let whole = &template.free;
    let share = |pod: &ModelPod<'_>| sum(shares(scene, pod.row, whole));
    let mut suited: Vec<&ModelPod<'_>> = pods.iter().filter(|pod| fits(whole, pod.row) && scene.suits(pod, template)).collect();
    suited.sort_by(|a, b| share(b).total_cmp(&share(a)));
    let most = room.min(MOST_NODES);
    let (mut nodes, mut placed): (Vec<Vec<i64>>, usize) = (Vec::new(), 0);
    for pod in suited {
        let known = nodes.iter().position(|free| fits(free, pod.row));
        let node = match known {
            Some(node) => node,
            None if nodes.len() < most => {
                nodes.push(whole.clone());
                nodes.len() - 1
            }
            None => continue,
        };
        take(&mut nodes[node], pod.row);
        placed += 1;
    }
    let mut left = vec![0; whole.len()];
    for free in &nodes {
        left.iter_mut().zip(free).for_each(|(left, free)| *left += free);
    }
    let whole: Vec<i64> =
        whole.iter().map(|amount| amount.saturating_mul(i64::try_from(nodes.len()).unwrap_or(i64::MAX))).collect();
    (placed > 0).then(|| NodeEstimate { nodes: nodes.len(), pods: placed, idle: shares(scene, &left, &whole) })
}

/// Returns the shares of the CPU and of the memory of a whole that a part is.
#[expect(clippy::cast_precision_loss, reason = "shares are compared, not counted")]
fn shares(scene: &ModelCluster<'_>, part: &[i64], whole: &[i64]) -> [f64; 2] {
    [CPU, MEMORY].map(|name| {
        let Some(column) = (0..scene.columns.len()).find(|column| scene.columns.name(*column) == name) else { return 0.0 };
        if whole[column] > 0 { part[column] as f64 / whole[column] as f64 } else { 0.0 }
    })
}

fn sum(shares: [f64; 2]) -> f64 {
    shares[0] + shares[1]
}
