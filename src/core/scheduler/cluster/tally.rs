//! Pods counted by domain, kept up to date as pods are placed.

use super::domains::NOWHERE;

/// How many pods of some kind each domain of a topology key has.
#[derive(Debug)]
pub(super) struct Tally {
    /// The topology key.
    pub(super) key: usize,
    counts: Vec<u32>,
    /// All of them.
    pub(super) total: u64,
    /// For a spread constraint: the domains that count.
    pub(super) spread: Option<SpreadDomains>,
}

/// The domains among which a spread constraint looks for the least filled one.
#[derive(Debug)]
pub(super) struct SpreadDomains {
    /// Which nodes take part.
    pub(super) eligibility: usize,
    /// Nodes that take part, by domain.
    members: Vec<u32>,
    /// For each number of pods, how many domains have it.
    by_count: Vec<u32>,
    domains: u32,
    lowest: u32,
}

impl Tally {
    pub(super) fn new(key: usize, eligibility: Option<usize>) -> Self {
        let spread = eligibility.map(|eligibility| SpreadDomains {
            eligibility,
            members: Vec::new(),
            by_count: Vec::new(),
            domains: 0,
            lowest: 0,
        });
        Self { key, counts: Vec::new(), total: 0, spread }
    }

    /// Returns how many pods a domain has.
    pub(super) fn at(&self, domain: u32) -> u32 {
        self.counts.get(domain as usize).copied().unwrap_or(0)
    }

    pub(super) fn add(&mut self, domain: u32, pods: u32) {
        self.set(domain, |count| count + pods);
        self.total += u64::from(pods);
    }

    pub(super) fn take(&mut self, domain: u32, pods: u32) {
        self.set(domain, |count| count - pods);
        self.total -= u64::from(pods);
    }

    fn set(&mut self, domain: u32, change: impl FnOnce(u32) -> u32) {
        debug_assert_ne!(domain, NOWHERE, "a node without the label is in no domain");
        let slot = slot(&mut self.counts, domain as usize);
        let before = *slot;
        *slot = change(before);
        let after = *slot;
        if let Some(spread) = &mut self.spread {
            spread.moved(domain, before, after);
        }
    }

    /// Counts a node that takes part.
    pub(super) fn join(&mut self, domain: u32) {
        let count = self.at(domain);
        let Some(spread) = &mut self.spread else { return };
        let members = slot(&mut spread.members, domain as usize);
        *members += 1;
        if *members == 1 {
            spread.appear(count);
        }
    }

    /// Forgets a node that took part and was only tried.
    pub(super) fn leave(&mut self, domain: u32) {
        let count = self.at(domain);
        let Some(spread) = &mut self.spread else { return };
        let members = slot(&mut spread.members, domain as usize);
        *members -= 1;
        if *members == 0 {
            spread.vanish(count);
        }
    }
}

impl SpreadDomains {
    /// Returns how many pods the least filled domain has; 0 while there are fewer domains than
    /// `min_domains` (`minMatchNum` in
    /// `pkg/scheduler/framework/plugins/podtopologyspread/filtering.go`).
    pub(super) fn least(&self, min_domains: u32) -> u32 {
        if self.domains < min_domains { 0 } else { self.lowest }
    }

    fn moved(&mut self, domain: u32, before: u32, after: u32) {
        if self.members.get(domain as usize).copied().unwrap_or(0) == 0 {
            return;
        }
        *slot(&mut self.by_count, before as usize) -= 1;
        *slot(&mut self.by_count, after as usize) += 1;
        self.lowest = self.lowest.min(after);
        self.settle();
    }

    fn appear(&mut self, count: u32) {
        *slot(&mut self.by_count, count as usize) += 1;
        self.lowest = if self.domains == 0 { count } else { self.lowest.min(count) };
        self.domains += 1;
    }

    fn vanish(&mut self, count: u32) {
        *slot(&mut self.by_count, count as usize) -= 1;
        self.domains -= 1;
        self.settle();
    }

    /// Finds the lowest count again when its last domain has gone up.
    fn settle(&mut self) {
        if self.domains == 0 {
            self.lowest = 0;
            return;
        }
        while self.by_count.get(self.lowest as usize).copied().unwrap_or(0) == 0 {
            self.lowest += 1;
        }
    }
}

fn slot(numbers: &mut Vec<u32>, index: usize) -> &mut u32 {
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
        let least = |tally: &Tally| tally.spread.as_ref().map(|spread| spread.least(1));
        tally.add(0, 3);
        tally.join(0);
        assert_eq!(least(&tally), Some(3), "one domain is its own least");
        tally.join(2);
        assert_eq!(least(&tally), Some(0), "an empty domain has appeared");
        tally.add(2, 2);
        assert_eq!(least(&tally), Some(2));
        tally.add(2, 4);
        assert_eq!(least(&tally), Some(3));
        tally.take(2, 5);
        assert_eq!(least(&tally), Some(1));
        tally.leave(2);
        assert_eq!(least(&tally), Some(3), "the domain was only tried out");
        assert_eq!(tally.spread.as_ref().map(|spread| spread.least(2)), Some(0), "too few domains");
    }
}
