//! What most of some nodes agree on. One odd node decides nothing.

use std::collections::BTreeSet;

use crate::snapshot::{Labels, Name, Node, Resources, Taint};
use crate::well_known::resources::device_family;

/// Returns the labels that more than half of the nodes have with the same value, in the order of
/// their keys.
pub(crate) fn labels<'a>(nodes: &[&'a Node]) -> Vec<(&'a str, &'a str)> {
    of_most(nodes, |node| pairs(&node.labels))
}

/// Returns the keys of labels that more than half of the nodes have with any value.
pub(super) fn label_keys<'a>(nodes: &[&'a Node]) -> Vec<&'a str> {
    of_most(nodes, |node| node.labels.keys().map(Name::as_str))
}

/// Returns the taints that more than half of the nodes have.
pub(crate) fn taints<'a>(nodes: &[&'a Node]) -> Vec<&'a Taint> {
    of_most(nodes, |node| node.taints.iter())
}

/// Returns the devices that at least half of the nodes have: a device vanishes by accident, and
/// does not come by one.
pub(super) fn devices<'a>(nodes: &[&'a Node]) -> Vec<&'a str> {
    let offered = |node: &'a Node| node.allocatable.iter().filter(|(_, amount)| *amount > 0).map(|(name, _)| name);
    let counts = count(nodes, |node| offered(node).filter(|name| device_family(name).is_some()));
    counts.into_iter().filter(|(_, count)| 2 * count >= nodes.len()).map(|(name, _)| name).collect()
}

/// Returns the amounts that more than half of the offers reach, or half of them for devices.
///
/// Offers that are within a tenth of this count with their least amount: the memory of equal
/// machines differs by a little.
pub(crate) fn amounts(offers: &[&Resources]) -> Resources {
    let Some((first, others)) = offers.split_first() else { return Resources::default() };
    if others.iter().all(|other| other == first) {
        return (*first).clone();
    }
    let names: BTreeSet<&str> = offers.iter().flat_map(|offer| offer.iter()).map(|(name, _)| name).collect();
    let agreed = |name: &str| {
        let mut found: Vec<i64> = offers.iter().map(|offer| offer.get(name)).collect();
        found.sort_unstable();
        let most = found[if device_family(name).is_some() { found.len() / 2 } else { (found.len() - 1) / 2 }];
        found.into_iter().find(|amount| *amount >= most - most / 10).unwrap_or(most)
    };
    names.into_iter().map(|name| (name, agreed(name))).collect()
}

/// Returns the amounts that more than half of these do not exceed.
pub(crate) fn requests(held: &[&Resources]) -> Resources {
    let names: BTreeSet<&str> = held.iter().flat_map(|requests| requests.iter()).map(|(name, _)| name).collect();
    let agreed = |name: &str| {
        let mut found: Vec<i64> = held.iter().map(|requests| requests.get(name)).collect();
        found.sort_unstable();
        found[found.len() / 2]
    };
    names.into_iter().map(|name| (name, agreed(name))).collect()
}

fn pairs(labels: &Labels) -> impl Iterator<Item = (&str, &str)> {
    labels.iter().map(|(key, value)| (key.as_str(), value.as_str()))
}

/// Returns what more than half of the nodes have.
fn of_most<'a, T: Ord + Copy, I: Iterator<Item = T>>(nodes: &[&'a Node], has: impl Fn(&'a Node) -> I) -> Vec<T> {
    if let [only] = nodes {
        let mut found: Vec<T> = has(only).collect();
        found.sort_unstable();
        return found;
    }
    count(nodes, has).into_iter().filter(|(_, count)| 2 * count > nodes.len()).map(|(fact, _)| fact).collect()
}

/// Returns what the nodes have in its order, each with how often it is there. Sorting a few hundred
/// facts takes less than half the time of a map.
fn count<'a, T: Ord + Copy, I: Iterator<Item = T>>(nodes: &[&'a Node], has: impl Fn(&'a Node) -> I) -> Vec<(T, usize)> {
    let mut facts: Vec<T> = nodes.iter().flat_map(|node| has(node)).collect();
    facts.sort_unstable();
    facts.chunk_by(|one, next| one == next).map(|equal| (equal[0], equal.len())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{CPU, MEMORY};

    fn gpus(amounts: &[i64]) -> Vec<Resources> {
        amounts.iter().map(|amount| [("nvidia.com/gpu", *amount)].into_iter().collect()).collect()
    }

    #[test]
    fn one_odd_offer_decides_nothing() {
        for (found, expected) in [
            (vec![8000], 8000),
            (vec![8000, 1000, 8000], 8000),
            (vec![1000, 8000, 1000], 1000),
            (vec![8000, 1000], 1000),
            (vec![8000, 7900, 7950], 7900),
            (vec![8000, 7000, 8000], 8000),
        ] {
            let offers: Vec<Resources> = found.iter().map(|cpu| [(CPU, *cpu)].into_iter().collect()).collect();
            assert_eq!(amounts(&offers.iter().collect::<Vec<_>>()).get(CPU), expected, "{found:?}");
        }
    }

    #[test]
    fn a_device_that_half_of_them_have_is_there() {
        for (found, expected) in [(vec![8, 0], 8), (vec![8, 0, 0], 0), (vec![0, 8, 8], 8), (vec![8, 0, 8, 0], 8)] {
            let offers = gpus(&found);
            assert_eq!(amounts(&offers.iter().collect::<Vec<_>>()).get("nvidia.com/gpu"), expected, "{found:?}");
        }
    }

    #[test]
    fn requests_are_those_that_most_do_not_exceed() {
        for (found, expected) in [(vec![100], 100), (vec![100, 200], 200), (vec![100, 900, 200], 200), (vec![0, 0, 500], 0)] {
            let held: Vec<Resources> = found.iter().map(|amount| [(MEMORY, *amount)].into_iter().collect()).collect();
            assert_eq!(requests(&held.iter().collect::<Vec<_>>()).get(MEMORY), expected, "{found:?}");
        }
    }
}
