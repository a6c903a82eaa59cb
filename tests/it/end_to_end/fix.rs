//! `fix`: shows the mends of a set-up, and with `--apply` makes them, one after another.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::cluster::{Run, TestCluster, WEST, run};
use super::question::answered_each;
use crate::support::aws::{Fault, Moment};
use crate::support::kubernetes::objects::{Object as _, lease};

const SECURITY: &str = include_str!("../../../src/manual/security.md");

/// Returns a cluster with a group in two zones whose two instances nothing protects.
fn unprotected() -> TestCluster {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").zones(["us-west-2a", "us-west-2b"]).desired(2).create();
    cluster.register_nodes(WEST, "workers");
    cluster.pass(Duration::from_hours(1));
    cluster
}

fn instances(cluster: &TestCluster, group: &str) -> Vec<String> {
    let mut ids: Vec<String> = cluster.aws.group_state(WEST, group).instances.into_iter().map(|instance| instance.id).collect();
    ids.sort_unstable();
    ids
}

/// Runs `fix -o json`, which must change nothing.
fn steps(cluster: &TestCluster, flags: &[&str]) -> Value {
    let before = (cluster.kubernetes.mutations().len(), cluster.aws.mutations().len());
    let found = run(cluster.command("fix", &["-o", "json"]).args(flags)).exits(0).json();
    assert_eq!((cluster.kubernetes.mutations().len(), cluster.aws.mutations().len()), before, "fix changed something");
    found
}

fn apply(cluster: &TestCluster, flags: &[&str]) -> Run {
    run(cluster.command("fix", &["--apply", "--yes", "-o", "json"]).args(flags))
}

/// Returns the titles of the steps, or the outcomes.
fn words(document: &Value, list: &str, word: &str) -> Vec<String> {
    let items = document.pointer(list).and_then(Value::as_array).expect("a list");
    items.iter().map(|item| item.pointer(word).and_then(Value::as_str).unwrap_or_default().to_owned()).collect()
}

fn outcomes(run: &Run) -> Vec<String> {
    words(&run.json(), "/report/steps", "/outcome")
}

#[test]
fn what_is_unprotected_is_listed_then_mended_and_then_there_is_nothing_left() {
    let cluster = unprotected();
    let ids = instances(&cluster, "workers");
    let found = steps(&cluster, &[]);
    let operations = words(&found, "/steps", "/call/operation");
    let expected = ["autoscaling:SuspendProcesses", "autoscaling:UpdateAutoScalingGroup", "autoscaling:SetInstanceProtection"];
    assert_eq!(operations, expected);
    assert!(words(&found, "/steps", "/finding/code").iter().all(|code| code == "unprotected"));
    let lines = words(&found, "/steps", "/call/command");
    let name = "--region us-west-2 --auto-scaling-group-name workers";
    assert_eq!(lines[0], format!("aws autoscaling suspend-processes {name} --scaling-processes AZRebalance"));
    assert!(lines[2].ends_with(&format!("--protected-from-scale-in --instance-ids {}", ids.join(" "))), "{}", lines[2]);
    run(&mut cluster.command("fix", &["--detailed-exitcode"])).exits(2);

    let done = apply(&cluster, &[]).exits(0);
    assert_eq!(outcomes(&done), ["done"; 3]);
    let protect = format!("us-west-2 protect {} of workers", ids.join(" "));
    let expected =
        ["us-west-2 SuspendProcesses workers AZRebalance", "us-west-2 UpdateAutoScalingGroup workers true", &protect];
    assert_eq!(cluster.aws_changes(), expected);
    assert_eq!(cluster.kubernetes_changes(), ["create the Lease", "release the Lease"]);
    let set_up = cluster.aws.group_set_up(WEST, "workers");
    assert_eq!((set_up.launches_protected, set_up.suspended, set_up.protected), (true, vec!["AZRebalance".to_owned()], ids));

    cluster.forget_calls();
    let again = run(&mut cluster.command("fix", &["--apply", "--yes"])).exits(0);
    assert_eq!(again.stdout, "nothing to fix\n");
    cluster.assert_untouched();
}

#[test]
fn the_evening_out_of_a_managed_node_group_is_left_alone() {
    let cluster = TestCluster::start();
    let zones = ["us-west-2a", "us-west-2b"];
    cluster.group("managed").zones(zones).tag("eks:cluster-name", "test").tag("eks:nodegroup-name", "batch").create();
    let found = steps(&cluster, &[]);
    assert_eq!(words(&found, "/steps", "/change/change"), ["protect-new-instances"]);
}

#[test]
fn without_a_terminal_somebody_has_to_say_yes_beforehand() {
    let cluster = unprotected();
    run(&mut cluster.command("fix", &["--apply"])).fails(64, &["nobody at a terminal", "hint: pass --yes"]);
    run(&mut cluster.command("fix", &["--yes"])).fails(64, &["--yes is for fix --apply"]);
    run(&mut cluster.command("fix", &["--demo", "--apply", "--yes"])).fails(64, &["a replay cannot be fixed"]);
    cluster.assert_untouched();
}

