//! Chooses groups: a first estimate, then one change after another, each tried by a plan.

use std::collections::{BTreeMap, BTreeSet};

use super::SuggestionTerms;
use super::candidates::{FittingMachine, Selection};
use super::document::{Goal, PlanNumbers, RunnerUp, Suggestions};
use super::experiment::{Cost, Experiment, TriedPlan};
use super::market::MachineMarket;
use super::no_help::NoHelp;
use super::other_causes::not_for_want_of_a_node;
use super::pretended::{PretendedGroup, name_all};
use super::similar_pods::{SimilarPods, similar_pods};
use super::written_down::{WrittenDown, nodes_of};
use crate::plan::{Plan, PodReport, PodVerdict};
use crate::policy::Policy;
use crate::snapshot::{Market, ObjectName, Snapshot};

/// So many machine types are planned with for each set of similar pods.
const TYPES_TRIED: usize = 8;
/// So many types of each kind of pods are planned with together.
const TYPES_OF_A_KIND: usize = 3;
/// Similar pods get no more groups than this.
const MOST_GROUPS: usize = 3;
/// A group of spot instances launches so many types, so that one without spare capacity does not
/// stop it.
const SPOT_TYPES: usize = 4;
/// The other types of such a group cost at most so many tenths of the first.
const TENTHS_OF_THE_FIRST: u64 = 14;
/// The facts that groups are chosen by.
pub(super) struct GroupChoice<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) policy: &'a Policy,
    pub(super) market: &'a MachineMarket,
    pub(super) terms: SuggestionTerms,
}

/// Groups as far as they have been chosen.
struct Draft {
    blueprints: Vec<PretendedGroup>,
    attempt: TriedPlan,
    runners_up: BTreeMap<usize, Vec<RunnerUp>>,
    /// Why pods that no group helps are refused by the one that is for them.
    refused: BTreeMap<ObjectName, NoHelp>,
}

impl Draft {
    /// Returns the groups with others instead of those for some pods.
    fn instead(&self, place: usize, instead: impl IntoIterator<Item = PretendedGroup>) -> Vec<PretendedGroup> {
        self.blueprints.iter().filter(|blueprint| blueprint.of != place).cloned().chain(instead).collect()
    }
}

