//! Replays a plan: what the scheduler will really do with the nodes bought.
//!
//! A plan counts nodes by packing the largest pods first. The scheduler takes pods by priority and
//! age, and spreads them. So the plan is replayed as `scheduler::binding` does it, with nodes that
//! appear all at once and one by one, and the plan states which pods may have to wait for another
//! run.

mod equal_nodes;
mod new_nodes;
mod queue;
mod runs_by_class;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::index_vec::IndexVec;
use crate::plan::amounts::{fits, small, take};
use crate::plan::fleet::GroupIx;
use crate::plan::pending::ClassIx;
use crate::plan::report::Replay;
use crate::plan::scale_up::buying::Buying;
use crate::plan::scale_up::existing_capacity::candidates::Candidates;
use crate::plan::scale_up::offers::next_zone::ZoneIx;
use crate::plan::scale_up::ranking::waste::room;
use crate::policy::Packing;
use crate::scheduler::binding::{Capacity, ChoiceIx, OnCluster, RankedNodes, SortIx};
use crate::scheduler::cluster::{Checkpoint, NodeId};
use new_nodes::{NewNodes, OnRequests, Pods};
use queue::Queue;
use runs_by_class::RunsByClass;

/// Nodes are added in at most so many rounds; each leaves a small part of the pods that waited
/// before.
const MOST_ROUNDS: usize = 12;
/// One of so many nodes, rounded up, may be bought only because the scheduler packs less densely.
const MOST_LOOSE: usize = 10;
/// At most so many pods are replayed in all rounds together when the sufficient number of nodes is
/// only reported and not bought.
const MOST_PODS_REPLAYED: usize = 10_000;
/// With at most so many runs of pods it pays to count equally full nodes together.
const FEW_RUNS: usize = 64;

/// Pods of a class that got nodes because something was bought.
#[derive(Debug, Clone)]
pub(super) struct Served {
    pub(super) class: ClassIx,
    /// The indices into [`Class::pods`](crate::plan::pending::Class::pods).
    pub(super) pods: Range<usize>,
    /// The group that was bought in; absent where room came free on existing nodes.
    pub(super) group: Option<GroupIx>,
}

/// Replays a plan on the working copy as it was `before` anything was bought, and with `--packing
/// scheduler` buys so many nodes that no pod has to wait. Returns `None` when nothing is bought.
pub(super) fn replay<'a>(
    candidates: &mut Candidates<'a>,
    before: Checkpoint,
    buying: &mut Buying<'a, '_>,
    served: &[Served],
) -> Option<Replay> {
    if buying.ledger().nodes().is_empty() {
        return None;
    }
    candidates.cluster.roll_back(before);
    let mut replayer = Replayer::new(candidates, buying, served);
    let mut report = replayer.report(buying);
    if report.waiting_at_once == 0 {
        return Some(report);
    }
    match buying.catalogue().fleet.policy.packing {
        Packing::Dense => {
            let rounds = MOST_ROUNDS.min(MOST_PODS_REPLAYED / report.pods.max(1) as usize);
            if rounds == 0 {
                return Some(report);
            }
            let before = buying.bookmark();
            let waiting = replayer.buy_until_none_waits(buying, Arrival::AtOnce, rounds, usize::MAX);
            report.nodes_for_certain = waiting.is_empty().then(|| small(buying.ledger().nodes().len()));
            buying.go_back(before);
        }
        Packing::Scheduler => {
            replayer.buy_for_the_scheduler(buying);
            report = replayer.report(buying);
        }
    }
    Some(report)
}

/// How the new nodes appear.
#[derive(Debug, Clone, Copy)]
enum Arrival {
    AtOnce,
    OneByOne,
}

/// The parts of a replay that are made once.
struct Replayer<'a, 's> {
    candidates: &'s mut Candidates<'a>,
    before: Checkpoint,
    sorts: IndexVec<SortIx, NewNodes>,
    pods: Pods,
    queue: Queue,
    /// The group in which each class was bought for.
    bought_in: BTreeMap<ClassIx, GroupIx>,
    /// Whether nothing but requests matters to any of the pods.
    is_plain: bool,
}

