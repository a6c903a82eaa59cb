//! `explain pod` names the groups in which the plan buys nothing, since their nodes did not help.

use std::path::Path;

use ec2_autoscale_core::plan::explain;
use ec2_autoscale_core::policy::Policy;
use ec2_autoscale_core::snapshot::{ObjectName, Snapshot};

#[test]
fn a_group_whose_nodes_helped_nobody_is_no_help_in_the_explanation_either() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/situations/gpu-loop-6-empty-again.json");
    let story: serde_json::Value = serde_json::from_slice(&std::fs::read(file).expect("readable")).expect("JSON");
    let snapshot = Snapshot::from_json(story["snapshot"].to_string().as_bytes()).expect("a snapshot");
    let explained = explain::pod(&snapshot, &Policy::default(), &ObjectName::new("batch", "train-0")).expect("the pod");
    let [group] = &explained.groups[..] else { panic!("one group: {:?}", explained.groups) };
    assert!(group.message.contains("did not help"), "{}", group.message);
}
