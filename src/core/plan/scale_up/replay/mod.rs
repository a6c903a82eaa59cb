//! Replays a plan: what the scheduler will really do with the nodes bought.
//!
//! A plan counts nodes by packing pods tightly. The scheduler takes pods by priority and age, and
//! spreads them. So the plan is replayed as `scheduler::binding` does it, with nodes that
//! appear all at once and one by one and with pods of one age in several orders. The plan states
//! which pods may have to wait for another run, and with `--packing scheduler` buys against it.

mod allowance;
mod equal_nodes;
mod first_fitting;
mod new_nodes;
mod node_order;
mod order;
mod packing;
mod queue;
mod runs_by_class;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

use crate::index_vec::IndexVec;
use crate::plan::amounts::{small, take};
use crate::plan::fleet::GroupIx;
use crate::plan::pending::ClassIx;
use crate::plan::report::Replay;
use crate::plan::scale_up::buying::Buying;
use crate::plan::scale_up::existing_capacity::candidates::Candidates;
use crate::plan::scale_up::offers::next_zone::ZoneIx;
use crate::plan::scale_up::ranking::waste::room;
use crate::scheduler::binding::{Capacity, ChoiceIx, OnCluster, RankedNodes, SortIx};
use crate::scheduler::cluster::{Checkpoint, NodeId};
use allowance::Allowance;
use new_nodes::{NewNodes, OnRequests, Pods};
use order::Order;
use queue::Queue;
use runs_by_class::RunsByClass;

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
/// scheduler` buys more nodes so that fewer pods have to wait. Returns `None` when nothing is
/// bought.
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
    let mut waiting = replayer.waiting(buying);
    if buying.catalogue().fleet.policy.packs_as_the_scheduler() {
        let allowance = Allowance::of_burst(buying);
        waiting = replayer.buy_for(waiting, buying, &allowance);
    }
    let nodes = small(buying.ledger().nodes().len());
    Some(Replay {
        scoring: buying.catalogue().fleet.policy.scheduler_scoring,
        pods: replayer.queues[0].len(),
        nodes,
        waiting_at_once: waiting.at_once.queue.left(),
        waiting_one_by_one: waiting.one_by_one.queue.left(),
        waiting: waiting.queue(Ways::Both).waiting().map(|(_, pod)| buying.catalogue().fleet.unbound[pod].id()).collect(),
        nodes_for_certain: replayer.nodes_for_certain(waiting, buying),
    })
}

/// What is left of the queue, in the order that leaves the most.
#[derive(Clone)]
struct StillWaiting {
    /// When all nodes are there from the start.
    at_once: Left,
    /// When each node is filled before the next one is there.
    one_by_one: Left,
}

/// What is left of the queue in one of the orders.
#[derive(Clone)]
struct Left {
    queue: Queue,
    /// How many pods are left in all orders that were tried together: the worst one is chance.
    in_all_orders: u32,
}

impl From<Queue> for Left {
    fn from(queue: Queue) -> Self {
        Self { in_all_orders: queue.left(), queue }
    }
}

/// The ways in which nodes may appear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ways {
    /// All at once, or each is filled before the next one is there.
    Both,
    /// Each is filled before the next one is there.
    OneByOne,
}

impl StillWaiting {
    /// Returns the queue for which more nodes are needed if nodes appear in one of these ways.
    fn queue(&self, ways: Ways) -> &Queue {
        let left = if ways == Ways::Both && self.at_once.queue.left() > 0 { &self.at_once } else { &self.one_by_one };
        &left.queue
    }

    /// Returns the class of each pod for which they are needed.
    fn classes(&self, ways: Ways) -> Vec<ClassIx> {
        self.queue(ways).waiting().map(|(class, _)| class).collect()
    }

    /// Returns how many pods wait in these ways, in all orders together.
    fn count(&self, ways: Ways) -> u32 {
        match ways {
            Ways::Both => self.at_once.in_all_orders + self.one_by_one.in_all_orders,
            Ways::OneByOne => self.one_by_one.in_all_orders,
        }
    }
}

/// The parts of a replay that are made once.
struct Replayer<'a, 's> {
    candidates: &'s mut Candidates<'a>,
    before: Checkpoint,
    sorts: IndexVec<SortIx, NewNodes>,
    pods: Rc<Pods>,
    /// The pods in each of the orders that are tried.
    queues: Vec<Queue>,
    /// The group in which each class was bought for.
    bought_in: BTreeMap<ClassIx, GroupIx>,
    /// Whether nothing but requests matters to any of the pods.
    is_plain: bool,
}

impl<'a, 's> Replayer<'a, 's> {
    fn new(candidates: &'s mut Candidates<'a>, buying: &Buying<'a, '_>, served: &[Served]) -> Self {
        let sorts = NewNodes::all(buying);
        let pods = Rc::new(Pods::new(candidates, buying, &sorts));
        Self {
            before: candidates.cluster.checkpoint(),
            queues: Queue::all(buying.catalogue().fleet, buying.catalogue().classes, served),
            bought_in: served.iter().filter_map(|one| Some((one.class, one.group?))).collect(),
            is_plain: served.iter().all(|one| candidates.cluster.is_alone(one.class.demand())),
            candidates,
            sorts,
            pods,
        }
    }