impl<'a, 's> Replayer<'a, 's> {
    fn new(candidates: &'s mut Candidates<'a>, buying: &Buying<'a, '_>, served: &[Served]) -> Self {
        let sorts = NewNodes::all(buying);
        let pods = Pods::new(candidates, buying, &sorts);
        Self {
            before: candidates.cluster.checkpoint(),
            queue: Queue::new(buying.catalogue().fleet, buying.catalogue().classes, served),
            bought_in: served.iter().filter_map(|one| Some((one.class, one.group?))).collect(),
            is_plain: served.iter().all(|one| candidates.cluster.is_alone(one.class.demand())),
            candidates,
            sorts,
            pods,
        }
    }

    fn report(&mut self, buying: &Buying<'a, '_>) -> Replay {
        let nodes = self.nodes(buying);
        let at_once = self.at_once(buying, &nodes);
        let one_by_one = self.one_by_one(buying, &nodes);
        let waiting: Vec<(ClassIx, usize)> = at_once.waiting().collect();
        Replay {
            scoring: buying.catalogue().fleet.policy.scheduler_scoring,
            pods: self.queue.len(),
            nodes: small(nodes.len()),
            waiting_at_once: small(waiting.len()),
            waiting_one_by_one: small(one_by_one.waiting().count()),
            nodes_for_certain: waiting.is_empty().then(|| small(nodes.len())),
            waiting: waiting.iter().map(|(_, pod)| buying.catalogue().fleet.unbound[*pod].id()).collect(),
        }
    }

    /// Returns the sort of each node bought, in the order in which they are expected to appear.
    fn nodes(&self, buying: &Buying<'a, '_>) -> IndexVec<ChoiceIx, SortIx> {
        let by_place: BTreeMap<(GroupIx, ZoneIx), SortIx> =
            self.sorts.iter_numbered().map(|(number, sort)| ((sort.group, sort.zone), number)).collect();
        buying.ledger().nodes().iter().map(|place| by_place[place]).collect()
    }

    /// Returns what is left of the queue when all nodes are there from the start.
    fn at_once(&mut self, buying: &Buying<'a, '_>, nodes: &IndexVec<ChoiceIx, SortIx>) -> Queue {
        let mut queue = self.queue.clone();
        let scoring = buying.catalogue().fleet.policy.scheduler_scoring;
        if self.is_plain && queue.runs.len() <= FEW_RUNS {
            equal_nodes::place_at_once(scoring, &self.sorts, nodes, &self.pods, &mut queue);
        } else if self.is_plain {
            let capacity = OnRequests::new(&self.pods, &self.sorts, nodes);
            serve(&mut queue, &mut self.pods.rank(scoring, &self.sorts, nodes, capacity));
        } else {
            let added = nodes.iter().map(|sort| (self.appear(buying, *sort), [].as_slice())).collect();
            let capacity = OnCluster { cluster: &mut self.candidates.cluster, nodes: added };
            serve(&mut queue, &mut self.pods.rank(scoring, &self.sorts, nodes, capacity));
            self.candidates.cluster.roll_back(self.before);
        }
        queue
    }

    /// Returns what is left of the queue when each node is filled before the next one is there.
    /// Pods that follow others might find a place on earlier nodes, too; they are not tried there
    /// again.
    fn one_by_one(&mut self, buying: &Buying<'a, '_>, nodes: &IndexVec<ChoiceIx, SortIx>) -> Queue {
        let mut queue = self.queue.clone();
        let classes = buying.catalogue().classes.numbers();
        let mut runs = RunsByClass::new(classes.len(), &queue);
        let mut fitting: BTreeMap<SortIx, Vec<ClassIx>> = BTreeMap::new();
        for &sort in nodes {
            let mut free = self.sorts[sort].free.clone();
            let pods = &self.pods;
            let fits = |class: &ClassIx| pods.accepts(*class, sort) && room(&free, pods.requests(*class)) > 0;
            let classes = fitting.entry(sort).or_insert_with(|| classes.clone().filter(fits).collect());
            if self.is_plain {
                runs.fill(classes, &mut queue, |class, left| {
                    let taken = room(&free, self.pods.requests(class)).min(left);
                    take(&mut free, self.pods.requests(class), taken);
                    taken
                });
            } else {
                let node = self.appear(buying, sort);
                let cluster = &mut self.candidates.cluster;
                runs.fill(classes, &mut queue, |class, left| cluster.fill(class.demand(), node, left));
            }
        }
        self.candidates.cluster.roll_back(self.before);
        queue
    }