#[test]
fn each_step_is_asked_about_and_no_is_no() {
    let cluster = unprotected();
    let fix = cluster.command("fix", &["--apply"]);
    let ended = answered_each(&cluster, &fix, &["n", "y", ""], |_| {}).exits(0);
    assert_eq!(cluster.aws_changes(), ["us-west-2 UpdateAutoScalingGroup workers true"]);
    assert!(ended.stdout.contains("1 step done, 2 declined"), "{}", ended.stdout);
    assert!(ended.stdout.contains("1 of 3: workers (us-west-2): suspend the process AZRebalance? [y/N]"), "{}", ended.stdout);
    // The Lease was free while the person thought.
    assert_eq!(cluster.kubernetes_changes(), ["create the Lease", "release the Lease"]);

    cluster.forget_calls();
    let fix = cluster.command("fix", &["--apply"]);
    answered_each(&cluster, &fix, &["q"], |_| {}).exits(1);
    cluster.assert_untouched();
    let fix = cluster.command("fix", &["--apply"]);
    let ended = answered_each(&cluster, &fix, &["a"], |_| {}).exits(0);
    assert!(ended.stdout.contains("2 steps done"), "{}", ended.stdout);
}

#[test]
fn a_fact_that_no_longer_holds_when_the_answer_comes_costs_its_step() {
    let cluster = unprotected();
    let ids = instances(&cluster, "workers");
    let fix = cluster.command("fix", &["--apply"]);
    let ended = answered_each(&cluster, &fix, &["y", "n", "y"], |question| match question {
        1 => cluster.aws.suspend(WEST, "workers", &["AZRebalance"]),
        3 => cluster.aws.protect(&ids[0], true),
        _ => {}
    });
    let said = ended.exits(0).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("suspend the process AZRebalance: the group is so already"), "{said}");
    assert!(said.contains("only protect 1 instance from scale-in, as the rest is so already"), "{said}");
    assert_eq!(cluster.aws_changes(), [format!("us-west-2 protect {} of workers", ids[1])]);
}

#[test]
fn a_call_that_is_denied_names_its_permission_and_the_others_are_made() {
    let cluster = unprotected();
    let denied = Fault::on("UpdateAutoScalingGroup").code("AccessDenied").status(403).message("no");
    cluster.aws.fault(&denied);
    let ended = apply(&cluster, &[]).exits(3);
    assert_eq!(outcomes(&ended), ["done", "failed", "done"]);
    assert_eq!(
        words(&ended.json(), "/report/steps", "/error")[1],
        "AccessDenied: no (needs autoscaling:UpdateAutoScalingGroup)"
    );
    assert!(!cluster.aws.group_set_up(WEST, "workers").protected.is_empty());
}

#[test]
fn an_answer_that_is_lost_is_looked_for_and_not_taken_for_a_failure() {
    let cluster = unprotected();
    cluster.aws.fault(&Fault::on("SuspendProcesses").cut_after_change());
    let ended = apply(&cluster, &[]).exits(0);
    assert_eq!(outcomes(&ended), ["done"; 3]);
    assert_eq!(words(&ended.json(), "/report/steps", "/message")[0], "AWS's answer was lost, but the group is so");
    let suspended = cluster.aws_changes().into_iter().filter(|change| change.contains("SuspendProcesses")).count();
    assert_eq!(suspended, 1, "it is not sent twice");
}

#[test]
fn a_lease_that_another_holds_is_respected_by_fix_as_well() {
    let cluster = unprotected();
    let renewed = Timestamp::now() - SignedDuration::from_secs(30);
    cluster.kubernetes.add(lease("kube-system", "ec2-autoscale", "run-1", renewed));
    apply(&cluster, &[]).fails(75, &["another apply holds the lease: run-1", "hint: wait for it to end"]);
    assert_eq!(steps(&cluster, &[])["steps"].as_array().map(Vec::len), Some(3), "to look needs no Lease");
    cluster.assert_untouched();
}

#[test]
fn an_apply_never_changes_how_a_group_is_set_up() {
    let cluster = unprotected();
    let before = cluster.aws.group_set_up(WEST, "workers");
    cluster.apply(&[]).exits(0);
    assert_eq!(cluster.aws.group_set_up(WEST, "workers"), before);
    assert_eq!(cluster.aws_changes(), [""; 0]);
}

