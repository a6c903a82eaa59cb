//! Which pod has got which node.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::buying::refusing::Rest;
use super::existing_capacity::candidates::{Origin, Placement};
use super::replay::Served;
use super::{GroupPurchase, PodRuling, RoomOnNode, ScaleUp};
use crate::index_vec::IndexVec;
use crate::plan::absent_pods::AbsentIx;
use crate::plan::amounts::small;
use crate::plan::fleet::{Fleet, GroupIx, NodeIx};
use crate::plan::pending::{Class, ClassIx, Waiting, waiting_until};
use crate::plan::refusals::Refusals;
use crate::plan::report::{FindingCode, PodVerdict, Replay, Ruling, UpcomingNode};
use crate::snapshot::GroupId;

/// Which pod has got which node.
pub(super) struct Placements {
    now: jiff::Timestamp,
    groups: IndexVec<GroupIx, Arc<GroupId>>,
    nodes: IndexVec<NodeIx, String>,
    /// One for each unbound pod, as far as they are decided.
    rulings: Vec<Option<PodRuling>>,
    /// How many pods of each class are decided: the first ones. All of a class count as decided
    /// until its turn comes, where that is the last.
    done: IndexVec<ClassIx, u32>,
    /// The group in which each class was bought for last.
    bought_in: IndexVec<ClassIx, Option<GroupIx>>,
    /// The groups whose new nodes hold pods, each with the classes of these.
    bought_for: BTreeSet<(GroupIx, ClassIx)>,
    totals: IndexVec<ClassIx, u32>,
    placed: u32,
    expected_on: BTreeMap<NodeIx, u32>,
    uncordon: BTreeMap<NodeIx, u32>,
    /// Nodes that are there and on which pods have their place that are not in the API.
    room_on: BTreeMap<NodeIx, RoomOnNode>,
    /// Verdicts that were given already, by the ordinal of the new node from 1: pods on the same
    /// node share one.
    known: IndexVec<GroupIx, Vec<Option<Arc<Ruling>>>>,
}

impl PodRuling {
    /// Returns the fate of a pod that gets no node.
    pub(super) fn unplaced(verdict: PodVerdict) -> Self {
        Self { placed: None, ruling: Arc::new(verdict.into()) }
    }
}

impl Placements {
    pub(super) fn new(fleet: &Fleet<'_>, classes: &IndexVec<ClassIx, Class<'_>>, settled: Vec<Option<PodRuling>>) -> Self {
        let totals: IndexVec<ClassIx, u32> = classes.iter().map(|class| small(class.pods.len())).collect();
        let done = classes.iter().zip(&totals).map(|(class, pods)| if class.turn.is_put_off() { *pods } else { 0 }).collect();
        Self {
            now: fleet.now(),
            groups: fleet.groups.iter().map(|group| Arc::new(group.id().clone())).collect(),
            nodes: fleet.nodes.iter().map(|entry| entry.node.name.clone()).collect(),
            rulings: settled,
            done,
            bought_in: IndexVec::filled(classes.len(), None),
            bought_for: BTreeSet::new(),
            totals,
            placed: 0,
            expected_on: BTreeMap::new(),
            uncordon: BTreeMap::new(),
            room_on: BTreeMap::new(),
            known: IndexVec::filled(fleet.groups.len(), Vec::new()),
        }
    }

    /// Returns how many pods of a class have no node yet.
    pub(super) fn left(&self, class: ClassIx) -> u32 {
        self.totals[class] - self.done[class]
    }

    /// Begins the turn of a class that was put off.
    pub(super) fn begin(&mut self, class: ClassIx) {
        self.done[class] = 0;
    }

    /// Begins the turn of the pods that come last. Returns whether there are any.
    pub(super) fn begin_last(&mut self, classes: &IndexVec<ClassIx, Class<'_>>) -> bool {
        let last = classes.iter_numbered().filter(|(_, class)| class.turn.is_last());
        last.map(|(index, _)| self.done[index] = 0).count() > 0
    }

