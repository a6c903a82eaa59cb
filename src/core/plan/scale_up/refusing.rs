//! Why pods got no seat, group by group.

use super::board::Board;
use super::buying::Buying;
use super::fit::Fit;
use super::launches::{Launch, ZoneIx};
use crate::plan::fleet::GroupIx;
use crate::plan::group_health::headroom;
use crate::plan::pending::ClassIx;
use crate::plan::reason::{GroupRefusal, Refusal};
use crate::plan::refusals::Refusals;
use crate::scheduler::{Misfit, predicates};

/// Why pods got no seat.
pub(super) enum Rest {
    /// An unreadable region might serve them.
    WaitsForRegion,
    /// No group helps them.
    CannotHelp(Refusals),
}

impl<'a> Buying<'a, '_> {
    /// What is said of `pods` pods of a class that got no seat.
    pub(super) fn rest(&mut self, board: &mut Board<'a>, class: ClassIx, pods: u32) -> Rest {
        if !self.classes[class].waits_for.is_empty() {
            return Rest::WaitsForRegion;
        }
        let refusals = self.refusals(board, class);
        self.brakes.count(&refusals, pods);
        Rest::CannotHelp(refusals)
    }

    fn refusals(&mut self, board: &mut Board<'a>, class: ClassIx) -> Refusals {
        let answers = self.answers(board, class).into_iter();
        let refusal = |(group, refusal): (GroupIx, Option<Refusal>)| {
            Some(GroupRefusal { group: self.fleet.groups[group].id().clone(), refusal: refusal? })
        };
        answers.filter_map(refusal).collect()
    }

    /// Why each group does not help a class, in the order in which they are tried.
    pub(super) fn answers(&mut self, board: &mut Board<'a>, class: ClassIx) -> Vec<(GroupIx, Option<Refusal>)> {
        self.standing_order.clone().into_iter().map(|group| (group, self.refusal(board, class, group))).collect()
    }

    /// Why a group does not help a class now. What lasts is said first.
    pub(super) fn refusal(&mut self, board: &mut Board<'a>, class: ClassIx, group: GroupIx) -> Option<Refusal> {
        let entry = &self.fleet.groups[group];
        let bought = self.purchases[group].count();
        let limit = entry.policy.max_scale_up.min(self.fleet.policy.max_scale_up);
        self.lasting_misfit(board, class, group)
            .map(|misfit| Refusal::Misfit { misfit })
            .or_else(|| self.situation.health(group).block.clone().map(|block| Refusal::Blocked { block }))
            .or_else(|| (headroom(entry) <= bought).then_some(Refusal::Full { max: entry.group.max, planned: bought }))
            .or_else(|| self.size.refusal(group))
            .or_else(|| self.present_misfit(board, class, group))
            .or_else(|| (self.nodes_left(group) == 0).then_some(Refusal::MaxScaleUp { limit }))
    }

    /// Why no new node of the group will do, wherever it comes up.
    fn lasting_misfit(&self, board: &Board<'a>, class: ClassIx, group: GroupIx) -> Option<Misfit> {
        if self.fits[class][group] != Fit::Nowhere {
            return None;
        }
        let offer = self.offers.of(group)?;
        let pod = board.cluster.demand(class.demand()).view(board.cluster.columns(), board.cluster.gates());
        let of_node = offer.forms.iter().find_map(|forms| board.cluster.lasting_misfit(class.demand(), *forms));
        of_node.or_else(|| predicates::shortage(&pod, &offer.free))
    }

    /// Why the next node of the group will not do: where it comes up, or who would run beside the pod.
    fn present_misfit(&mut self, board: &mut Board<'a>, class: ClassIx, group: GroupIx) -> Option<Refusal> {
        if self.fits[class][group] == Fit::Everywhere && board.cluster.demand(class.demand()).is_plain() {
            return None;
        }
        let launch = self.offers.of(group).map(|_| self.offers.next(group))?;
        let misfit = self.misfit_at(board, class, group, &launch)?;
        let zones = self.offers.of(group)?.zones.clone();
        let would_do = |buying: &mut Self, board: &mut Board<'a>, zone: ZoneIx| {
            buying.misfit_at(board, class, group, &Launch { zone, possible: vec![zone] }).is_none()
        };
        let needed: Vec<ZoneIx> = zones.numbers().filter(|&zone| would_do(self, board, zone)).collect();
        if needed.is_empty() {
            return Some(Refusal::Misfit { misfit });
        }
        let named = |some: &[ZoneIx]| some.iter().map(|zone| zones[*zone].clone()).collect::<Vec<String>>();
        let open: Vec<ZoneIx> = needed.iter().copied().filter(|zone| self.offers.is_open(group, *zone)).collect();
        Some(match open.is_empty() {
            true => Refusal::ZonesClosed { parts: self.situation.health(group).backoff.closing_all(&named(&needed)) },
            false => Refusal::ZoneNotCertain { zones: named(&launch.possible), needed: named(&open) },
        })
    }

    fn misfit_at(&mut self, board: &mut Board<'a>, class: ClassIx, group: GroupIx, launch: &Launch) -> Option<Misfit> {
        let checkpoint = board.cluster.checkpoint();
        let node = self.offers.try_launch(board, group, launch);
        let misfit = board.cluster.misfit(class.demand(), node);
        board.cluster.roll_back(checkpoint);
        misfit
    }
}
