//! `plan --out p.json`, a cluster that goes on living, `apply p.json`: nothing is done that was not
//! reviewed, and nothing for which the reason is gone.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::cluster::{BOTH, EAST, Run, TestCluster, WEST, run};
use super::drain::{DRAIN, Underused, web};
use super::world::job;
use crate::support::kubernetes::CallPattern;

const FILE: &str = "p.json";

impl TestCluster {
    /// Runs `plan --out p.json`; returns the plan.
    fn review(&self, flags: &[&str]) -> Value {
        let plan = self.plan(&[&["--out", FILE], flags].concat()).exits(0).json();
        self.forget_calls();
        plan
    }

    /// Runs `apply p.json` without the flags that the plan itself holds.
    fn apply_saved(&self, flags: &[&str]) -> Run {
        run(&mut self.saved_command(flags))
    }

    fn saved_command(&self, flags: &[&str]) -> Command {
        self.bare_command(&[&["apply", FILE, "-o", "json"], flags].concat())
    }

    /// Changes the file as no `plan` would.
    fn edit_plan(&self, change: impl FnOnce(&mut Value)) {
        let path = self.folder.path().join(FILE);
        let mut plan: Value = serde_json::from_slice(&fs::read(&path).expect("the file")).expect("JSON");
        change(&mut plan);
        fs::write(&path, plan.to_string()).expect("the file can be written");
    }
}

/// Returns what drifted: `set-desired: moved`, `cordon: not-reviewed`.
fn drift(run: &Run) -> Vec<String> {
    let drift = run.json()["drift"].as_array().expect("a list").clone();
    let step = |one: &Value| one["reviewed"]["action"].as_str().or(one["now"]["action"].as_str()).map(str::to_owned);
    drift.iter().map(|one| format!("{}: {}", step(one).expect("a step"), one["code"].as_str().expect("a code"))).collect()
}

const NO_DRIFT: [&str; 0] = [];

/// Makes three busy nodes, and jobs that need four more.
fn three_to_seven() -> TestCluster {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").max(20).desired(3).create();
    for (number, node) in cluster.register_nodes(WEST, "workers").iter().enumerate() {
        cluster.kubernetes.add(job(&format!("running-{number}"), 1500).node(node));
    }
    cluster.kubernetes.seed((1..=4).map(|number| job(&format!("job-{number}"), 1500)));
    cluster
}

/// Raises the group to four by hand, and fills the new node at once.
fn one_more_is_there_and_full(cluster: &TestCluster) {
    cluster.aws.set_desired(WEST, "workers", 4);
    let fresh = cluster.register_nodes(WEST, "workers");
    cluster.kubernetes.add(job("stranger", 1500).node(&fresh[0]));
    cluster.forget_calls();
}

#[test]
fn an_unchanged_cluster_gets_what_was_reviewed() {
    let cluster = three_to_seven();
    let reviewed = cluster.review(&[]);
    let applied = cluster.apply_saved(&[]).exits(0);
    assert_eq!(drift(&applied), NO_DRIFT);
    assert_eq!(applied.json()["plan"]["actions"], reviewed["actions"]);
    assert_eq!(applied.steps(), ["set-desired: done"]);
    assert_eq!(cluster.aws_changes(), ["us-west-2 SetDesiredCapacity workers 7"]);
    assert_eq!(cluster.kubernetes_changes(), ["create the Lease", "write the Lease", "release the Lease"]);

    // The same plan once more: all of it is on its way.
    cluster.forget_calls();
    let again = cluster.apply_saved(&[]).exits(0);
    assert_eq!(drift(&again), ["set-desired: not-wanted"]);
    assert_eq!(again.steps(), ["note-instances: done"], "what this run saw is nobody's to review");
    assert_eq!(cluster.aws_changes(), [""; 0]);
}

