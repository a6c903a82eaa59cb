//! How much of a node its pods request.

use crate::plan::fleet::{Fleet, NodeEntry};
use crate::plan::report::Utilization;
use crate::snapshot::{EPHEMERAL_STORAGE, PODS};

/// Returns the resource of which the pods that keep the node request the largest share. Pods that
/// come with the node do not count, since another node would have them as well. The number of pods
/// and scratch space do not count either: they are seldom what a node is bought for.
pub(crate) fn utilization(fleet: &Fleet<'_>, entry: &NodeEntry<'_>) -> Utilization {
    let offered = fleet.columns.row(&entry.node.allocatable);
    let mut requested = vec![0_i64; offered.len()];
    for pod in &entry.holders {
        for (sum, held) in requested.iter_mut().zip(fleet.held(pod).iter()) {
            *sum = sum.saturating_add(*held);
        }
    }
    let counts = |column: &usize| ![PODS, EPHEMERAL_STORAGE].contains(&fleet.columns.name(*column));
    let largest = (0..offered.len()).filter(counts).max_by(|&a, &b| {
        let (a, b) = ((requested[a], offered[a]), (requested[b], offered[b]));
        (i128::from(a.0) * i128::from(b.1.max(1))).cmp(&(i128::from(b.0) * i128::from(a.1.max(1))))
    });
    let column = largest.unwrap_or(0);
    Utilization { resource: fleet.columns.name(column).to_owned(), requested: requested[column], offered: offered[column] }
}

/// Whether that is less than a fraction of the node.
pub(crate) fn is_below(utilization: &Utilization, fraction: f64) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "a share is compared with a fraction that a person wrote")]
    let (requested, offered) = (utilization.requested as f64, utilization.offered as f64);
    requested < offered * fraction
}
