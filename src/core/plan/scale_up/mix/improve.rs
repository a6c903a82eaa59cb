//! Makes a mix cheaper step by step: smaller nodes for the same pods, one node instead of two, and
//! none for pods that fit on the others.

use super::problem::{FilledNode, LoadIx, Mix, Problem};
use crate::plan::amounts::take;
use crate::plan::fleet::GroupIx;
use crate::plan::scale_up::ranking::waste::room;

/// A mix of more nodes only gets smaller ones: the last nodes are what can be improved, and in a
/// large mix they matter little.
const MOST_NODES: u32 = 120;
/// All steps are repeated at most so many times.
const MOST_ROUNDS: usize = 8;

pub(super) fn improved(problem: &Problem, mut mix: Mix) -> Mix {
    let nodes: u32 = mix.iter().map(|node| node.copies).sum();
    if nodes <= MOST_NODES {
        mix = mix.into_iter().flat_map(singles).collect();
    }
    for _ in 0..MOST_ROUNDS {
        let before = problem.price(&mix);
        shrink(problem, &mut mix);
        if nodes <= MOST_NODES {
            merge(problem, &mut mix);
            dissolve(problem, &mut mix);
        }
        if problem.price(&mix) == before {
            break;
        }
    }
    mix
}

fn singles(node: FilledNode) -> impl Iterator<Item = FilledNode> {
    let copies = node.copies as usize;
    std::iter::repeat_n(FilledNode { copies: 1, ..node }, copies)
}

/// Returns how many nodes of a group may still be added to a mix.
fn left(problem: &Problem, mix: &[FilledNode], group: GroupIx) -> u32 {
    let used: u32 = mix.iter().filter(|node| node.group == group).map(|node| node.copies).sum();
    problem.limits[group].saturating_sub(used)
}

/// Returns the cheapest group below a price whose nodes take these pods, of those that may add so
/// many.
fn cheaper(problem: &Problem, mix: &[FilledNode], pods: &[(LoadIx, u32)], copies: u32, below: u64) -> Option<GroupIx> {
    problem.holding(pods, below).find(|group| left(problem, mix, *group) >= copies)
}

/// Replaces each node by the cheapest that takes its pods.
fn shrink(problem: &Problem, mix: &mut Mix) {
    for number in 0..mix.len() {
        let node = &mix[number];
        if let Some(group) = cheaper(problem, mix, &node.pods, node.copies, problem.price_of(node.group)) {
            mix[number].group = group;
        }
    }
}

/// Replaces two nodes by one.
fn merge(problem: &Problem, mix: &mut Mix) {
    let mut one = 0;
    while one < mix.len() {
        let mut other = one + 1;
        while other < mix.len() {
            let pods = together(&mix[one].pods, &mix[other].pods);
            let price = problem.price_of(mix[one].group) + problem.price_of(mix[other].group);
            match cheaper(problem, mix, &pods, 1, price) {
                Some(group) => {
                    mix[one] = FilledNode { group, pods, copies: 1 };
                    mix.remove(other);
                }
                None => other += 1,
            }
        }
        one += 1;
    }
}

fn together(one: &[(LoadIx, u32)], other: &[(LoadIx, u32)]) -> Vec<(LoadIx, u32)> {
    let mut pods = one.to_vec();
    for (load, count) in other {
        match pods.iter_mut().find(|(known, _)| known == load) {
            Some((_, pods)) => *pods += count,
            None => pods.push((*load, *count)),
        }
    }
    pods
}

/// Removes nodes whose pods fit on the others, the dearest first.
fn dissolve(problem: &Problem, mix: &mut Mix) {
    let mut order: Vec<usize> = (0..mix.len()).collect();
    order.sort_by_key(|number| std::cmp::Reverse(problem.price_of(mix[*number].group)));
    let mut gone = vec![false; mix.len()];
    for number in order {
        let mut others = mix.clone();
        let mut pods = std::mem::take(&mut others[number].pods);
        for (_, node) in others.iter_mut().enumerate().filter(|(place, _)| *place != number && !gone[*place]) {
            move_to(problem, node, &mut pods);
        }
        if pods.iter().all(|(_, count)| *count == 0) {
            gone[number] = true;
            *mix = others;
        }
    }
    let mut kept = gone.into_iter().map(|gone| !gone);
    mix.retain(|_| kept.next().unwrap_or(true));
}

/// Moves as many of the pods to a node as there is room for.
fn move_to(problem: &Problem, node: &mut FilledNode, pods: &mut [(LoadIx, u32)]) {
    let Some(offer) = &problem.offers[node.group] else { return };
    let mut free = offer.free.clone();
    take(&mut free, &problem.requested(&node.pods), 1);
    for (load, count) in pods.iter_mut().filter(|(load, _)| problem.takes(node.group, *load)) {
        let taken = room(&free, problem.requests(*load)).min(*count);
        if taken > 0 {
            take(&mut free, problem.requests(*load), taken);
            node.pods = together(&node.pods, &[(*load, taken)]);
            *count -= taken;
        }
    }
}
