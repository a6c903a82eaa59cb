//! The rules between pods: which counts a pod depends on, and which counts it changes.

mod counted;
mod namespace_sets;
pub(in crate::scheduler) mod selector_index;

use indexmap::{IndexMap, IndexSet};

use super::DemandId;
use super::domains::Domains;
use super::spread_ground::SpreadGround;
use super::tally::Tally;
use crate::index_vec::IndexVec;
use crate::scheduler::demand::Demand;
use crate::scheduler::selector::{matches, read_labels};
use crate::scheduler::topology_needs::SpreadNeed;
use crate::snapshot::{
    Labels, Namespace, NodeSelectorTerm, PodAffinityTerm, PodSpec, Requirement, SelectorOperator, Toleration,
};
use counted::{Counted, CountedTerm, LabelledPod, label_keys};
use namespace_sets::NamespaceSets;
use selector_index::SelectorIndex;

/// Which nodes take part in a spread constraint.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Eligibility<'a> {
    /// Selector and affinity, with `nodeAffinityPolicy: Honor`.
    pub(super) affinity: Option<(&'a Labels, Option<&'a [NodeSelectorTerm]>)>,
    /// Tolerations, with `nodeTaintsPolicy: Honor`.
    pub(super) tolerations: Option<&'a [Toleration]>,
    /// The keys of all the pod's constraints: a node without one of them does not count.
    pub(super) keys: Vec<usize>,
}

/// An existing pod, as the rules of other pods see it.
#[derive(Debug, Clone, Copy)]
pub struct Resident<'a> {
    /// The namespace.
    pub namespace: &'a str,
    /// The labels.
    pub labels: &'a Labels,
    /// The specification.
    pub spec: &'a PodSpec,
    /// Whether it is being deleted.
    pub terminating: bool,
}

/// All rules of one planning run.
#[derive(Debug, Clone)]
pub(super) struct Rules<'a> {
    namespaces: NamespaceSets<'a>,
    counted: IndexSet<Counted<'a>>,
    /// Finds what counts a pod by its labels.
    selecting: SelectorIndex,
    /// Finds the holders of anti-affinity that matches a pod.
    repelling: SelectorIndex,
    pub(super) eligibilities: IndexSet<Eligibility<'a>>,
    /// Pod labels that any selector reads.
    label_keys: IndexSet<String>,
    /// Residents by their traits, with the counts that they change.
    kinds: IndexMap<ResidentTraits<'a>, Vec<usize>>,
}

/// The traits in which residents differ.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct ResidentTraits<'a> {
    namespace: &'a str,
    /// The labels that any selector reads.
    labels: Vec<(&'a str, &'a str)>,
    terms: &'a [PodAffinityTerm],
    terminating: bool,
}

impl<'a> Rules<'a> {
    /// Collects the rules of pending and existing pods.
    pub(super) fn new(
        namespaces: &'a [Namespace],
        demands: &mut IndexVec<DemandId, Demand<'a>>,
        repelling: impl Iterator<Item = (&'a str, &'a PodSpec)>,
        domains: &mut Domains<'a>,
    ) -> Self {
        let mut rules = Self {
            namespaces: NamespaceSets::new(namespaces),
            counted: IndexSet::new(),
            selecting: SelectorIndex::default(),
            repelling: SelectorIndex::default(),
            eligibilities: IndexSet::new(),
            label_keys: IndexSet::new(),
            kinds: IndexMap::new(),
        };
        for demand in demands.iter_mut() {
            rules.add_spread(demand, domains);
            rules.add_affinity(demand);
            rules.add_anti_affinity(demand);
            rules.add_holders(demand.namespace, demand.spec);
        }
        for (namespace, spec) in repelling {
            rules.add_holders(namespace, spec);
        }
        rules.file();
        for demand in demands.iter_mut() {
            let pod = LabelledPod { namespace: demand.namespace, labels: demand.labels };
            demand.topology.repelled_by = rules.found(&rules.repelling, pod);
            let resident =
                Resident { namespace: demand.namespace, labels: demand.labels, spec: demand.spec, terminating: false };
            demand.topology.counted_in = rules.counts_changed_by(&resident);
        }
        rules
    }

    /// Files all rules by what they select, once all are known.
    fn file(&mut self) {
        let of = |are_holders: bool| {
            let is_wanted = |counted: &Counted<'_>| matches!(counted, Counted::Holders { .. }) == are_holders;
            let all = self.counted.iter().enumerate().filter(|(_, one)| is_wanted(one));
            SelectorIndex::new(&all.map(|(number, one)| one.selecting(number, &self.namespaces)).collect::<Vec<_>>())
        };
        (self.selecting, self.repelling) = (of(false), of(true));
        self.label_keys = label_keys(self.counted.iter());
    }

    /// Returns the rules of an index that select a pod.
    fn found(&self, index: &SelectorIndex, pod: LabelledPod<'_>) -> Vec<usize> {
        let mut found = index.candidates(pod.namespace, pod.labels);
        found.retain(|tally| self.counted[*tally].selects(&self.namespaces, pod));
        found
    }

