//! Gangs before a real scheduler that knows them: all pods of one are bound to exactly the nodes
//! that the plan buys for it, and where it cannot have all, the plan buys none.

use ec2_autoscale::plan::{GangOutcome, Plan, plan};
use ec2_autoscale::policy::Policy;
use serde_json::{Value, json};

use crate::bursts::{bound_at_last, empty_group, nodes_of, surplus};
use crate::case::Case;
use crate::cluster::{Cluster, FeatureGates, names};
use crate::fleet::ZONES;
use crate::{read, say};

/// Alpha in 1.36, and off by default.
const GATES: &str = "GenericWorkload=true,GangScheduling=true,TopologyAwareWorkloadScheduling=true";
const SERVED: &str = "scheduling.k8s.io/v1alpha2=true";
const POD_GROUPS: &str = "/apis/scheduling.k8s.io/v1alpha2/namespaces/default/podgroups";
const ZONE: &str = "topology.kubernetes.io/zone";
const WITHOUT: &str = "ServiceAccount,TaintNodesByCondition,StorageObjectInUseProtection";

/// Returns so many pods of one group, of which three fit on a node.
fn members(group: &str, count: usize) -> Vec<Value> {
    let container = json!({ "name": "a", "image": "none", "resources": { "requests": { "cpu": "1", "memory": "1Gi" } } });
    let spec = json!({ "containers": [container], "schedulingGroup": { "podGroupName": group } });
    (0..count).map(|number| json!({ "metadata": { "name": format!("{group}-{number:02}") }, "spec": spec })).collect()
}

fn make_group(cluster: &Cluster, name: &str, min: usize, same: Option<&str>) {
    let mut spec = json!({ "schedulingPolicy": { "gang": { "minCount": min } } });
    if let Some(key) = same {
        spec["schedulingConstraints"] = json!({ "topology": [{ "key": key }] });
    }
    cluster.create(POD_GROUPS, &json!({ "metadata": { "name": name }, "spec": spec }));
}

fn case(pending: Vec<Value>) -> Case {
    Case {
        groups: ZONES.iter().enumerate().map(|(number, zone)| empty_group(number, zone)).collect(),
        nodes: Vec::new(),
        residents: Vec::new(),
        resizes: Vec::new(),
        pending,
        has_daemon: false,
        may_preempt: false,
    }
}

fn planned(cluster: &Cluster, case: &Case) -> Plan {
    plan(&read(cluster, case), &Policy::default())
}

#[test]
fn gangs_are_bound_whole_on_exactly_the_nodes_that_are_bought() {
    let gates = FeatureGates { apiserver: GATES, scheduler: GATES, runtime_config: SERVED, ..FeatureGates::default() };
    let cluster = Cluster::start_with(&gates, WITHOUT).unwrap_or_else(|why| panic!("{why}"));
    for (name, count, same) in [("eight", 8, None), ("sixteen", 16, None), ("near", 16, Some(ZONE))] {
        make_group(&cluster, name, count, same);
        let mut case = case(members(name, count));
        cluster.add_pods(&case.pending);
        cluster.decisions(names(&case.pending));

        // One node too few, in whichever group.
        for (number, group) in case.groups.iter_mut().enumerate() {
            group.facts.max = if number == 0 { i64::try_from(count.div_ceil(3) - 1).expect("a few") } else { 0 };
        }
        let too_small = planned(&cluster, &case);
        assert_eq!(too_small.gangs[0].outcome, GangOutcome::WithoutRoom, "{name}: {:?}", too_small.gangs);
        assert_eq!(too_small.summary.nodes_added, 0, "{name}");

        for group in &mut case.groups {
            group.facts.max = 10;
        }
        let plan = planned(&cluster, &case);
        assert_eq!(plan.gangs[0].outcome, GangOutcome::HasRoom, "{name}: {:?}", plan.gangs);
        let nodes = nodes_of(&case, &plan);
        assert_eq!(nodes.len(), count.div_ceil(3), "{name}: three on a node");
        let zone = |node: &Value| node["metadata"]["labels"][ZONE].clone();
        assert!(same.is_none() || nodes.iter().all(|node| zone(node) == zone(&nodes[0])), "{name}: one zone");
        for node in &nodes {
            cluster.create("/api/v1/nodes", node);
        }
        let bound = bound_at_last(&cluster, &case.pending);
        let empty = surplus(&cluster, &nodes);
        say(&format!("gang {name}: {bound} of {count} bound on {} nodes, {empty} stay empty\n", nodes.len()));
        assert_eq!((bound, empty), (count, 0), "{name}");
        cluster.clear();
    }
}
