//! The new nodes of a plan by what they offer, and the pods by what matters to a replay.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::{IndexMap, IndexSet};

use crate::index_vec::{IndexVec, Number, numbers};
use crate::plan::amounts::take;
use crate::plan::fleet::GroupIx;
use crate::plan::pending::ClassIx;
use crate::plan::scale_up::buying::Buying;
use crate::plan::scale_up::existing_capacity::candidates::Candidates;
use crate::plan::scale_up::offers::next_zone::ZoneIx;
use crate::policy::SchedulerScoring;
use crate::scheduler::CpuMemory;
use crate::scheduler::binding::{Capacity, ChoiceIx, RankedNodes, SortIx};
use crate::scheduler::cluster::{DemandId, FormsId, SelectionIx};

/// New nodes of a group in a zone, which are alike.
pub(super) struct NewNodes {
    pub(super) group: GroupIx,
    pub(super) zone: ZoneIx,
    /// What pods may request of such a node.
    pub(super) offer: CpuMemory,
    /// What the DaemonSets take of that.
    pub(super) used: CpuMemory,
    /// What is left for pods, one amount per column.
    pub(super) free: Vec<i64>,
}

impl NewNodes {
    /// Returns the new nodes that can be bought.
    pub(super) fn all(buying: &Buying<'_, '_>) -> IndexVec<SortIx, Self> {
        let (fleet, offers) = (buying.catalogue().fleet, &buying.catalogue().offers);
        let known = fleet.groups.numbers().filter_map(|group| Some((group, offers.of(group)?)));
        let sorts = known.flat_map(|(group, known)| {
            let offer = fleet.columns.cpu_memory(&fleet.columns.row(&known.template.allocatable));
            let used = offer - fleet.columns.cpu_memory(&known.free);
            known.zones.numbers().map(move |zone| Self { group, zone, offer, used, free: known.free.clone() })
        });
        sorts.collect()
    }
}

numbers! {
    /// Classes that the same sorts of nodes take.
    pub(super) struct KindIx;
}

/// The pods of each class, by what matters to a replay.
pub(super) struct Pods {
    requests: IndexVec<DemandId, Vec<i64>>,
    counts_as: IndexVec<DemandId, CpuMemory>,
    /// For each kind whether each sort of node takes it, as far as the node alone matters.
    kinds: IndexVec<KindIx, IndexVec<SortIx, bool>>,
    kinds_of: IndexVec<DemandId, KindIx>,
}

impl Pods {
    pub(super) fn new(candidates: &mut Candidates<'_>, buying: &Buying<'_, '_>, sorts: &IndexVec<SortIx, NewNodes>) -> Self {
        let cluster = &mut candidates.cluster;
        let demands = buying.catalogue().classes.numbers().map(ClassIx::demand);
        let requests: IndexVec<DemandId, Vec<i64>> =
            demands.clone().map(|demand| cluster.demand(demand).requests.clone()).collect();
        let counts_as = requests.iter().map(|row| cluster.columns().cpu_memory(row).as_of_pod()).collect();
        let forms = |nodes: &NewNodes| buying.catalogue().offers.of(nodes.group).map(|offer| offer.forms[nodes.zone]);
        let forms: Vec<_> = sorts.iter().map(forms).collect();
        let with_selection: Vec<(DemandId, SelectionIx)> = demands.map(|demand| (demand, cluster.selection(demand))).collect();
        let mut kinds: IndexSet<IndexVec<SortIx, bool>> = IndexSet::new();
        let mut kind = |demand| {
            let mut accepts = |forms: &Option<FormsId>| forms.is_some_and(|forms| cluster.accepts(demand, forms));
            KindIx::from_index(kinds.insert_full(forms.iter().map(&mut accepts).collect()).0)
        };
        let mut known: BTreeMap<SelectionIx, KindIx> = BTreeMap::new();
        let kinds_of = with_selection
            .into_iter()
            .map(|(demand, selection)| *known.entry(selection).or_insert_with(|| kind(demand)))
            .collect();
        Self { requests, counts_as, kinds_of, kinds: kinds.into_iter().collect() }
    }

