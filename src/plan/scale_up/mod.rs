//! Pending pods onto nodes that are there, onto nodes that are coming, onto nodes we cordoned, and only then onto new ones.

mod board;
mod buying;
mod capacity;
mod rank;
mod waste;

use std::collections::BTreeMap;

use super::fleet::Fleet;
use super::group_health::GroupHealth;
use super::pending::{Class, classes, settled_verdict, waiting_until};
use super::report::PodVerdict;
use super::template::{Daemons, Template};
use crate::scheduler::{Columns, pending_requests};
use crate::snapshot::Resources;
use board::{Board, Origin, Placed};
use buying::{Buying, Rest};

pub(crate) use rank::Standing;

/// A verdict with its sentence, which is put together once for all pods that fare alike.
#[derive(Clone)]
pub(crate) struct Ruling {
    pub(crate) verdict: PodVerdict,
    pub(crate) message: String,
}

impl From<PodVerdict> for Ruling {
    fn from(verdict: PodVerdict) -> Self {
        Self { message: verdict.to_string(), verdict }
    }
}

/// What becomes of the pending pods, and what is bought for them.
pub(crate) struct ScaleUp {
    /// One for each of [`Fleet::unbound`].
    pub(crate) rulings: Vec<Ruling>,
    /// Pods expected on nodes that are there, by index into [`Fleet::nodes`].
    pub(crate) expected_on: BTreeMap<usize, u32>,
    /// Nodes to make schedulable again, with the pods expected there.
    pub(crate) uncordon: BTreeMap<usize, u32>,
    /// New nodes of each group.
    pub(crate) purchases: Vec<Purchase>,
    /// The brake that was hit, and how many pods it left pending.
    pub(crate) brake: Option<(u32, u32)>,
}

/// What one group is asked to add.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Purchase {
    pub(crate) nodes: u32,
    /// How many of them are `--over-provision`.
    pub(crate) spare: u32,
    pub(crate) pods: u32,
}

impl ScaleUp {
    pub(crate) fn work_out(
        fleet: &Fleet<'_>,
        templates: &[Result<Template, String>],
        health: &[GroupHealth],
        daemons: &Daemons<'_>,
    ) -> Self {
        let settled: Vec<Option<Ruling>> =
            fleet.unbound.iter().map(|pod| settled_verdict(fleet, pod).map(Ruling::from)).collect();
        let pending: Vec<usize> = (0..settled.len()).filter(|&index| settled[index].is_none()).collect();
        let mut board = Board::new(columns(fleet, templates, &pending));
        let classes = classes(fleet, &pending, &board.columns, &largest_node(templates, fleet));
        let supply = capacity::seat_all(&mut board, fleet, templates, health, daemons);

        let mut tally = Tally::new(fleet, &classes, settled);
        for (index, class) in classes.iter().enumerate() {
            let placed = board.place(class, tally.left(index), supply.free_of_charge.clone());
            tally.record(index, class, &placed);
        }
        let mut buying = Buying::new(fleet, &board, &classes, templates, health, supply.template_faces);
        for (index, class) in classes.iter().enumerate() {
            let placed = buying.buy_for(&mut board, index, &|class| tally.left(class));
            tally.record(index, class, &placed);
            if tally.left(index) > 0 {
                let rest = buying.rest(&board, index, tally.left(index));
                tally.give_up(fleet, index, class, rest);
            }
        }
        let (brake, purchases) = buying.finish();
        tally.into_outcome(purchases, brake)
    }
}

/// A column for each resource that a pending pod asks for or a new node has: what nobody asked for may still be wasted.
fn columns(fleet: &Fleet<'_>, templates: &[Result<Template, String>], pending: &[usize]) -> Columns {
    let specs: BTreeMap<_, _> =
        pending.iter().map(|&index| (fleet.unbound[index].spec, fleet.snapshot.spec(fleet.unbound[index]))).collect();
    let requests: Vec<Resources> = specs.values().map(|spec| pending_requests(spec)).collect();
    let offers = templates.iter().filter_map(|template| template.as_ref().ok()).map(|template| &template.allocatable);
    Columns::new(requests.iter().chain(offers).flat_map(|amounts| amounts.iter().map(|(name, _)| name)))
}

