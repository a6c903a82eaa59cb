//! What of a mix is bought where the limits of the run or of the whole cluster do not allow all of
//! it: nodes for the pods whose turn comes first, and of these the nodes whose pods are worth most.

use std::cmp::Reverse;

use super::problem::{FilledNode, Mix, Problem};
use crate::plan::class_turn::ClassTurn;

/// Returns the first nodes of a mix, as far as they are allowed together. Where pods are left out
/// whose turn comes before that of others, the room of these is left to them.
pub(super) fn trim(
    problem: &Problem,
    mix: Mix,
    turn_of: impl Fn(&FilledNode) -> Vec<ClassTurn>,
    are_allowed: impl Fn(&[FilledNode]) -> bool,
) -> Mix {
    if are_allowed(&mix) {
        return mix;
    }
    let values = problem.alone();
    let worth = |node: &FilledNode| -> u64 {
        let value: f64 = node.pods.iter().map(|(load, pods)| values[*load] * f64::from(*pods)).sum();
        parts_of(value, problem.price_of(node.group))
    };
    let singles =
        mix.into_iter().flat_map(|node| std::iter::repeat_n(FilledNode { copies: 1, ..node.clone() }, node.copies as usize));
    let mut nodes: Vec<FilledNode> = singles.collect();
    nodes.sort_by_cached_key(|node| (turn_of(node).into_iter().min(), Reverse(worth(node))));
    let (mut allowed, mut too_many) = (0, nodes.len());
    while too_many - allowed > 1 {
        let some = usize::midpoint(allowed, too_many);
        if are_allowed(&nodes[..some]) {
            allowed = some;
        } else {
            too_many = some;
        }
    }
    let left_out = nodes.split_off(allowed);
    if let Some(first) = left_out.iter().flat_map(&turn_of).min() {
        for node in &mut nodes {
            let turns = turn_of(node);
            let mut turns = turns.iter();
            node.pods.retain(|_| turns.next().is_some_and(|turn| *turn <= first));
        }
    }
    nodes
}

/// Returns the value as millionths of a price.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it only orders nodes"
)]
fn parts_of(value: f64, price: u64) -> u64 {
    (value / price.max(1) as f64 * 1e6) as u64
}