    pub(super) fn requests(&self, class: ClassIx) -> &[i64] {
        &self.requests[class.demand()]
    }

    /// Returns what a pod counts as when nodes are ranked.
    pub(super) fn counts_as(&self, class: ClassIx) -> CpuMemory {
        self.counts_as[class.demand()]
    }

    pub(super) fn accepts(&self, class: ClassIx, sort: SortIx) -> bool {
        self.kinds[self.kind(class)][sort]
    }

    /// Returns the kind of a class.
    pub(super) fn kind(&self, class: ClassIx) -> KindIx {
        self.kinds_of[class.demand()]
    }

    /// Returns for each kind whether each sort of node takes it, as far as the node alone matters.
    pub(super) fn kinds(&self) -> &IndexVec<KindIx, IndexVec<SortIx, bool>> {
        &self.kinds
    }

    /// Ranks new nodes, given the sort of each. Where nothing but requests matters to the pods,
    /// sorts that offer the same to the same pods are one.
    pub(super) fn rank<C: Capacity>(
        &self,
        scoring: SchedulerScoring,
        sorts: &IndexVec<SortIx, NewNodes>,
        nodes: &IndexVec<ChoiceIx, SortIx>,
        capacity: C,
        is_plain: bool,
    ) -> RankedNodes<C> {
        let there: BTreeSet<SortIx> = nodes.iter().copied().collect();
        let mut known = IndexMap::new();
        let first_like_it = |sort: SortIx| {
            let to_whom: Vec<bool> = self.kinds.iter().map(|accepted| accepted[sort]).collect();
            (sort, *known.entry((sorts[sort].offer, to_whom, (!is_plain).then_some(sort))).or_insert(sort))
        };
        let first_like: BTreeMap<SortIx, SortIx> = there.into_iter().map(first_like_it).collect();
        let firsts: BTreeSet<SortIx> = first_like.values().copied().collect();
        let open = |kind: &KindIx| firsts.iter().copied().filter(|sort| self.kinds[*kind][*sort]).collect();
        let used = nodes.iter().map(|sort| (first_like[sort], sorts[*sort].used)).collect();
        let offers = sorts.iter().map(|sort| sort.offer).collect();
        RankedNodes::new(scoring, offers, used, self.kinds_of.iter().map(open).collect(), capacity)
    }
}

/// Nodes of which only what is free matters.
pub(super) struct OnRequests<'p> {
    pods: &'p Pods,
    /// One row a node.
    free: Vec<i64>,
    width: usize,
}

impl<'p> OnRequests<'p> {
    pub(super) fn new(pods: &'p Pods, sorts: &IndexVec<SortIx, NewNodes>, nodes: &IndexVec<ChoiceIx, SortIx>) -> Self {
        let width = sorts.iter().next().map_or(0, |sort| sort.free.len());
        Self { pods, free: nodes.iter().flat_map(|sort| sorts[*sort].free.iter().copied()).collect(), width }
    }
}

impl Capacity for OnRequests<'_> {
    fn counts_as(&self, demand: DemandId) -> CpuMemory {
        self.pods.counts_as[demand]
    }

    fn requests(&self, demand: DemandId) -> &[i64] {
        &self.pods.requests[demand]
    }

    fn free(&self, node: ChoiceIx) -> &[i64] {
        &self.free[node.index() * self.width..][..self.width]
    }

    fn takes(&mut self, _: DemandId, _: ChoiceIx) -> bool {
        true
    }

    fn place(&mut self, demand: DemandId, node: ChoiceIx) {
        take(&mut self.free[node.index() * self.width..][..self.width], &self.pods.requests[demand], 1);
    }
}
