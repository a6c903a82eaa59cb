//! Exit codes, files, signals, the log, and the examples of the help.

use std::sync::mpsc;
use std::time::Duration;

use clap::CommandFactory;
use ec2_autoscale::cli::Cli;

use super::cluster::{Running, TestCluster, WEST, run};
use super::world::job;
use crate::support::kubernetes::{CallPattern, Fault};

fn with_a_pending_pod() -> TestCluster {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").create();
    cluster.kubernetes.add(job("job", 900));
    cluster
}

#[test]
fn changes_are_exit_code_2_when_asked_for() {
    let cluster = with_a_pending_pod();
    cluster.plan(&[]).exits(0);
    cluster.plan(&["--detailed-exitcode"]).exits(2);
    cluster.plan(&["--detailed-exitcode", "--no-scale-up"]).exits(0);
    cluster.apply(&[]).exits(0);
    cluster.plan(&["--detailed-exitcode"]).exits(0);
}

#[test]
fn plan_with_apply_is_apply() {
    let cluster = with_a_pending_pod();
    run(cluster.command("plan", &["--apply"]).arg("--yes")).exits(0);
    assert_eq!(cluster.aws_changes(), ["us-west-2 SetDesiredCapacity workers 1"]);
    assert_eq!(cluster.desired(WEST, "workers"), 1);
}

#[test]
fn the_plan_in_a_file_is_the_plan_that_is_printed() {
    let cluster = with_a_pending_pod();
    let file = |name: &str| std::fs::read_to_string(cluster.folder.path().join(name)).expect("the file");
    let printed = cluster.plan(&["--out", "plan.json"]).exits(0);
    assert_eq!(file("plan.json"), printed.stdout);
    let applied = cluster.apply(&["--out", "applied.json"]).exits(0).json();
    let saved: serde_json::Value = serde_json::from_str(&file("applied.json")).expect("JSON");
    assert_eq!(saved, applied["plan"]);
    // A table goes to standard output beside it.
    let table = run(cluster.command("plan", &["--out", "plan.json"]).arg("--no-color")).exits(0);
    assert!(table.stdout.contains("workers") && !table.stdout.starts_with('{'), "{}", table.stdout);
}

#[test]
fn settings_come_from_the_environment_too() {
    let cluster = with_a_pending_pod();
    let mut command = cluster.bare_command(&["apply"]);
    command
        .env("EC2_AUTOSCALE_CLUSTER_NAME", "test")
        .env("EC2_AUTOSCALE_REGIONS", "us-west-2")
        .env("EC2_AUTOSCALE_NO_SCALE_UP", "1");
    run(&mut command).exits(0);
    cluster.assert_untouched();
    run(command.env_remove("EC2_AUTOSCALE_NO_SCALE_UP")).exits(0);
    assert_eq!(cluster.desired(WEST, "workers"), 1);
}

#[test]
fn a_signal_stops_between_two_steps_and_the_lease_is_given_back() {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").max(5).desired(3).create();
    let nodes = cluster.register_nodes(WEST, "workers");
    cluster.pass(Duration::from_hours(1));
    let (hand_over, handle) = mpsc::channel::<super::cluster::Handle>();
    let handle = std::sync::Mutex::new(handle);
    cluster.kubernetes.before(CallPattern::on("patch", "nodes"), move |_| {
        handle.lock().expect("nobody failed").recv().expect("the test hands it over").terminate();
    });
    let running = Running::start(&mut cluster.command("apply", &[]));
    hand_over.send(running.handle()).expect("the moment waits");
    let run = running.end().exits(3);
    assert_eq!(run.stderr, "stopping; a second signal stops at once\n");
    assert!(run.stdout.ends_with("1 step done, 2 not reached\n"), "{}", run.stdout);
    let said = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(said.matches("idle: the run was interrupted").count(), 2, "{}", run.stdout);
    let marked: Vec<_> = nodes.iter().filter(|node| !cluster.taints(node).is_empty()).collect();
    assert_eq!(marked.len(), 1);
    assert_eq!(cluster.kubernetes_changes(), ["create the Lease", &format!("mark {}", marked[0]), "release the Lease"]);
    assert_eq!(cluster.aws_changes(), [""; 0]);

    // The next run goes on at once.
    assert_eq!(cluster.apply(&[]).exits(0).steps(), ["mark-idle: done", "mark-idle: done"]);
}