impl GroupChoice<'_> {
    /// Suggests groups. `before` is the plan without them.
    pub(super) fn suggest(&self, before: &Plan) -> Suggestions {
        let targets = self.targets(before);
        let waiting = self.snapshot.pods.iter().filter(|pod| targets.contains(&pod.id()));
        let (mut similar, mut left) = similar_pods(waiting, self.snapshot, self.policy);
        left.extend(not_for_want_of_a_node(before));
        let selection =
            Selection { snapshot: self.snapshot, policy: self.policy, market: self.market, purchase: self.terms.market };
        let mut fitting = Vec::new();
        for (place, pods) in similar.iter_mut().enumerate() {
            fitting.push(fitting_or_left(&selection, place, pods, &mut left));
        }
        let known: BTreeSet<ObjectName> = similar.iter().flat_map(SimilarPods::pods).cloned().collect();
        let mut experiment = Experiment::cheapest(self.snapshot, self.policy, self.market, known.clone());
        let draft = self.draft(&mut experiment, &similar, &fitting);
        self.finish(draft, known, left, before)
    }

    fn written(&self) -> WrittenDown<'_> {
        WrittenDown { snapshot: self.snapshot, market: self.market, goal: self.terms.goal }
    }

    /// Returns the pods for which groups are looked for.
    fn targets(&self, before: &Plan) -> BTreeSet<ObjectName> {
        let is_meant = |verdict: &PodVerdict| match verdict {
            PodVerdict::FitsNew { .. } => self.terms.goal == Goal::Save,
            verdict => matches!(verdict, PodVerdict::CannotHelp { .. } | PodVerdict::GangWithoutRoom { .. }),
        };
        before.pods.iter().filter(|pod| is_meant(&pod.verdict)).map(|pod| pod.pod.clone()).collect()
    }

    /// Chooses groups for all similar pods.
    fn draft(&self, experiment: &mut Experiment, similar: &[SimilarPods], fitting: &[Vec<FittingMachine>]) -> Draft {
        let mut first = Vec::new();
        if self.terms.goal == Goal::Help {
            for (pods, machines) in similar.iter().zip(fitting) {
                first.extend(first_guess(pods, machines));
            }
        }
        let attempt = self.attempt(experiment, &first);
        let mut draft = Draft { blueprints: first, attempt, runners_up: BTreeMap::new(), refused: BTreeMap::new() };
        for (place, machines) in fitting.iter().enumerate() {
            self.try_single_types(experiment, &mut draft, place, machines);
            self.try_single_zones(experiment, &mut draft, place, &similar[place], machines);
            self.try_several_types(experiment, &mut draft, place, &similar[place], machines);
        }
        draft.refused = self.refused_by_their_group(&draft, similar);
        self.leave_out_what_can_be(experiment, &mut draft);
        self.add_types_of_spot_groups(experiment, &mut draft, fitting);
        draft
    }

    fn attempt(&self, experiment: &mut Experiment, blueprints: &[PretendedGroup]) -> TriedPlan {
        let mut named = blueprints.to_vec();
        name_all(&mut named, self.snapshot);
        experiment.with(&named, self.market)
    }

    /// Replaces the groups for some pods by others, and keeps that where it is better.
    fn try_instead(
        &self,
        experiment: &mut Experiment,
        draft: &mut Draft,
        place: usize,
        instead: Vec<PretendedGroup>,
        is_better: impl Fn(&TriedPlan, &TriedPlan) -> bool,
    ) -> TriedPlan {
        let blueprints = draft.instead(place, instead);
        let attempt = self.attempt(experiment, &blueprints);
        if is_better(&attempt, &draft.attempt) {
            draft.blueprints = blueprints;
            std::mem::replace(&mut draft.attempt, attempt)
        } else {
            attempt
        }
    }

    fn try_single_types(&self, experiment: &mut Experiment, draft: &mut Draft, place: usize, machines: &[FittingMachine]) {
        let mut tried: Vec<(Cost, RunnerUp)> = Vec::new();
        for machine in machines.iter().filter(|machine| machine.takes_all()).take(TYPES_TRIED) {
            let blueprints = draft.instead(place, [machine.blueprint.clone()]);
            let attempt = self.attempt(experiment, &blueprints);
            let nodes = nodes_of_type(&attempt.plan, &machine.blueprint);
            let usd_per_hour = self.written().of_a_node(&machine.blueprint).map(|price| price.times(nodes));
            let machine_type = machine.blueprint.first_type().to_owned();
            tried.push((attempt.cost, RunnerUp { machine_type, nodes, usd_per_hour }));
            if attempt.cost < draft.attempt.cost {
                (draft.blueprints, draft.attempt) = (blueprints, attempt);
            }
        }
        let least = tried.iter().map(|(cost, _)| cost.unhelped).min();
        tried.retain(|(cost, runner_up)| Some(cost.unhelped) == least && runner_up.nodes > 0);
        tried.sort_by_key(|(cost, _)| *cost);
        draft.runners_up.insert(place, tried.into_iter().map(|(_, runner_up)| runner_up).collect());
    }

    /// Tries a group for each zone, where the zone that the cloud would choose matters.
    fn try_single_zones(
        &self,
        experiment: &mut Experiment,
        draft: &mut Draft,
        place: usize,
        pods: &SimilarPods,
        machines: &[FittingMachine],
    ) {
        for machine in machines.iter().filter(|machine| machine.takes_all()).take(TYPES_OF_A_KIND) {
            let is_left = pods.pods().any(|pod| draft.attempt.unhelped.contains(pod));
            if !is_left || machine.blueprint.zones.len() < 2 {
                return;
            }
            let in_zone = |zone: &String| PretendedGroup { zones: vec![zone.clone()], ..machine.blueprint.clone() };
            let instead = machine.blueprint.zones.iter().map(in_zone).collect();
            self.try_instead(experiment, draft, place, instead, |now, before| now.cost.unhelped < before.cost.unhelped);
        }
    }

    /// Tries several groups of one type each for pods of several kinds.
    fn try_several_types(
        &self,
        experiment: &mut Experiment,
        draft: &mut Draft,
        place: usize,
        pods: &SimilarPods,
        machines: &[FittingMachine],
    ) {
        if pods.kinds.len() < 2 {
            return;
        }
        let mut chosen: Vec<PretendedGroup> = Vec::new();
        for kind in 0..pods.kinds.len() {
            let mut fitting: Vec<&FittingMachine> = machines.iter().filter(|machine| machine.takes(kind)).collect();
            fitting.sort_by_key(|machine| machine.estimate_of(&pods.kinds, kind));
            for machine in fitting.into_iter().take(TYPES_OF_A_KIND) {
                if !chosen.contains(&machine.blueprint) {
                    chosen.push(machine.blueprint.clone());
                }
            }
        }
        let attempt = self.attempt(experiment, &draft.instead(place, chosen.iter().cloned()));
        let mut used: Vec<(u32, PretendedGroup)> =
            chosen.into_iter().map(|blueprint| (nodes_of_type(&attempt.plan, &blueprint), blueprint)).collect();
        used.retain(|(nodes, _)| *nodes > 0);
        used.sort_by_key(|(nodes, _)| std::cmp::Reverse(*nodes));
        used.truncate(MOST_GROUPS);
        let instead = used.into_iter().map(|(_, blueprint)| blueprint).collect();
        self.try_instead(experiment, draft, place, instead, |now, before| now.cost.is_clearly_better(&before.cost));
    }

    /// Leaves out groups without which the plan is as good.
    fn leave_out_what_can_be(&self, experiment: &mut Experiment, draft: &mut Draft) {
        let mut place = 0;
        while place < draft.blueprints.len() {
            let mut fewer = draft.blueprints.clone();
            fewer.remove(place);
            let attempt = self.attempt(experiment, &fewer);
            let costs_no_more = attempt.cost.unhelped <= draft.attempt.cost.unhelped
                && (attempt.cost.money <= draft.attempt.cost.money || !self.market.is_priced());
            if costs_no_more {
                (draft.blueprints, draft.attempt) = (fewer, attempt);
            } else {
                place += 1;
            }
        }
    }

    fn add_types_of_spot_groups(&self, experiment: &mut Experiment, draft: &mut Draft, fitting: &[Vec<FittingMachine>]) {
        let mut wider = draft.blueprints.clone();
        for blueprint in wider.iter_mut().filter(|blueprint| blueprint.market == Market::Spot) {
            let Some(first) = blueprint.machines.first().cloned() else { continue };
            let Some(price) = self.market.price(&first, Market::Spot) else { continue };
            let is_alike = |machine: &FittingMachine| {
                let other = &machine.blueprint.machines[0];
                let is_large_enough = other.cpus >= first.cpus
                    && other.memory_mib >= first.memory_mib
                    && other.network_pods >= first.network_pods
                    && other.architecture == first.architecture
                    && other.devices == first.devices;
                let is_cheap = self.market.price(other, Market::Spot).is_some_and(|other| {
                    other.micros().saturating_mul(10) <= price.micros().saturating_mul(TENTHS_OF_THE_FIRST)
                });
                let is_as_stated = machine.blueprint.resources == blueprint.resources;
                let is_in_the_zones = blueprint.zones.iter().all(|zone| machine.blueprint.zones.contains(zone));
                other.name != first.name && is_large_enough && is_cheap && is_as_stated && is_in_the_zones
            };
            let others = fitting[blueprint.of].iter().filter(|machine| is_alike(machine)).take(SPOT_TYPES - 1);
            blueprint.machines.extend(others.map(|machine| machine.blueprint.machines[0].clone()));
        }
        let attempt = self.attempt(experiment, &wider);
        if attempt.cost.unhelped <= draft.attempt.cost.unhelped {
            (draft.blueprints, draft.attempt) = (wider, attempt);
        }
    }

    /// Plans as the next run would, and writes down what that comes to.
    fn finish(
        &self,
        draft: Draft,
        known: BTreeSet<ObjectName>,
        mut left: Vec<(ObjectName, NoHelp)>,
        before: &Plan,
    ) -> Suggestions {
        let policy = match self.terms.goal {
            Goal::Help => self.policy.clone(),
            Goal::Save => Policy {
                expander: "price".parse().unwrap_or_else(|_| self.policy.expander.clone()),
                max_scale_up: u32::MAX,
                max_growth: None,
                ..self.policy.clone()
            },
        };
        let mut experiment = Experiment::under(self.snapshot, policy, self.market, known);
        let mut blueprints = draft.blueprints;
        name_all(&mut blueprints, self.snapshot);
        let bare = experiment.with(&[], self.market);
        let trial = experiment.with(&blueprints, self.market);
        let nodes = |plan: &Plan, blueprint: &PretendedGroup| nodes_of(plan, &blueprint.name);
        blueprints.retain(|blueprint| nodes(&draft.attempt.plan, blueprint).max(nodes(&trial.plan, blueprint)) > 0);
        if self.terms.goal == Goal::Save && !trial.cost.is_clearly_better(&bare.cost) {
            blueprints.clear();
        }
        for blueprint in &mut blueprints {
            let needed = i64::from(nodes(&draft.attempt.plan, blueprint).max(nodes(&trial.plan, blueprint)));
            blueprint.max = Some(needed + (needed / 2).max(1));
        }
        let attempt = experiment.with(&blueprints, self.market);
        let why = |pod: &PodReport| {
            let earlier = draft.refused.get(&pod.pod).cloned();
            let now = || blueprints.iter().find_map(|blueprint| refused_by(&pod.verdict, blueprint));
            earlier.or_else(now).unwrap_or_else(|| NoHelp::NotForWantOfANode { verdict: pod.verdict.clone() })
        };
        let unhelped = attempt.plan.pods.iter().filter(|pod| attempt.unhelped.contains(&pod.pod));
        left.extend(unhelped.map(|pod| (pod.pod.clone(), why(pod))));
        let bare = match self.terms.goal {
            Goal::Help => {
                PlanNumbers { usd_per_hour: bare.plan.bill.as_ref().map(|bill| bill.after), ..PlanNumbers::of(before) }
            }
            Goal::Save => PlanNumbers::of(&bare.plan),
        };
        self.written().document(&blueprints, attempt.plan, left, bare, &draft.runners_up)
    }

    /// Returns why pods are refused by the groups that are for them.
    fn refused_by_their_group(&self, draft: &Draft, similar: &[SimilarPods]) -> BTreeMap<ObjectName, NoHelp> {
        let mut named = draft.blueprints.clone();
        name_all(&mut named, self.snapshot);
        let place_of: BTreeMap<&ObjectName, usize> =
            similar.iter().enumerate().flat_map(|(place, pods)| pods.pods().map(move |pod| (pod, place))).collect();
        let why = |pod: &PodReport| {
            let mut own = named.iter().filter(|blueprint| place_of.get(&pod.pod) == Some(&blueprint.of));
            own.find_map(|blueprint| refused_by(&pod.verdict, blueprint))
        };
        let pods = draft.attempt.plan.pods.iter().filter(|pod| draft.attempt.unhelped.contains(&pod.pod));
        pods.filter_map(|pod| Some((pod.pod.clone(), why(pod)?))).collect()
    }
}