/// The most of each resource that any node has or would have.
fn largest_node(templates: &[Result<Template, String>], fleet: &Fleet<'_>) -> Resources {
    let mut largest = Resources::default();
    let planned = templates.iter().filter_map(|template| template.as_ref().ok()).map(|template| &template.allocatable);
    for offer in planned.chain(fleet.nodes.iter().map(|entry| &entry.node.allocatable)) {
        largest.raise_to(offer);
    }
    largest
}

/// Who has got which seat.
struct Tally {
    now: jiff::Timestamp,
    groups: Vec<crate::snapshot::GroupId>,
    nodes: Vec<String>,
    /// One for each unbound pod, as far as they are decided.
    rulings: Vec<Option<Ruling>>,
    done: Vec<u32>,
    totals: Vec<u32>,
    expected_on: BTreeMap<usize, u32>,
    uncordon: BTreeMap<usize, u32>,
}

impl Tally {
    fn new(fleet: &Fleet<'_>, classes: &[Class<'_>], settled: Vec<Option<Ruling>>) -> Self {
        Self {
            now: fleet.now(),
            groups: fleet.groups.iter().map(|group| group.id().clone()).collect(),
            nodes: fleet.nodes.iter().map(|entry| entry.node.name.clone()).collect(),
            rulings: settled,
            done: vec![0; classes.len()],
            totals: classes.iter().map(|class| u32::try_from(class.pods.len()).unwrap_or(u32::MAX)).collect(),
            expected_on: BTreeMap::new(),
            uncordon: BTreeMap::new(),
        }
    }

    /// How many pods of a class have no seat yet.
    fn left(&self, class: usize) -> u32 {
        self.totals[class] - self.done[class]
    }

    /// Gives the seats to the pods of the class, the oldest first.
    fn record(&mut self, index: usize, class: &Class<'_>, placed: &[Placed]) {
        for Placed { origin, pods } in placed {
            match *origin {
                Origin::Existing { node } => *self.expected_on.entry(node).or_default() += pods,
                Origin::Cordoned { node } => *self.uncordon.entry(node).or_default() += pods,
                Origin::Upcoming { .. } | Origin::Planned { .. } => {}
            }
            let ruling = Ruling::from(self.verdict(*origin));
            for _ in 0..*pods {
                let pod = class.pods[self.done[index] as usize];
                self.rulings[pod] = Some(ruling.clone());
                self.done[index] += 1;
            }
        }
    }

    fn verdict(&self, origin: Origin) -> PodVerdict {
        match origin {
            Origin::Existing { node } => PodVerdict::FitsExisting { node: self.nodes[node].clone() },
            Origin::Cordoned { node } => PodVerdict::FitsUncordoned { node: self.nodes[node].clone() },
            Origin::Upcoming { group, overdue_at } => {
                PodVerdict::FitsUpcoming { group: self.groups[group].clone(), overdue_at, now: self.now }
            }
            Origin::Planned { group, ordinal } => PodVerdict::FitsNew { group: self.groups[group].clone(), new_node: ordinal },
        }
    }

    /// The pods of the class that are left get no seat.
    fn give_up(&mut self, fleet: &Fleet<'_>, index: usize, class: &Class<'_>, rest: Rest) {
        let left = &class.pods[self.done[index] as usize..];
        match rest {
            Rest::CannotHelp(refusals) => {
                let ruling = Ruling::from(PodVerdict::CannotHelp { refusals });
                for &pod in left {
                    self.rulings[pod] = Some(ruling.clone());
                }
            }
            Rest::WaitsForRegion => {
                let regions: Vec<String> = class.waits_for.iter().map(|region| (*region).to_owned()).collect();
                for &pod in left {
                    let (regions, until) = (regions.clone(), waiting_until(fleet, fleet.unbound[pod]));
                    self.rulings[pod] = Some(PodVerdict::WaitsForRegion { regions, until, now: self.now }.into());
                }
            }
        }
    }

    fn into_outcome(self, purchases: Vec<Purchase>, brake: Option<(u32, u32)>) -> ScaleUp {
        let decided = |ruling: Option<Ruling>| ruling.expect("every pending pod is in a class, and every class is decided");
        let rulings = self.rulings.into_iter().map(decided).collect();
        ScaleUp { rulings, expected_on: self.expected_on, uncordon: self.uncordon, purchases, brake }
    }
}