    /// Returns empty tallies for all rules, and the grounds of those that spread pods.
    pub(super) fn tallies(&self, domains: &mut Domains<'a>) -> (Vec<Tally>, Vec<SpreadGround>) {
        let mut grounds = IndexSet::new();
        let mut tally = |counted: &Counted<'a>| match *counted {
            Counted::Spread { key, eligibility, .. } => {
                let key = domains.key(key);
                Tally::new(key, Some(grounds.insert_full((key, eligibility)).0))
            }
            Counted::Affinity { key, .. } | Counted::AntiAffinity { key, .. } | Counted::Holders { key, .. } => {
                Tally::new(domains.key(key), None)
            }
        };
        let tallies = self.counted.iter().map(&mut tally).collect();
        (tallies, grounds.into_iter().map(|(key, eligibility)| SpreadGround::new(key, eligibility)).collect())
    }

    /// Returns the counts that residents of a kind change.
    pub(super) fn counts_of_kind(&self, kind: usize) -> &[usize] {
        &self.kinds[kind]
    }

    /// Returns the number of the kind of an existing pod.
    pub(super) fn kind_of(&mut self, resident: &Resident<'a>) -> usize {
        let kind = ResidentTraits {
            namespace: resident.namespace,
            labels: read_labels(resident.labels, |key| self.label_keys.contains(key)),
            terms: &resident.spec.pod_anti_affinity,
            terminating: resident.terminating,
        };
        self.kinds.get_index_of(&kind).unwrap_or_else(|| {
            let changed = self.counts_changed_by(resident);
            self.kinds.insert_full(kind, changed).0
        })
    }

    fn add(&mut self, counted: Counted<'a>) -> usize {
        self.counted.insert_full(counted).0
    }

    fn add_spread(&mut self, demand: &mut Demand<'a>, domains: &mut Domains<'a>) {
        let constraints = &demand.spec.topology_spread;
        let mut all_keys: Vec<usize> = constraints.iter().map(|one| domains.key(&one.topology_key)).collect();
        all_keys.sort_unstable();
        all_keys.dedup();
        for constraint in constraints {
            // A constraint without a selector counts nothing, but its key still has to be there.
            let mut selector = constraint.selector.clone();
            for key in &constraint.match_label_keys {
                if let (Some(value), Some(selector)) = (demand.labels.get(key), selector.as_mut()) {
                    selector.match_expressions.push(Requirement {
                        key: key.clone(),
                        operator: SelectorOperator::In,
                        values: vec![value.to_string()],
                    });
                }
            }
            let counts_itself = selector.as_ref().is_some_and(|selector| matches(selector, demand.labels));
            let eligibility = self.eligibilities.insert_full(Eligibility {
                affinity: constraint
                    .honor_node_affinity
                    .then_some((&demand.spec.node_selector, demand.spec.node_affinity.as_deref())),
                tolerations: constraint.honor_node_taints.then_some(demand.spec.tolerations.as_slice()),
                keys: all_keys.clone(),
            });
            let tally = self.add(Counted::Spread {
                key: &constraint.topology_key,
                namespace: demand.namespace,
                selector: selector.unwrap_or_default(),
                eligibility: eligibility.0,
            });
            demand.topology.spread.push(SpreadNeed {
                tally,
                max_skew: u32::try_from(constraint.max_skew).unwrap_or(1),
                min_domains: constraint.min_domains.and_then(|least| u32::try_from(least).ok()).unwrap_or(1),
                counts_itself,
            });
        }
    }

    fn add_affinity(&mut self, demand: &mut Demand<'a>) {
        let terms: Vec<_> = demand.spec.pod_affinity.iter().map(|term| self.term(term, demand.namespace)).collect();
        let pod = LabelledPod { namespace: demand.namespace, labels: demand.labels };
        demand.topology.matches_itself = terms.iter().all(|term| term.selects(&self.namespaces, pod));
        for term in &demand.spec.pod_affinity {
            let tally = self.add(Counted::Affinity { key: &term.topology_key, terms: terms.clone() });
            demand.topology.affinity.push(tally);
        }
    }

    fn add_anti_affinity(&mut self, demand: &mut Demand<'a>) {
        for anti_affinity in &demand.spec.pod_anti_affinity {
            let term = self.term(anti_affinity, demand.namespace);
            let tally = self.add(Counted::AntiAffinity { key: &anti_affinity.topology_key, term });
            demand.topology.anti_affinity.push(tally);
        }
    }

    fn add_holders(&mut self, namespace: &'a str, spec: &'a PodSpec) {
        for term in &spec.pod_anti_affinity {
            let holders = self.holders(term, namespace);
            self.add(holders);
        }
    }

    fn holders(&mut self, term: &'a PodAffinityTerm, namespace: &'a str) -> Counted<'a> {
        Counted::Holders { key: &term.topology_key, term: self.term(term, namespace) }
    }

    fn term(&mut self, term: &'a PodAffinityTerm, namespace: &'a str) -> CountedTerm<'a> {
        CountedTerm { namespaces: self.namespaces.of(term, namespace), selector: term.selector.as_ref() }
    }

    /// Returns the counts that one more such pod changes, in order. Terminating pods count for
    /// affinity and no longer for spread (`countPodsMatchSelector` in
    /// `podtopologyspread/common.go`).
    fn counts_changed_by(&mut self, resident: &Resident<'a>) -> Vec<usize> {
        let Resident { namespace, labels, spec, terminating } = *resident;
        let mut changed = self.found(&self.selecting, LabelledPod { namespace, labels });
        changed.retain(|tally| !terminating || !matches!(self.counted[*tally], Counted::Spread { .. }));
        for term in &spec.pod_anti_affinity {
            let holders = self.holders(term, namespace);
            changed.extend(self.counted.get_index_of(&holders));
        }
        changed.sort_unstable();
        changed.dedup();
        changed
    }
}