/// Returns the machines that pods fit, and takes those kinds of pods out that fit none.
fn fitting_or_left(
    selection: &Selection<'_>,
    place: usize,
    pods: &mut SimilarPods,
    left: &mut Vec<(ObjectName, NoHelp)>,
) -> Vec<FittingMachine> {
    let found = selection.fitting(place, pods);
    let fits_none = |kind: usize| match &found {
        Ok(machines) => machines.iter().all(|machine| !machine.takes(kind)),
        Err(_) => true,
    };
    let without: BTreeSet<usize> = (0..pods.kinds.len()).filter(|kind| fits_none(*kind)).collect();
    if without.is_empty() {
        return found.unwrap_or_default();
    }
    for kind in &without {
        let kind = &pods.kinds[*kind];
        let why = selection.too_large(place, pods, kind);
        left.extend(kind.pods.iter().map(|pod| (pod.clone(), why.clone())));
    }
    let mut number = 0;
    pods.kinds.retain(|_| {
        number += 1;
        !without.contains(&(number - 1))
    });
    if pods.kinds.is_empty() { Vec::new() } else { selection.fitting(place, pods).unwrap_or_default() }
}

/// Returns the type that looks cheapest for all, or one for each kind where none takes all.
fn first_guess(pods: &SimilarPods, machines: &[FittingMachine]) -> Vec<PretendedGroup> {
    if let Some(machine) = machines.iter().find(|machine| machine.takes_all()) {
        return vec![machine.blueprint.clone()];
    }
    let mut chosen: Vec<PretendedGroup> = Vec::new();
    for kind in 0..pods.kinds.len() {
        let fitting = machines.iter().filter(|machine| machine.takes(kind));
        let best = fitting.min_by_key(|machine| machine.estimate_of(&pods.kinds, kind));
        chosen.extend(best.map(|machine| machine.blueprint.clone()).filter(|blueprint| !chosen.contains(blueprint)));
    }
    chosen
}

/// Returns why a pod is refused by a new group, if it is.
fn refused_by(verdict: &PodVerdict, blueprint: &PretendedGroup) -> Option<NoHelp> {
    let refusals = verdict.refusals().map_or(&[][..], |refusals| &**refusals);
    let refusal = refusals.iter().find(|refusal| refusal.group == blueprint.id())?;
    Some(NoHelp::RefusedByNewGroup {
        machine_type: blueprint.first_type().to_owned(),
        refusal: Box::new(refusal.refusal.clone()),
    })
}

/// Returns how many nodes a plan adds to groups that launch what a blueprint launches, and that are
/// set up alike.
fn nodes_of_type(plan: &Plan, blueprint: &PretendedGroup) -> u32 {
    let is_alike = |group: &&crate::plan::GroupReport| {
        group.group.region == blueprint.region
            && group
                .template
                .as_ref()
                .is_some_and(|template| template.machine_types == [blueprint.first_type()] && template.zones == blueprint.zones)
    };
    plan.groups.iter().filter(is_alike).map(|group| group.added).sum()
}
