//! Nodes that will be in one of several zones, nobody knows in which: a round of launches puts one
//! node in each of some zones, in an unknown order. Until the round is complete each node counts in
//! the zone that is expected, and spread constraints reckon with the others.
//!
//! Where the zones of a round are alike for a constraint, what is expected holds for any of them
//! with their names exchanged, and nothing else has to be reckoned with: each has as many of the
//! pods on nodes whose zone was never open, and all have such nodes or none has.

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use super::descriptions::ProfileId;
use super::domains::NOWHERE;
use super::tally::slot;
use super::{Blueprint, Cluster, FormsId, NodeId};
use crate::scheduler::NodeView;

/// The places in one of which a node will be: what it is then, and its domain for each key.
type Places = Vec<(ProfileId, Vec<u32>)>;

/// The sets of places of all rounds.
#[derive(Debug, Clone, Default)]
pub(super) struct Rounds {
    sets: IndexSet<Places, FxBuildHasher>,
    /// The nodes whose place is open, by the source of their round.
    open: Vec<u32>,
}

/// The round of launches in which a node comes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Round {
    /// The number of its set of places.
    places: usize,
    /// Who launches: of one source at most one round is incomplete.
    source: usize,
}

/// A node of a round.
#[derive(Debug, Clone)]
pub(super) struct InRound {
    round: Round,
    /// How many nodes of the round there were with it.
    rank: u32,
    is_open: bool,
    /// The tallies that counted pods on it while its place was open.
    tallies: Vec<usize>,
    /// What they counted by the time it became certain.
    settled: Vec<(usize, u32)>,
}

/// What a spread constraint has to reckon with on a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::scheduler) struct Doubt {
    /// The most pods that the node's domain has, without those that may be in any.
    pub(in crate::scheduler) most: u32,
    /// Pods that may be in another domain than where they count.
    pub(in crate::scheduler) unsure: u32,
    /// Whether a domain may have got its first node, which has none of the pods.
    pub(in crate::scheduler) may_be_empty: bool,
}

