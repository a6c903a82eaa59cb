//! Nodes with pods that run.

use ec2_autoscale_core::snapshot::{DisruptionBudget, Snapshot, SpecId};
use serde_json::json;

use super::made::{
    GIB, add_pending, add_running, add_spec, amounts, anti_affinity, bind, cluster_of, pod, spread, whole, with_rules,
};
use crate::random::Random;

pub(super) fn running_and_refusing(deployments: usize) -> Snapshot {
    let mut made = cluster_of(deployments * 3 / 30);
    for number in 0..deployments {
        let labels = [("app", format!("a{number}"))];
        add_running(&mut made, number, &labels, &anti_affinity(number));
    }
    for number in 0..100 {
        add_pending(&mut made, number, "batch", &[("app", "pending")], &json!({}));
    }
    made
}

pub(super) fn keys(deployments: usize) -> Snapshot {
    let mut made = cluster_of(deployments * 3 / 30);
    for number in 0..deployments {
        let key = format!("key-{number}");
        let rules = json!({ "topology_spread": [spread(&json!({ "match_labels": { key.as_str(): "x" } }), 1)] });
        add_running(&mut made, number, &[(key.as_str(), "x".to_owned())], &rules);
        add_pending(&mut made, number, "batch", &[(&key, "x")], &rules);
    }
    made
}

/// Returns nodes that are used by a third, with thirty pods each of 300 deployments.
pub(super) fn spread_and_loose(nodes: usize) -> Snapshot {
    let mut random = Random::seeded(7);
    let mut made = cluster_of(nodes);
    let specs: Vec<SpecId> = (0..300)
        .map(|number| {
            let selector = json!({ "match_labels": { "app": format!("a{number}") } });
            let mut asked = with_rules(&json!({ "topology_spread": [spread(&selector, 20)], "restart_policy": "always" }));
            asked.containers[0].requests = amounts(whole(100 + 50 * random.below(6)), GIB / 2);
            add_spec(&mut made, asked)
        })
        .collect();
    for number in 0..nodes * 30 {
        let deployment = random.below(specs.len());
        let pod = pod(format!("p{number:06}"), specs[deployment], &[("app", &format!("a{deployment}"))]);
        bind(&mut made, pod, number % nodes);
    }
    made
}

/// Returns nodes with thirty pods each, of as many deployments as nodes, each with a budget.
pub(super) fn budgets(nodes: usize) -> Snapshot {
    let mut made = cluster_of(nodes);
    let mut specs = Vec::new();
    for number in 0..nodes {
        let mut asked = with_rules(&json!({ "restart_policy": "always" }));
        asked.containers[0].requests = amounts(whole(100 + 50 * (number % 6)), GIB / 2);
        specs.push(add_spec(&mut made, asked));
        made.budgets.push(DisruptionBudget {
            namespace: "batch".into(),
            name: format!("b{number}"),
            selector: serde_json::from_value(json!({ "match_labels": { "app": format!("a{number}") } })).expect("a selector"),
            disruptions_allowed: 2,
            always_allow_unhealthy: false,
        });
    }
    for number in 0..nodes * 30 {
        let deployment = number * 7 % nodes;
        let pod = pod(format!("p{number:06}"), specs[deployment], &[("app", &format!("a{deployment}"))]);
        bind(&mut made, pod, number / 30);
    }
    made
}