#[test]
fn the_same_increase_is_made_from_where_the_group_is_now() {
    let cluster = three_to_seven();
    assert_eq!(cluster.review(&[])["actions"][0]["to"], 7);
    one_more_is_there_and_full(&cluster);
    let applied = cluster.apply_saved(&[]).exits(0);
    assert_eq!(drift(&applied), ["set-desired: moved"]);
    assert_eq!(cluster.aws_changes(), ["us-west-2 SetDesiredCapacity workers 8"]);
}

#[test]
fn no_more_nodes_are_bought_than_were_reviewed() {
    let cluster = three_to_seven();
    cluster.review(&[]);
    one_more_is_there_and_full(&cluster);
    cluster.kubernetes.seed((1..=5).map(|number| job(&format!("late-{number}"), 1500)));
    let applied = cluster.apply_saved(&[]).exits(0);
    assert_eq!(drift(&applied), ["set-desired: more-wanted"]);
    let told = &applied.json()["drift"][0];
    assert_eq!([&told["reviewed"]["to"], &told["now"]["to"], &told["done"]["to"]], [&json!(7), &json!(13), &json!(8)]);
    assert_eq!(cluster.aws_changes(), ["us-west-2 SetDesiredCapacity workers 8"]);
    // The plan's text follows what is done.
    let plan = &applied.json()["plan"];
    assert_eq!((&plan["summary"]["nodes_added"], &plan["summary"]["pods_helped"]), (&json!(4), &json!(4)));
    assert_eq!((&plan["summary"]["pods_unhelped"], &plan["groups"][0]["desired_after"]), (&json!(5), &json!(8)));

    // Nor when it is carried out twice, though the rest is still wanted.
    cluster.register_nodes(WEST, "workers");
    cluster.schedule();
    cluster.forget_calls();
    let again = cluster.apply_saved(&[]).exits(0);
    assert_eq!((drift(&again), again.steps()), (vec!["set-desired: asked-since".to_owned()], vec![]));
    cluster.assert_untouched();
}

#[test]
fn no_more_nodes_are_bought_than_are_needed() {
    let cluster = three_to_seven();
    cluster.review(&[]);
    for name in ["job-1", "job-2", "job-3"] {
        cluster.kubernetes.remove("pods", "default", name);
    }
    let applied = cluster.apply_saved(&[]).exits(0);
    assert_eq!(drift(&applied), ["set-desired: fewer-wanted"]);
    assert_eq!(cluster.aws_changes(), ["us-west-2 SetDesiredCapacity workers 4"]);
}

#[test]
fn when_all_has_drifted_away_nothing_is_done_and_that_is_no_failure() {
    let cluster = three_to_seven();
    cluster.review(&[]);
    for number in 1..=4 {
        cluster.kubernetes.remove("pods", "default", &format!("job-{number}"));
    }
    let shown = run(&mut cluster.bare_command(&["apply", FILE])).exits(0);
    assert!(shown.stdout.contains("NOT AS IN THE SAVED PLAN OF "), "{}", shown.stdout);
    assert!(shown.stdout.contains("scale up workers (us-west-2): desired 3 → 7: not done"), "{}", shown.stdout);
    assert!(shown.stdout.ends_with("nothing of the saved plan is left to do\n"), "{}", shown.stdout);
    cluster.assert_untouched();
}

/// Makes a node that has been idle for an hour, with its mark, beside a busy one.
fn one_idle_of_two() -> (TestCluster, String) {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").max(5).desired(2).create();
    let nodes = cluster.register_nodes(WEST, "workers");
    cluster.kubernetes.add(job("train", 1000).node(&nodes[0]));
    cluster.pass(Duration::from_hours(1));
    cluster.apply(&[]).exits(0);
    cluster.pass(Duration::from_hours(1));
    (cluster, nodes[1].clone())
}

