//! What the groups cost before and after a plan, and how little its new nodes could cost.

mod bound;
pub(crate) mod fillings;
mod price_of_new_node;
mod report;

use std::collections::BTreeSet;

use super::amounts::small;
use super::decisions::Decisions;
use super::fleet::{GroupEntry, NodeIx, Prices};
use super::group_health::GroupHealth;
use super::node_outcome::NodeOutcome;
use super::report::NodeDecision;
use super::scale_up::fixed_order;
use super::situation::Situation;
use crate::index_vec::IndexVec;
use crate::snapshot::UsdPerHour;

pub(crate) use bound::{Load, Offered, bound_by_fillings, lower_bound, worth};
pub(crate) use price_of_new_node::NodePrice;
pub use report::{Bill, GroupBill, ListBill};

/// Returns the bill of a plan; nothing where no prices were given.
pub(super) fn bill(situation: &Situation<'_>, decisions: &Decisions) -> Option<Bill> {
    let (fleet, scale_up) = (&situation.fleet, &decisions.scale_up);
    let prices = fleet.prices.as_ref()?;
    let order = fixed_order(fleet);
    let list = prices.at_list();
    let mut loose_nodes = UsdPerHour::ZERO;
    let groups: Vec<GroupBill> = order
        .iter()
        .map(|&group| {
            let (coming, purchase) = (situation.health(group).gap.coming(), &scale_up.purchases[group]);
            let coming = NodesToPay { all: coming, reserved: fleet.reserved.coming(fleet, group).min(coming) };
            let bought = NodesToPay { all: purchase.count(), reserved: purchase.reserved };
            let of_the_last = NodesToPay { all: purchase.loose, reserved: purchase.loose.saturating_sub(bought.paid()) };
            let at = |prices| GroupCosts { prices, group: &fleet.groups[group], nodes: &decisions.nodes }.bill(coming, bought);
            let at_list = list.as_ref().map(at).and_then(|bill| Some(ListBill { before: bill.before?, after: bill.after? }));
            let loose =
                prices.of_new_nodes(&fleet.groups[group], coming.all + bought.paid() - of_the_last.paid(), of_the_last.paid());
            loose_nodes = loose_nodes + loose.unwrap_or_default();
            GroupBill { of_a_node: situation.next_price(group), list: at_list, ..at(prices) }
        })
        .collect();
    let sum = |of: fn(&GroupBill) -> Option<UsdPerHour>| groups.iter().filter_map(of).sum();
    let is_listed = groups.iter().any(|group| group.list.is_some());
    let list_sum = |of: fn(&ListBill) -> UsdPerHour| groups.iter().filter_map(|group| group.list.as_ref().map(of)).sum();
    Some(Bill {
        list: is_listed.then(|| ListBill { before: list_sum(|list| list.before), after: list_sum(|list| list.after) }),
        before: sum(|group| group.before),
        after: sum(|group| group.after),
        leaving: sum(|group| group.leaving),
        new_nodes: sum(|group| group.new_nodes),
        loose_nodes,
        pods: scale_up.loads.iter().map(|load| load.pods).sum(),
        lower_bound: scale_up.lower_bound,
        unpriced: groups.iter().filter(|group| group.before.is_none()).map(|group| group.group.clone()).collect(),
        groups,
    })
}

/// Returns the types of a group whose price is not known: those it may launch next, and those it
/// has.
pub(super) fn missing_prices<'a>(prices: &Prices<'a>, group: &GroupEntry<'a>, health: &GroupHealth) -> BTreeSet<&'a str> {
    // What is launched only into reservations is paid for already.
    let is_paid = !group.group.reserved.only;
    let mut missing = prices.of_next_node(group, health).err().filter(|_| is_paid).unwrap_or_default();
    let unpriced = group.live().filter(|member| prices.of_instance(group, member.instance).is_none());
    missing.extend(unpriced.map(|member| member.instance.machine_type.as_str()));
    missing
}

/// New nodes of a group, some of which use reservations.
#[derive(Clone, Copy)]
struct NodesToPay {
    all: u32,
    reserved: u32,
}

impl NodesToPay {
    fn paid(self) -> u32 {
        self.all - self.reserved
    }
}

/// What the bill of one group is made from.
struct GroupCosts<'a> {
    prices: &'a Prices<'a>,
    group: &'a GroupEntry<'a>,
    nodes: &'a IndexVec<NodeIx, NodeOutcome>,
}

impl GroupCosts<'_> {
    /// Returns what a group costs with `coming` nodes on the way and `bought` ones by this plan.
    /// Live instances count by what they are, the others by the dearest that they may be.
    fn bill(&self, coming: NodesToPay, bought: NodesToPay) -> GroupBill {
        let new = |from, nodes: NodesToPay| self.prices.of_new_nodes(self.group, from, nodes.paid());
        let live = self.of_nodes(|_| true);
        let before = live.zip(new(0, coming)).map(|(live, coming)| live + coming);
        let new_nodes = new(coming.all, bought);
        let gone = self.of_nodes(|decision| decision == Some(NodeDecision::Terminate));
        let leaving = self.of_nodes(|decision| matches!(decision, Some(NodeDecision::Cordon | NodeDecision::Drain)));
        let is_known = before.is_some() && new_nodes.is_some();
        GroupBill {
            group: self.group.id().clone(),
            of_a_node: None,
            list: None,
            reserved: self.reserved() + coming.reserved + bought.reserved,
            before: before.filter(|_| is_known),
            after: before.zip(new_nodes).zip(gone).map(|((before, new), gone)| before + new - gone),
            leaving: leaving.filter(|_| is_known),
            new_nodes: new_nodes.filter(|_| is_known),
        }
    }

    /// Returns how many of the live instances that stay use reservations.
    fn reserved(&self) -> u32 {
        let stays = |node: NodeIx| self.nodes[node].decision() != NodeDecision::Terminate;
        let staying = self.group.live().filter(|member| member.node.is_none_or(stays));
        small(staying.filter(|member| member.instance.reservation.is_some()).count())
    }

    /// Returns what the live instances cost whose decision `counts`. An instance that is no node
    /// has none.
    fn of_nodes(&self, counts: impl Fn(Option<NodeDecision>) -> bool) -> Option<UsdPerHour> {
        let decision = |node: Option<NodeIx>| node.map(|node| self.nodes[node].decision());
        let counted = self.group.live().filter(|member| counts(decision(member.node)));
        counted.map(|member| self.prices.of_instance(self.group, member.instance)).sum()
    }
}
