//! What holds of every plan with room kept ahead, tried on random clusters.

use ec2_autoscale_core::plan::check::violations;
use ec2_autoscale_core::plan::{BufferOutcome, plan};
use proptest::prelude::*;

use crate::support::clusters::cluster;
use crate::support::scenario::situation;

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Pods get what they would get without the buffer, and no group gets fewer nodes. A node that
    /// stays because of it may take the pods of another one, which is emptied.
    #[test]
    fn room_kept_ahead_changes_nothing_for_pods(script in cluster(), replicas in 0..40_u32, cpu in 1..9_u32, priority in -50..50_i32) {
        let (world, policy) = situation(&script);
        let without = plan(&world.snapshot, &policy);
        let (world, policy) = situation(&format!("{script}\nbuffer ahead replicas={replicas} cpu={cpu} priority={priority}"));
        let with = plan(&world.snapshot, &policy);
        prop_assert_eq!(&with.pods, &without.pods);
        prop_assert_eq!(violations(&with, &world.snapshot), vec![]);
        for (with, without) in with.groups.iter().zip(&without.groups) {
            prop_assert!(with.added >= without.added, "{:?} and {:?}", with, without);
        }
    }

    /// The report adds up, and a buffer that is whole causes no purchase.
    #[test]
    fn a_report_adds_up(script in cluster(), replicas in 1..40_u32, cpu in 1..9_u32) {
        let (world, policy) = situation(&format!("{script}\nbuffer ahead replicas={replicas} cpu={cpu}"));
        let plan = plan(&world.snapshot, &policy);
        let report = &plan.buffers[0];
        prop_assert_eq!(report.wanted, Some(replicas));
        prop_assert_eq!(report.places.pods() + report.missing, replicas);
        prop_assert_eq!(report.outcome == BufferOutcome::Whole, report.on_ready_nodes == replicas);
        prop_assert_eq!(report.outcome == BufferOutcome::Short, report.missing > 0);
        if report.outcome == BufferOutcome::Whole {
            prop_assert!(report.places.on_new_nodes.is_empty());
        }
    }
}