impl<'a> Cluster<'a> {
    /// Returns what nodes of a round have in common that are expected to be one of `expected`.
    /// `places` describes them in each zone of the round.
    pub fn blueprint_in_round(
        &mut self,
        forms: FormsId,
        expected: &[NodeView<'a>],
        places: &[Vec<NodeView<'a>>],
        source: usize,
    ) -> Blueprint {
        let place = |cluster: &mut Self, views: &Vec<NodeView<'a>>| {
            let Blueprint { profile, domains, .. } = cluster.blueprint(forms, views);
            (profile, domains)
        };
        let known: Places = places.iter().filter(|views| !views.is_empty()).map(|views| place(self, views)).collect();
        let round = Round { places: self.rounds.sets.insert_full(known).0, source };
        Blueprint { round: Some(round), ..self.blueprint(forms, expected) }
    }

    /// Begins a node of a round.
    pub(super) fn enter_round(&mut self, round: Round) -> InRound {
        let open = slot(&mut self.rounds.open, round.source);
        *open += 1;
        InRound { round, rank: *open, is_open: true, tallies: Vec::new(), settled: Vec::new() }
    }

    /// Lets the grounds know, or forget, where a node of an incomplete round may be.
    pub(super) fn change_grounds_of_open(&mut self, node: NodeId, is_new: bool) {
        let Some(InRound { round, is_open: true, .. }) = self.nodes[node].round.as_deref() else { return };
        let round = *round;
        for ground in 0..self.grounds.len() {
            let key = self.grounds[ground].key;
            if !self.rounds.is_scattered(round.places, key) {
                continue;
            }
            let expected = self.ground_domain(ground, node);
            let possible = self.domains_in(round.places, ground);
            match is_new {
                true => self.grounds[ground].open(expected, &possible),
                false => self.grounds[ground].close(expected, &possible),
            }
        }
    }

    /// Returns the domains of a ground in which a node may be that will be in one of some places.
    fn domains_in(&mut self, places: usize, ground: usize) -> Vec<u32> {
        let (key, eligibility) = (self.grounds[ground].key, self.grounds[ground].eligibility);
        let candidates: Vec<(ProfileId, u32)> = self.rounds.sets[places]
            .iter()
            .filter(|(_, row)| self.rules.eligibilities[eligibility].keys.iter().all(|key| row[*key] != NOWHERE))
            .map(|(profile, row)| (*profile, row[key]))
            .collect();
        let mut domains: Vec<u32> = candidates
            .into_iter()
            .filter(|(profile, domain)| *domain != NOWHERE && self.is_eligible(eligibility, *profile))
            .map(|(_, domain)| domain)
            .collect();
        domains.sort_unstable();
        domains.dedup();
        domains
    }

    /// Notes that the pods that a tally counts on a node have become more or fewer.
    pub(super) fn note_in_round(&mut self, tally: usize, node: NodeId, domain: u32, before: u32, after: u32) {
        let key = self.tallies[tally].key;
        let Some(in_round) = self.nodes[node].round.as_deref_mut() else { return };
        let Some(spread) = &mut self.tallies[tally].spread else { return };
        if !self.rounds.is_scattered(in_round.round.places, key) {
            return;
        }
        spread.float(in_round.round.places, domain, before, after);
        if in_round.is_open {
            spread.doubt(node, before, after);
            if !in_round.tallies.contains(&tally) {
                in_round.tallies.push(tally);
            }
        }
    }

    /// Makes the place of a node certain.
    pub(super) fn close_round_of(&mut self, node: NodeId) {
        self.change_grounds_of_open(node, false);
        let Some(in_round) = self.nodes[node].round.as_deref_mut().filter(|in_round| in_round.is_open) else { return };
        in_round.is_open = false;
        self.rounds.open[in_round.round.source] -= 1;
        for tally in &in_round.tallies {
            let pods = self.tallies[*tally].spread.as_mut().map_or(0, |spread| spread.trust(node));
            in_round.settled.push((*tally, pods));
        }
    }

    /// Takes back that the place of a node is certain.
    pub(super) fn open_round_of(&mut self, node: NodeId) {
        let Some(in_round) = self.nodes[node].round.as_deref_mut() else { return };
        in_round.is_open = true;
        self.rounds.open[in_round.round.source] += 1;
        for (tally, pods) in std::mem::take(&mut in_round.settled) {
            if let Some(spread) = &mut self.tallies[tally].spread {
                spread.doubt(node, 0, pods);
            }
        }
        self.change_grounds_of_open(node, true);
    }

    /// Forgets a node of a round that was only tried.
    pub(super) fn leave_round(&mut self, node: NodeId) {
        self.change_grounds_of_open(node, false);
        if let Some(InRound { round, is_open: true, .. }) = self.nodes[node].round.as_deref() {
            self.rounds.open[round.source] -= 1;
        }
    }

    /// Returns what a spread constraint has to reckon with on a node, beside what is expected.
    pub(in crate::scheduler) fn doubt(&self, tally: usize, node: NodeId) -> Option<Doubt> {
        let spread = self.tallies[tally].spread.as_ref()?;
        let ground = &self.grounds[spread.ground];
        let own = self.nodes[node].round.as_deref().filter(|own| self.rounds.is_scattered(own.round.places, ground.key));
        let is_open = own.is_some_and(|own| own.is_open);
        if !is_open && spread.unsure().is_empty() && !ground.may_have_more() {
            return None;
        }
        if own.is_some_and(|own| self.are_places_alike(tally, own.round)) {
            return None;
        }
        let unsure: u32 = spread.unsure().values().sum();
        let most = match own.filter(|own| own.is_open) {
            // Of so many zones at least one is as good as that.
            Some(own) => self.most_in(tally, own.round.places, if unsure == 0 { own.rank } else { 1 }),
            None => self.count_at(tally, node).unwrap_or(0),
        };
        Some(Doubt { most, unsure, may_be_empty: ground.may_have_more() })
    }

    /// Whether the places of a round are alike for a spread constraint, and no other round is
    /// incomplete that matters to it.
    fn are_places_alike(&self, tally: usize, round: Round) -> bool {
        let (key, Some(spread)) = (self.tallies[tally].key, &self.tallies[tally].spread) else { return false };
        let ground = &self.grounds[spread.ground];
        let is_of_it = |node: &NodeId| {
            let other = self.nodes[*node].round.as_deref();
            other.is_some_and(|other| other.round.source == round.source && other.round.places == round.places)
        };
        let fixed = |domain: u32| {
            let floating = spread
                .floating()
                .iter()
                .filter(|((places, at), _)| *at == domain && self.rounds.covers(*places, round.places, key));
            self.tallies[tally].at(domain) - floating.map(|(_, pods)| *pods).sum::<u32>()
        };
        let mut facts = self.rounds.domains(round.places, key).map(|domain| (fixed(domain), ground.has_certain(domain)));
        let first = facts.next();
        spread.unsure().keys().all(is_of_it) && facts.all(|other| Some(other) == first)
    }

    /// Returns how many pods a tally counts in one of the domains of some places, from the one with
    /// the most, which is the first.
    fn most_in(&self, tally: usize, places: usize, rank: u32) -> u32 {
        let domains = self.rounds.domains(places, self.tallies[tally].key);
        let mut counts: Vec<u32> = domains.map(|domain| self.tallies[tally].at(domain)).collect();
        counts.sort_unstable_by_key(|count| std::cmp::Reverse(*count));
        counts.get((rank.max(1) as usize - 1).min(counts.len().saturating_sub(1))).copied().unwrap_or(0)
    }
}

impl Rounds {
    /// Returns the domains of some places, for a key.
    fn domains(&self, places: usize, key: usize) -> impl Iterator<Item = u32> + '_ {
        self.sets[places].iter().map(move |(_, row)| row[key]).filter(|domain| *domain != NOWHERE)
    }

