//! Events: what `kubectl describe` shows of a pod or node after runs, and that many runs make no
//! flood.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::cluster::{TestCluster, WEST, run};
use super::world::job;
use crate::support::aws::Fault as AwsFault;
use crate::support::kubernetes::objects::{Object as _, namespace, pod};
use crate::support::kubernetes::{CallPattern, Fault, Rule};

/// Returns the rules of `tests/it/end_to_end/trouble.rs` without those for notifications.
fn silent_user() -> Vec<Rule> {
    let resources = [
        ("", "nodes"),
        ("", "pods"),
        ("", "namespaces"),
        ("", "persistentvolumeclaims"),
        ("", "persistentvolumes"),
        ("apps", "daemonsets"),
        ("policy", "poddisruptionbudgets"),
        ("storage.k8s.io", "storageclasses"),
        ("storage.k8s.io", "csinodes"),
        ("storage.k8s.io", "csidrivers"),
        ("storage.k8s.io", "csistoragecapacities"),
        ("resource.k8s.io", "resourceclaims"),
        ("resource.k8s.io", "resourceclaimtemplates"),
        ("resource.k8s.io", "deviceclasses"),
        ("resource.k8s.io", "resourceslices"),
        ("node.k8s.io", "runtimeclasses"),
        ("coordination.k8s.io", "leases"),
    ];
    resources.iter().map(|(group, resource)| Rule::allow(&["*"], group, resource)).collect()
}

/// Returns what `kubectl describe` lists of an object, without the ages: type, reason, author, and
/// message.
fn described(cluster: &TestCluster, resource: &str, namespace: &str, name: &str) -> Vec<String> {
    let object = cluster.kubernetes.get(resource, namespace, name);
    let events = cluster.kubernetes.all("events");
    let of_it = events.iter().filter(|event| event["involvedObject"]["uid"] == object["metadata"]["uid"]);
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let line = |event: &Value| {
        let [kind, reason, message] = ["type", "reason", "message"].map(|field| text(&event[field]));
        format!("{kind} {reason} {}: {message}", text(&event["source"]["component"]))
    };
    of_it.map(line).collect()
}

fn pod_events(cluster: &TestCluster, name: &str) -> Vec<String> {
    described(cluster, "pods", "default", name)
}

fn event_writes(cluster: &TestCluster) -> usize {
    cluster.kubernetes.mutations().iter().filter(|call| call.resource == "events").count()
}

/// Makes every Event that much older.
fn age_events(cluster: &TestCluster, by: SignedDuration) {
    for event in cluster.kubernetes.all("events") {
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let (namespace, name) = (text(&event["metadata"]["namespace"]), text(&event["metadata"]["name"]));
        cluster.kubernetes.edit("events", &namespace, &name, |event| {
            let at: Timestamp = text(&event["lastTimestamp"]).parse().expect("a time");
            event["lastTimestamp"] = (at - by).strftime("%FT%TZ").to_string().into();
        });
    }
}

fn two_groups() -> TestCluster {
    let cluster = TestCluster::start();
    cluster.group("small").launch_template("m5.large").max(10).create();
    cluster.group("large").launch_template("m5.xlarge").max(10).create();
    cluster
}

#[test]
fn a_pod_that_nothing_can_help_says_why_with_the_names_of_the_groups() {
    let cluster = two_groups();
    cluster.kubernetes.add(job("huge", 64_000));
    cluster.plan(&[]).exits(0);
    assert_eq!(pod_events(&cluster, "huge"), [""; 0], "a plan tells nobody");
    cluster.apply(&[]).exits(0);
    assert_eq!(
        pod_events(&cluster, "huge"),
        ["Normal NotTriggerScaleUp ec2-autoscale: pod didn't trigger scale-up: \
          large (us-west-2): Insufficient cpu (64 asked, 3920m on a new node); \
          small (us-west-2): Insufficient cpu (64 asked, 1930m on a new node)"]
    );
    let event = &cluster.kubernetes.all("events")[0];
    assert_eq!(event["metadata"]["namespace"], "default");
    assert!(event["metadata"]["name"].as_str().is_some_and(|name| name.starts_with("huge.")), "{event}");
}

