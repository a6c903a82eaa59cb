//! Plans with groups that do not exist.

use std::collections::{BTreeMap, BTreeSet};

use super::market::MachineMarket;
use super::pretended::PretendedGroup;
use crate::plan::{Plan, PodReport, plan};
use crate::policy::Policy;
use crate::snapshot::{MachineType, ObjectName, Price, Snapshot, UsdPerHour};

/// A snapshot to which groups can be added, one set after another.
pub(super) struct Experiment {
    snapshot: Snapshot,
    own_groups: usize,
    policy: Policy,
    targets: BTreeSet<ObjectName>,
}

/// What a plan with some groups comes to.
pub(super) struct TriedPlan {
    pub(super) plan: Plan,
    /// The pods in question that get no place.
    pub(super) unhelped: BTreeSet<ObjectName>,
    pub(super) cost: Cost,
}

/// What groups are compared by: first how many pods they leave, then the money, then the number and
/// size of the nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cost {
    pub(super) unhelped: usize,
    pub(super) money: Option<UsdPerHour>,
    size: i64,
    nodes: u32,
}

impl Cost {
    /// Whether it is better by more than a twentieth of the money, or leaves fewer pods.
    pub(super) fn is_clearly_better(&self, other: &Self) -> bool {
        if self.unhelped != other.unhelped {
            return self.unhelped < other.unhelped;
        }
        match (self.money, other.money) {
            (Some(own), Some(other)) => own.micros().saturating_mul(20) < other.micros().saturating_mul(19),
            _ => self.size * 20 < other.size * 19,
        }
    }
}

impl Experiment {
    /// Prepares plans in which nothing is removed, the cheapest nodes are bought, and no run is
    /// held back.
    pub(super) fn cheapest(
        snapshot: &Snapshot,
        policy: &Policy,
        market: &MachineMarket,
        targets: BTreeSet<ObjectName>,
    ) -> Self {
        let expander = if market.is_priced() { "price".parse().ok() } else { None };
        let policy = Policy {
            scale_in: false,
            max_scale_up: u32::MAX,
            max_growth: None,
            expander: expander.unwrap_or_else(|| policy.expander.clone()),
            ..policy.clone()
        };
        Self::under(snapshot, policy, market, targets)
    }

    /// Prepares plans under a policy as it is.
    pub(super) fn under(snapshot: &Snapshot, policy: Policy, market: &MachineMarket, targets: BTreeSet<ObjectName>) -> Self {
        let mut snapshot = snapshot.clone();
        snapshot.machine_types.clone_from(&market.machines);
        let own_groups = snapshot.groups.len();
        Self { snapshot, own_groups, policy, targets }
    }

    /// Plans with these groups.
    pub(super) fn with(&mut self, blueprints: &[PretendedGroup], market: &MachineMarket) -> TriedPlan {
        self.snapshot.groups.truncate(self.own_groups);
        self.snapshot.groups.extend(blueprints.iter().map(PretendedGroup::group));
        self.snapshot.prices = prices(&self.snapshot, market);
        let plan = plan(&self.snapshot, &self.policy);
        let is_left = |pod: &&PodReport| self.targets.contains(&pod.pod) && !pod.verdict.is_helped();
        let unhelped: BTreeSet<ObjectName> = plan.pods.iter().filter(is_left).map(|pod| pod.pod.clone()).collect();
        let cost = self.cost(&plan, unhelped.len());
        TriedPlan { plan, unhelped, cost }
    }

    fn cost(&self, plan: &Plan, unhelped: usize) -> Cost {
        let machines: BTreeMap<(&str, &str), &MachineType> = self
            .snapshot
            .machine_types
            .iter()
            .map(|machine| ((machine.region.as_str(), machine.name.as_str()), machine))
            .collect();
        let size_of = |report: &crate::plan::GroupReport| {
            let machine = report
                .template
                .as_ref()
                .and_then(|template| machines.get(&(report.group.region.as_str(), template.machine_types.first()?.as_str())));
            let of_a_node = machine.map_or(0, |machine| machine.cpus * 8 * 1024 + machine.memory_mib);
            of_a_node * i64::from(report.added)
        };
        Cost {
            unhelped,
            money: plan.bill.as_ref().map(|bill| bill.after),
            size: plan.groups.iter().map(size_of).sum(),
            nodes: plan.summary.nodes_added,
        }
    }
}

/// Returns the prices of what the groups of a snapshot launch and have.
fn prices(snapshot: &Snapshot, market: &MachineMarket) -> Option<Vec<Price>> {
    if !market.is_priced() {
        return snapshot.prices.clone();
    }
    let used: BTreeSet<(&str, &str)> = snapshot
        .groups
        .iter()
        .flat_map(|group| {
            let launched = group.launch_options.iter().map(|option| option.machine_type.as_str());
            let there = group.instances.iter().map(|instance| instance.machine_type.as_str());
            launched.chain(there).map(|name| (group.id.region.as_str(), name))
        })
        .collect();
    let is_used = |price: &&Price| used.contains(&(price.region.as_str(), price.machine_type.as_str()));
    Some(market.prices.iter().filter(is_used).cloned().collect())
}
