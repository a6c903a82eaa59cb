//! What the scheduler will really do with the nodes bought.
//!
//! Counting nodes by packing the largest pods first is what everybody does, and the scheduler does not pack that way: it takes
//! pods by priority and age, and spreads them. So the plan is replayed in its order and with its scoring, with nodes that
//! appear all at once and one by one, and what may have to wait for another run is told.

mod among_pods;
mod crowd;
mod one_by_one;
mod queue;
mod ranked;
mod scoring;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::index_vec::{IndexVec, Numbers, numbers};
use crate::plan::amounts::{fits, small, take};
use crate::plan::fleet::{Fleet, GroupIx};
use crate::plan::pending::ClassIx;
use crate::plan::report::Replay;
use crate::plan::scale_up::buying::Buying;
use crate::plan::scale_up::existing_capacity::candidates::Candidates;
use crate::plan::scale_up::offers::launches::ZoneIx;
use crate::policy::Packing;
use crate::scheduler::cluster::{Checkpoint, NodeId};
use crate::snapshot::{CPU, MEMORY};
use queue::Queue;
use ranked::{OnRequests, Ranked};
pub(crate) use scoring::{Scored, score, scored};

/// So many rounds of adding nodes are tried; each leaves a small part of what waited before.
const MOST_ROUNDS: usize = 12;
/// One of so many nodes, rounded up, may be bought only because the scheduler packs less densely.
const MOST_LOOSE: usize = 10;
/// So many pods are replayed in all rounds together when the number of nodes that would do is only told and not bought.
const MOST_PODS_REPLAYED: usize = 10_000;
/// With at most so many runs of alike pods it pays to count equally full nodes together.
const FEW_RUNS: usize = 64;

numbers! {
    /// What new nodes of a group offer in a zone.
    struct KindIx;
    /// A new node, in the order in which they are expected to appear.
    struct NewNodeIx;
}

/// A new node by what it offers: one for each group and zone.
struct Kind {
    group: GroupIx,
    zone: ZoneIx,
    /// What pods may request of it.
    offer: Scored,
    /// What the DaemonSets take of that.
    used: Scored,
    /// What is left for pods, one amount a column.
    free: Vec<i64>,
}

/// The pods of each class, by what the replay asks of them.
struct Pods {
    requests: IndexVec<ClassIx, Vec<i64>>,
    scored: IndexVec<ClassIx, Scored>,
    /// Whether each kind of node takes them, as far as the node alone goes.
    accepted: IndexVec<ClassIx, IndexVec<KindIx, bool>>,
}

impl Pods {
    fn classes(&self) -> Numbers<ClassIx> {
        self.requests.numbers()
    }

    fn requests(&self, class: ClassIx) -> &[i64] {
        &self.requests[class]
    }

    fn scored(&self, class: ClassIx) -> Scored {
        self.scored[class]
    }

    fn accepts(&self, class: ClassIx, kind: KindIx) -> bool {
        self.accepted[class][kind]
    }
}

/// Pods of a class that got nodes because something was bought.
#[derive(Debug, Clone)]
pub(super) struct Served {
    pub(super) class: ClassIx,
    /// Places in [`Class::pods`](crate::plan::pending::Class::pods).
    pub(super) pods: Range<usize>,
    /// The group that was bought in; absent where room came free on nodes that are there.
    pub(super) group: Option<GroupIx>,
}

