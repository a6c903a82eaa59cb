//! Properties of a saved plan, tried on random pairs of plans: it is a part of both, and obeys
//! every rule of a plan.

use std::mem::discriminant;

use ec2_autoscale_core::plan::check::violations;
use ec2_autoscale_core::plan::saved::{Drift, Drifted, Holding, what_holds};
use ec2_autoscale_core::plan::{Action, NodeDecision, Plan, Proposal, plan};
use ec2_autoscale_core::policy::Policy;
use ec2_autoscale_core::snapshot::{GroupId, GrowthNote, Snapshot};
use jiff::SignedDuration;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::support::clusters::cluster;
use crate::support::scenario::{World, situation};

/// Returns the object of a step, in words.
fn object(action: &Action) -> String {
    match action {
        Action::NoteInstances { .. } => "notes".to_owned(),
        Action::ClearIdle { node, .. }
        | Action::MarkIdle { node, .. }
        | Action::ClearGone { node, .. }
        | Action::MarkGone { node, .. }
        | Action::ClearNotReady { node }
        | Action::MarkNotReady { node, .. }
        | Action::DeleteNode { node, .. }
        | Action::Uncordon { node, .. }
        | Action::Cordon { node, .. }
        | Action::StartDrain { node, .. }
        | Action::Evict { node, .. }
        | Action::Terminate { node, .. } => format!("{} {}", node.name, node.uid),
        Action::SetDesired { group, .. } | Action::Launch { group, .. } | Action::RevertDesired { group, .. } => {
            group.to_string()
        }
        Action::TerminateUnhealthy { instance, .. } => instance.clone(),
    }
}

fn counterpart<'a>(action: &Action, plan: &'a Plan) -> Option<&'a Action> {
    plan.actions.iter().find(|other| discriminant(*other) == discriminant(action) && object(other) == object(action))
}

/// Returns why a step that is done is not a part of both plans.
fn not_within(done: &Action, saved: &Plan, now: &Plan) -> Option<String> {
    if matches!(done, Action::NoteInstances { .. }) {
        // Nobody has to review what this run saw.
        return None;
    }
    let (Some(then), Some(wanted)) = (counterpart(done, saved), counterpart(done, now)) else {
        return Some(format!("{done} is not in both plans"));
    };
    let is_within = match (done, then, wanted) {
        _ if done.growth().is_some() => {
            let grown = |action: &Action| action.growth().map(|it| (it.from, it.to, it.nodes));
            let [Some((from, to, nodes)), Some(reviewed), Some(now)] = [done, then, wanted].map(grown) else { return None };
            let is_smaller = to - from <= reviewed.1 - reviewed.0 && nodes <= reviewed.2;
            let is_reviewed = elsewhere(done).iter().all(|place| elsewhere(then).contains(place));
            is_smaller && is_reviewed && from == now.0 && to <= now.1 && nodes <= now.2 && nodes > 0
        }
        (Action::Evict { pods, .. }, Action::Evict { pods: then, .. }, wanted) => {
            done == wanted && pods.iter().all(|pod| then.iter().any(|known| known.uid == pod.uid))
        }
        (Action::Terminate { .. } | Action::TerminateUnhealthy { .. }, then, wanted) => done == then && done == wanted,
        _ => done == wanted,
    };
    (!is_within).then(|| format!("{done} is more than {then} or {wanted}"))
}

/// Returns where the nodes of a step may come instead.
fn elsewhere(action: &Action) -> Vec<(&GroupId, &[String])> {
    let Action::Launch { otherwise, .. } = action else { return Vec::new() };
    otherwise.iter().map(|place| (&place.group, place.zones.as_slice())).collect()
}

/// Returns the steps of either plan that are neither done nor reported.
fn untold(saved: &Plan, now: &Plan, holding: &Holding) -> Vec<String> {
    let is_done = |action: &Action| counterpart(action, &holding.plan).is_some();
    let reviewed = |action: &Action| holding.drift.iter().any(|drift| drift.reviewed.as_ref() == Some(action));
    let wanted = |action: &Action| holding.drift.iter().any(|drift| drift.now.as_ref() == Some(action));
    let saved = saved.actions.iter().filter(|action| !is_done(action) && !reviewed(action));
    let now = now.actions.iter().filter(|action| !is_done(action) && !wanted(action));
    saved.chain(now).map(ToString::to_string).collect()
}

/// Returns where the text of a plan does not follow from its steps.
fn contradictions(plan: &Plan) -> Vec<String> {
    let mut wrong = Vec::new();
    for report in &plan.groups {
        let grown = plan.actions.iter().filter_map(Action::growth).find(|growth| *growth.group == report.group);
        let asked = grown.map(|growth| (growth.to, growth.nodes));
        if report.added != asked.map_or(0, |(_, nodes)| nodes) || asked.is_some_and(|(to, _)| to != report.desired_after) {
            wrong.push(format!("{}: {asked:?}, but +{} and {} after", report.group, report.added, report.desired_after));
        }
    }
    let steps = |wanted: fn(&Action) -> bool| plan.actions.iter().filter(|action| wanted(action)).count();
    let decided = |wanted: NodeDecision| plan.nodes.iter().filter(|node| node.decision == wanted).count();
    let pairs = [
        ("cordon", steps(|action| matches!(action, Action::Cordon { .. })), decided(NodeDecision::Cordon)),
        (
            "uncordon",
            steps(|action| matches!(action, Action::Uncordon { .. }) && !action.is_mark()),
            decided(NodeDecision::Uncordon),
        ),
    ];
    wrong.extend(pairs.into_iter().filter(|(_, steps, said)| steps != said).map(|pair| format!("{pair:?}")));
    let added: u32 = plan.groups.iter().map(|report| report.added).sum();
    if plan.summary.nodes_added != added {
        wrong.push(format!("{} nodes added in all, {added} by group", plan.summary.nodes_added));
    }
    wrong
}

