//! Consolidation, `WhenEmptyOrUnderutilized` with `consolidateAfter: 0s`, the defaults: empty nodes
//! are removed; or two or more nodes at once, with at most one cheaper node in their place; or one
//! node, likewise (`concepts/disruption.md`, "Consolidation"). A spot node is not replaced by
//! another one. A budget allows a tenth of the nodes at a time, rounded up.

use super::claims::in_order;
use super::command::Disruption;
use super::disruptable::{is_kept_by_budget, must_stay};
use super::offerings::{OfferId, available, by_price, holds, offer};
use crate::scheduler::BudgetIndex;
use crate::simulate::rivals::first_fit::FreeRows;
use crate::simulate::rivals::scene::{ModelCluster, ModelMember, ModelPod};
use crate::snapshot::UsdPerHour;

/// At most so many nodes are looked at together (`MultiNodeConsolidation.ComputeCommands`).
const MOST_TOGETHER: usize = 100;
/// The default budget: `nodes: 10%`.
const BUDGET_PERCENT: usize = 10;

/// The nodes that may be disrupted, and how many of them.
pub(super) struct Disruptable {
    empty: Vec<usize>,
    /// Nodes with pods, those that save the most for a pod first (`SavingsRatio`).
    busy: Vec<usize>,
    allowed: usize,
}

/// What becomes of the pods of nodes that go.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Consolidation {
    /// They have a place on other nodes.
    Delete,
    /// They need one new node, of one of these offers, the cheapest first.
    Replace(Vec<OfferId>),
}

impl Disruptable {
    pub(super) fn new(scene: &ModelCluster<'_>, nominated: &[bool], disrupted: &[usize]) -> Self {
        let budgets = BudgetIndex::new(&scene.snapshot.budgets);
        let may_go = |place: &usize| {
            let node = &scene.nodes[*place];
            let is_free = node.member.is_some_and(|member| !disrupted.contains(&member.machine));
            let stays = |pod: &ModelPod<'_>| must_stay(scene, pod) || is_kept_by_budget(scene, &budgets, pod);
            node.is_ready && is_free && !nominated[*place] && !node.pods.iter().any(stays)
        };
        let (empty, mut busy): (Vec<usize>, Vec<usize>) =
            (0..scene.nodes.len()).filter(may_go).partition(|place| scene.nodes[*place].pods.is_empty());
        busy.sort_by(|a, b| savings_ratio(scene, *b).total_cmp(&savings_ratio(scene, *a)));
        let ready = scene.nodes.iter().filter(|node| node.is_ready && node.member.is_some()).count();
        Self { empty, busy, allowed: (ready * BUDGET_PERCENT).div_ceil(100).saturating_sub(disrupted.len()) }
    }
}

/// Returns what a node costs for each of its pods. The base of one stands for the node itself.
#[expect(clippy::cast_precision_loss, reason = "ratios are compared, not counted")]
fn savings_ratio(scene: &ModelCluster<'_>, place: usize) -> f64 {
    let node = &scene.nodes[place];
    let price = node.member.and_then(|member| member.price).unwrap_or_default();
    price.micros() as f64 / (1.0 + node.pods.len() as f64)
}

/// Returns the next command: for empty nodes, else for several, else for one.
pub(super) fn next_command(scene: &ModelCluster<'_>, free: &FreeRows, candidates: Disruptable) -> Option<Disruption> {
    let Disruptable { mut empty, busy, allowed } = candidates;
    empty.truncate(allowed);
    if !empty.is_empty() {
        let command = command(scene, &empty, Consolidation::Delete);
        return Some(Disruption { is_of_empty: true, ..command });
    }
    if allowed == 0 {
        return None;
    }
    let together = &busy[..busy.len().min(allowed).min(MOST_TOGETHER)];
    several(scene, free, together)
        .or_else(|| busy.iter().find_map(|place| Some(command(scene, &[*place], consolidate(scene, free, &[*place])?))))
}

fn command(scene: &ModelCluster<'_>, places: &[usize], consolidation: Consolidation) -> Disruption {
    let machines = places.iter().filter_map(|place| scene.nodes[*place].member).map(|member| member.machine).collect();
    let replacement = match consolidation {
        Consolidation::Delete => Vec::new(),
        Consolidation::Replace(offers) => offers,
    };
    Disruption::proposed(machines, replacement, scene.now)
}

