//! A region that is down, and permissions that are missing.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::cluster::{BOTH, EAST, TestCluster, WEST, item, run, verdicts};
use super::world::job;
use crate::support::aws::Fault;
use crate::support::kubernetes::Rule;

const REGION: &str = "topology.kubernetes.io/region";

/// Returns rules to read everything but what the list leaves out, and to change what apply changes.
fn rules(without: &str) -> Vec<Rule> {
    let all = [
        (&["list", "get", "patch"][..], "", "nodes"),
        (&["list"], "", "pods"),
        (&["list", "get"], "", "namespaces"),
        (&["list"], "", "persistentvolumeclaims"),
        (&["list"], "", "persistentvolumes"),
        (&["list"], "apps", "daemonsets"),
        (&["list"], "policy", "poddisruptionbudgets"),
        (&["list"], "storage.k8s.io", "storageclasses"),
        (&["list"], "storage.k8s.io", "csinodes"),
        (&["list"], "storage.k8s.io", "csidrivers"),
        (&["list"], "storage.k8s.io", "csistoragecapacities"),
        (&["list"], "resource.k8s.io", "resourceclaims"),
        (&["list"], "resource.k8s.io", "resourceclaimtemplates"),
        (&["list"], "resource.k8s.io", "deviceclasses"),
        (&["list"], "resource.k8s.io", "resourceslices"),
        (&["list"], "node.k8s.io", "runtimeclasses"),
        (&["list", "get", "create", "update"], "coordination.k8s.io", "leases"),
        (&["list", "create", "patch"], "", "events"),
        (&["get", "create", "update"], "", "configmaps"),
    ];
    all.into_iter().filter(|(.., name)| *name != without).map(|(verbs, group, name)| Rule::allow(verbs, group, name)).collect()
}

#[test]
fn a_region_that_is_down_keeps_its_nodes_and_its_pods_wait() {
    let cluster = TestCluster::start();
    cluster.group("workers").region(WEST).launch_template("m5.large").max(5).desired(2).create();
    cluster.group("workers").region(EAST).zones(["us-east-1a"]).launch_template("m5.large").max(5).create();
    let west = cluster.register_nodes(WEST, "workers");
    cluster.kubernetes.add(job("train", 1000).node(&west[0]));
    // The other would be terminated if its region could be read.
    cluster.kubernetes.edit("nodes", "", &west[1], |node| {
        node["spec"]["unschedulable"] = serde_json::json!(true);
        node["metadata"]["annotations"]["ec2-autoscale/cordoned-at"] = serde_json::json!("2026-01-01T00:00:00Z");
    });
    cluster.pass(Duration::from_hours(1));
    cluster.aws.fault(&Fault::on("*").region(WEST).status(500));
    let long_ago = Timestamp::now() - SignedDuration::from_mins(30);
    cluster.kubernetes.seed([
        job("east", 900).node_selector(REGION, EAST),
        job("fresh", 1800),
        job("patient", 1800).unschedulable_since(long_ago),
    ]);

    let run = cluster.apply(&BOTH).exits(3);
    let plan = &run.json()["plan"];
    assert_eq!(verdicts(plan), ["east: fits-new", "fresh: waits-for-region", "patient: fits-new"]);
    let message = item(plan, "pods", "name", "fresh")["message"].as_str().expect("a sentence").to_owned();
    assert!(message.starts_with("waiting: region us-west-2 unreadable"), "{message}");
    assert_eq!(item(plan, "nodes", "node", &west[1])["state"], "region-unreadable");
    assert_eq!(item(plan, "findings", "code", "region-unreadable")["region"], WEST);
    assert_eq!(run.steps(), ["set-desired: done"]);
    assert_eq!(cluster.aws_changes(), ["us-east-1 SetDesiredCapacity workers 2"]);
    assert_eq!(cluster.kubernetes_changes(), ["create the Lease", "write the Lease", "release the Lease"]);
    assert!(cluster.is_cordoned(&west[1]));
    assert_eq!(cluster.desired(WEST, "workers"), 2);
}

#[test]
fn a_kubernetes_permission_that_is_missing_is_named() {
    for (resource, words) in [
        ("pods", "limited lacks the permission list pods (cluster-wide)"),
        ("nodes", "limited lacks the permission list nodes (cluster-wide)"),
    ] {
        let cluster = TestCluster::start();
        cluster.group("workers").launch_template("m5.large").create();
        let kubeconfig = cluster.kubernetes.token_limited_to(&rules(resource));
        for command in ["plan", "apply", "snapshot"] {
            let mut command = cluster.command(command, &[]);
            let error = run(command.env("KUBECONFIG", &kubeconfig)).fails(1, &[words, "ClusterRole"]);
            assert_eq!(error.stderr.lines().count(), 1, "{}", error.stderr);
        }
        cluster.assert_untouched();
    }
}

#[test]
fn the_permissions_of_the_table_are_enough() {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").create();
    cluster.kubernetes.add(job("job", 900));
    let kubeconfig = cluster.kubernetes.token_limited_to(&rules(""));
    run(cluster.command("apply", &[]).env("KUBECONFIG", &kubeconfig)).exits(0);
    assert_eq!(cluster.desired(WEST, "workers"), 1);
    let refused: Vec<_> = cluster.kubernetes.calls().into_iter().filter(|call| call.status == Some(403)).collect();
    assert!(refused.is_empty(), "{refused:?}");
}

