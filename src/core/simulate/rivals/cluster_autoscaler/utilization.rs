//! How full a node is: the larger of the shares of CPU and memory that its pods request, those of
//! DaemonSets among them; of a node with GPUs, only the share of its GPUs
//! (`--scale-down-utilization-threshold`, `--scale-down-gpu-utilization-threshold`).

use super::super::scene::{ModelCluster, ModelNode};
use crate::snapshot::{CPU, MEMORY};
use crate::well_known::resources::is_device;

/// Whether a node is below the threshold of a half.
pub(super) fn is_low(scene: &ModelCluster<'_>, node: &ModelNode<'_>) -> bool {
    let offered = |column: &usize| node.total[*column] > 0;
    let devices: Vec<usize> =
        (0..scene.columns.len()).filter(offered).filter(|column| is_device(scene.columns.name(*column))).collect();
    let is_main = |column: &usize| [CPU, MEMORY].contains(&scene.columns.name(*column));
    let counted = if devices.is_empty() { (0..scene.columns.len()).filter(offered).filter(is_main).collect() } else { devices };
    counted.into_iter().all(|column| 2 * (node.total[column] - node.free[column]) < node.total[column])
}