fn check(saved: &Plan, snapshot: &Snapshot, policy: &Policy, only: &[String]) -> Result<Holding, TestCaseError> {
    let now = Proposal::new(snapshot, policy);
    let holding = what_holds(saved, now.clone(), snapshot, only);
    prop_assert_eq!(violations(&holding.plan, snapshot), vec![]);
    let wrong: Vec<String> = holding.plan.actions.iter().filter_map(|done| not_within(done, saved, &now)).collect();
    prop_assert_eq!(wrong, Vec::<String>::new());
    prop_assert_eq!(untold(saved, &now, &holding), Vec::<String>::new());
    prop_assert_eq!(contradictions(&holding.plan), Vec::<String>::new());
    let json = serde_json::to_string(&holding.drift).expect("plain data");
    prop_assert_eq!(&serde_json::from_str::<Vec<Drift>>(&json).expect("what was written"), &holding.drift);
    Ok(holding)
}

/// Changes the cluster, as other people and programs do.
fn disturb(world: &mut World, saved: &Plan, change: usize, which: Index) {
    let snapshot = &mut world.snapshot;
    match change {
        0 if !snapshot.pods.is_empty() => drop(snapshot.pods.remove(which.index(snapshot.pods.len()))),
        1 if !snapshot.nodes.is_empty() => drop(snapshot.nodes.remove(which.index(snapshot.nodes.len()))),
        2 if !snapshot.nodes.is_empty() => {
            let node = which.index(snapshot.nodes.len());
            snapshot.nodes[node].uid = "made anew".into();
        }
        3 => {
            // A person requests one more.
            let group = which.index(snapshot.groups.len());
            let group = &mut snapshot.groups[group];
            group.desired = (group.desired + 1).min(group.max);
        }
        4 if !snapshot.pods.is_empty() => {
            // Another pod like an existing one.
            let mut pod = snapshot.pods[which.index(snapshot.pods.len())].clone();
            (pod.name, pod.uid) = (format!("{}-again", pod.name).into(), format!("{}-again", pod.uid).into());
            snapshot.pods.push(pod);
        }
        5 => {
            // Another apply has done a part of it.
            let taken_at = snapshot.taken_at;
            let step = saved.actions.get(which.index(saved.actions.len().max(1)));
            if let Some(growth) = step.and_then(Action::growth) {
                snapshot.growth_notes.push(GrowthNote { group: growth.group.clone(), desired: growth.to, at: taken_at });
            }
        }
        6 => world.boot(),
        _ => world.wait(300),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_to_the_cluster_only_a_part_of_both_plans_is_done(
        script in cluster(), changes in prop::collection::vec((0..8_usize, any::<Index>()), 0..6), carried_out in any::<bool>(),
        narrowed in any::<bool>(),
    ) {
        let (mut world, policy) = situation(&script);
        let saved = plan(&world.snapshot, &policy);
        world.wait(60);
        if carried_out {
            world.carry_out(&saved);
        }
        for (change, which) in changes {
            disturb(&mut world, &saved, change, which);
        }
        let only = if narrowed { vec!["g0".to_owned()] } else { Vec::new() };
        check(&saved, &world.snapshot, &policy, &only)?;
    }

    #[test]
    fn a_plan_of_something_else_altogether_does_no_harm(one in cluster(), other in cluster()) {
        let (planned, policy) = situation(&one);
        let (world, _) = situation(&other);
        check(&plan(&planned.snapshot, &policy), &world.snapshot, &policy, &[])?;
    }

    #[test]
    fn nothing_drifts_while_nothing_changes(script in cluster()) {
        let (mut world, policy) = situation(&script);
        let saved = plan(&world.snapshot, &policy);
        let holding = check(&saved, &world.snapshot, &policy, &[])?;
        prop_assert_eq!((&*holding.plan, &holding.drift), (&saved, &vec![]));
        // Notes of requests before the plan was made are part of what it knew.
        let at = world.snapshot.taken_at - SignedDuration::from_secs(1);
        let notes = saved.groups.iter().map(|report| GrowthNote { group: report.group.clone(), desired: report.max, at });
        world.snapshot.growth_notes.extend(notes);
        let holding = check(&saved, &world.snapshot, &policy, &[])?;
        let is_held_against_us = |drift: &Drift| matches!(drift.drifted, Drifted::AskedSince { .. });
        prop_assert!(!holding.drift.iter().any(is_held_against_us), "{:?}", holding.drift);
    }
}