#[test]
fn ten_runs_leave_one_event_a_pod() {
    let cluster = two_groups();
    cluster.kubernetes.seed((1..=3).map(|number| job(&format!("huge-{number}"), 64_000)));
    for _ in 0..10 {
        cluster.apply(&[]).exits(0);
    }
    assert_eq!(event_writes(&cluster), 3);
    assert_eq!(cluster.kubernetes.all("events").iter().map(|event| &event["count"]).collect::<Vec<_>>(), [1, 1, 1]);

    // Before the API server forgets them they are renewed, and are still the same.
    age_events(&cluster, SignedDuration::from_mins(31));
    for _ in 0..3 {
        cluster.apply(&[]).exits(0);
    }
    assert_eq!(event_writes(&cluster), 6);
    assert_eq!(cluster.kubernetes.all("events").iter().map(|event| &event["count"]).collect::<Vec<_>>(), [2, 2, 2]);
    // Another reason is worth an Event at once.
    cluster.group("medium").launch_template("m5.large").max(10).create();
    cluster.apply(&[]).exits(0);
    assert_eq!(event_writes(&cluster), 9);
    assert!(pod_events(&cluster, "huge-1")[0].contains("medium (us-west-2)"), "{:?}", pod_events(&cluster, "huge-1"));

    cluster.apply(&["--no-events"]).exits(0);
    assert_eq!(event_writes(&cluster), 9);
}

#[test]
fn a_purchase_is_told_on_the_pods_it_is_for() {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").max(10).create();
    cluster.kubernetes.seed((1..=3).map(|number| job(&format!("job-{number}"), 900)));
    cluster.apply(&[]).exits(0);
    for number in 1..=3 {
        assert_eq!(
            pod_events(&cluster, &format!("job-{number}")),
            ["Normal TriggeredScaleUp ec2-autoscale: pod triggered scale-up: group workers (us-west-2) 0→2 (max 10)"]
        );
    }
    // They wait for the nodes now, which no Event repeats.
    cluster.apply(&[]).exits(0);
    assert_eq!(event_writes(&cluster), 3);
}

#[test]
fn a_purchase_that_aws_refuses_is_a_warning() {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").max(10).create();
    cluster.kubernetes.add(job("job", 900));
    let fault = AwsFault::on("SetDesiredCapacity").code("ValidationError").message("The request could not be validated");
    cluster.aws.fault(&fault);
    cluster.apply(&[]).exits(3);
    let events = pod_events(&cluster, "job");
    let [event] = &events[..] else { panic!("{events:?}") };
    assert!(event.starts_with("Warning FailedToScaleUpGroup ec2-autoscale: scale-up failed for group workers (us-west-2): "));
    assert!(event.contains("The request could not be validated"), "{event}");
}

#[test]
fn a_node_says_that_it_goes() {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").max(5).desired(1).create();
    let [node] = cluster.register_nodes(WEST, "workers").try_into().expect("one node");
    cluster.pass(Duration::from_hours(1));
    assert_eq!(cluster.apply(&[]).exits(0).steps(), ["mark-idle: done"]);
    let events = || described(&cluster, "nodes", "", &node);
    assert_eq!(events(), [""; 0], "a mark is no news");
    cluster.pass(Duration::from_mins(15));
    assert_eq!(cluster.apply(&[]).exits(0).steps(), ["cordon: done"]);
    assert!(
        matches!(&events()[..], [event] if event.starts_with("Normal ScaleDown ec2-autoscale: cordon, to be terminated by a later run: idle since ")),
        "{:?}",
        events()
    );
    assert_eq!(cluster.kubernetes.all("events")[0]["metadata"]["namespace"], "default");
    cluster.pass(Duration::from_mins(5));
    assert_eq!(cluster.apply(&[]).exits(0).steps(), ["terminate: done"]);
    let words = format!("of workers ({WEST}): idle");
    assert!(matches!(&events()[..], [event] if event.contains("terminate i-") && event.ends_with(&words)), "{:?}", events());
}

#[test]
fn thousands_of_pods_are_told_over_several_runs_the_oldest_first() {
    let cluster = TestCluster::start();
    cluster.group("small").launch_template("m5.large").max(10).create();
    let now = Timestamp::now();
    let created = |number: i64| now - SignedDuration::from_secs(10 + number);
    cluster.kubernetes.seed((0..1100).map(|number| job(&format!("huge-{number:04}"), 64_000).created_at(created(number))));
    let first = run(&mut cluster.command("apply", &["-v"])).exits(0);
    assert!(first.stderr.contains("events: 500 written, 600 left to later runs"), "{}", first.stderr);
    let told = |number: usize| !pod_events(&cluster, &format!("huge-{number:04}")).is_empty();
    assert!(told(1099) && told(600) && !told(599), "the last were created first");
    for (written, left) in [(500, 100), (100, 0), (0, 0)] {
        let run = run(&mut cluster.command("apply", &["-v"])).exits(0);
        let words = format!("events: {written} written, {left} left to later runs");
        assert!(run.stderr.contains(&words), "{words} is not in {}", run.stderr);
    }
    assert_eq!(event_writes(&cluster), 1100);
}