    /// Whether the places are in more than one domain of a key.
    fn is_scattered(&self, places: usize, key: usize) -> bool {
        let mut domains = self.domains(places, key);
        let first = domains.next();
        domains.any(|other| Some(other) != first)
    }

    /// Whether some places are in every domain of others, so that exchanging those changes nothing.
    fn covers(&self, all: usize, some: usize, key: usize) -> bool {
        all == some || self.domains(some, key).all(|domain| self.domains(all, key).any(|other| other == domain))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scheduler::cluster::DemandId;
    use crate::snapshot::{ClusterIdentity, Labels, PodSpec, Snapshot};

    const ZONES: [&str; 3] = ["a", "b", "c"];

    fn labels(key: &str, value: &str) -> Labels {
        Labels::from([(key.to_owned(), value.to_owned())])
    }

    /// Lets a test use a cluster of pods that spread over zones. `there` are nodes in these zones,
    /// `round` is what nodes of a round over all zones are.
    fn with_cluster(there: &[usize], test: impl FnOnce(&mut Cluster<'_>, DemandId, &[NodeId], [Blueprint; 3], [FormsId; 3])) {
        let snapshot = Snapshot::empty(ClusterIdentity::default(), jiff::Timestamp::UNIX_EPOCH);
        let spec: PodSpec = serde_json::from_value(json!({
            "scheduler_name": "default-scheduler", "restart_policy": "never", "containers": [],
            "topology_spread": [{ "topology_key": "zone", "max_skew": 1,
                "selector": { "match_labels": { "app": "web" } },
                "honor_node_affinity": true, "honor_node_taints": false }],
        }))
        .expect("a specification");
        let (pod, zones) = (labels("app", "web"), ZONES.map(|zone| labels("zone", zone)));
        let (mut cluster, demand) = Cluster::of_one_kind(&snapshot, &spec, &pod);
        let views = [0, 1, 2].map(|zone: usize| NodeView { name: "", labels: &zones[zone], taints: &[], unschedulable: false });
        let there: Vec<NodeId> = there.iter().map(|zone| cluster.add_known(views[*zone], &[9])).collect();
        let places = views.map(|view| vec![view]);
        let (all, forms) = (cluster.forms(&views), views.map(|view| cluster.forms(&[view])));
        let round = views.map(|view| cluster.blueprint_in_round(all, &[view], &places, 0));
        test(&mut cluster, demand, &there, round, forms);
    }

    #[test]
    fn so_many_nodes_are_certain_as_exceed_the_zones_that_refuse() {
        with_cluster(&[0, 1, 2], |cluster, demand, there, round, forms| {
            cluster.place(demand, there[0], 1);
            let first = cluster.add(&round[0], &[9]);
            assert_eq!(cluster.room(demand, first), 0, "it may be in the first zone");
            let second = cluster.add(&round[1], &[9]);
            assert_eq!(cluster.room(demand, second), 1, "of two one is elsewhere");
            cluster.place(demand, second, 1);
            assert_eq!(cluster.room(demand, second), 0, "two of three pods may be in one zone");
            let checkpoint = cluster.checkpoint();
            let third = cluster.add(&round[2], &[9]);
            assert_eq!(cluster.room(demand, third), 0, "any of them may be where the pods are");
            for (node, forms) in [first, second, third].into_iter().zip(forms) {
                cluster.narrow(node, forms);
            }
            assert_eq!([first, second, third].map(|node| cluster.room(demand, node)), [0, 0, 1], "now each has its zone");
            cluster.place(demand, third, 1);
            assert_eq!(cluster.room(demand, first), 1);
            cluster.roll_back(checkpoint);
            assert_eq!([first, second].map(|node| cluster.room(demand, node)), [0, 0], "as before");
        });
    }

    #[test]
    fn a_pod_on_a_node_that_may_be_anywhere_may_count_anywhere() {
        with_cluster(&[0, 0, 1, 2], |cluster, demand, there, round, _| {
            let open = cluster.add(&round[1], &[9]);
            assert_eq!(cluster.room(demand, open), 1, "no zone has any");
            cluster.place(demand, open, 1);
            assert_eq!(cluster.room(demand, there[1]), 0, "it may be in this zone");
            assert_eq!(cluster.room(demand, open), 0);
        });
    }

    #[test]
    fn zones_that_are_alike_may_be_exchanged() {
        with_cluster(&[], |cluster, demand, _, round, forms| {
            let nodes = [0, 1, 2].map(|zone: usize| cluster.add(&round[zone], &[9]));
            for node in nodes {
                assert_eq!(cluster.room(demand, node), 1);
                cluster.place(demand, node, 1);
            }
            nodes.into_iter().zip(forms).for_each(|(node, forms)| cluster.narrow(node, forms));
            cluster.place(demand, nodes[1], 1);
            let next = cluster.add(&round[0], &[9]);
            assert_eq!(cluster.room(demand, next), 1, "a complete round goes along with it");
        });
    }

    /// A zone may have got its first node, which has none of the pods.
    #[test]
    fn a_zone_that_may_have_its_first_node_counts() {
        with_cluster(&[0], |cluster, demand, there, round, _| {
            cluster.place(demand, there[0], 5);
            assert_eq!(cluster.room(demand, there[0]), 1, "the only zone is its own least");
            let checkpoint = cluster.checkpoint();
            cluster.add(&round[0], &[9]);
            assert_eq!(cluster.room(demand, there[0]), 0, "the new node may be in another one");
            cluster.roll_back(checkpoint);
            assert_eq!(cluster.room(demand, there[0]), 1);
        });
    }
}
