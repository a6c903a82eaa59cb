//! The facts that a plan is decided from. None of them changes once it has been seen.

use super::drain::Budgets;
use super::fleet::{Fleet, GroupIx};
use super::group_health::GroupHealth;
use super::known_pods::KnownPods;
use super::template::{Daemons, StaticPods, Template, TemplateProblem};
use crate::index_vec::{IndexVec, Numbers};
use crate::policy::Policy;
use crate::snapshot::{Snapshot, UsdPerHour};

/// The joined cluster, with what every group could launch.
pub(crate) struct Situation<'a> {
    pub(crate) fleet: Fleet<'a>,
    pub(crate) daemons: Daemons<'a>,
    pub(crate) budgets: Budgets<'a>,
    /// The prospect of each group.
    prospects: IndexVec<GroupIx, Prospect>,
}

/// The prospect of growing a group.
struct Prospect {
    /// What its next node is like, or what is missing to know that.
    template: Result<Template, TemplateProblem>,
    /// Whether it may grow, and what it waits for.
    health: GroupHealth,
    /// The most that its next node costs; `None` where no price is known.
    next_price: Option<UsdPerHour>,
    /// The same for a node that uses no reservation.
    paid_price: Option<UsdPerHour>,
}

impl<'a> Situation<'a> {
    /// Joins a snapshot with a policy.
    pub(crate) fn new(snapshot: &'a Snapshot, policy: &'a Policy) -> Self {
        Self::knowing(snapshot, policy, &KnownPods::default())
    }

    /// Joins the same with what is known of the pods.
    pub(crate) fn knowing(snapshot: &'a Snapshot, policy: &'a Policy, known: &KnownPods) -> Self {
        let fleet = Fleet::join_knowing(snapshot, policy, known);
        let daemons = Daemons::knowing(snapshot, fleet.gates(), known);
        let static_pods = StaticPods::new(&fleet);
        let prospects = fleet.groups.numbers().map(|group| Prospect::new(&fleet, group, &daemons, &static_pods)).collect();
        Self { prospects, budgets: Budgets::new(&snapshot.budgets), daemons, fleet }
    }

    /// Returns what a new node of a group is like, if that is known.
    pub(crate) fn template(&self, group: GroupIx) -> Option<&Template> {
        self.template_or_problem(group).as_ref().ok()
    }

    /// Returns what a new node of a group is like, or why that is not known.
    pub(crate) fn template_or_problem(&self, group: GroupIx) -> &Result<Template, TemplateProblem> {
        &self.prospects[group].template
    }

    /// Returns whether a group may grow, and what it waits for.
    pub(crate) fn health(&self, group: GroupIx) -> &GroupHealth {
        &self.prospects[group].health
    }

    /// Returns the most that the next node of a group costs, where its price is known.
    pub(crate) fn next_price(&self, group: GroupIx) -> Option<UsdPerHour> {
        self.prospects[group].next_price
    }

    /// Returns the most that a node of a group costs that uses no reservation, where its price is
    /// known.
    pub(crate) fn paid_price(&self, group: GroupIx) -> Option<UsdPerHour> {
        self.prospects[group].paid_price
    }

    /// Returns the number of every group.
    pub(crate) fn groups(&self) -> Numbers<GroupIx> {
        self.prospects.numbers()
    }
}

impl Prospect {
    fn new<'a>(fleet: &Fleet<'a>, index: GroupIx, daemons: &Daemons<'a>, static_pods: &StaticPods<'_, 'a>) -> Self {
        let group = &fleet.groups[index];
        let template = Template::of(fleet, group, daemons, static_pods);
        let health = GroupHealth::of(fleet, group, &template);
        let prices = fleet.prices.as_ref();
        let paid_price = prices.and_then(|prices| Some(prices.of_next_node(group, &health).ok()?.usd_per_hour()));
        let is_reserved = prices.is_some() && fleet.reserved.is_next_reserved(fleet, index);
        let next_price = if is_reserved { Some(UsdPerHour::ZERO) } else { paid_price };
        Self { template, health, next_price, paid_price }
    }
}