    /// Adds a node to the working copy.
    fn appear(&mut self, buying: &Buying<'a, '_>, sort: SortIx) -> NodeId {
        let NewNodes { group, zone, .. } = self.sorts[sort];
        buying.catalogue().offers.appear(self.candidates, group, zone)
    }

    /// Buys so that no pod waits when all nodes appear at once, if that takes at most a tenth more.
    /// A scheduler that spreads pods over all nodes leaves no whole one for a large pod that comes
    /// late, and then several times as many would be needed; otherwise as many are bought as it
    /// takes when nodes appear one by one, which is nearer to what the cloud does.
    fn buy_for_the_scheduler(&mut self, buying: &mut Buying<'a, '_>) {
        let most = buying.ledger().nodes().len().div_ceil(MOST_LOOSE);
        for arrival in [Arrival::AtOnce, Arrival::OneByOne] {
            let before = buying.bookmark();
            if self.buy_until_none_waits(buying, arrival, MOST_ROUNDS, most).is_empty() {
                return;
            }
            buying.go_back(before);
        }
    }

    /// Adds at most `most` nodes for the pods that wait until none does, or until a limit forbids
    /// more. Returns those that still wait.
    fn buy_until_none_waits(
        &mut self,
        buying: &mut Buying<'a, '_>,
        arrival: Arrival,
        rounds: usize,
        most: usize,
    ) -> Vec<(ClassIx, usize)> {
        let begun_with = buying.ledger().nodes().len();
        let mut waiting = self.waiting(buying, arrival);
        for _ in 0..rounds {
            let left = most.saturating_sub(buying.ledger().nodes().len() - begun_with);
            if waiting.is_empty() || !self.add_nodes(buying, &waiting, left) {
                break;
            }
            waiting = self.waiting(buying, arrival);
        }
        waiting
    }

    fn waiting(&mut self, buying: &Buying<'a, '_>, arrival: Arrival) -> Vec<(ClassIx, usize)> {
        let nodes = self.nodes(buying);
        let queue = match arrival {
            Arrival::AtOnce => self.at_once(buying, &nodes),
            Arrival::OneByOne => self.one_by_one(buying, &nodes),
        };
        queue.waiting().collect()
    }

    /// Adds as many nodes, up to `most`, as the waiting pods fill when packed one after the other.
    /// Returns whether there is any.
    fn add_nodes(&self, buying: &mut Buying<'a, '_>, waiting: &[(ClassIx, usize)], most: usize) -> bool {
        let mut bins: Vec<(GroupIx, Vec<i64>)> = Vec::new();
        let mut any = false;
        for (class, _) in waiting {
            let Some(&group) = self.bought_in.get(class) else { continue };
            let requests = self.pods.requests(*class);
            let open = bins.iter().position(|(of, free)| *of == group && fits(free, requests) && self.is_plain);
            let bin = match open {
                Some(bin) => bin,
                None if bins.len() < most && buying.add_loose(group) => {
                    any = true;
                    let free = buying.catalogue().offers.of(group).map(|offer| offer.free.clone()).unwrap_or_default();
                    bins.push((group, free));
                    bins.len() - 1
                }
                None => continue,
            };
            take(&mut bins[bin].1, requests, 1);
        }
        any
    }
}

/// Places the queue on nodes that are all there from the start; what is left in it has to wait.
fn serve<C: Capacity>(queue: &mut Queue, nodes: &mut RankedNodes<C>) {
    for run in &mut queue.runs {
        while run.left > 0 && nodes.bind(run.class.demand()).is_some() {
            run.left -= 1;
        }
    }
}
