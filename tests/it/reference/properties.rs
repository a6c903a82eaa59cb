//! The planner before the checker, on random clusters.

use ec2_autoscale::plan::check::violations;
use ec2_autoscale::plan::plan;
use proptest::prelude::*;

use super::recheck::{recheck, unfounded_refusals};
use super::worlds::situations;

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