    /// Returns the pods of a class that have got a node.
    pub(super) fn with_a_place(&self, (index, class): (ClassIx, &Class<'_>)) -> impl Iterator<Item = usize> {
        let decided = class.pods[..self.done[index] as usize].iter().map(|waiting| waiting.pod);
        decided.filter(|pod| self.rulings[*pod].as_ref().is_some_and(|ruling| ruling.placed.is_some()))
    }

    /// Returns how many pods of each class have got a node.
    pub(super) fn done(&self) -> IndexVec<ClassIx, u32> {
        self.done.clone()
    }

    /// Returns the pods that have got a node since so many of each class had one. The scheduler
    /// never sees those that are not in the API.
    pub(super) fn served_since(&self, classes: &IndexVec<ClassIx, Class<'_>>, done: &IndexVec<ClassIx, u32>) -> Vec<Served> {
        let served = |class: ClassIx| {
            let pods = done[class] as usize..self.done[class] as usize;
            (classes[class].absent.is_none() && !pods.is_empty()).then(|| Served { class, pods, group: self.bought_in[class] })
        };
        done.numbers().filter_map(served).collect()
    }

    /// Returns the groups whose new nodes hold pods, each with the classes of these.
    pub(super) fn bought_for(&self) -> &BTreeSet<(GroupIx, ClassIx)> {
        &self.bought_for
    }

    /// Counts pods that the scheduler will place on these nodes by itself.
    pub(super) fn expect(&mut self, placed: &[Placement]) {
        for Placement { origin, pods } in placed {
            if let Origin::Existing { node } = *origin {
                *self.expected_on.entry(node).or_default() += pods;
            }
        }
    }

    /// Records that the scheduler refuses pods of the class, the oldest first, on these nodes.
    pub(super) fn refuse(&mut self, fleet: &Fleet<'_>, index: ClassIx, class: &Class<'_>, would_go: &[Placement]) {
        for Placement { origin, pods } in would_go {
            let Origin::Existing { node } = *origin else { continue };
            let refused = &class.pods[self.done[index] as usize..][..*pods as usize];
            let oldest = fleet.unbound[refused[0].pod];
            let ruling = PodRuling::unplaced(PodVerdict::Refused {
                node: self.nodes[node].clone(),
                since: oldest.scheduling.refused_since().unwrap_or(oldest.created_at),
                message: oldest.scheduler_message.clone(),
                now: self.now,
            });
            for &Waiting { pod, .. } in refused {
                self.rulings[pod] = Some(ruling.clone());
            }
            self.done[index] += pods;
        }
    }

    /// Gives the nodes to the pods of the class, the oldest first.
    pub(super) fn record(&mut self, index: ClassIx, class: &Class<'_>, placed: &[Placement]) {
        for Placement { origin, pods } in placed {
            match (*origin, class.absent) {
                (Origin::Existing { node }, Some(absent)) => self.keep_room(node, absent, *pods),
                (Origin::Cordoned { node }, Some(absent)) => {
                    self.uncordon.entry(node).or_default();
                    self.keep_room(node, absent, *pods);
                }
                (Origin::Existing { node }, None) => *self.expected_on.entry(node).or_default() += pods,
                (Origin::Cordoned { node }, None) => *self.uncordon.entry(node).or_default() += pods,
                (Origin::Planned { group, .. }, _) => {
                    self.bought_in[index] = Some(group);
                    self.bought_for.insert((group, index));
                }
                (Origin::Upcoming { .. }, _) => {}
            }
            let ruling = self.ruling(*origin);
            let waiting = &class.pods[self.done[index] as usize..][..*pods as usize];
            for (placed, &Waiting { pod, .. }) in (self.placed..).zip(waiting) {
                self.rulings[pod] = Some(PodRuling { placed: Some(placed), ruling: Arc::clone(&ruling) });
            }
            self.placed += pods;
            self.done[index] += pods;
        }
    }

    fn keep_room(&mut self, node: NodeIx, absent: AbsentIx, pods: u32) {
        self.room_on.entry(node).or_insert(RoomOnNode { absent, pods: 0 }).pods += pods;
    }

    /// Records the same verdict for all pods of the class that are left, which then have theirs.
    pub(super) fn give_up_all(&mut self, index: ClassIx, class: &Class<'_>, ruling: &PodRuling) {
        for &Waiting { pod, .. } in &class.pods[self.done[index] as usize..] {
            self.rulings[pod] = Some(ruling.clone());
        }
        self.done[index] = self.totals[index];
    }

    fn ruling(&mut self, origin: Origin) -> Arc<Ruling> {
        let Origin::Planned { group, ordinal } = origin else { return Arc::new(self.verdict(origin).into()) };
        let (place, of_group) = (ordinal as usize, &mut self.known[group]);
        if of_group.len() <= place {
            of_group.resize(place + 1, None);
        }
        if let Some(known) = &of_group[place] {
            return Arc::clone(known);
        }
        let made: Arc<Ruling> = Arc::new(self.verdict(origin).into());
        self.known[group][place] = Some(Arc::clone(&made));
        made
    }

    fn verdict(&self, origin: Origin) -> PodVerdict {
        match origin {
            Origin::Existing { node } => PodVerdict::FitsExisting { node: self.nodes[node].clone() },
            Origin::Cordoned { node } => PodVerdict::FitsUncordoned { node: self.nodes[node].clone() },
            Origin::Upcoming { group, ordinal, overdue_at } => PodVerdict::FitsUpcoming {
                group: Arc::clone(&self.groups[group]),
                upcoming: ordinal,
                overdue_at,
                now: self.now,
            },
            Origin::Planned { group, ordinal } => {
                PodVerdict::FitsNew { group: Arc::clone(&self.groups[group]), new_node: ordinal }
            }
        }
    }

    /// Records that the pods of the class that are left get no node; then they have their verdict.
    /// `of_gang` returns the ruling
    /// on a pod that gets none because of its gang.
    pub(super) fn give_up(
        &mut self,
        fleet: &Fleet<'_>,
        (index, class): (ClassIx, &Class<'_>),
        rest: Rest,
        of_gang: &mut dyn FnMut(usize, &Refusals) -> Option<PodRuling>,
    ) {
        let left = &class.pods[self.done[index] as usize..];
        match rest {
            Rest::CannotHelp(refusals) => {
                let ruling = PodRuling::unplaced(PodVerdict::CannotHelp { refusals: refusals.clone() });
                for &Waiting { pod, .. } in left {
                    self.rulings[pod] = Some(of_gang(pod, &refusals).unwrap_or_else(|| ruling.clone()));
                }
            }
            Rest::WaitsForRegion => {
                let regions: Vec<String> = class.waits_for.iter().map(|region| (*region).to_owned()).collect();
                for &Waiting { pod, .. } in left {
                    let (regions, until) = (regions.clone(), waiting_until(fleet, fleet.unbound[pod]));
                    let verdict = PodVerdict::WaitsForRegion { regions, until, now: self.now };
                    self.rulings[pod] = Some(PodRuling::unplaced(verdict));
                }
            }
        }
        self.done[index] = self.totals[index];
    }

    pub(super) fn into_outcome(
        self,
        fleet: &Fleet<'_>,
        purchases: IndexVec<GroupIx, GroupPurchase>,
        upcoming: IndexVec<GroupIx, Vec<UpcomingNode>>,
        limits_hit: Vec<FindingCode>,
        replay: Option<Replay>,
    ) -> ScaleUp {
        let decided = |ruling: Option<PodRuling>| ruling.expect("every pending pod is in a class, and every class is decided");
        let mut rulings: Vec<PodRuling> = self.rulings.into_iter().map(decided).collect();
        let absent = rulings.split_off(fleet.absent_places.waiting());
        ScaleUp {
            rulings,
            absent,
            room_on: self.room_on,
            expected_on: self.expected_on,
            uncordon: self.uncordon,
            outlasting: BTreeSet::new(),
            short_gangs: Vec::new(),
            purchases,
            upcoming,
            limits_hit,
            replay,
            loads: Vec::new(),
            lower_bound: None,
            ranking: None,
            closed: BTreeMap::new(),
        }
    }
}
