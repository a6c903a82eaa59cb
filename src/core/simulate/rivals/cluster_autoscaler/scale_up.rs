//! One group a loop grows: a node like those of the group is estimated for the pods that fit
//! nowhere. The template of a group is its first machine type in its first zone.

use super::super::scene::{ModelCluster, ModelGroup, ModelPod};
use super::super::step::RivalStep;
use super::estimate::{NodeEstimate, estimate};
use super::expander::choose;

/// Returns the growth of one group for pods that fit on no node, existing or coming.
pub(super) fn growth(
    scene: &ModelCluster<'_>,
    pods: &[ModelPod<'_>],
    is_random: bool,
    is_left_alone: impl Fn(usize) -> bool,
) -> Option<RivalStep> {
    if pods.is_empty() {
        return None;
    }
    let (groups, options): (Vec<usize>, Vec<NodeEstimate>) = scene
        .groups
        .iter()
        .enumerate()
        .filter(|(place, known)| known.is_open && !is_left_alone(*place))
        .filter_map(|(place, known)| Some((place, estimate(scene, pods, known.offers.first()?, room(known))?)))
        .unzip();
    let chosen = choose(&options, is_random, scene.lot)?;
    let (group, nodes) = (groups[chosen], i64::try_from(options[chosen].nodes).unwrap_or(i64::MAX));
    Some(RivalStep::Grow { group, to: scene.groups[group].group.desired.saturating_add(nodes) })
}

/// Returns how many nodes a group may add.
fn room(known: &ModelGroup<'_>) -> usize {
    usize::try_from(known.group.max - known.group.desired).unwrap_or(0)
}
