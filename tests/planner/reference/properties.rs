//! The planner before the checker, on random clusters.

use ec2_autoscale_core::plan::check::violations;
use ec2_autoscale_core::plan::{explain, plan};
use ec2_autoscale_core::scheduler::Misfit;
use proptest::prelude::*;

use super::predicates::{ask, why_not};
use super::recheck::{recheck, unfounded_refusals};
use super::world::World;
use super::worlds::{Situation, situations};

const CASES: u32 = 128;

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, ..ProptestConfig::default() })]

    #[test]
    fn the_scheduler_would_allow_every_placement(situation in situations()) {
        let plan = plan(&situation.snapshot, &situation.policy);
        prop_assert_eq!(recheck(&situation.snapshot, &situation.policy, &plan), Vec::<String>::new());
        prop_assert_eq!(violations(&plan, &situation.snapshot), vec![]);
    }

    #[test]
    fn what_is_refused_for_the_node_itself_does_not_fit(situation in situations()) {
        let plan = plan(&situation.snapshot, &situation.policy);
        let (unfounded, _) = unfounded_refusals(&situation.snapshot, &situation.policy, &plan);
        prop_assert_eq!(unfounded, Vec::<String>::new());
    }
}

proptest! {
    // An explanation makes a plan of its own.
    #![proptest_config(ProptestConfig { cases: CASES / 2, ..ProptestConfig::default() })]

    #[test]
    fn every_node_that_is_there_gets_the_same_answer(situation in situations()) {
        prop_assert_eq!(other_answers(&situation), Vec::<String>::new());
    }
}

/// Lists the cases in which planner and checker differ on whether a waiting pod fits an existing
/// node, or on which filter refuses it first.
fn other_answers(situation: &Situation) -> Vec<String> {
    let mut different = Vec::new();
    let world = World::of(&situation.snapshot, &situation.policy).with_nominated();
    for pod in world.pods.iter().filter(|pod| pod.pod.node.is_none()) {
        let explained = explain::pod(&situation.snapshot, &situation.policy, &pod.pod.id()).expect("the pod is there");
        let without_it = world.without(&pod.pod);
        for answer in explained.nodes {
            let node = world.node_named(&answer.node).expect("the node is there");
            let plugin = answer.misfit.as_ref().map(|misfit| Misfit::plugin(misfit).to_string());
            let own = why_not(&without_it, pod, node);
            let agrees = match (&plugin, &own) {
                (None, None) => true,
                (Some(plugin), Some((first, _))) if plugin == first => true,
                // A problem with a claim keeps the pod from every node, and is reported before all
                // else.
                (Some(plugin), Some(_)) => plugin == "VolumeBinding" && ask(plugin, &without_it, pod, node).is_some(),
                _ => false,
            };
            if !agrees {
                different.push(format!(
                    "{} on {}: the planner says {plugin:?}, the checker {own:?}",
                    pod.pod.id(),
                    answer.node
                ));
            }
        }
    }
    different
}
