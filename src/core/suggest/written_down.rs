//! Writes down which groups were chosen.

use std::collections::BTreeMap;

use super::document::{Goal, LeftPods, PlanNumbers, RunnerUp, SCHEMA, SuggestedGroup, Suggestions};
use super::market::MachineMarket;
use super::no_help::NoHelp;
use super::pretended::PretendedGroup;
use super::sentences;
use crate::plan::{Plan, PodVerdict};
use crate::snapshot::{ObjectName, Snapshot, UsdPerHour};

/// So many other types are listed.
const RUNNERS_UP: usize = 3;

/// What a document is written from, beside the choice.
pub(super) struct WrittenDown<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) market: &'a MachineMarket,
    pub(super) goal: Goal,
}

impl WrittenDown<'_> {
    /// Returns the document: the groups, the plan with them, and the pods that are left.
    pub(super) fn document(
        &self,
        blueprints: &[PretendedGroup],
        plan: Plan,
        left: Vec<(ObjectName, NoHelp)>,
        before: PlanNumbers,
        runners_up: &BTreeMap<usize, Vec<RunnerUp>>,
    ) -> Suggestions {
        let mut groups: Vec<SuggestedGroup> = blueprints
            .iter()
            .map(|blueprint| self.suggested(blueprint, &plan, runners_up.get(&blueprint.of).map_or(&[], Vec::as_slice)))
            .collect();
        groups.sort_by(|a, b| a.group.cmp(&b.group));
        let after = PlanNumbers::of(&plan);
        let left = left_pods(left);
        Suggestions {
            schema: SCHEMA.to_owned(),
            made_at: self.snapshot.taken_at,
            cluster: self.snapshot.cluster.clone(),
            goal: self.goal,
            message: sentences::whole(self.goal, &groups, &left, &before, &after),
            groups,
            left,
            before,
            after,
            plan,
        }
    }

    fn suggested(&self, blueprint: &PretendedGroup, plan: &Plan, tried: &[RunnerUp]) -> SuggestedGroup {
        let id = blueprint.id();
        let is_on_it = |verdict: &PodVerdict| matches!(verdict, PodVerdict::FitsNew { group, .. } if **group == id);
        let nodes = nodes_of(plan, &blueprint.name);
        let of_a_node = self.of_a_node(blueprint);
        let is_other = |runner_up: &&RunnerUp| runner_up.machine_type != blueprint.first_type();
        let mut group = SuggestedGroup {
            zones: blueprint.zones.clone(),
            machine_types: blueprint.machines.iter().map(|machine| machine.name.clone()).collect(),
            market: blueprint.market,
            max: blueprint.max.unwrap_or(i64::from(nodes)),
            root_volume_gib: blueprint.root_volume_gib,
            efa_interfaces: blueprint.efa_interfaces(),
            architecture: blueprint.machines.first().map_or("", |machine| machine.architecture.label()).to_owned(),
            labels: blueprint.labels(),
            taints: blueprint.needs.taints.clone(),
            devices: blueprint.needs.devices.iter().cloned().collect(),
            resources: blueprint.resources.clone(),
            nodes,
            pods: plan.pods.iter().filter(|pod| is_on_it(&pod.verdict)).map(|pod| pod.pod.clone()).collect(),
            of_a_node,
            usd_per_hour: of_a_node.map(|price| price.times(nodes)),
            runners_up: tried.iter().filter(is_other).take(RUNNERS_UP).cloned().collect(),
            message: String::new(),
            group: id.clone(),
        };
        group.message = sentences::group(&group);
        group
    }

    /// Returns what a node of a group costs at most.
    pub(super) fn of_a_node(&self, blueprint: &PretendedGroup) -> Option<UsdPerHour> {
        let prices = blueprint.machines.iter().map(|machine| self.market.price(machine, blueprint.market));
        prices.collect::<Option<Vec<_>>>()?.into_iter().max()
    }
}

/// Returns how many nodes a plan adds to a group of that name.
pub(super) fn nodes_of(plan: &Plan, name: &str) -> u32 {
    plan.groups.iter().filter(|group| group.group.name == name).map(|group| group.added).sum()
}

/// Puts pods with the same reason together.
fn left_pods(left: Vec<(ObjectName, NoHelp)>) -> Vec<LeftPods> {
    let mut together: Vec<LeftPods> = Vec::new();
    for (pod, why) in left {
        match together.iter_mut().find(|known| known.why == why) {
            Some(known) => known.pods.push(pod),
            None => together.push(LeftPods { message: why.to_string(), remedy: why.remedy(), why, pods: vec![pod] }),
        }
    }
    for left in &mut together {
        left.pods.sort();
    }
    together.sort_by(|a, b| a.pods.cmp(&b.pods));
    together
}
