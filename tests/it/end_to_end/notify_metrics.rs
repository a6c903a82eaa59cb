//! Metrics: in a file for the node exporter, and at a Pushgateway; and the log in JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::cluster::{TestCluster, run};
use super::world::job;
use crate::notify::exposition::Metrics;
use crate::notify::receiver::{Receiver, Reply};
use crate::support::kubernetes::Fault;
use crate::support::kubernetes::objects::node;

const LAST_RUN: &str = "ec2_autoscale_last_run_timestamp_seconds";
const LAST_SUCCESS: &str = "ec2_autoscale_last_success_timestamp_seconds";
const EXIT_CODE: &str = "ec2_autoscale_last_run_exit_code";

/// Makes a pod to buy for, one that nothing helps, and a node that no group owns.
fn a_bit_of_everything() -> TestCluster {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").max(10).create();
    cluster.kubernetes.seed([job("job", 900), job("huge", 64_000)]);
    cluster.kubernetes.add(node("stranger").ready(false).cordoned());
    cluster
}

fn file(cluster: &TestCluster) -> Metrics {
    Metrics::read(&fs::read_to_string(cluster.folder.path().join("metrics/ec2.prom")).expect("the file"))
}

fn with_a_folder(cluster: &TestCluster) -> [&'static str; 2] {
    fs::create_dir_all(cluster.folder.path().join("metrics")).expect("a folder");
    ["--metrics-file", "metrics/ec2.prom"]
}

#[track_caller]
fn assert_is(metrics: &Metrics, name: &str, labels: &[(&str, &str)], expected: f64) {
    let value = metrics.value(name, labels);
    assert!((value - expected).abs() < f64::EPSILON, "{name} {labels:?} is {value}, not {expected}");
}

/// Returns the names in the table of the manual, which are those that a run exports.
pub(crate) fn documented() -> BTreeSet<String> {
    let rows =
        include_str!("../../../src/manual/watching.md").lines().filter_map(|line| line.strip_prefix("| `ec2_autoscale_"));
    rows.map(|row| format!("ec2_autoscale_{}", row.split(['`', '{']).next().expect("a name"))).collect()
}

#[test]
fn the_file_holds_what_the_readme_names() {
    let cluster = a_bit_of_everything();
    cluster.apply(&with_a_folder(&cluster)).exits(0);
    let metrics = file(&cluster);
    assert_eq!(metrics.names(), documented());
    assert_is(&metrics, EXIT_CODE, &[("cluster", "test")], 0.0);
    assert_is(&metrics, LAST_SUCCESS, &[], metrics.value(LAST_RUN, &[]));
    assert!(metrics.value("ec2_autoscale_last_run_duration_seconds", &[]) > 0.0);
    assert_is(&metrics, "ec2_autoscale_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    for verdict in ["fits-new", "cannot-help"] {
        assert_is(&metrics, "ec2_autoscale_pods", &[("verdict", verdict)], 1.0);
    }
    assert_is(&metrics, "ec2_autoscale_nodes", &[("state", "unmanaged")], 1.0);
    assert_is(&metrics, "ec2_autoscale_steps", &[("outcome", "done")], 1.0);
    assert_is(&metrics, "ec2_autoscale_steps", &[("outcome", "failed")], 0.0);
    assert_is(&metrics, "ec2_autoscale_findings", &[("code", "unmanaged-nodes")], 1.0);
    let group = [("region", "us-west-2"), ("group", "workers"), ("cluster", "test")];
    for (name, value) in [
        ("max_capacity", 10.0),
        ("desired_capacity", 0.0),
        ("added_nodes", 1.0),
        ("launched_nodes", 1.0),
        ("live_instances", 0.0),
    ] {
        assert_is(&metrics, &format!("ec2_autoscale_group_{name}"), &group, value);
    }
    assert_is(&metrics, "ec2_autoscale_group_backoff_until_timestamp_seconds", &group, 0.0);
}

#[cfg(unix)]
#[test]
fn the_node_exporter_may_read_the_file_and_finds_nothing_beside_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let cluster = a_bit_of_everything();
    let flags = with_a_folder(&cluster);
    for _ in 0..2 {
        cluster.apply(&flags).exits(0);
    }
    let folder = cluster.folder.path().join("metrics");
    let names: Vec<_> = fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(names, ["ec2.prom"]);
    assert_eq!(fs::metadata(folder.join("ec2.prom")).expect("a file").permissions().mode() & 0o777, 0o644);
}

