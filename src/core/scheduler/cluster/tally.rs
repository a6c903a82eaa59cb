//! Pods counted by domain, kept up to date as pods are placed.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::NodeId;
use super::domains::NOWHERE;
use super::spread_ground::SpreadGround;

/// How many pods of some kind each domain of a topology key has.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    /// The topology key.
    pub(super) key: usize,
    counts: DomainCounts,
    /// All of them.
    pub(super) total: u64,
    /// For a spread constraint: what it knows of the least filled domain.
    pub(super) spread: Option<SpreadCounts>,
}

/// A number for each domain. Of a key with a domain for each node most domains have none, unless
/// there are many of the pods.
#[derive(Debug, Clone, Default)]
struct DomainCounts {
    /// Those of the first domains.
    first: Vec<u32>,
    others: IndexMap<u32, u32, FxBuildHasher>,
}

/// Zones and the like have fewer domains than this.
const FIRST_DOMAINS: usize = 64;
/// The first domains are so many times those that are looked up instead, so that their list takes
/// no more memory than these would.
const FIRST_FOR_EACH: usize = 8;

/// The domains with pods, by how many they have. The pods counted are on nodes that take part.
#[derive(Debug, Clone)]
pub(super) struct SpreadCounts {
    /// The number of the [`SpreadGround`].
    pub(super) ground: usize,
    /// For each number of pods but none, how many domains have it.
    by_count: Vec<u32>,
    /// How many domains have any pod.
    filled: u32,
    /// The least number of pods that a domain with any has.
    lowest: u32,
    /// Domains that count although no node is there yet.
    expected: Vec<u32>,
    /// Pods on nodes that may be in another domain than where they count.
    unsure: BTreeMap<NodeId, u32>,
    /// Pods on nodes of rounds, complete or not, by the places of the round and by domain.
    floating: BTreeMap<(usize, u32), u32>,
}

impl Tally {
    pub(super) fn new(key: usize, ground: Option<usize>) -> Self {
        Self { key, counts: DomainCounts::default(), total: 0, spread: ground.map(SpreadCounts::new) }
    }

    /// Returns how many pods a domain has.
    pub(super) fn at(&self, domain: u32) -> u32 {
        match self.counts.first.get(domain as usize) {
            Some(count) => *count,
            None if self.counts.others.is_empty() => 0,
            None => self.counts.others.get(&domain).copied().unwrap_or(0),
        }
    }

    pub(super) fn add(&mut self, domain: u32, pods: u32) {
        self.set(domain, |count| count + pods);
        self.total += u64::from(pods);
    }

    pub(super) fn take(&mut self, domain: u32, pods: u32) {
        self.set(domain, |count| count - pods);
        self.total -= u64::from(pods);
    }

    /// DomainCounts a domain although no node is there yet, if it spreads pods.
    pub(super) fn expect(&mut self, domain: u32) {
        if let Some(spread) = &mut self.spread {
            spread.expected.push(domain);
        }
    }

    /// Forgets the domains that were expected.
    pub(super) fn forget_expected(&mut self) {
        if let Some(spread) = &mut self.spread {
            spread.expected.clear();
        }
    }

    fn set(&mut self, domain: u32, change: impl FnOnce(u32) -> u32) {
        debug_assert_ne!(domain, NOWHERE, "a node without the label is in no domain");
        let slot = self.counts.slot(domain);
        let before = *slot;
        *slot = change(before);
        let after = *slot;
        if let Some(spread) = &mut self.spread {
            spread.moved(before, after);
        }
    }
}

impl DomainCounts {
    /// Returns the number of a domain, which is 0 at first.
    fn slot(&mut self, domain: u32) -> &mut u32 {
        if (domain as usize) < self.first.len().max(FIRST_DOMAINS) {
            return slot(&mut self.first, domain as usize);
        }
        if (domain as usize) < self.others.len() * FIRST_FOR_EACH {
            self.first.resize(self.others.len() * FIRST_FOR_EACH, 0);
            let known = self.first.len();
            for (other, count) in std::mem::take(&mut self.others) {
                match (other as usize) < known {
                    true => self.first[other as usize] = count,
                    false => drop(self.others.insert(other, count)),
                }
            }
            return &mut self.first[domain as usize];
        }
        self.others.entry(domain).or_default()
    }
}

impl SpreadCounts {
    fn new(ground: usize) -> Self {
        Self {
            ground,
            by_count: Vec::new(),
            filled: 0,
            lowest: 0,
            expected: Vec::new(),
            unsure: BTreeMap::new(),
            floating: BTreeMap::new(),
        }
    }

    /// Returns the pods on nodes that may be in another domain than where they count.
    pub(super) fn unsure(&self) -> &BTreeMap<NodeId, u32> {
        &self.unsure
    }

    /// Returns the pods on nodes of rounds, by the places of the round and by domain.
    pub(super) fn floating(&self) -> &BTreeMap<(usize, u32), u32> {
        &self.floating
    }

    /// Notes that a node may be in another domain than where its pods count, which become more or
    /// fewer.
    pub(super) fn doubt(&mut self, node: NodeId, before: u32, after: u32) {
        change(&mut self.unsure, node, before, after);
    }