#[test]
fn a_signal_before_the_first_step_leaves_everything_as_it_was() {
    let cluster = with_a_pending_pod();
    let (hand_over, handle) = mpsc::channel::<super::cluster::Handle>();
    let handle = std::sync::Mutex::new(handle);
    cluster.kubernetes.before(CallPattern::on("list", "pods"), move |_| {
        handle.lock().expect("nobody failed").recv().expect("the test hands it over").terminate();
    });
    let running = Running::start(&mut cluster.command("apply", &[]));
    hand_over.send(running.handle()).expect("the moment waits");
    let run = running.end().exits(1);
    assert!(run.stderr.contains("error: interrupted while reading pods; nothing was changed"), "{}", run.stderr);
    cluster.assert_untouched();
}

#[test]
fn a_run_that_takes_too_long_says_what_it_was_doing() {
    let cluster = with_a_pending_pod();
    cluster.kubernetes.fault(Fault::on("list", "pods").delay(Duration::from_mins(1)));
    // Long enough for a busy machine to come as far as the pods; both at the same time.
    let runs = ["plan", "apply"].map(|command| Running::start(&mut cluster.command(command, &["--timeout", "6s"])));
    for running in runs {
        running.end().fails(1, &["timed out after 6s while reading pods", "hint: raise --timeout"]);
    }
    cluster.assert_untouched();
}

#[test]
fn the_log_tells_the_time_of_each_stage_and_the_peak_of_memory() {
    let cluster = with_a_pending_pod();
    for command in ["plan", "apply", "snapshot"] {
        let quiet = run(&mut cluster.command(command, &[])).exits(0);
        assert_eq!(quiet.stderr, "", "{command}");
        let run = run(&mut cluster.command(command, &["-v"])).exits(0);
        for stage in ["groups: 1 in ", "nodes: 0 in ", "pods: 1 in ", "objects: "] {
            assert!(run.stderr.contains(stage), "{command}: no {stage:?} in {}", run.stderr);
        }
        assert_eq!(run.stderr.contains("planning: "), command != "snapshot", "{}", run.stderr);
        let peak = run.stderr.lines().find_map(|line| line.split_once("peak memory: ")).expect("the peak").1;
        let mebibytes: u64 = peak.strip_suffix(" MiB").and_then(|number| number.parse().ok()).expect("a number of MiB");
        assert!((1..2000).contains(&mebibytes), "{peak}");
        assert!(!run.stdout.contains("peak memory"), "the log belongs on standard error");
    }
}

/// The file that the examples have on disk.
const JOB: &str = "
apiVersion: batch/v1
kind: Job
metadata: {name: train}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, resources: {requests: {cpu: 1}}}]
";
const TRACE: &str = r#"
{"class":"small","spec":{"containers":[{"name":"main","resources":{"requests":{"cpu":"1"}}}]}}
{"at":"5m","name":"train","class":"small","count":3,"duration":"20m"}
"#;

/// Commands that print texts for a cluster, and read none.
const PRINTS: [&str; 2] = ["manifests", "iam-policy"];

#[test]
fn the_examples_for_a_live_cluster_run() {
    let cluster = TestCluster::start();
    cluster.aws.group("workers").tag("KubernetesCluster", "prod").tag("KubernetesRole", "worker").create();
    cluster.kubernetes.add(job("job", 900));
    for (name, text) in [("job.yaml", JOB), ("t.jsonl", TRACE)] {
        std::fs::write(cluster.folder.path().join(name), text).expect("written");
    }
    let mut ran = Vec::new();
    for command in Cli::command().get_subcommands() {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        // The tests of another cloud run it with its own settings.
        let is_of_aws = |line: &&str| line.contains("--cluster-name") && !line.contains("--cloud");
        for example in help.lines().map(str::trim).filter(|line| line.starts_with("ec2-autoscale ")).filter(is_of_aws) {
            let words: Vec<_> = example.split(' ').skip(1).collect();
            let run = run(&mut cluster.bare_command(&words)).exits(0);
            assert!(!run.stdout.is_empty() || example.contains("--out"), "{example} says nothing");
            ran.push(command.get_name().to_owned());
        }
    }
    let without_set_up: Vec<&str> = ran.iter().map(String::as_str).filter(|name| !PRINTS.contains(name)).collect();
    let expected = ["plan", "plan", "apply", "apply", "snapshot", "simulate", "explain", "fix", "fix", "doctor", "suggest"];
    assert_eq!(without_set_up, expected);
    assert_eq!(cluster.aws_changes(), ["us-west-2 SetDesiredCapacity workers 1"]);
    assert!(cluster.folder.path().join("s.json").exists());
}
