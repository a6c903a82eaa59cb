//! Why pods got no node, group by group.

use super::Buying;
use crate::plan::fleet::GroupIx;
use crate::plan::group_health::full;
use crate::plan::growth_block::GrowthBlock;
use crate::plan::pending::ClassIx;
use crate::plan::reason::{GroupRefusal, Refusal};
use crate::plan::refusals::Refusals;
use crate::plan::scale_up::existing_capacity::candidates::Candidates;
use crate::plan::scale_up::offers::fit::Fit;
use crate::plan::scale_up::offers::next_zone::{Launch, ZoneIx};
use crate::plan::scale_up::ranking::trace::Ranking;
use crate::scheduler::{Misfit, predicates};

/// Why pods got no node.
pub(in crate::plan::scale_up) enum Rest {
    /// An unreadable region might serve them.
    WaitsForRegion,
    /// No group helps them.
    CannotHelp(Refusals),
}

impl<'a> Buying<'a, '_> {
    /// Returns why `pods` pods of a class got no node.
    pub(in crate::plan::scale_up) fn rest(&mut self, candidates: &mut Candidates<'a>, class: ClassIx, pods: u32) -> Rest {
        if !self.catalogue.classes[class].waits_for.is_empty() {
            return Rest::WaitsForRegion;
        }
        let refusals = self.refusals(candidates, class);
        self.ledger.note_refused(&refusals, pods);
        Rest::CannotHelp(refusals)
    }

    fn refusals(&mut self, candidates: &mut Candidates<'a>, class: ClassIx) -> Refusals {
        let refusals_by_group = self.refusals_by_group(candidates, class).into_iter();
        let refusal = |(group, refusal): (GroupIx, Option<Refusal>)| {
            Some(GroupRefusal { group: self.catalogue.fleet.groups[group].id().clone(), refusal: refusal? })
        };
        refusals_by_group.filter_map(refusal).collect()
    }

    /// Returns why each group does not help a class, in the order in which they are tried.
    pub(in crate::plan::scale_up) fn refusals_by_group(
        &mut self,
        candidates: &mut Candidates<'a>,
        class: ClassIx,
    ) -> Vec<(GroupIx, Option<Refusal>)> {
        self.fixed_order.clone().into_iter().map(|group| (group, self.refusal(candidates, class, group))).collect()
    }

    /// Returns why a group does not help a class now. Reasons that last come first.
    pub(in crate::plan::scale_up) fn refusal(
        &mut self,
        candidates: &mut Candidates<'a>,
        class: ClassIx,
        group: GroupIx,
    ) -> Option<Refusal> {
        let entry = &self.catalogue.fleet.groups[group];
        let bought = self.ledger.bought(group);
        let limit = entry.policy.max_scale_up.min(self.catalogue.fleet.policy.max_scale_up);
        if let Some(refuted) = self.catalogue.refuted(class, group) {
            return Some(refuted.clone());
        }
        if let Some(label) = self.catalogue.unknown_label(class) {
            return Some(Refusal::LabelNotYetKnown { label: label.to_owned() });
        }
        self.lasting_misfit(candidates, class, group)
            .map(|misfit| Refusal::Misfit { misfit })
            .or_else(|| self.catalogue.situation.health(group).block.clone().map(|block| Refusal::Blocked { block }))
            .or_else(|| full(self.catalogue.fleet, entry, bought).map(|block| refused(block, bought)))
            .or_else(|| self.ledger.refusal(group))
            .or_else(|| self.no_place(group))
            .or_else(|| self.present_misfit(candidates, class, group))
            .or_else(|| (self.nodes_left(group) == 0).then_some(Refusal::MaxScaleUp { limit }))
    }

    /// Returns the recorded ranking, with why each group does not help by the end of the plan.
    pub(in crate::plan::scale_up) fn ranking(&mut self, candidates: &mut Candidates<'a>) -> Option<Ranking> {
        let (class, mut ranking) = self.ranker.take_trace()?;
        ranking.refusals = ranking.groups.iter().map(|group| self.refusal(candidates, class, *group)).collect();
        Some(ranking)
    }

    /// Returns why no new node of the group takes the pods, in whichever zone it is.
    fn lasting_misfit(&self, candidates: &Candidates<'a>, class: ClassIx, group: GroupIx) -> Option<Misfit> {
        if self.catalogue.fit(class, group) != Fit::Nowhere {
            return None;
        }
        let offer = self.catalogue.offers.of(group)?;
        let pod = candidates.cluster.demand(class.demand()).view(candidates.cluster.columns(), candidates.cluster.gates());
        let of_node = offer.forms.iter().find_map(|forms| candidates.cluster.lasting_misfit(class.demand(), *forms));
        of_node.or_else(|| predicates::shortage(&pod, &offer.free))
    }

    /// Returns why the next node of the group does not take the pods: its zone, or the pods that
    /// would run beside them.
    fn present_misfit(&mut self, candidates: &mut Candidates<'a>, class: ClassIx, group: GroupIx) -> Option<Refusal> {
        if self.catalogue.fit(class, group) == Fit::Everywhere && candidates.cluster.demand(class.demand()).is_plain() {
            return None;
        }
        let launch = self.catalogue.offers.of(group).map(|_| self.catalogue.offers.next(group))?;
        let misfit = self.misfit_at(candidates, class, group, &launch)?;
        let zones = self.catalogue.offers.of(group)?.zones.clone();
        let would_do = |buying: &mut Self, candidates: &mut Candidates<'a>, zone: ZoneIx| {
            buying.misfit_at(candidates, class, group, &Launch { zone, possible: vec![zone] }).is_none()
        };
        let needed: Vec<ZoneIx> = zones.numbers().filter(|&zone| would_do(self, candidates, zone)).collect();
        if needed.is_empty() {
            return Some(Refusal::Misfit { misfit });
        }
        if self.helps_ahead(candidates, group, class) {
            return None;
        }
        let named = |some: &[ZoneIx]| some.iter().map(|zone| zones[*zone].clone()).collect::<Vec<String>>();
        let open: Vec<ZoneIx> = needed.iter().copied().filter(|zone| self.catalogue.offers.is_open(group, *zone)).collect();
        let parts = || self.catalogue.situation.health(group).backoff.closing_all(&named(&needed));
        let full = || GrowthBlock::placement_full(self.catalogue.fleet.groups[group].group, &named(&needed));
        Some(match (open.is_empty(), parts()) {
            (true, parts) if parts.is_empty() => match full() {
                Some(block) => Refusal::Blocked { block },
                // The placement group is in another zone from the first node of this plan on.
                None => Refusal::ZoneNotCertain { zones: named(&launch.possible), needed: named(&needed) },
            },
            (true, parts) => Refusal::ZonesClosed { parts },
            (false, _) => Refusal::ZoneNotCertain { zones: named(&launch.possible), needed: named(&open) },
        })
    }

    /// Returns why no open zone of a group has room in its placement group, if none has.
    pub(super) fn no_place(&self, group: GroupIx) -> Option<Refusal> {
        if self.catalogue.offers.open_room(group) > 0 {
            return None;
        }
        let entry = &self.catalogue.fleet.groups[group];
        let is_open = |zone: &&String| self.catalogue.situation.health(group).backoff.closing(zone).is_none();
        let zones: Vec<String> = entry.zones.iter().filter(is_open).cloned().collect();
        Some(Refusal::Blocked { block: GrowthBlock::placement_full(entry.group, &zones)? })
    }

    fn misfit_at(
        &mut self,
        candidates: &mut Candidates<'a>,
        class: ClassIx,
        group: GroupIx,
        launch: &Launch,
    ) -> Option<Misfit> {
        let checkpoint = candidates.cluster.checkpoint();
        let node = self.catalogue.offers.try_launch(candidates, group, launch);
        let misfit = candidates.cluster.misfit(class.demand(), node);
        candidates.cluster.roll_back(checkpoint);
        misfit
    }
}

/// Returns the refusal of a group that cannot request more beside the nodes that are planned.
pub(super) fn refused(block: GrowthBlock, planned: u32) -> Refusal {
    match block {
        GrowthBlock::AtMax { max } => Refusal::Full { max, planned },
        block => Refusal::Blocked { block },
    }
}
