//! New nodes, class by class: on nodes already planned first, then in the best group that can grow, then in the next.

use std::ops::Range;

use super::board::{Board, Origin, Placed};
use super::rank;
use super::waste::waste;
use super::{Purchase, Standing};
use crate::plan::fleet::Fleet;
use crate::plan::group_health::{GroupHealth, headroom};
use crate::plan::pending::Class;
use crate::plan::reason::{GroupRefusal, Refusal};
use crate::plan::refusals::Refusals;
use crate::plan::template::Template;
use crate::scheduler::{Misfit, NodeView, predicates};
use crate::snapshot::Labels;

/// Why pods got no seat.
pub(super) enum Rest {
    /// An unreadable region might serve them.
    WaitsForRegion,
    /// No group helps them.
    CannotHelp(Refusals),
}

/// The purchases of one plan while it is being made.
pub(super) struct Buying<'a> {
    fleet: &'a Fleet<'a>,
    /// In the order in which they are bought for.
    classes: &'a [Class<'a>],
    templates: &'a [Result<Template, String>],
    health: &'a [GroupHealth],
    faces: Vec<Option<Range<usize>>>,
    /// What a new node of each group offers, one amount a column.
    offers: Vec<Vec<i64>>,
    /// Whether the pods of a class fit on an empty new node of a group, by class and group. Ranking groups asks it of every
    /// later class, so it is worked out once.
    fits: Vec<Vec<bool>>,
    purchases: Vec<Purchase>,
    /// First planned seat on the board, once there is one.
    planned_from: Option<usize>,
    /// Nodes that `--max-scale-up` still allows.
    allowance: u32,
    braked_pods: u32,
}

