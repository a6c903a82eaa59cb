//! What is remembered between two seconds changes nothing: every life is the same when everything
//! is looked at anew each time.

use super::test_world::TestWorld;
use crate::duration::Seconds;
use crate::policy::{Packing, Policy, SchedulerScoring};
use crate::snapshot::{GangKind, Purchase, Taint, TaintEffect};

/// Numbers that are the same in every run (Knuth's linear congruential generator, MMIX).
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Returns a life with two groups, one of them tainted, and jobs of several kinds. Unless it is
/// calm, there are spot instances that are taken back, gangs, and an outage; and if it is, a pod
/// that no group could ever take.
fn life(seed: u64, policy: Policy, is_calm: bool) -> TestWorld {
    let mut draw = Draw(seed);
    let mut world = TestWorld::new();
    world.policy = policy;
    world.settings.seed = seed;
    world.settings.spot_interruptions = if is_calm { 0.0 } else { 0.3 };
    world.settings.interval = Seconds(110);
    world.settings.longest = Seconds(9_000);
    world.group("plain", 8, &["a", "b"]);
    world.group("marked", 6, &["a"]).purchase = Purchase::Spot { max_price: None };
    let taint = Taint { key: "team".to_owned(), value: "ml".to_owned(), effect: TaintEffect::NoSchedule };
    world.start.groups[1].tags.taints.push(taint);
    world.node("plain", "b", "old");
    world.start.pod_specs.insert(crate::snapshot::SpecId(0), TestWorld::service_spec(700));
    world.start.pods.push(TestWorld::running("web", "old"));
    for number in 0..25 {
        let (at, cpu) = (draw.below(4_800), 200 + 300 * i64::try_from(draw.below(12)).expect("a few"));
        let pods = u32::try_from(1 + draw.below(3)).expect("a few");
        let spec = world.job(at, &format!("j{number}"), cpu, pods, 60 + draw.below(3_000)).pod.spec;
        let spec = world.trace.pod_specs.get_mut(&spec).expect("it was just added");
        spec.priority = i32::try_from(draw.below(2)).expect("a few");
        match draw.below(4) {
            0 => spec.node_selector = [("pool", "plain")].into(),
            1 => spec.tolerations = vec![serde_json::from_str(r#"{"key":"team","operator":"exists"}"#).expect("a toleration")],
            _ => {}
        }
        let kind = [GangKind::PodGroup, GangKind::Coscheduling, GangKind::Kueue, GangKind::MpiJob];
        let kind = kind[usize::try_from(draw.below(4)).expect("a few")];
        if draw.below(2) > 0 && !is_calm {
            let min = 1 + u32::try_from(draw.below(pods.into())).expect("a few");
            let same = (draw.below(3) > 1).then(|| crate::well_known::labels::ZONE.to_owned());
            world.gang(kind, min).same = same;
        }
    }
    if is_calm {
        world.job(700, "giant", 9_000, 2, 60);
    } else {
        world.outage("plain", Some("a"), 600, 2_400);
    }
    world
}

fn policies() -> Vec<Policy> {
    let quick = Policy { idle_threshold: Seconds(120), min_node_age: Seconds(60), ..Policy::default() };
    vec![
        Policy::default(),
        quick.clone(),
        Policy { scheduler_scoring: SchedulerScoring::MostAllocated, type_idle_count: 2, ..quick.clone() },
        Policy { consolidate: true, drain_grace: Seconds(300), packing: Packing::Dense, ..quick.clone() },
        Policy { drain_utilization: 0.5, max_scale_in_fraction: 1.0, over_provision: 1, ..quick },
    ]
}

#[test]
fn a_life_is_the_same_when_everything_is_looked_at_anew() {
    let (mut actions, mut left_out) = (0, [0, 0]);
    let lives = policies().into_iter().flat_map(|policy| (0..4_u8).map(move |life| (policy.clone(), life)));
    for (policy, number) in lives {
        let (seed, is_calm) = (u64::from(number / 2), number % 2 > 0);
        let world = life(seed, policy, is_calm);
        let (mut plans, mut others) = (Vec::new(), Vec::new());
        let history = world.watched(&mut |snapshot, outline| plans.push((snapshot.clone(), outline.plan())));
        let other = world.watched_anew(&mut |snapshot, outline| others.push((snapshot.clone(), outline.plan())));
        let mut made = plans.iter().peekable();
        for other in &others {
            match made.next_if(|one| one.0.taken_at == other.0.taken_at) {
                Some(one) => {
                    assert!(one == other, "seed {seed}, {}: {:?} {:?}", one.0.taken_at, one.1.actions, other.1.actions);
                }
                // It was left out, as it would do nothing.
                None => assert!(other.1.actions.is_empty(), "seed {seed}, {}: {:?}", other.0.taken_at, other.1.actions),
            }
        }
        assert_eq!((made.count(), history), (0, other), "seed {seed}");
        left_out[usize::from(is_calm)] += others.len() - plans.len();
        actions += plans.iter().map(|(_, plan)| plan.actions.len()).sum::<usize>();
    }
    assert!(actions > 100 && left_out[0] > 10 && left_out[1] > 60, "{actions} actions, {left_out:?} runs left out");
}
