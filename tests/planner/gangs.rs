//! Gangs on random clusters: no plan gives places to fewer pods of a gang than start together.

use std::collections::BTreeMap;

use ec2_autoscale_core::plan::check::violations;
use ec2_autoscale_core::plan::saved::what_holds;
use ec2_autoscale_core::plan::{Action, GangOutcome, Plan, PodVerdict, Proposal, plan};
use ec2_autoscale_core::policy::Policy;
use ec2_autoscale_core::snapshot::{Gang, GangKind, Pod, Snapshot};
use proptest::prelude::*;
use proptest::sample::select;

use crate::support::clusters::cluster;
use crate::support::scenario::situation;

prop_compose! {
    /// A gang with two kinds of pods, some of which may run or be held back.
    fn gang(number: usize)(
        min in 1..10, pods in 1..6, others in 0..5, cpu in select(vec!["500m", "1", "3"]), gpu in select(vec![0, 0, 1]),
        same in select(vec!["", "", "same=topology.kubernetes.io/zone"]), priority in select(vec!["", "priority=5"]),
        kind in select(vec!["pod-group", "volcano", "kueue"]), words in select(vec!["", "", "", "gate=example.com/quota", "unseen", "on=n0"]),
    ) -> String {
        format!("gang g{number} min={min} kind={kind} {same} {priority}\n\
            pods gang{number} x{pods} cpu={cpu} gpu={gpu} gang=g{number}\n\
            pods gang{number}-too x{others} cpu=2 gang=g{number} {words}")
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn a_gang_gets_room_as_a_whole_or_none(script in cluster(), gangs in (gang(0), gang(1), gang(2))) {
        let (snapshot, policy) = with_gangs(&script, &[gangs.0, gangs.1, gangs.2]);
        let plan = plan(&snapshot, &policy);
        prop_assert_eq!(torn(&plan, &snapshot), Vec::<String>::new());
        for report in &plan.gangs {
            let is_served = report.places.pods() >= report.min;
            prop_assert!(report.outcome != GangOutcome::HasRoom || is_served || report.gang.kind == GangKind::Kueue, "{:?}", report);
        }
    }

    #[test]
    fn what_holds_of_a_saved_plan_tears_no_gang(script in cluster(), gangs in (gang(0), gang(1), gang(2))) {
        let (before, policy) = with_gangs(&script, &[gangs.2.clone(), gangs.0.clone()]);
        let saved = plan(&before, &policy);
        let (now, policy) = with_gangs(&script, &[gangs.0, gangs.1]);
        let holding = what_holds(&saved, Proposal::new(&now, &policy), &now, &[]);
        prop_assert_eq!(violations(&holding.plan, &now), vec![]);
        prop_assert_eq!(torn(&holding.plan, &now), Vec::<String>::new());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn a_gang_that_runs_moves_as_a_whole_and_within_its_domain(
        places in prop::collection::vec((0..6_usize, 0..6_usize), 4), same in any::<bool>(), fraction in select(vec!["0.3", "1"]),
    ) {
        let same = if same { "same=topology.kubernetes.io/zone" } else { "" };
        let mut lines = vec![format!("policy consolidate drain-utilization=0.5 max-scale-in-fraction={fraction}")];
        for (group, zone) in ["a", "b"].iter().enumerate() {
            lines.push(format!("group {zone} zones={zone} max=9 desired=3 cpu=4"));
            lines.extend((0..3).map(|node| format!("node n{} group={zone}", group * 3 + node)));
        }
        for (gang, (one, other)) in places.iter().enumerate() {
            lines.push(format!("gang g{gang} min=2 {same}"));
            lines.push(format!("pods g{gang}-one cpu=700m gang=g{gang} owner=StatefulSet on=n{one}"));
            lines.push(format!("pods g{gang}-other cpu=700m gang=g{gang} owner=StatefulSet on=n{other}"));
        }
        let (world, policy) = situation(&lines.join("\n"));
        let plan = plan(&world.snapshot, &policy);
        prop_assert_eq!(violations(&plan, &world.snapshot), vec![]);
        let zone = |node: &str| usize::from(node.as_bytes()[1] > b'2');
        for action in &plan.actions {
            let Action::Evict { node, pods, .. } = action else { continue };
            for eviction in pods {
                let gang: usize = eviction.pod.name[1..2].parse().expect("the number of its gang");
                prop_assert_eq!(places[gang].0, places[gang].1, "{:?} is torn", eviction);
                prop_assert!(same.is_empty() || zone(&eviction.room_on) == zone(&node.name), "{:?} leaves its zone", eviction);
            }
        }
    }
}

/// Returns the cluster of a script with gangs, whose pods on a node that is not there are left out.
fn with_gangs(script: &str, gangs: &[String]) -> (Snapshot, Policy) {
    let has_node = script.contains("node n0 ");
    let is_possible = |line: &&str| has_node || !line.contains("on=n0");
    let gangs = gangs.iter().flat_map(|gang| gang.lines()).filter(is_possible);
    let all: Vec<&str> = script.lines().chain(gangs).collect();
    let (world, policy) = situation(&all.join("\n"));
    (world.snapshot, policy)
}

/// Returns the gangs of which some waiting pods have a place, and too few of all.
pub(crate) fn torn(plan: &Plan, snapshot: &Snapshot) -> Vec<String> {
    let verdicts: BTreeMap<_, _> = plan.pods.iter().map(|report| (report.pod.clone(), &report.verdict)).collect();
    let is_torn = |gang: &&Gang| {
        let members: Vec<&Pod> = snapshot
            .pods
            .iter()
            .filter(|pod| pod.namespace == gang.namespace && pod.gang.as_deref() == Some(&gang.id))
            .collect();
        let bound = members.iter().filter(|pod| pod.node.is_some()).count();
        let placed = members.iter().filter(|pod| verdicts.get(&pod.id()).is_some_and(|verdict| verdict.is_helped())).count();
        let unseen = members.iter().filter(|pod| matches!(verdicts.get(&pod.id()), Some(PodVerdict::NotYetScheduled))).count();
        let is_kueues = gang.id.kind == GangKind::Kueue;
        let wanted = if is_kueues { members.len().min(gang.min as usize) } else { gang.min as usize };
        placed > 0 && bound + placed + unseen < wanted
    };
    snapshot.gangs.iter().filter(is_torn).map(|gang| gang.id.to_string()).collect()
}

#[test]
fn nothing_is_bought_for_pods_of_a_gang_that_could_not_be_read() {
    let (mut world, policy) = situation(
        "group web region=us-west-2 zones=a max=5 cpu=4 mem=16Gi\ngang g min=2\npods train x2 cpu=2 gang=g\npods single x1 cpu=2",
    );
    world.snapshot.gangs.clear();
    let plan = plan(&world.snapshot, &policy);
    let unknown = plan.pods.iter().filter(|report| matches!(report.verdict, PodVerdict::GangUnknown { .. })).count();
    assert_eq!((unknown, plan.summary.nodes_added), (2, 1), "{:?}", plan.pods);
}

#[test]
fn a_wish_that_has_begun_does_not_wait_for_pods_that_have_ended() {
    let added = |kind: &str| {
        let (world, policy) = situation(&format!(
            "group web region=us-west-2 zones=a max=5 desired=1 cpu=4 mem=16Gi\nnode web-1 group=web\ngang g min=4 kind={kind}\n\
             pods first x1 cpu=3 gang=g on=web-1\npods others x2 cpu=3 gang=g"
        ));
        plan(&world.snapshot, &policy).summary.nodes_added
    };
    assert_eq!((added("indexed-job"), added("pod-group")), (2, 0));
}