/// Replays a plan on the working copy as it was `before` anything was bought, and with `--packing scheduler` buys what it takes
/// that no pod has to wait. `None` when nothing is bought.
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
    let mut stage = Stage::new(candidates, buying, served);
    let mut report = stage.report(buying);
    if report.waiting_at_once == 0 {
        return Some(report);
    }
    match buying.market().fleet.policy.packing {
        Packing::Dense => {
            let rounds = MOST_ROUNDS.min(MOST_PODS_REPLAYED / report.pods.max(1) as usize);
            if rounds == 0 {
                return Some(report);
            }
            let before = buying.bookmark();
            let waiting = stage.buy_until_none_waits(buying, Arrival::AtOnce, rounds, usize::MAX);
            report.nodes_for_certain = waiting.is_empty().then(|| small(buying.ledger().nodes().len()));
            buying.go_back(before);
        }
        Packing::Scheduler => {
            stage.buy_for_the_scheduler(buying);
            report = stage.report(buying);
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

/// Everything a replay needs, made once.
struct Stage<'a, 's> {
    candidates: &'s mut Candidates<'a>,
    before: Checkpoint,
    kinds: IndexVec<KindIx, Kind>,
    pods: Pods,
    queue: Queue,
    /// The group in which each class was bought for.
    bought_in: BTreeMap<ClassIx, GroupIx>,
    /// Whether nothing but requests matters to any of the pods.
    is_plain: bool,
}

impl<'a, 's> Stage<'a, 's> {
    fn new(candidates: &'s mut Candidates<'a>, buying: &Buying<'a, '_>, served: &[Served]) -> Self {
        let kinds = kinds(buying);
        let classes = buying.market().classes.numbers();
        let of_scored = |requests: &[i64]| scored(of_columns(buying.market().fleet, requests));
        let requests: IndexVec<ClassIx, Vec<i64>> =
            classes.clone().map(|class| candidates.cluster.demand(class.demand()).requests.clone()).collect();
        let forms = |kind: &Kind| buying.market().offers.of(kind.group).map(|offer| offer.forms[kind.zone]);
        let accepted = classes
            .map(|class| {
                kinds
                    .iter()
                    .map(|kind| forms(kind).is_some_and(|forms| candidates.cluster.accepts(class.demand(), forms)))
                    .collect()
            })
            .collect();
        let pods = Pods { scored: requests.iter().map(|requests| of_scored(requests)).collect(), requests, accepted };
        Self {
            before: candidates.cluster.checkpoint(),
            queue: Queue::new(buying.market().fleet, buying.market().classes, served),
            bought_in: served.iter().filter_map(|one| Some((one.class, one.group?))).collect(),
            is_plain: served.iter().all(|one| candidates.cluster.is_alone(one.class.demand())),
            candidates,
            kinds,
            pods,
        }
    }

    fn report(&mut self, buying: &Buying<'a, '_>) -> Replay {
        let nodes = self.nodes(buying);
        let at_once = self.at_once(buying, &nodes);
        let one_by_one = self.one_by_one(buying, &nodes);
        let waiting: Vec<(ClassIx, usize)> = at_once.waiting().collect();
        Replay {
            scoring: buying.market().fleet.policy.scheduler_scoring,
            pods: self.queue.len(),
            nodes: small(nodes.len()),
            waiting_at_once: small(waiting.len()),
            waiting_one_by_one: small(one_by_one.waiting().count()),
            nodes_for_certain: waiting.is_empty().then(|| small(nodes.len())),
            waiting: waiting.iter().map(|(_, pod)| buying.market().fleet.unbound[*pod].id()).collect(),
        }
    }

    /// The kind of each node bought, in the order in which they are expected to appear.
    fn nodes(&self, buying: &Buying<'a, '_>) -> IndexVec<NewNodeIx, KindIx> {
        let by_place: BTreeMap<(GroupIx, ZoneIx), KindIx> =
            self.kinds.iter_numbered().map(|(number, kind)| ((kind.group, kind.zone), number)).collect();
        buying.ledger().nodes().iter().map(|place| by_place[place]).collect()
    }

    fn at_once(&mut self, buying: &Buying<'a, '_>, nodes: &IndexVec<NewNodeIx, KindIx>) -> Queue {
        let mut queue = self.queue.clone();
        let scoring = buying.market().fleet.policy.scheduler_scoring;
        if self.is_plain && queue.runs.len() <= FEW_RUNS {
            crowd::at_once(scoring, &self.kinds, nodes, &self.pods, &mut queue);
            return queue;
        }
        if self.is_plain {
            let mut host = OnRequests::new(&self.pods, &self.kinds, nodes);
            Ranked::new(scoring, &self.kinds, nodes).serve(&self.pods, &mut host, &mut queue);
            return queue;
        }
        let ids = nodes.iter().map(|&kind| appear(self.candidates, buying, &self.kinds[kind])).collect();
        among_pods::at_once(scoring, &self.kinds, nodes, ids, &self.pods, self.candidates, &mut queue);
        self.candidates.cluster.roll_back(self.before);
        queue
    }

    fn one_by_one(&mut self, buying: &Buying<'a, '_>, nodes: &IndexVec<NewNodeIx, KindIx>) -> Queue {
        let mut queue = self.queue.clone();
        if self.is_plain {
            one_by_one::one_by_one(&self.kinds, nodes, &self.pods, &mut queue);
            return queue;
        }
        let mut coming = nodes.iter();
        let kinds = &self.kinds;
        let mut next = |candidates: &mut Candidates<'a>| coming.next().map(|&kind| appear(candidates, buying, &kinds[kind]));
        among_pods::one_by_one(&mut next, self.pods.classes().len(), self.candidates, &mut queue);
        self.candidates.cluster.roll_back(self.before);
        queue
    }

    /// Buys so that no pod waits when all nodes appear at once, if that takes at most a tenth more. A scheduler that spreads pods
    /// over all nodes leaves no whole one for a large pod that comes late, and then several times as many would be needed; so
    /// that otherwise as many are bought as it takes when nodes appear one by one, which is nearer to what AWS does.
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

    /// Adds at most `most` nodes for the pods that wait until none does, or until a limit forbids more. Returns those that still
    /// wait.
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

    /// As many nodes, up to `most`, as the waiting pods fill when packed one after the other. Whether there is any.
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
                    let free = buying.market().offers.of(group).map(|offer| offer.free.clone()).unwrap_or_default();
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

fn kinds(buying: &Buying<'_, '_>) -> IndexVec<KindIx, Kind> {
    let fleet = buying.market().fleet;
    let offers = fleet.groups.numbers().filter_map(|group| Some((group, buying.market().offers.of(group)?)));
    let kind = |(group, offer): (GroupIx, &crate::plan::scale_up::offers::Offer<'_>), zone: ZoneIx| {
        let whole = of_columns(fleet, &fleet.columns.row(&offer.template.allocatable));
        let left = of_columns(fleet, &offer.free);
        Kind { group, zone, offer: whole, used: [whole[0] - left[0], whole[1] - left[1]], free: offer.free.clone() }
    };
    offers.flat_map(|(group, offer)| offer.zones.numbers().map(move |zone| kind((group, offer), zone))).collect()
}

fn of_columns(fleet: &Fleet<'_>, row: &[i64]) -> Scored {
    let at = |name: &str| (0..fleet.columns.len()).find(|column| fleet.columns.name(*column) == name);
    [CPU, MEMORY].map(|name| at(name).map_or(0, |column| row[column]))
}

/// Adds a node of a kind to the working copy.
fn appear<'a>(candidates: &mut Candidates<'a>, buying: &Buying<'a, '_>, kind: &Kind) -> NodeId {
    buying.market().offers.appear(candidates, kind.group, kind.zone)
}