#[test]
fn a_group_that_lacks_the_role_gets_it_where_its_nodes_are_those_of_the_cluster() {
    let cluster = TestCluster::start();
    cluster.aws.group("web").tag("KubernetesCluster", "test").desired(1).create();
    cluster.aws.group("empty").tag("KubernetesCluster", "test").create();
    cluster.register_nodes(WEST, "web");
    let found = steps(&cluster, &[]);
    assert_eq!(words(&found, "/steps", "/call/title"), ["tag the group KubernetesRole=worker"]);
    let why = words(&found, "/left_to_a_person", "/why");
    assert_eq!(why.len(), 1);
    assert!(why[0].contains("none of its instances is a node of this cluster"), "{why:?}");
    apply(&cluster, &[]).exits(0);
    assert_eq!(cluster.aws_changes(), ["us-west-2 tag web KubernetesRole=worker"]);
    let plan = cluster.plan(&[]).exits(0).json();
    assert_eq!(plan["groups"][0]["name"], "web", "it is managed now");
    assert!(steps(&cluster, &[])["steps"].as_array().is_some_and(Vec::is_empty));
}

#[test]
fn a_group_without_any_tag_is_made_ours_only_by_its_name() {
    let cluster = TestCluster::start();
    cluster.group("workers").create();
    cluster.aws.group("web").create();
    assert!(steps(&cluster, &[])["steps"].as_array().is_some_and(Vec::is_empty));
    let found = steps(&cluster, &["--only-group", "web"]);
    assert_eq!(words(&found, "/steps", "/call/title"), ["tag the group KubernetesCluster=test KubernetesRole=worker"]);
    apply(&cluster, &["--only-group", "web"]).exits(0);
    assert_eq!(cluster.aws_changes(), ["us-west-2 tag web KubernetesCluster=test KubernetesRole=worker"]);
    run(&mut cluster.command("fix", &["--only-group", "wbe"])).fails(64, &["--only-group wbe"]);
}

#[test]
fn a_tag_that_says_otherwise_than_the_nodes_is_corrected_unless_somebody_does_so_first() {
    let label = "k8s.io/cluster-autoscaler/node-template/label/pool";
    let cluster = TestCluster::start();
    cluster.group("workers").tag(label, "old").desired(2).create();
    cluster.register_nodes_as(WEST, "workers", |node| node.label("pool", "batch").taint("dedicated", "batch", "NoSchedule"));
    cluster.pass(Duration::from_hours(1));
    let found = steps(&cluster, &[]);
    assert_eq!(words(&found, "/steps", "/finding/code"), ["template-differs"]);
    let taint = "k8s.io/cluster-autoscaler/node-template/taint/dedicated";
    assert_eq!(words(&found, "/steps", "/call/title"), [format!("tag the group {label}=batch {taint}=batch:NoSchedule")]);

    let somebody = cluster.aws.handle();
    let look = Moment::before("DescribeAutoScalingGroups").with_param("AutoScalingGroupNames.member.1", "workers");
    cluster.aws.before(&look, move || somebody.set_tag(WEST, "workers", label, "other"));
    let ended = apply(&cluster, &[]).exits(0);
    assert_eq!(outcomes(&ended), ["skipped"]);
    assert_eq!(cluster.aws_changes(), [""; 0]);

    apply(&cluster, &[]).exits(0);
    let tags = cluster.aws.group_set_up(WEST, "workers").tags;
    assert_eq!((tags[label].as_str(), tags[taint].as_str()), ("batch", "batch:NoSchedule"));
    assert_eq!(steps(&cluster, &[])["steps"].as_array().map(Vec::len), Some(0));
}

#[test]
fn what_has_more_than_one_mend_is_left_with_the_reason() {
    let cluster = TestCluster::start();
    cluster.group("old").launch_configuration("m5.large").suspended(["Launch"]).create();
    let found = steps(&cluster, &[]);
    assert_eq!(words(&found, "/left_to_a_person", "/finding/code"), ["launch-configuration", "process-suspended"]);
    let shown = run(&mut cluster.command("fix", &[])).exits(0).stdout;
    assert!(shown.starts_with("nothing to fix; 2 left to a person\n"), "{shown}");
    assert!(shown.contains("somebody has to write the launch template and try it"), "{shown}");
}

/// Returns the actions of the statement for `fix`: the second policy of the manual.
fn actions_of_the_policy() -> BTreeSet<String> {
    let policy = SECURITY.split("```json\n").nth(2).and_then(|rest| rest.split("```").next()).expect("the policy for fix");
    let policy: Value = serde_json::from_str(policy).expect("JSON");
    let actions = policy["Statement"][0]["Action"].as_array().expect("actions").iter();
    actions.filter_map(|action| Some(action.as_str()?.split_once(':')?.1.to_owned())).collect()
}

#[test]
fn the_policy_for_fix_allows_what_it_asks_for_and_nothing_else() {
    let cluster = unprotected();
    cluster.aws.group("web").tag("KubernetesCluster", "test").desired(1).create();
    cluster.register_nodes(WEST, "web");
    apply(&cluster, &[]).exits(0);
    let asked: BTreeSet<String> = cluster.aws.mutations().into_iter().map(|call| call.action).collect();
    assert_eq!(asked, actions_of_the_policy());
}