#[test]
fn a_node_that_became_busy_is_left_alone() {
    let (cluster, idle) = one_idle_of_two();
    assert_eq!(cluster.review(&[])["actions"][0]["action"], "cordon");
    cluster.kubernetes.add(job("late", 500).node(&idle));
    let applied = cluster.apply_saved(&[]).exits(0);
    // Its mark's removal was not reviewed.
    assert_eq!(drift(&applied), ["cordon: not-wanted", "clear-idle: not-reviewed"]);
    let said = applied.json()["drift"][0]["message"].as_str().expect("a sentence").to_owned();
    assert!(said.contains(&format!("cordon {idle}: not done")) && said.contains("default/late runs on it"), "{said}");
    cluster.assert_untouched();
}

#[test]
fn a_reviewed_cordon_only_cordons() {
    let (cluster, idle) = one_idle_of_two();
    cluster.review(&[]);
    // Meanwhile another run cordons it, and its cordon settles.
    cluster.apply(&[]).exits(0);
    cluster.pass(Duration::from_hours(1));
    cluster.forget_calls();
    let applied = cluster.apply_saved(&[]).exits(0);
    assert_eq!(drift(&applied), ["cordon: not-wanted", "terminate: not-reviewed"]);
    cluster.assert_untouched();
    let node = super::cluster::item(&applied.json()["plan"], "nodes", "node", &idle).clone();
    assert_eq!((&node["decision"], &node["held_by"]["code"]), (&json!("keep"), &json!("not-reviewed")));
    assert_eq!(applied.json()["plan"]["groups"][0]["desired_after"], 2);
}