    /// Notes that a node is where its pods count. Returns how many these are.
    pub(super) fn trust(&mut self, node: NodeId) -> u32 {
        self.unsure.remove(&node).unwrap_or(0)
    }

    /// Notes that the pods on nodes of rounds over some places become more or fewer.
    pub(super) fn float(&mut self, places: usize, domain: u32, before: u32, after: u32) {
        change(&mut self.floating, (places, domain), before, after);
    }

    /// Returns how many pods the least filled domain has; 0 while there are fewer domains than
    /// `min_domains` (`minMatchNum` in
    /// `pkg/scheduler/framework/plugins/podtopologyspread/filtering.go`).
    pub(super) fn least(&self, ground: &SpreadGround, min_domains: u32) -> u32 {
        let expects_more = self.expected.iter().any(|domain| !ground.has(*domain));
        let are_all_filled = self.filled >= ground.len() && !expects_more;
        if are_all_filled && ground.len() >= min_domains { self.lowest } else { 0 }
    }

    fn moved(&mut self, before: u32, after: u32) {
        if before > 0 {
            *slot(&mut self.by_count, before as usize) -= 1;
            self.filled -= 1;
        }
        if after > 0 {
            *slot(&mut self.by_count, after as usize) += 1;
            self.filled += 1;
            self.lowest = if self.filled == 1 { after } else { self.lowest.min(after) };
        }
        self.settle();
    }

    /// Finds the lowest count again when its last domain has another one.
    fn settle(&mut self) {
        if self.filled == 0 {
            self.lowest = 0;
            return;
        }
        while self.by_count.get(self.lowest as usize).copied().unwrap_or(0) == 0 {
            self.lowest += 1;
        }
    }
}

/// Changes a number by as much as from one to another, and forgets it when it is 0.
fn change<K: Ord>(numbers: &mut BTreeMap<K, u32>, key: K, before: u32, after: u32) {
    match numbers.entry(key) {
        Entry::Vacant(number) if after > before => {
            number.insert(after - before);
        }
        Entry::Vacant(_) => {}
        Entry::Occupied(mut number) => match (*number.get() + after).saturating_sub(before) {
            0 => {
                number.remove();
            }
            left => *number.get_mut() = left,
        },
    }
}

/// Returns the number at an index, which is 0 at first.
pub(super) fn slot(numbers: &mut Vec<u32>, index: usize) -> &mut u32 {
    if numbers.len() <= index {
        numbers.resize(index + 1, 0);
    }
    &mut numbers[index]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_filled_domain_is_known_after_every_change() {
        let mut tally = Tally::new(0, Some(0));
        let mut ground = SpreadGround::new(0, 0);
        let least = |tally: &Tally, ground: &SpreadGround| tally.spread.as_ref().map(|spread| spread.least(ground, 1));
        ground.join(0);
        tally.add(0, 3);
        assert_eq!(least(&tally, &ground), Some(3), "one domain is its own least");
        ground.join(2);
        ground.join(2);
        assert_eq!(least(&tally, &ground), Some(0), "an empty domain has appeared");
        tally.add(2, 2);
        assert_eq!(least(&tally, &ground), Some(2));
        tally.add(2, 4);
        assert_eq!(least(&tally, &ground), Some(3));
        tally.take(2, 5);
        assert_eq!(least(&tally, &ground), Some(1));
        tally.take(2, 1);
        ground.leave(2);
        assert_eq!(least(&tally, &ground), Some(0), "one of the nodes is left");
        ground.leave(2);
        assert_eq!(least(&tally, &ground), Some(3), "the domain was only tried out");
        assert_eq!(tally.spread.as_ref().map(|spread| spread.least(&ground, 2)), Some(0), "too few domains");
    }

    #[test]
    fn an_expected_domain_counts_while_no_node_is_there() {
        let (mut tally, mut ground) = (Tally::new(0, Some(0)), SpreadGround::new(0, 0));
        ground.join(0);
        tally.add(0, 1);
        tally.expect(2);
        let least = |tally: &Tally, ground: &SpreadGround| tally.spread.as_ref().map(|spread| spread.least(ground, 1));
        assert_eq!(least(&tally, &ground), Some(0));
        tally.forget_expected();
        assert_eq!(least(&tally, &ground), Some(1));
    }

    #[test]
    fn domains_are_counted_however_many_there_are() {
        let mut tally = Tally::new(0, None);
        for domain in [1, 63, 64, 9_000_000] {
            tally.add(domain, domain);
        }
        tally.take(64, 1);
        assert_eq!([0, 1, 63, 64, 65, 9_000_000].map(|domain| tally.at(domain)), [0, 1, 63, 63, 0, 9_000_000]);
        for domain in 100..1_000 {
            tally.add(domain, domain);
        }
        assert_eq!([64, 100, 999, 1_000, 9_000_000].map(|domain| tally.at(domain)), [63, 100, 999, 0, 9_000_000]);
        assert!(tally.counts.others.len() < 500 && tally.counts.first.len() < 8_000, "most are in one list");
    }
}