#[test]
fn a_run_that_fails_leaves_the_time_of_the_last_success_in_the_file() {
    let cluster = a_bit_of_everything();
    let flags = with_a_folder(&cluster);
    cluster.kubernetes.fault(Fault::on("list", "pods").status(403));
    cluster.apply(&flags).exits(1);
    let first = file(&cluster);
    assert!(!first.has(LAST_SUCCESS) && !first.has("ec2_autoscale_pods"), "there was none");
    assert_is(&first, EXIT_CODE, &[], 1.0);

    cluster.kubernetes.clear_faults();
    cluster.apply(&flags).exits(0);
    let success = file(&cluster).value(LAST_SUCCESS, &[]);
    cluster.kubernetes.fault(Fault::on("list", "poddisruptionbudgets").status(403));
    cluster.apply(&flags).exits(3);
    cluster.kubernetes.fault(Fault::on("list", "pods").status(403));
    cluster.apply(&flags).exits(1);
    let last = file(&cluster);
    assert_is(&last, LAST_SUCCESS, &[], success);
    assert!(last.value(LAST_RUN, &[]) > success);
}

/// Keeps groups as a Pushgateway does: PUT replaces one whole, by its path; what is no text format
/// is refused.
#[derive(Clone, Default)]
struct Groups(Arc<Mutex<BTreeMap<String, Metrics>>>);

impl Groups {
    fn gateway(&self) -> Receiver {
        let groups = self.clone();
        Receiver::start(move |_, push| {
            assert_eq!(push.method, "PUT");
            assert!(push.header("content-type").starts_with("text/plain; version=0.0.4"), "{}", push.header("content-type"));
            groups.0.lock().expect("nobody failed").insert(push.path.clone(), Metrics::read(&push.body));
            Reply::Say(200, String::new())
        })
    }

    fn paths(&self) -> Vec<String> {
        self.0.lock().expect("nobody failed").keys().cloned().collect()
    }

    fn value(&self, path: &str, name: &str) -> f64 {
        self.0.lock().expect("nobody failed")[path].value(name, &[])
    }
}

#[test]
fn the_pushgateway_keeps_the_last_run_and_apart_from_it_the_last_success() {
    const RUN: &str = "/metrics/job/ec2_autoscale/cluster/test";
    const SUCCESS: &str = "/metrics/job/ec2_autoscale/cluster/test/kept/success";
    let (cluster, groups) = (a_bit_of_everything(), Groups::default());
    let gateway = groups.gateway();
    let flags = ["--pushgateway", &gateway.url()];
    cluster.apply(&flags).exits(0);
    assert_eq!(groups.paths(), [RUN, SUCCESS]);
    let success = groups.value(SUCCESS, LAST_SUCCESS);
    assert!((groups.value(RUN, LAST_RUN) - success).abs() < f64::EPSILON);

    cluster.kubernetes.fault(Fault::on("list", "pods").status(403));
    cluster.apply(&flags).exits(1);
    assert!((groups.value(SUCCESS, LAST_SUCCESS) - success).abs() < f64::EPSILON);
    assert!((groups.value(RUN, EXIT_CODE) - 1.0).abs() < f64::EPSILON);
    assert!(groups.value(RUN, LAST_RUN) > success);
    assert!(!groups.0.lock().expect("nobody failed")[RUN].has("ec2_autoscale_pods"), "what is not known any more is gone");
}

#[test]
fn an_odd_cluster_name_is_a_group_too() {
    let (cluster, groups) = (TestCluster::start(), Groups::default());
    let gateway = groups.gateway();
    cluster.aws.group("workers").tag("KubernetesCluster", "a/b").tag("KubernetesRole", "worker").create();
    run(&mut cluster.bare_command(&["apply", "--cluster-name", "a/b", "--pushgateway", &gateway.url()])).exits(0);
    assert_eq!(groups.paths()[0], "/metrics/job/ec2_autoscale/cluster@base64/YS9i");
}