    /// Returns what is left of the queue with the nodes that are bought by now.
    fn waiting(&mut self, buying: &Buying<'a, '_>) -> StillWaiting {
        let nodes = self.nodes(buying);
        let orders = 0..self.queues.len();
        let at_once = orders.clone().map(|order| self.at_once(self.queues[order].clone(), buying, &nodes)).reduce(worse);
        let one_by_one = orders.zip(Order::ALL).map(|(queue, order)| {
            let nodes = node_order::in_order(order, &nodes);
            self.one_by_one(self.queues[queue].clone(), buying, &nodes)
        });
        let one_by_one = one_by_one.reduce(worse);
        StillWaiting { at_once: at_once.expect("an order"), one_by_one: one_by_one.expect("an order") }
    }

    /// Returns the sort of each node bought, in the order in which they are expected to appear.
    fn nodes(&self, buying: &Buying<'a, '_>) -> IndexVec<ChoiceIx, SortIx> {
        let by_place: BTreeMap<(GroupIx, ZoneIx), SortIx> =
            self.sorts.iter_numbered().map(|(number, sort)| ((sort.group, sort.zone), number)).collect();
        buying.ledger().nodes().iter().map(|place| by_place[place]).collect()
    }

    /// Returns what is left of the queue when all nodes are there from the start.
    fn at_once(&mut self, mut queue: Queue, buying: &Buying<'a, '_>, nodes: &IndexVec<ChoiceIx, SortIx>) -> Left {
        let scoring = buying.catalogue().fleet.policy.scheduler_scoring;
        if self.is_plain && queue.runs.len() <= FEW_RUNS {
            equal_nodes::place_at_once(scoring, &self.sorts, nodes, &self.pods, &mut queue);
        } else if self.is_plain {
            let capacity = OnRequests::new(&self.pods, &self.sorts, nodes);
            serve(&mut queue, &mut self.pods.rank(scoring, &self.sorts, nodes, capacity, self.is_plain));
        } else {
            let added = nodes.iter().map(|sort| (self.appear(buying, *sort), [].as_slice())).collect();
            let capacity = OnCluster { cluster: &mut self.candidates.cluster, nodes: added, are_sorts_alike: true };
            serve(&mut queue, &mut self.pods.rank(scoring, &self.sorts, nodes, capacity, self.is_plain));
            self.candidates.cluster.roll_back(self.before);
        }
        queue.into()
    }

    /// Returns what is left of the queue when each node is filled before the next one is there.
    /// Pods that follow others are tried on earlier nodes again once all are there.
    fn one_by_one(&mut self, mut queue: Queue, buying: &Buying<'a, '_>, nodes: &[SortIx]) -> Left {
        let mut runs = RunsByClass::new(Rc::clone(&self.pods), buying.catalogue().classes.len(), &queue);
        let mut there: Vec<NodeId> = Vec::new();
        for &sort in nodes {
            if self.is_plain {
                runs.fill(sort, self.sorts[sort].free.clone(), &mut queue, |class, left, free| {
                    let taken = room(free, self.pods.requests(class)).min(left);
                    take(free, self.pods.requests(class), taken);
                    taken
                });
            } else {
                let node = self.appear(buying, sort);
                there.push(node);
                let cluster = &mut self.candidates.cluster;
                runs.fill(sort, cluster.row(node).to_vec(), &mut queue, |class, left, free| {
                    let taken = cluster.fill(class.demand(), node, left);
                    free.copy_from_slice(cluster.row(node));
                    taken
                });
            }
        }
        self.follow_others(&mut queue, &there);
        self.candidates.cluster.roll_back(self.before);
        queue.into()
    }

    /// Places pods that follow others and have no node yet, once for each class that has none.
    fn follow_others(&mut self, queue: &mut Queue, nodes: &[NodeId]) {
        let cluster = &mut self.candidates.cluster;
        let mut refused: BTreeSet<ClassIx> = BTreeSet::new();
        for run in queue.runs.iter_mut().filter(|run| run.left > 0) {
            if !cluster.demand(run.class.demand()).follows_others() || refused.contains(&run.class) {
                continue;
            }
            for node in nodes {
                run.left -= cluster.fill(run.class.demand(), *node, run.left);
            }
            if run.left > 0 {
                refused.insert(run.class);
            }
        }
    }

    /// Adds a node to the working copy.
    fn appear(&mut self, buying: &Buying<'a, '_>, sort: SortIx) -> NodeId {
        let NewNodes { group, zone, .. } = self.sorts[sort];
        buying.catalogue().offers.appear(self.candidates, group, zone)
    }
}

/// Returns the one of two of which more is left, with the count of both.
fn worse(one: Left, other: Left) -> Left {
    let in_all_orders = one.in_all_orders + other.in_all_orders;
    let worse = if other.queue.left() > one.queue.left() { other } else { one };
    Left { in_all_orders, ..worse }
}

/// Places the queue on nodes that are all there from the start; what is left in it has to wait.
fn serve<C: Capacity>(queue: &mut Queue, nodes: &mut RankedNodes<C>) {
    for run in &mut queue.runs {
        while run.left > 0 && nodes.bind(run.class.demand()).is_some() {
            run.left -= 1;
        }
    }
}