#[test]
fn a_reviewed_termination_is_of_that_cordon() {
    let (cluster, idle) = one_idle_of_two();
    cluster.apply(&[]).exits(0);
    cluster.pass(Duration::from_mins(5));
    assert_eq!(cluster.review(&[])["actions"][0]["action"], "terminate");
    let mark = |at: Timestamp| json!(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    let cordoned_at = cluster.node(&idle)["metadata"]["annotations"]["ec2-autoscale/cordoned-at"].clone();
    let anew = mark(Timestamp::now() - SignedDuration::from_mins(3));
    cluster.kubernetes.edit("nodes", "", &idle, |node| node["metadata"]["annotations"]["ec2-autoscale/cordoned-at"] = anew);
    assert_eq!(drift(&cluster.apply_saved(&[]).exits(0)), ["terminate: other-state"]);
    cluster.assert_untouched();

    cluster.kubernetes.edit("nodes", "", &idle, |node| {
        node["metadata"]["annotations"]["ec2-autoscale/cordoned-at"] = cordoned_at;
    });
    let applied = cluster.apply_saved(&[]).exits(0);
    assert_eq!((drift(&applied), applied.steps()), (vec![], vec!["terminate: done".to_owned()]));
    assert_eq!(cluster.desired(WEST, "workers"), 1);
}

#[test]
fn another_node_of_the_same_name_was_not_reviewed() {
    let (cluster, idle) = one_idle_of_two();
    cluster.review(&[]);
    cluster.kubernetes.edit("nodes", "", &idle, |node| node["metadata"]["uid"] = json!("another"));
    assert_eq!(drift(&cluster.apply_saved(&[]).exits(0)), ["cordon: node-replaced", "cordon: not-reviewed"]);
    cluster.kubernetes.remove("nodes", "", &idle);
    let codes = drift(&cluster.apply_saved(&[]).exits(0));
    assert!(codes.contains(&"cordon: node-gone".to_owned()), "{codes:?}");
    assert_eq!(cluster.aws_changes(), [""; 0]);
    assert!(cluster.kubernetes_changes().iter().all(|change| change.ends_with("the Lease")), "only the instance is noted");
}

#[test]
fn a_pod_that_nobody_reviewed_ends_the_drain_of_its_node() {
    let world = Underused::new();
    let cluster = &world.cluster;
    let reviewed = cluster.review(&DRAIN);
    assert_eq!(reviewed["summary"]["nodes_drained"], 3);
    // There is room for three of them elsewhere.
    cluster.kubernetes.remove("pods", "default", "web-2");
    cluster.kubernetes.add(web("web-4").node(&world.emptied[0]));
    cluster.pass(Duration::from_hours(2));
    let applied = cluster.apply_saved(&[]).exits(0);
    let codes = drift(&applied);
    assert!(codes.contains(&"evict: other-pods".to_owned()), "{codes:?}");
    assert!(codes.contains(&"start-drain: half-a-drain".to_owned()), "{codes:?}");
    assert_eq!(applied.steps(), ["start-drain: done", "evict: done"]);
    let cordoned: Vec<bool> = world.emptied.iter().map(|node| cluster.is_cordoned(node)).collect();
    assert_eq!(cordoned, [false, false, true]);
    assert_eq!(applied.json()["plan"]["summary"]["nodes_drained"], 1);
}

#[test]
fn a_group_that_vanished_is_told_and_the_others_go_on() {
    let cluster = TestCluster::start();
    let label = "k8s.io/cluster-autoscaler/node-template/label/pool";
    for pool in ["red", "blue"] {
        cluster.group(pool).launch_template("m5.large").tag(label, pool).create();
        cluster.kubernetes.add(job(&format!("job-{pool}"), 900).node_selector("pool", pool));
    }
    assert_eq!(cluster.review(&[])["summary"]["nodes_added"], 2);
    cluster.aws.set_status(WEST, "red", "Delete in progress");
    let codes = drift(&cluster.apply_saved(&["--dry-run"]).exits(0));
    assert_eq!(codes, ["set-desired: not-wanted"]);
    cluster.edit_plan(|plan| {
        let red = plan["actions"].as_array_mut().expect("a list").iter_mut().find(|action| action["group"]["name"] == "red");
        red.expect("it is there")["group"]["name"] = json!("gone");
    });
    let applied = cluster.apply_saved(&[]).exits(0);
    assert_eq!(drift(&applied), ["set-desired: group-gone"]);
    assert_eq!(cluster.aws_changes(), ["us-west-2 SetDesiredCapacity blue 1"]);
}

#[test]
fn only_group_narrows_a_saved_plan() {
    let cluster = TestCluster::start();
    let label = "k8s.io/cluster-autoscaler/node-template/label/pool";
    for pool in ["red", "blue"] {
        cluster.group(pool).launch_template("m5.large").tag(label, pool).create();
        cluster.kubernetes.add(job(&format!("job-{pool}"), 900).node_selector("pool", pool));
    }
    cluster.review(&[]);
    let applied = cluster.apply_saved(&["--only-group", "blue"]).exits(0);
    assert_eq!(drift(&applied), ["set-desired: not-selected"]);
    assert_eq!(cluster.aws_changes(), ["us-west-2 SetDesiredCapacity blue 1"]);
    cluster.review(&["--only-group", "blue"]);
    cluster.apply_saved(&["--only-group", "red"]).fails(64, &["--only-group red is not among the plan's own blue"]);
}

/// It looks where it was made for, whatever the machine's own settings are.
#[test]
fn a_plan_knows_its_regions_groups_and_lease() {
    let cluster = TestCluster::start();
    cluster.aws.group("mine").launch_template("m5.large").tag("team", "ml").create();
    cluster.aws.group("named").region(EAST).zones(["us-east-1a"]).launch_template("m5.large").create();
    cluster.kubernetes.add(job("west", 900).node_selector("topology.kubernetes.io/region", WEST));
    cluster.kubernetes.add(job("east", 900).node_selector("topology.kubernetes.io/region", EAST));
    let flags = ["--group-tag", "team=ml", "--group", "named:0:3", "--lease-namespace", "default"];
    let reviewed = cluster.review(&[&BOTH[..], &flags].concat());
    assert_eq!(reviewed["looked_at"]["groups"], json!([{ "name": "named", "min": 0, "max": 3 }]));
    let applied = cluster.apply_saved(&[]).exits(0);
    assert_eq!(drift(&applied), NO_DRIFT);
    assert_eq!((cluster.desired(WEST, "mine"), cluster.desired(EAST, "named")), (1, 1));
    assert!(cluster.kubernetes.find("leases", "default", "ec2-autoscale").is_some());
    // To repeat what it says is no contradiction.
    cluster.apply_saved(&[&BOTH[..], &flags, &["--cluster-name", "test"]].concat()).exits(0);
    cluster.apply_saved(&["--group", "named"]).fails(64, &["--group is named, but the plan was made with named:0:3"]);
    cluster.apply_saved(&["--regions", WEST]).fails(64, &["--regions is us-west-2, but", "us-west-2,us-east-1"]);
}

#[test]
fn a_saved_plan_has_its_own_policy() {
    let cluster = three_to_seven();
    cluster.review(&["--max-scale-up", "2"]);
    cluster
        .apply_saved(&["--max-scale-up", "9"])
        .fails(64, &["--max-scale-up is 9, but the plan was made with 2", "leave --max-scale-up out"]);
    run(cluster.saved_command(&[]).env("EC2_AUTOSCALE_MAX_SCALE_UP", "9"))
        .fails(64, &["--max-scale-up is 9 (by EC2_AUTOSCALE_MAX_SCALE_UP)", "unset EC2_AUTOSCALE_MAX_SCALE_UP"]);
    cluster.assert_untouched();
    let applied = cluster.apply_saved(&["--max-scale-up", "2", "--timeout", "4m"]).exits(0);
    assert_eq!(applied.json()["plan"]["policy"]["max_scale_up"], 2);
    assert_eq!(cluster.aws_changes(), ["us-west-2 SetDesiredCapacity workers 5"]);
}

#[test]
fn a_dry_run_shows_the_drift_and_changes_nothing() {
    let cluster = three_to_seven();
    cluster.review(&[]);
    one_more_is_there_and_full(&cluster);
    let shown = cluster.apply_saved(&["--dry-run", "--detailed-exitcode"]).exits(2);
    assert_eq!(drift(&shown), ["set-desired: moved"]);
    assert_eq!(shown.json()["plan"]["actions"][0]["to"], 8);
    let table = run(&mut cluster.bare_command(&["apply", "--dry-run", FILE])).exits(0);
    assert!(table.stdout.contains("desired is 4 now, so 4 → 8: as many new nodes as reviewed"), "{}", table.stdout);
    cluster.assert_untouched();
}

/// A plan for another cluster, though its flags would find the same names here.
#[test]
fn another_cluster_or_account_is_refused_with_both_names() {
    let (one, other) = (three_to_seven(), three_to_seven());
    let plan = one.review(&[]);
    fs::copy(one.folder.path().join(FILE), other.folder.path().join(FILE)).expect("a copy");
    let uid = |cluster: &TestCluster| cluster.kubernetes.get("namespaces", "", "kube-system")["metadata"]["uid"].clone();
    let (planned, here) = (uid(&one), uid(&other));
    other.kubernetes.edit("namespaces", "", "kube-system", |namespace| namespace["metadata"]["uid"] = planned.clone());
    let words = [one.aws.id().to_owned(), other.aws.id().to_owned()];
    other.apply_saved(&[]).fails(1, &["p.json is for another cluster", &words[0], &words[1], "hint: check --kubeconfig"]);
    other.kubernetes.edit("namespaces", "", "kube-system", |namespace| namespace["metadata"]["uid"] = json!("elsewhere"));
    other.edit_plan(|plan| plan["cluster"]["account"] = json!(words[1]));
    other.apply_saved(&[]).fails(1, &["p.json is for another cluster", planned.as_str().expect("text"), "elsewhere"]);
    other.assert_untouched();
    assert_eq!(plan["cluster"]["uid"], planned);
    assert!(here.is_string());
}

#[test]
fn what_is_no_plan_for_today_is_refused_in_one_line() {
    let cluster = three_to_seven();
    let refused = |change: &dyn Fn(&mut Value), words: &[&str]| {
        cluster.review(&[]);
        cluster.edit_plan(change);
        let run = cluster.apply_saved(&[]).fails(1, words);
        assert_eq!(run.stderr.lines().filter(|line| !line.starts_with("hint: ")).count(), 1, "{}", run.stderr);
    };
    let moved = |minutes: i64| json!((Timestamp::now() + SignedDuration::from_mins(minutes)).to_string());
    refused(&|plan| plan["made_at"] = moved(-61), &["p.json was made at ", "1h 1m ago", "--max-plan-age 1h", "plan --out"]);
    refused(&|plan| plan["made_at"] = moved(3), &["p.json is from the future"]);
    refused(&|plan| plan["schema"] = json!("ec2-autoscale/plan/v3"), &["p.json: its format is \"ec2-autoscale/plan/v3\""]);
    refused(
        &|plan| plan["actions"][0]["twice"] = json!(true),
        &["p.json: this version does not know its field actions[0].twice"],
    );
    refused(&|plan| plan["policy"]["mood"] = json!(1), &["p.json: not a plan: unknown field `mood`"]);
    refused(&|plan| drop(plan.as_object_mut().expect("fields").remove("actions")), &["not a plan: missing field `actions`"]);
    refused(&|plan| *plan = json!([]), &["p.json: not a plan"]);
    cluster.assert_untouched();

    cluster.review(&[]);
    cluster.edit_plan(|plan| plan["made_at"] = moved(-61));
    cluster.apply_saved(&["--max-plan-age", "2h", "--dry-run"]).exits(0);
    run(cluster.saved_command(&["--dry-run"]).env("EC2_AUTOSCALE_MAX_PLAN_AGE", "2h")).exits(0);
    run(&mut cluster.bare_command(&["apply", "missing.json"])).fails(1, &["plan missing.json can't be read", "No such file"]);
    run(&mut cluster.bare_command(&["plan", "--demo", "--out", FILE])).exits(0);
    cluster.apply_saved(&[]).fails(1, &["p.json is a plan of --demo"]);
    cluster.apply_saved(&["--demo"]).fails(64, &["a replay cannot be applied"]);
    let shown = cluster.apply_saved(&["--demo", "--dry-run"]).exits(0);
    assert_eq!(drift(&shown), NO_DRIFT);
    cluster.assert_untouched();
}

#[test]
fn a_plan_comes_compressed_and_through_a_pipe() {
    let cluster = three_to_seven();
    cluster.review(&[]);
    cluster.plan(&["--out", "p.json.gz"]).exits(0);
    let packed = fs::read(cluster.folder.path().join("p.json.gz")).expect("the file");
    assert!(packed.starts_with(&[0x1f, 0x8b]), "gzip's magic bytes");
    run(&mut cluster.bare_command(&["apply", "p.json.gz", "--dry-run"])).exits(0);
    fs::write(cluster.folder.path().join("cut.gz"), &packed[..packed.len() / 2]).expect("the file");
    run(&mut cluster.bare_command(&["apply", "cut.gz"])).fails(1, &["plan cut.gz can't be decompressed"]);
    let mut command = cluster.bare_command(&["apply", "-", "-o", "json"]);
    let mut child = command.stdin(Stdio::piped()).spawn().expect("the binary starts");
    child.stdin.take().expect("a pipe").write_all(&packed).expect("it reads");
    let applied = Run::of(child.wait_with_output().expect("it ends")).exits(0);
    assert_eq!(drift(&applied), NO_DRIFT);
    assert_eq!(cluster.aws_changes(), ["us-west-2 SetDesiredCapacity workers 7"]);
}

/// What changes after the second look is found by the third, right before the step.
#[test]
fn a_step_of_a_saved_plan_looks_again_like_any_other() {
    let cluster = three_to_seven();
    cluster.review(&[]);
    let somebody = cluster.aws.handle();
    cluster.kubernetes.before(CallPattern::on("create", "leases"), move |_| somebody.set_desired(WEST, "workers", 5));
    let applied = cluster.apply_saved(&[]).exits(0);
    assert_eq!(applied.steps(), ["set-desired: skipped"]);
    assert_eq!(cluster.aws_changes(), [""; 0]);
}