#[test]
fn what_takes_no_metrics_is_a_note_without_passwords() {
    let cluster = a_bit_of_everything();
    // This is long enough for a busy machine to receive a refusal.
    for (reply, limit, words) in [
        (
            Reply::Say(400, "pushed metrics are invalid".into()),
            "20s",
            "it answered 400 Bad Request: pushed metrics are invalid",
        ),
        (Reply::Hang, "4s", "not done within 4s (--notify-timeout)"),
    ] {
        let gateway = Receiver::saying(reply);
        let url = gateway.url().replace("http://", "http://user:hunter2@");
        let begun = Instant::now();
        let flags = ["--pushgateway", &url, "--metrics-file", "missing/ec2.prom", "--notify-timeout", limit];
        let run = run(&mut cluster.command("apply", &flags)).exits(0);
        assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
        let notes: Vec<&str> = run.stderr.lines().collect();
        assert_eq!(notes.len(), 2, "{}", run.stderr);
        assert!(notes[0].starts_with("note: writing the metrics file failed: No such file"), "{}", notes[0]);
        assert_eq!(notes[1], format!("note: sending to the Pushgateway failed: {words}"));
    }
}

#[test]
fn a_plan_tells_nobody() {
    let (cluster, receiver) = (a_bit_of_everything(), Receiver::saying(Reply::Say(200, "ok".into())));
    let url = receiver.url();
    let flags = ["--pushgateway", &url, "--metrics-file", "ec2.prom", "--slack-hook", &url];
    let variables = ["PUSHGATEWAY", "METRICS_FILE", "SLACK_HOOK"].map(|name| format!("EC2_AUTOSCALE_{name}"));
    let of_a_cron_job = variables.into_iter().zip(flags.into_iter().skip(1).step_by(2));
    run(cluster.command("plan", &[]).envs(of_a_cron_job)).exits(0);
    run(cluster.command("apply", &["--dry-run"]).args(flags)).exits(0);
    assert_eq!(receiver.received().len(), 0);
    assert!(!cluster.folder.path().join("ec2.prom").exists());
    assert_eq!(cluster.notices(), [""; 0]);
    cluster.assert_untouched();
}

/// Returns level and fields of every line of the log, each of which is an object in the form of
/// `tracing`.
fn lines(stderr: &str) -> Vec<(String, Value)> {
    let line = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(line["timestamp"].as_str().is_some_and(|at| at.parse::<jiff::Timestamp>().is_ok()), "{line}");
        assert!(line["fields"]["message"].is_string() && line["target"].is_string(), "{line}");
        (line["level"].as_str().expect("a level").to_owned(), line["fields"].clone())
    };
    stderr.lines().map(line).collect()
}

#[test]
fn the_log_can_be_json_and_the_report_stays_what_it_is() {
    let cluster = a_bit_of_everything();
    let run =
        run(cluster.command("apply", &["-v", "--log-format", "json"]).args(["--metrics-file", "missing/x.prom"])).exits(0);
    let said = lines(&run.stderr);
    let has = |words: &str| said.iter().any(|(_, fields)| fields["message"].as_str().is_some_and(|said| said.contains(words)));
    assert!(has("pods: 2 in ") && has("writing the metrics file failed: ") && has("peak memory"), "{}", run.stderr);
    assert!(run.stdout.ends_with("1 step done\n"), "{}", run.stdout);
}

#[test]
fn an_error_in_json_holds_its_exit_code_and_the_way_out() {
    let cluster = TestCluster::start();
    let mut command = cluster.command("apply", &[]);
    let run = run(command.env("EC2_AUTOSCALE_LOG_FORMAT", "json")).exits(1);
    let said = lines(&run.stderr);
    let [(level, fields)] = &said[..] else { panic!("{}", run.stderr) };
    assert_eq!((level.as_str(), &fields["exit_code"]), ("ERROR", &Value::from(1)));
    assert!(fields["message"].as_str().is_some_and(|words| words.starts_with("no group is managed")), "{fields}");
    assert!(fields["hint"].as_str().is_some_and(|hint| hint.contains("KubernetesRole=worker")), "{fields}");
    assert!(fields["details"].is_array(), "{fields}");
}