impl<'a> Buying<'a> {
    pub(super) fn new(
        fleet: &'a Fleet<'a>,
        board: &Board<'_>,
        classes: &'a [Class<'a>],
        templates: &'a [Result<Template, String>],
        health: &'a [GroupHealth],
        faces: Vec<Option<Range<usize>>>,
    ) -> Self {
        let purchases = vec![Purchase::default(); fleet.groups.len()];
        let row = |template: &Template| board.columns.row(&template.free);
        let offers = templates.iter().map(|template| template.as_ref().map(row).unwrap_or_default()).collect();
        let mut buying = Self {
            fleet,
            classes,
            templates,
            health,
            faces,
            offers,
            fits: Vec::new(),
            purchases,
            planned_from: None,
            allowance: fleet.policy.max_scale_up,
            braked_pods: 0,
        };
        let fits = |class| (0..fleet.groups.len()).map(|group| buying.misfit(board, class, group).is_none()).collect();
        buying.fits = classes.iter().map(fits).collect();
        buying
    }

    /// Places the pods of a class that are `left` on planned nodes, adding as many as it takes and the groups allow.
    pub(super) fn buy_for(&mut self, board: &mut Board<'a>, index: usize, left_of: &dyn Fn(usize) -> u32) -> Vec<Placed> {
        let (class, pods) = (&self.classes[index], left_of(index));
        let start = *self.planned_from.get_or_insert(board.len());
        let mut placed = board.place(class, pods, start..board.len());
        let mut left = pods - count(&placed);
        while left > 0 {
            let Some(group) = self.best_group(board, index, left, left_of) else { break };
            let from = board.len();
            self.open(board, group, class, left);
            let bought = board.place(class, left, from..board.len());
            left -= count(&bought);
            placed.extend(bought);
        }
        for Placed { origin, pods } in &placed {
            if let Origin::Planned { group, .. } = origin {
                self.purchases[*group].pods += pods;
            }
        }
        placed
    }

    /// The group to buy the next nodes of a class in, with `left` pods of it to place.
    fn best_group(&self, board: &Board<'_>, index: usize, left: u32, left_of: &dyn Fn(usize) -> u32) -> Option<usize> {
        let class = &self.classes[index];
        let may_grow = |group: usize| self.health[group].block.is_none() && self.nodes_left(group) > 0;
        let candidates: Vec<_> = (0..self.fleet.groups.len())
            .filter(|&group| self.fits[index][group] && may_grow(group) && !self.waits_instead(class, group))
            .map(|group| (group, &self.fleet.groups[group]))
            .collect();
        rank::best(&candidates, |group| {
            let later = (index + 1..self.classes.len()).filter(|&other| self.fits[other][group]);
            let later = later.map(|other| (&self.classes[other], left_of(other))).filter(|(_, count)| *count > 0);
            waste(&board.columns, &self.offers[group], class, left, later)
        })
    }

    /// Whether the class waits for an unreadable region rather than be bought for in this group: a group there might stand
    /// before it. Standing can be told only by the region, since nothing else is known of groups that could not be read.
    fn waits_instead(&self, class: &Class<'_>, group: usize) -> bool {
        let is_preferred = |region: &&str| {
            self.fleet.snapshot.region(region).is_some_and(|region| region.preference < self.fleet.groups[group].preference)
        };
        class.waits_for.iter().any(is_preferred)
    }

    /// Opens as many nodes of a group as `pods` pods of the class need, within every limit; at least one.
    fn open(&mut self, board: &mut Board<'a>, group: usize, class: &Class<'_>, pods: u32) {
        let (Ok(template), Some(faces)) = (&self.templates[group], self.faces[group].clone()) else { return };
        let each = self.room(board, class, group).max(1);
        let nodes = pods.div_ceil(each).min(self.nodes_left(group));
        for _ in 0..nodes {
            self.purchases[group].nodes += 1;
            let ordinal = self.purchases[group].nodes;
            board.add_seat(Origin::Planned { group, ordinal }, faces.clone(), &template.free);
        }
        self.allowance -= nodes;
    }

    /// How many more nodes of a group may be added.
    fn nodes_left(&self, group: usize) -> u32 {
        let entry = &self.fleet.groups[group];
        let bought = self.purchases[group].nodes;
        let own_brake = entry.policy.max_scale_up.saturating_sub(bought);
        headroom(entry).saturating_sub(bought).min(own_brake).min(self.allowance)
    }

    fn room(&self, board: &Board<'_>, class: &Class<'_>, group: usize) -> u32 {
        let empty = Labels::new();
        let node = NodeView { name: "", labels: &empty, taints: &[], unschedulable: false, free: &self.offers[group] };
        predicates::room(&class.view(&board.columns), &node)
    }

    /// Why the pods of a class do not fit on an empty new node of a group.
    fn misfit(&self, board: &Board<'_>, class: &Class<'_>, group: usize) -> Option<Refusal> {
        let (Ok(template), Some(faces)) = (&self.templates[group], self.faces[group].clone()) else { return None };
        if let Some((misfit, fitting)) = board.lasting_misfit(class, faces) {
            return Some(zone_or_misfit(template, misfit, &fitting));
        }
        let pod = class.view(&board.columns);
        let labels = Labels::new();
        let node = NodeView { name: "", labels: &labels, taints: &[], unschedulable: false, free: &self.offers[group] };
        predicates::shortage(&pod, &node).map(|misfit| Refusal::Misfit { misfit })
    }

    /// Why a group does not help a class now. A misfit is said first: it lasts.
    fn refusal(&self, board: &Board<'_>, class: &Class<'_>, group: usize) -> Option<Refusal> {
        let entry = &self.fleet.groups[group];
        let bought = self.purchases[group].nodes;
        let limit = entry.policy.max_scale_up.min(self.fleet.policy.max_scale_up);
        self.misfit(board, class, group)
            .or_else(|| self.health[group].block.clone().map(|block| Refusal::Blocked { block }))
            .or_else(|| (headroom(entry) <= bought).then_some(Refusal::Full { max: entry.group.max, planned: bought }))
            .or_else(|| (self.nodes_left(group) == 0).then_some(Refusal::MaxScaleUp { limit }))
    }

    /// What is said of `pods` pods of a class that got no seat.
    pub(super) fn rest(&mut self, board: &Board<'_>, index: usize, pods: u32) -> Rest {
        let class = &self.classes[index];
        if !class.waits_for.is_empty() {
            return Rest::WaitsForRegion;
        }
        let refusals = self.refusals(board, class);
        if refusals.iter().any(|refusal| matches!(refusal.refusal, Refusal::MaxScaleUp { .. })) {
            self.braked_pods += pods;
        }
        Rest::CannotHelp(refusals)
    }

    fn refusals(&self, board: &Board<'_>, class: &Class<'_>) -> Refusals {
        let mut order: Vec<usize> = (0..self.fleet.groups.len()).collect();
        order.sort_by_key(|&group| (Standing::of(&self.fleet.groups[group]), self.fleet.groups[group].id()));
        let refusal = |group: usize| {
            Some(GroupRefusal { group: self.fleet.groups[group].id().clone(), refusal: self.refusal(board, class, group)? })
        };
        order.into_iter().filter_map(refusal).collect()
    }

    /// Adds `--over-provision` to the groups that grow.
    pub(super) fn finish(mut self) -> (Option<(u32, u32)>, Vec<Purchase>) {
        for group in 0..self.purchases.len() {
            if self.purchases[group].nodes > 0 {
                let spare = self.fleet.groups[group].policy.over_provision.min(self.nodes_left(group));
                self.purchases[group].nodes += spare;
                self.purchases[group].spare = spare;
                self.allowance -= spare;
            }
        }
        let brake = (self.braked_pods > 0).then_some((self.fleet.policy.max_scale_up, self.braked_pods));
        (brake, self.purchases)
    }
}

/// A pod that fits some variants of a group fits only where AWS happens to launch; when that is a matter of zones, say so.
fn zone_or_misfit(template: &Template, misfit: Misfit, fitting: &[usize]) -> Refusal {
    if fitting.is_empty() {
        return Refusal::Misfit { misfit };
    }
    let zone_of = |variant: usize| template.variants[variant].zone.clone();
    let mut zones: Vec<String> = (0..template.variants.len()).map(zone_of).collect();
    let mut needed: Vec<String> = fitting.iter().map(|&variant| zone_of(variant)).collect();
    for list in [&mut zones, &mut needed] {
        list.sort_unstable();
        list.dedup();
    }
    if needed == zones { Refusal::Misfit { misfit } } else { Refusal::ZoneNotCertain { zones, needed } }
}

fn count(placed: &[Placed]) -> u32 {
    placed.iter().map(|placed| placed.pods).sum()
}