#[test]
fn what_is_not_pods_or_nodes_may_be_missing_and_is_a_finding() {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").create();
    cluster.kubernetes.add(job("job", 900));
    let kubeconfig = cluster.kubernetes.token_limited_to(&rules("poddisruptionbudgets"));
    let run = run(cluster.command("apply", &["-o", "json"]).env("KUBECONFIG", &kubeconfig)).exits(3);
    let findings = run.json()["plan"]["findings"].to_string();
    assert!(findings.contains("limited lacks the permission list poddisruptionbudgets.policy"), "{findings}");
    assert_eq!(cluster.desired(WEST, "workers"), 1, "the rest is done");
}

#[test]
fn without_the_lease_nothing_is_changed() {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").create();
    cluster.kubernetes.add(job("job", 900));
    let mut may_read = rules("leases");
    may_read.push(Rule::allow(&["list", "get"], "coordination.k8s.io", "leases"));
    let kubeconfig = cluster.kubernetes.token_limited_to(&may_read);
    run(cluster.command("apply", &[]).env("KUBECONFIG", &kubeconfig))
        .fails(1, &["claiming the Lease kube-system/ec2-autoscale", "cannot create resource \"leases\""]);
    assert_eq!(cluster.kubernetes_changes(), ["create the Lease"], "refused");
    assert_eq!(cluster.kubernetes.all("leases").len(), 0);
    assert_eq!(cluster.aws_changes(), [""; 0]);
}

#[test]
fn a_step_without_its_permission_fails_alone() {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").max(5).desired(1).create();
    let nodes = cluster.register_nodes(WEST, "workers");
    cluster.pass(Duration::from_hours(1));
    cluster
        .group("other")
        .launch_template("m5.large")
        .tag("k8s.io/cluster-autoscaler/node-template/label/pool", "other")
        .create();
    cluster.kubernetes.add(job("job", 900).node_selector("pool", "other"));
    let mut may_read = rules("nodes");
    may_read.push(Rule::allow(&["list", "get"], "", "nodes"));
    let kubeconfig = cluster.kubernetes.token_limited_to(&may_read);
    let run = run(cluster.command("apply", &["-o", "json"]).env("KUBECONFIG", &kubeconfig)).exits(3);
    assert_eq!(run.steps(), ["mark-idle: failed", "set-desired: done"]);
    assert!(run.stdout.contains("cannot patch resource"), "{}", run.stdout);
    assert_eq!(cluster.taints(&nodes[0]), [""; 0]);
    assert_eq!(cluster.desired(WEST, "other"), 1);
}

#[test]
fn an_iam_permission_that_is_missing_is_named() {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").create();
    cluster.kubernetes.add(job("job", 900));
    cluster.aws.fault(&Fault::on("DescribeAutoScalingGroups").code("AccessDenied").status(403));
    // The only region is unreadable, and the tags are not to blame.
    for command in ["plan", "apply"] {
        let run = run(&mut cluster.command(command, &[]));
        let words = ["us-west-2 could not be read", "lack the permission autoscaling:DescribeAutoScalingGroups"];
        let run = run.fails(1, &words);
        assert!(!run.stderr.contains("managed") && !run.stderr.contains("tag "), "{}", run.stderr);
    }
    cluster.assert_untouched();
}

/// A group that somebody has to fix does not affect the others, and the run has left nothing
/// undone; an API that does not answer is another matter.
#[test]
fn a_template_that_is_not_there_is_a_finding_and_one_that_nobody_may_read_is_incomplete() {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").create();
    cluster.kubernetes.add(job("job", 900));
    let words = "The specified launch template, with template ID lt-1, does not exist.";
    let gone = Fault::on("DescribeLaunchTemplateVersions").status(400).code("InvalidLaunchTemplateId.NotFound");
    cluster.aws.fault(&gone.message(words));
    let plan = cluster.apply(&[]).exits(0).json()["plan"].clone();
    let finding = item(&plan, "findings", "code", "missing-fact");
    assert_eq!(finding["fact"]["code"], "launch-options");
    assert!(finding["error"].as_str().is_some_and(|error| error.contains(words)), "{finding}");

    cluster.aws.clear_faults();
    cluster.aws.fault(&Fault::on("DescribeLaunchTemplateVersions").status(403).code("UnauthorizedOperation"));
    let plan = cluster.apply(&[]).exits(3).json()["plan"].clone();
    let facts: Vec<_> = plan["findings"].as_array().expect("findings").iter().map(|one| one["fact"]["code"].clone()).collect();
    assert!(facts.contains(&"launches".into()) && facts.contains(&"launch-options".into()), "{facts:?}");
    cluster.assert_untouched();
}

#[test]
fn a_purchase_that_iam_forbids_is_told_in_aws_words() {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").create();
    cluster.kubernetes.add(job("job", 900));
    let words = "User: arn:aws:iam::123456789012:user/x is not authorized to perform: autoscaling:SetDesiredCapacity";
    cluster.aws.fault(&Fault::on("SetDesiredCapacity").code("AccessDenied").status(403).message(words));
    let run = cluster.apply(&[]).exits(3);
    assert_eq!(run.steps(), ["set-desired: failed"]);
    assert!(run.stdout.contains("autoscaling:SetDesiredCapacity"), "{}", run.stdout);
    assert_eq!(cluster.aws_changes(), ["us-west-2 SetDesiredCapacity workers 1"]);
    assert_eq!(cluster.desired(WEST, "workers"), 0);
}
