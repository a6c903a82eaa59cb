//! Replays a plan: what the scheduler will really do with the nodes bought.
//!
//! A plan counts nodes by packing pods tightly. The scheduler takes pods by priority and age, and
//! spreads them. So the plan is replayed as `scheduler::binding` does it, with nodes that
//! appear all at once and one by one and with pods of one age in several orders. The plan states
//! which pods may have to wait for another run, and with `--packing scheduler` buys against it.

mod allowance;
mod cheapest_node;
mod equal_nodes;
mod first_fitting;
mod new_nodes;
mod node_order;
mod order;
mod packing;
mod queue;
mod runs_by_class;
mod trial;

use std::collections::BTreeMap;
use std::num::NonZero;
use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use crate::index_vec::IndexVec;
use crate::plan::amounts::small;
use crate::plan::fleet::GroupIx;
use crate::plan::pending::ClassIx;
use crate::plan::report::Replay;
use crate::plan::scale_up::buying::Buying;
use crate::plan::scale_up::existing_capacity::candidates::Candidates;
use crate::plan::scale_up::offers::next_zone::ZoneIx;
use crate::scheduler::binding::{ChoiceIx, SortIx};
use crate::scheduler::cluster::{Checkpoint, Cluster};
use allowance::Allowance;
use cheapest_node::CheapestNodes;
use new_nodes::{NewNodes, Pods};
use order::Order;
use queue::Queue;
use trial::ReplayTrial;

/// Fewer pods, in all orders together, are not worth a thread.
const PODS_A_THREAD: u32 = 500;

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
/// bought for pods that the scheduler sees.
pub(super) fn replay<'a>(
    candidates: &mut Candidates<'a>,
    before: Checkpoint,
    buying: &mut Buying<'a, '_>,
    served: &[Served],
) -> Option<Replay> {
    if buying.ledger().nodes().is_empty() || served.is_empty() {
        return None;
    }
    candidates.cluster.roll_back(before);
    let mut replayer = Replayer::new(candidates, buying, served);
    let mut waiting = replayer.waiting(buying);
    if buying.catalogue().fleet.policy.packs_as_the_scheduler() {
        let allowance = Allowance::of_burst(buying);
        waiting = replayer.buy_in_time(waiting, buying, &allowance);
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
    /// Whether nodes that appear one by one are tried on a thread of their own. What is found does
    /// not depend on it.
    has_thread: bool,
    /// The working copy of that thread, as it was before anything was bought; absent where nothing
    /// but requests matters.
    of_thread: Option<Box<Cluster<'a>>>,
    sorts: IndexVec<SortIx, NewNodes>,
    pods: Arc<Pods>,
    /// The pods in each of the orders that are tried.
    queues: Vec<Queue>,
    /// The group in which each class was bought for.
    bought_in: BTreeMap<ClassIx, GroupIx>,
    /// Whether nothing but requests matters to any of the pods.
    is_plain: bool,
    /// Where the cheapest nodes are added, whichever group the pods were bought for in.
    cheapest: Option<CheapestNodes>,
}

impl<'a, 's> Replayer<'a, 's> {
    fn new(candidates: &'s mut Candidates<'a>, buying: &Buying<'a, '_>, served: &[Served]) -> Self {
        let sorts = NewNodes::all(buying);
        let pods = Arc::new(Pods::new(candidates, buying, &sorts));
        let queues = Queue::all(buying.catalogue().fleet, buying.catalogue().classes, served);
        let is_plain = served.iter().all(|one| candidates.cluster.is_alone(one.class.demand()));
        let has_thread = queues.iter().map(Queue::len).sum::<u32>() >= PODS_A_THREAD
            && thread::available_parallelism().is_ok_and(|threads| threads > NonZero::<usize>::MIN);
        Self {
            before: candidates.cluster.checkpoint(),
            has_thread,
            of_thread: (has_thread && !is_plain).then(|| Box::new(candidates.cluster.clone())),
            queues,
            bought_in: served.iter().filter_map(|one| Some((one.class, one.group?))).collect(),
            is_plain,
            cheapest: None,
            candidates,
            sorts,
            pods,
        }
    }

    /// Returns what is left of the queue with the nodes that are bought by now.
    fn waiting(&mut self, buying: &Buying<'a, '_>) -> StillWaiting {
        let nodes = self.nodes(buying);
        let catalogue = buying.catalogue();
        let Self { before, sorts, pods, queues, .. } = self;
        let trial = ReplayTrial {
            scoring: catalogue.fleet.policy.scheduler_scoring,
            offers: &catalogue.offers,
            classes: catalogue.classes.len(),
            sorts,
            pods,
            before: *before,
        };
        let at_once = |mut copy: Option<&mut Cluster<'a>>| {
            let left = queues.iter().map(|queue| trial.at_once(copy.as_deref_mut(), queue.clone(), &nodes));
            left.reduce(worse).expect("an order")
        };
        let one_by_one = |mut copy: Option<&mut Cluster<'a>>| {
            let left = queues.iter().zip(Order::ALL).map(|(queue, order)| {
                trial.one_by_one(copy.as_deref_mut(), queue.clone(), &node_order::in_order(order, &nodes))
            });
            left.reduce(worse).expect("an order")
        };
        let mut own = (!self.is_plain).then_some(&mut self.candidates.cluster);
        if !self.has_thread {
            return StillWaiting { at_once: at_once(own.as_deref_mut()), one_by_one: one_by_one(own) };
        }
        let of_thread = self.of_thread.as_deref_mut();
        thread::scope(|scope| {
            let one_by_one = scope.spawn(move || one_by_one(of_thread));
            let at_once = at_once(own);
            StillWaiting { at_once, one_by_one: one_by_one.join().unwrap_or_else(|panic| resume_unwind(panic)) }
        })
    }

    /// Returns the sort of each node bought, in the order in which they are expected to appear.
    fn nodes(&self, buying: &Buying<'a, '_>) -> IndexVec<ChoiceIx, SortIx> {
        let by_place: BTreeMap<(GroupIx, ZoneIx), SortIx> =
            self.sorts.iter_numbered().map(|(number, sort)| ((sort.group, sort.zone), number)).collect();
        buying.ledger().nodes().iter().map(|place| by_place[place]).collect()
    }
}

/// Returns the one of two of which more is left, with the count of both.
fn worse(one: Left, other: Left) -> Left {
    let in_all_orders = one.in_all_orders + other.in_all_orders;
    let worse = if other.queue.left() > one.queue.left() { other } else { one };
    Left { in_all_orders, ..worse }
}
