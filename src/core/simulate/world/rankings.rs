//! Which node each kind of pod prefers, in a world in which its specification alone decides that.
//! A kind keeps what every node is to it, and looks again only at those that have changed since.

use std::collections::{BTreeMap, BTreeSet};

use super::ids::HostId;

/// At most so many answers of nodes are kept. Where there are more kinds and nodes than that, all
/// kinds begin anew from time to time.
const MOST_ANSWERS: usize = 4_000_000;
/// At most so many changes are kept.
const MOST_CHANGES: usize = 100_000;
/// The score of a node that does not take a pod now.
const NOT_NOW: i16 = i16::MIN;

/// The preferences of every kind of pod.
#[derive(Debug, Default)]
pub(super) struct Rankings {
    /// By the number of their specification.
    kinds: BTreeMap<usize, Preferences>,
    /// The node in each place. One that is gone leaves its place to another.
    hosts: Vec<Option<HostId>>,
    free_places: Vec<usize>,
    /// The place of each node that ever was.
    places: Vec<usize>,
    /// What has changed, in its order.
    changes: Vec<ChangedHost>,
}

/// A change of a node.
#[derive(Debug, Clone, Copy)]
struct ChangedHost {
    place: usize,
    /// Whether more has changed than its free room.
    is_of_node: bool,
}

/// What the nodes are to pods of a kind, each in its place.
#[derive(Debug, Default)]
struct Preferences {
    /// How many of the changes it has seen.
    seen: usize,
    /// The scores of those that take a pod now and do not discourage it.
    scores: Vec<i16>,
    /// Those that take a pod now and discourage it.
    discouraging: BTreeMap<usize, Discouraging>,
    answers: Vec<Answer>,
}

/// A node that takes a pod and discourages it.
#[derive(Debug, Clone, Copy)]
struct Discouraging {
    score: i16,
    discouragements: u16,
}

/// What a node answers to pods of a kind, however little room it has now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// It does not take them.
    Refuses,
    /// It takes them, and this many of its taints discourage them.
    Takes { discouragements: u16 },
    /// Nobody has looked since it changed last.
    Unknown,
}

/// What decides what a node is to pods of a kind.
pub(super) trait NodesOfKind {
    /// Returns the score of a node by resources; `None` where it has no room now.
    fn score(&self, host: HostId) -> Option<i64>;
    /// Returns what a node answers to them.
    fn answer(&self, host: HostId) -> Answer;
    /// Returns the score of a node by its taints, and by those of the worst node that takes a pod.
    fn taint_score(&self, discouragements: u16, most: u16) -> i64;
}

impl Rankings {
    /// Adds a node.
    pub(super) fn add(&mut self, host: HostId) {
        let place = self.free_places.pop().unwrap_or_else(|| {
            self.hosts.push(None);
            self.hosts.len() - 1
        });
        self.hosts[place] = Some(host);
        self.places.resize(self.places.len().max(host + 1), usize::MAX);
        self.places[host] = place;
        self.change(host, true);
    }

    /// Forgets a node.
    pub(super) fn remove(&mut self, host: HostId) {
        let place = self.places[host];
        self.change(host, true);
        self.hosts[place] = None;
        self.free_places.push(place);
    }

    /// Notes that a node has changed, in more than its free room or in that.
    pub(super) fn change(&mut self, host: HostId, is_of_node: bool) {
        if self.kinds.is_empty() {
            return; // Each kind begins with a look at every node.
        }
        if self.changes.len() >= MOST_CHANGES {
            self.begin_anew();
        } else {
            self.changes.push(ChangedHost { place: self.places[host], is_of_node });
        }
    }

    fn begin_anew(&mut self) {
        self.kinds.clear();
        self.changes.clear();
    }

    /// Returns the node that pods of a kind prefer among those with `is_meant`, if any takes one
    /// now: of those with the same score the first that came.
    pub(super) fn best(
        &mut self,
        kind: usize,
        nodes: &impl NodesOfKind,
        is_meant: Option<&dyn Fn(HostId) -> bool>,
    ) -> Option<HostId> {
        if (self.kinds.len() + 1) * self.hosts.len() > MOST_ANSWERS && !self.kinds.contains_key(&kind) {
            self.begin_anew();
        }
        let known = self.kinds.entry(kind).or_default();
        known.catch_up(&self.changes, &self.hosts, nodes);
        known.best(&self.hosts, nodes, is_meant)
    }
}

impl Preferences {
    /// Looks at the nodes that have changed.
    fn catch_up(&mut self, changes: &[ChangedHost], hosts: &[Option<HostId>], nodes: &impl NodesOfKind) {
        let is_new = self.scores.is_empty();
        self.scores.resize(hosts.len(), NOT_NOW);
        self.answers.resize(hosts.len(), Answer::Unknown);
        let unseen = &changes[self.seen..];
        self.seen = changes.len();
        if is_new {
            return (0..hosts.len()).for_each(|place| self.look_at(place, hosts[place], nodes));
        }
        for change in unseen.iter().filter(|change| change.is_of_node) {
            self.answers[change.place] = Answer::Unknown;
        }
        let changed: BTreeSet<usize> = unseen.iter().map(|change| change.place).collect();
        for place in changed {
            self.look_at(place, hosts[place], nodes);
        }
    }

