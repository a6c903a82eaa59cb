//! 500 groups with 5,000 instances: the number of calls that a run makes to AWS.

use std::collections::BTreeMap;
use std::io::Write as _;

use super::cluster::{TestCluster, WEST, item};
use super::world::job;
use crate::support::aws_stand_in::AwsStandIn;
use crate::support::kubernetes::KubernetesServer;
use crate::support::kubernetes::objects::{Object as _, node};

const GROUPS: usize = 500;

/// Makes groups of so many instances, each with its Ready node, over the stand-in.
fn cluster_of(instances_a_group: usize) -> TestCluster {
    let folder = tempfile::tempdir().expect("a directory can be made");
    let cluster = TestCluster { kubernetes: KubernetesServer::start(), aws: AwsStandIn::account(), folder };
    let instances = u32::try_from(instances_a_group).expect("a few");
    for number in 0..GROUPS {
        cluster.group(&name(number)).launch_template("m5.large").max(instances + 1).desired(instances).create();
    }
    let states = (0..GROUPS).map(|number| cluster.aws.group_state(WEST, &name(number)));
    let nodes = states.flat_map(|state| state.instances).map(|instance| {
        node(&instance.private_dns)
            .provider_id(&instance.provider_id())
            .allocatable("cpu", "1930m")
            .allocatable("memory", "6903Mi")
            .allocatable("pods", "29")
            .label("node.kubernetes.io/instance-type", &instance.instance_type)
            .label("topology.kubernetes.io/region", WEST)
            .label("topology.kubernetes.io/zone", &instance.zone)
    });
    cluster.kubernetes.seed(nodes);
    cluster
}

fn name(number: usize) -> String {
    format!("workers-{number:03}")
}

/// Returns how often a plan calls each action.
fn calls_of_a_plan(cluster: &TestCluster) -> BTreeMap<String, usize> {
    cluster.forget_calls();
    let plan = cluster.plan(&[]).exits(0).json();
    assert_eq!(item(&plan, "pods", "name", "job")["code"], "fits-existing");
    calls(cluster)
}

/// Returns how often each action was called since the calls were forgotten.
fn calls(cluster: &TestCluster) -> BTreeMap<String, usize> {
    let mut calls = BTreeMap::new();
    for call in cluster.aws.calls() {
        *calls.entry(call.action).or_default() += 1;
    }
    calls
}

fn expected<const N: usize>(counts: [(&str, usize); N]) -> BTreeMap<String, usize> {
    counts.map(|(action, times)| (action.to_owned(), times)).into()
}

/// The third column of the table in `src/manual/calls.md`.
#[test]
fn nothing_to_do_takes_the_pages_of_groups_and_instances_alone() {
    let cluster = cluster_of(10);
    let nodes = cluster.kubernetes.all("nodes");
    let names = nodes.iter().filter_map(|node| node["metadata"]["name"].as_str());
    cluster.kubernetes.seed(names.map(|name| job(&format!("job-{name}"), 900).node(name)).collect::<Vec<_>>());
    cluster.forget_calls();
    let plan = cluster.apply(&[]).exits(0).json()["plan"].clone();
    assert_eq!(plan["looked_at"]["launches_left_out"], true);
    let pages = [("DescribeAutoScalingGroups", GROUPS / 100), ("DescribeInstances", 5), ("GetCallerIdentity", 1)];
    assert_eq!(calls(&cluster), expected(pages));
}

/// The first two columns of that table.
#[test]
fn calls_grow_with_pages_and_not_with_groups_or_instances() {
    let [few, many] = [1, 10].map(|instances_a_group| {
        let cluster = cluster_of(instances_a_group);
        cluster.kubernetes.add(job("job", 900));
        let calls = calls_of_a_plan(&cluster);
        let line = format!("{GROUPS} groups of {instances_a_group}: {} calls {calls:?}\n", calls.values().sum::<usize>());
        let _ = std::io::stderr().write_all(line.as_bytes());
        calls
    });
    for (calls, instances, of_instances) in [(&few, GROUPS, GROUPS.div_ceil(200)), (&many, 10 * GROUPS, 5)] {
        // A page of groups holds 100, one of template versions 200, a call for instances 200 by
        // their ids or 200 groups, whose instances come 1000 on a page, one for types 100.
        let expected = expected([
            ("DescribeAutoScalingGroups", GROUPS / 100),
            ("DescribeAvailabilityZones", 1),
            ("DescribeCapacityReservations", 1),
            ("DescribeImages", 1),
            ("DescribeInstanceTypes", 1),
            ("DescribeInstances", of_instances),
            ("DescribeLaunchTemplateVersions", GROUPS.div_ceil(200)),
            ("DescribePolicies", 1),
            // The activities of the whole region: one launch each.
            ("DescribeScalingActivities", instances / 100),
            ("DescribeScheduledActions", 1),
            ("GetCallerIdentity", 1),
        ]);
        assert_eq!(*calls, expected, "with {instances} instances");
    }
    assert!(few.values().sum::<usize>() <= 30, "{few:?}");
    // Here each of 5,000 instances has just been launched, which fills fifty pages of activities.
    assert!(many.values().sum::<usize>() - many["DescribeScalingActivities"] <= 30, "{many:?}");
}