#[test]
fn the_flood_of_one_namespace_hides_no_event_of_another() {
    let cluster = TestCluster::start();
    cluster.group("small").launch_template("m5.large").max(10).create();
    let huge =
        |namespace: &str, name: &str| pod(namespace, name).requests(&[("cpu", "64")]).owned_by("Job", name).unschedulable();
    cluster.kubernetes.seed([namespace("aa-flood"), namespace("zz-quiet")]);
    let long_ago = Timestamp::now() - SignedDuration::from_hours(1);
    cluster.kubernetes.seed((0..700).map(|number| huge("aa-flood", &format!("noise-{number}")).created_at(long_ago)));
    cluster.kubernetes.add(huge("zz-quiet", "train"));
    cluster.apply(&[]).exits(0);
    assert_eq!(event_writes(&cluster), 500);
    assert_eq!(described(&cluster, "pods", "zz-quiet", "train").len(), 1);
}

#[test]
fn a_namespace_that_takes_no_events_keeps_no_other_from_its_own() {
    let cluster = TestCluster::start();
    cluster.group("small").launch_template("m5.large").max(10).create();
    let huge =
        |namespace: &str, name: &str| pod(namespace, name).requests(&[("cpu", "64")]).owned_by("Job", name).unschedulable();
    cluster.kubernetes.seed([namespace("aa-quota"), namespace("zz-quiet")]);
    cluster.kubernetes.seed((0..60).map(|number| huge("aa-quota", &format!("noise-{number}"))));
    cluster.kubernetes.seed((0..60).map(|number| huge("zz-quiet", &format!("train-{number}"))));
    let full = CallPattern::on("create", "events").in_namespace("aa-quota");
    cluster.kubernetes.fault(Fault::of(full).status(403).message("exceeded quota"));
    let run = cluster.apply(&[]).exits(0);
    assert!(run.stderr.contains("exceeded quota"), "{}", run.stderr);
    let events = cluster.kubernetes.all("events");
    assert_eq!((events.len(), &events[0]["metadata"]["namespace"]), (60, &"zz-quiet".into()));
    let refused = cluster.kubernetes.mutations().iter().filter(|call| call.namespace == "aa-quota").count();
    assert!((2..=9).contains(&refused), "{refused} of 60: those under way with the second that fails");
}

#[test]
fn what_cannot_be_told_is_a_note_and_changes_nothing_else() {
    let cluster = two_groups();
    cluster.kubernetes.seed([job("huge", 64_000), job("job", 900)]);
    let kubeconfig = cluster.kubernetes.token_limited_to(&silent_user());
    let run = run(cluster.command("apply", &[]).env("KUBECONFIG", kubeconfig)).exits(0);
    let notes: Vec<&str> = run.stderr.lines().collect();
    assert_eq!(notes.len(), 2, "{}", run.stderr);
    assert!(notes[0].starts_with("note: writing Events failed: listing events: ") && notes[0].contains("403"));
    assert!(notes[1].starts_with("note: writing the status ConfigMap failed: ") && notes[1].contains("403"), "{}", notes[1]);
    assert_eq!(cluster.aws_changes().len(), 1);
}

#[test]
fn an_api_server_that_takes_its_time_over_events_does_not_hold_the_run() {
    let cluster = two_groups();
    cluster.kubernetes.add(job("huge", 64_000));
    cluster.kubernetes.fault(Fault::on("list", "events").delay(Duration::from_mins(1)));
    cluster.kubernetes.fault(Fault::on("get", "configmaps").delay(Duration::from_mins(1)));
    let begun = Instant::now();
    let run = run(&mut cluster.command("apply", &["--notify-timeout", "1s"])).exits(0);
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
    assert_eq!(
        run.stderr.lines().collect::<Vec<_>>(),
        [
            "note: writing Events failed: not done within 1s (--notify-timeout)",
            "note: writing the status ConfigMap failed: not done within 1s (--notify-timeout)",
        ]
    );
    assert!(run.stdout.contains("huge"), "{}", run.stdout);
}

#[test]
fn a_namespace_that_goes_is_no_trouble() {
    let cluster = two_groups();
    cluster.kubernetes.add(job("huge", 64_000));
    let words =
        "events \"huge\" is forbidden: unable to create new content in namespace default because it is being terminated";
    cluster.kubernetes.fault(Fault::on("create", "events").status(403).message(words));
    assert_eq!(cluster.apply(&[]).exits(0).stderr, "");
}