    fn look_at(&mut self, place: usize, host: Option<HostId>, nodes: &impl NodesOfKind) {
        self.scores[place] = NOT_NOW;
        self.discouraging.remove(&place);
        let Some((host, score)) = host.and_then(|host| Some((host, nodes.score(host)?))) else { return };
        if self.answers[place] == Answer::Unknown {
            self.answers[place] = nodes.answer(host);
        }
        let score = i16::try_from(score).unwrap_or(i16::MAX);
        match self.answers[place] {
            Answer::Takes { discouragements: 0 } => self.scores[place] = score,
            Answer::Takes { discouragements } => {
                self.discouraging.insert(place, Discouraging { score, discouragements });
            }
            Answer::Refuses | Answer::Unknown => {}
        }
    }

    fn best(
        &self,
        hosts: &[Option<HostId>],
        nodes: &impl NodesOfKind,
        is_meant: Option<&dyn Fn(HostId) -> bool>,
    ) -> Option<HostId> {
        let meant = |place: usize| hosts[place].filter(|host| is_meant.is_none_or(|is_meant| is_meant(*host)));
        let discouraging = || self.discouraging.iter().filter_map(|(place, node)| Some((meant(*place)?, *node)));
        let most = discouraging().map(|(_, node)| node.discouragements).max().unwrap_or(0);
        let open = match is_meant {
            None => self.first_of_the_highest(hosts),
            Some(_) => self.first_of_the_highest_meant(&meant),
        };
        let open = open.map(|(host, score)| (i64::from(score) + nodes.taint_score(0, most), host));
        let others = discouraging().map(|(host, node)| {
            let by_taints = nodes.taint_score(node.discouragements, most);
            (i64::from(node.score) + by_taints, host)
        });
        others.chain(open).max_by_key(|(score, host)| (*score, std::cmp::Reverse(*host))).map(|(_, host)| host)
    }

    /// Returns the first node of those that have the highest score. Two passes without a branch are
    /// faster than one with.
    fn first_of_the_highest(&self, hosts: &[Option<HostId>]) -> Option<(HostId, i16)> {
        let highest = self.scores.iter().copied().max().filter(|score| *score != NOT_NOW)?;
        let with_it = self.scores.iter().zip(hosts).filter(|(score, _)| **score == highest);
        let first = with_it.filter_map(|(_, host)| *host).min()?;
        Some((first, highest))
    }

    fn first_of_the_highest_meant(&self, meant: &dyn Fn(usize) -> Option<HostId>) -> Option<(HostId, i16)> {
        let open = self.scores.iter().copied().enumerate().filter(|(_, score)| *score != NOT_NOW);
        let of_meant = open.filter_map(|(place, score)| Some((meant(place)?, score)));
        of_meant.max_by_key(|(host, score)| (*score, std::cmp::Reverse(*host)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nodes with room for one pod where the number is even, and more of it the higher it is.
    struct Numbered {
        full: Vec<HostId>,
        refusing: Vec<HostId>,
        discouraging: Vec<HostId>,
    }

    impl NodesOfKind for Numbered {
        fn score(&self, host: HostId) -> Option<i64> {
            (!self.full.contains(&host)).then(|| i64::try_from(host / 2).expect("a small number"))
        }

        fn answer(&self, host: HostId) -> Answer {
            match self.refusing.contains(&host) {
                true => Answer::Refuses,
                false => Answer::Takes { discouragements: u16::from(self.discouraging.contains(&host)) },
            }
        }

        fn taint_score(&self, discouragements: u16, most: u16) -> i64 {
            100 - 100 * i64::from(discouragements) / i64::from(most.max(1))
        }
    }

    #[test]
    fn what_has_changed_is_looked_at_again_and_of_equals_the_first_is_taken() {
        let mut rankings = Rankings::default();
        (0..6).for_each(|host| rankings.add(host));
        let mut nodes = Numbered { full: vec![], refusing: vec![], discouraging: vec![] };
        assert_eq!(rankings.best(0, &nodes, None), Some(4), "4 and 5 are equal");
        nodes.full.push(4);
        rankings.change(4, false);
        assert_eq!(rankings.best(0, &nodes, None), Some(5));
        nodes.refusing.push(5);
        rankings.change(5, true);
        assert_eq!(rankings.best(0, &nodes, None), Some(2));
        nodes.discouraging.extend([2, 3]);
        rankings.change(2, true);
        rankings.change(3, true);
        assert_eq!(rankings.best(0, &nodes, None), Some(0), "those that discourage nobody come first");
        assert_eq!(rankings.best(0, &nodes, Some(&|host| host > 2)), Some(3), "if any of them are meant");
        assert_eq!(rankings.best(1, &nodes, None), Some(0), "another kind");
    }

    #[test]
    fn the_place_of_a_node_that_is_gone_goes_to_another() {
        let mut rankings = Rankings::default();
        (0..3).for_each(|host| rankings.add(host));
        let nodes = Numbered { full: vec![], refusing: vec![2], discouraging: vec![] };
        assert_eq!(rankings.best(0, &nodes, None), Some(0));
        rankings.remove(0);
        rankings.remove(2);
        assert_eq!(rankings.best(0, &nodes, None), Some(1));
        rankings.add(3);
        rankings.add(9);
        assert_eq!((rankings.best(0, &nodes, None), rankings.hosts.len()), (Some(9), 3));
    }
}
