//! Pods that wait, and no node.

use ec2_autoscale_core::snapshot::{Namespace, Snapshot};
use serde_json::json;

use super::made::{MIB, add_pending, add_spec, amounts, anti_affinity, empty_cluster, pod, whole};
use crate::random::Random;
use crate::small_pods::spec;

pub(super) fn refusing_their_like(pods: usize) -> Snapshot {
    let mut made = empty_cluster();
    for number in 0..pods {
        add_pending(&mut made, number, "batch", &[("app", &format!("a{number}"))], &anti_affinity(number));
    }
    made
}

pub(super) fn namespace_selectors(pods: usize) -> Snapshot {
    let mut made = empty_cluster();
    for number in 0..pods {
        let labels = json!({ "team": format!("t{}", number % 7) });
        let namespace = json!({ "name": format!("ns{number}"), "labels": labels });
        made.namespaces.push(serde_json::from_value::<Namespace>(namespace).expect("a namespace"));
        let mut rules = anti_affinity(number);
        rules["pod_anti_affinity"][0]["namespace_selector"] = json!({ "match_labels": { "team": "t1" } });
        add_pending(&mut made, number, &format!("ns{number}"), &[("app", &format!("a{number}"))], &rules);
    }
    made
}

pub(super) fn all_different(pods: usize) -> Snapshot {
    let mut random = Random::seeded(42);
    let mut made = empty_cluster();
    for number in 0..pods {
        let (cpu, memory) = (whole(100 + random.below(1_500)), whole(100 + random.below(4_000)) * MIB + whole(number));
        let id = add_spec(&mut made, spec(amounts(cpu, memory)));
        made.pods.push(pod(format!("wait-{number:06}"), id, &[("app", "x")]));
    }
    made
}