/// Finds by halving how many of the first candidates, two at least, can go together.
fn several(scene: &ModelCluster<'_>, free: &FreeRows, candidates: &[usize]) -> Option<Disruption> {
    let (mut least, mut most) = (2, candidates.len());
    let mut found = None;
    while least <= most {
        let middle = usize::midpoint(least, most);
        match consolidate(scene, free, &candidates[..middle]) {
            Some(consolidation) => {
                found = Some(command(scene, &candidates[..middle], consolidation));
                least = middle + 1;
            }
            None => most = middle - 1,
        }
    }
    found
}

/// Returns what becomes of the pods of these nodes, if they can go and that pays.
fn consolidate(scene: &ModelCluster<'_>, free: &FreeRows, places: &[usize]) -> Option<Consolidation> {
    let mut free = free.clone();
    let pods: Vec<ModelPod<'_>> = places.iter().flat_map(|place| scene.nodes[*place].pods.iter().copied()).collect();
    let is_elsewhere = |other: usize| scene.nodes[other].is_ready && !places.contains(&other);
    let ordered = in_order(scene, &pods);
    let left: Vec<&ModelPod<'_>> = ordered.into_iter().filter(|pod| free.place(scene, pod, is_elsewhere).is_none()).collect();
    if left.is_empty() {
        return Some(Consolidation::Delete);
    }
    let mut offers = available(scene);
    let mut requested = vec![0; scene.columns.len()];
    for pod in left {
        offers.retain(|id| holds(scene, *id, &requested, pod));
        requested.iter_mut().zip(pod.row).for_each(|(sum, amount)| *sum += amount);
    }
    let members: Vec<ModelMember<'_>> = places.iter().filter_map(|place| scene.nodes[*place].member).collect();
    cheaper(scene, offers, &members).map(Consolidation::Replace)
}

/// Returns the offers that cost less than the nodes do together, if there are any.
fn cheaper(scene: &ModelCluster<'_>, mut offers: Vec<OfferId>, members: &[ModelMember<'_>]) -> Option<Vec<OfferId>> {
    let prices: Option<Vec<UsdPerHour>> = members.iter().map(|member| member.price).collect();
    let total: u64 = prices?.iter().map(|price| price.micros()).sum();
    let is_spot = |id: &OfferId| offer(scene, *id).spot;
    if members.iter().all(|member| member.spot) && offers.iter().any(is_spot) {
        return None;
    }
    let micros = |id: &OfferId| offer(scene, *id).price.map(UsdPerHour::micros);
    offers.retain(|id| micros(id).is_some_and(|price| price < total));
    // Where a type is among those that go, one of that type is better kept
    // (`filterOutSameInstanceType`).
    if members.len() > 1 {
        let is_offered =
            |member: &&ModelMember<'_>| offers.iter().any(|id| offer(scene, *id).node.machine_type == member.machine_type);
        let kept = members.iter().filter(is_offered).filter_map(|member| member.price);
        if let Some(least) = kept.map(UsdPerHour::micros).min() {
            offers.retain(|id| micros(id).is_some_and(|price| price < least));
        }
    }
    if offers.iter().any(is_spot) {
        offers.retain(is_spot);
    }
    by_price(scene, &mut offers);
    (!offers.is_empty()).then_some(offers)
}

/// Returns the places of instances in the scene; absent where one is gone.
fn places_of(scene: &ModelCluster<'_>, machines: &[usize]) -> Option<Vec<usize>> {
    let place =
        |machine: &usize| scene.nodes.iter().position(|node| node.member.is_some_and(|member| member.machine == *machine));
    machines.iter().map(place).collect()
}

/// Whether the command for nodes that are not empty would be decided again.
pub(super) fn is_still_right(scene: &ModelCluster<'_>, free: &FreeRows, nominated: &[bool], command: &Disruption) -> bool {
    let Some(places) = places_of(scene, &command.machines) else { return false };
    let candidates = Disruptable::new(scene, nominated, &[]);
    if !places.iter().all(|place| candidates.busy.contains(place)) {
        return false;
    }
    match consolidate(scene, free, &places) {
        Some(Consolidation::Delete) => true,
        Some(Consolidation::Replace(offers)) => command.replacement.first().is_some_and(|first| offers.contains(first)),
        None => false,
    }
}

/// Returns those of the instances whose nodes are empty still.
pub(super) fn still_empty(scene: &ModelCluster<'_>, nominated: &[bool], machines: &[usize]) -> Vec<usize> {
    let candidates = Disruptable::new(scene, nominated, &[]);
    let empty = candidates.empty.iter().filter_map(|place| scene.nodes[*place].member);
    empty.map(|member| member.machine).filter(|machine| machines.contains(machine)).collect()
}
