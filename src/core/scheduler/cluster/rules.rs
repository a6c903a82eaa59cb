//! The rules between pods: which counts a pod depends on, and which counts it changes.

use indexmap::{IndexMap, IndexSet};

use super::DemandId;
use super::domains::Domains;
use super::tally::Tally;
use crate::index_vec::IndexVec;
use crate::scheduler::demand::Demand;
use crate::scheduler::selector::{NamespaceSet, is_empty, keys, matches};
use crate::scheduler::topology_needs::SpreadNeed;
use crate::snapshot::{
    LabelSelector, Labels, Namespace, NodeSelectorTerm, PodAffinityTerm, PodSpec, Requirement, SelectorOperator, Toleration,
};

/// The pods that a tally counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Counted<'a> {
    /// Pods of a namespace that a spread selector matches, on nodes that take part.
    Spread { key: &'a str, namespace: &'a str, selector: LabelSelector, eligibility: usize },
    /// Pods that match every one of these terms, by the key of one of them.
    Affinity { key: &'a str, terms: Vec<(NamespaceSet<'a>, Option<&'a LabelSelector>)> },
    /// Pods that match an anti-affinity term.
    AntiAffinity { key: &'a str, namespaces: NamespaceSet<'a>, selector: Option<&'a LabelSelector> },
    /// Pods that have an anti-affinity term.
    Holders { key: &'a str, namespaces: NamespaceSet<'a>, selector: Option<&'a LabelSelector> },
}

/// Which nodes take part in a spread constraint.
#[derive(Debug, PartialEq, Eq, Hash)]
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
#[derive(Debug)]
pub(super) struct Rules<'a> {
    namespaces: &'a [Namespace],
    counted: IndexSet<Counted<'a>>,
    pub(super) eligibilities: IndexSet<Eligibility<'a>>,
    /// Pod labels that any selector reads.
    label_keys: Vec<String>,
    /// Residents by their traits, with the counts that they change.
    kinds: IndexMap<ResidentTraits<'a>, Vec<usize>>,
}

/// The traits in which residents differ.
#[derive(Debug, PartialEq, Eq, Hash)]
struct ResidentTraits<'a> {
    namespace: &'a str,
    values: Vec<Option<&'a str>>,
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
            namespaces,
            counted: IndexSet::new(),
            eligibilities: IndexSet::new(),
            label_keys: Vec::new(),
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
        for demand in demands.iter_mut() {
            demand.topology.repelled_by = rules.repelling(demand.namespace, demand.labels);
            let resident =
                Resident { namespace: demand.namespace, labels: demand.labels, spec: demand.spec, terminating: false };
            demand.topology.counted_in = rules.counts_changed_by(&resident);
        }
        let mut label_keys: Vec<String> = rules.selectors().flat_map(keys).map(str::to_owned).collect();
        label_keys.sort_unstable();
        label_keys.dedup();
        rules.label_keys = label_keys;
        rules
    }

    /// Returns empty tallies for all rules.
    pub(super) fn tallies(&self, domains: &mut Domains<'a>) -> Vec<Tally> {
        let tally = |counted: &Counted<'a>| match *counted {
            Counted::Spread { key, eligibility, .. } => Tally::new(domains.key(key), Some(eligibility)),
            Counted::Affinity { key, .. } | Counted::AntiAffinity { key, .. } | Counted::Holders { key, .. } => {
                Tally::new(domains.key(key), None)
            }
        };
        self.counted.iter().map(tally).collect()
    }

    /// Returns the counts that residents of a kind change.
    pub(super) fn counts_of_kind(&self, kind: usize) -> &[usize] {
        &self.kinds[kind]
    }

    /// Returns the number of the kind of an existing pod.
    pub(super) fn kind_of(&mut self, resident: &Resident<'a>) -> usize {
        let kind = ResidentTraits {
            namespace: resident.namespace,
            values: self.label_keys.iter().map(|key| resident.labels.get(key).map(String::as_str)).collect(),
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
                        values: vec![value.clone()],
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
        let terms: Vec<_> = demand
            .spec
            .pod_affinity
            .iter()
            .map(|term| (NamespaceSet::of(term, demand.namespace, self.namespaces), term.selector.as_ref()))
            .collect();
        demand.topology.matches_itself =
            terms.iter().all(|(namespaces, selector)| term_matches(namespaces, *selector, demand.namespace, demand.labels));
        for term in &demand.spec.pod_affinity {
            let tally = self.add(Counted::Affinity { key: &term.topology_key, terms: terms.clone() });
            demand.topology.affinity.push(tally);
        }
    }

    fn add_anti_affinity(&mut self, demand: &mut Demand<'a>) {
        for term in &demand.spec.pod_anti_affinity {
            let tally = self.add(Counted::AntiAffinity {
                key: &term.topology_key,
                namespaces: NamespaceSet::of(term, demand.namespace, self.namespaces),
                selector: term.selector.as_ref(),
            });
            demand.topology.anti_affinity.push(tally);
        }
    }

    fn add_holders(&mut self, namespace: &'a str, spec: &'a PodSpec) {
        for term in &spec.pod_anti_affinity {
            let holders = self.holders(term, namespace);
            self.add(holders);
        }
    }

    fn holders(&self, term: &'a PodAffinityTerm, namespace: &'a str) -> Counted<'a> {
        let namespaces = NamespaceSet::of(term, namespace, self.namespaces);
        Counted::Holders { key: &term.topology_key, namespaces, selector: term.selector.as_ref() }
    }

    fn selectors(&self) -> impl Iterator<Item = &LabelSelector> {
        self.counted.iter().flat_map(|counted| match counted {
            Counted::Spread { selector, .. } => vec![selector],
            Counted::Affinity { terms, .. } => terms.iter().filter_map(|(_, selector)| *selector).collect(),
            Counted::AntiAffinity { selector, .. } | Counted::Holders { selector, .. } => selector.iter().copied().collect(),
        })
    }

    fn repelling(&self, namespace: &str, labels: &Labels) -> Vec<usize> {
        let matches_it = |counted: &Counted<'_>| match counted {
            Counted::Holders { namespaces, selector, .. } => term_matches(namespaces, *selector, namespace, labels),
            Counted::Spread { .. } | Counted::Affinity { .. } | Counted::AntiAffinity { .. } => false,
        };
        (0..self.counted.len()).filter(|&tally| matches_it(&self.counted[tally])).collect()
    }

    /// Returns the counts that one more such pod changes. Terminating pods count for affinity and
    /// no longer for spread (`countPodsMatchSelector` in `podtopologyspread/common.go`).
    fn counts_changed_by(&self, resident: &Resident<'a>) -> Vec<usize> {
        let Resident { namespace, labels, spec, terminating } = *resident;
        let is_counted = |counted: &Counted<'a>| match counted {
            Counted::Spread { namespace: own, selector, .. } => {
                !terminating && *own == namespace && !is_empty(selector) && matches(selector, labels)
            }
            Counted::Affinity { terms, .. } => {
                terms.iter().all(|(namespaces, selector)| term_matches(namespaces, *selector, namespace, labels))
            }
            Counted::AntiAffinity { namespaces, selector, .. } => term_matches(namespaces, *selector, namespace, labels),
            Counted::Holders { .. } => spec.pod_anti_affinity.iter().any(|term| self.holders(term, namespace) == *counted),
        };
        (0..self.counted.len()).filter(|&tally| is_counted(&self.counted[tally])).collect()
    }
}

/// Whether a term matches a pod. A term without a selector matches none.
fn term_matches(namespaces: &NamespaceSet<'_>, selector: Option<&LabelSelector>, namespace: &str, labels: &Labels) -> bool {
    namespaces.contains(namespace) && selector.is_some_and(|selector| matches(selector, labels))
}
