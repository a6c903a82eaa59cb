//! The trace of a run, as a collector receives it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::cluster::{Run, TestCluster, run};
use super::world::job;
use crate::notify::receiver::{Receiver, Reply};
use crate::support::kubernetes::Fault;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";
const SECRET: &str = "hunter2";

fn a_group() -> TestCluster {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").max(10).create();
    cluster.kubernetes.seed([job("job", 900)]);
    cluster
}

fn accepting() -> Receiver {
    Receiver::saying(Reply::Say(200, "{}".into()))
}

/// Runs a command that is traced as JSON.
fn traced(cluster: &TestCluster, collector: &Receiver, command: &str, variables: &[(&str, &str)]) -> Run {
    let mut command = cluster.command(command, &[]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url()).env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json");
    run(command.envs(variables.iter().copied()))
}

/// The spans that a collector received.
struct Spans(Vec<Value>);

impl Spans {
    #[track_caller]
    fn of(collector: &Receiver) -> Self {
        let [export] = &collector.received()[..] else { panic!("{} exports", collector.received().len()) };
        assert_eq!((export.method.as_str(), export.path.as_str()), ("POST", "/v1/traces"));
        let document = export.json();
        Self(document["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().expect("spans").clone())
    }

    #[track_caller]
    fn one(&self, name: &str) -> &Value {
        let named: Vec<&Value> = self.0.iter().filter(|span| span["name"] == name).collect();
        let [span] = named[..] else { panic!("{} spans {name}", named.len()) };
        span
    }

    /// Returns the names of the spans around one, from the inner to the outer.
    fn around(&self, span: &Value) -> Vec<&str> {
        let by_id: BTreeMap<&str, &Value> = self.0.iter().map(|span| (text(span, "spanId"), span)).collect();
        let mut names = Vec::new();
        let mut outer = by_id.get(text(span, "parentSpanId"));
        while let Some(span) = outer {
            names.push(text(span, "name"));
            outer = by_id.get(text(span, "parentSpanId"));
        }
        names
    }

    fn calls(&self) -> impl Iterator<Item = &Value> {
        self.0.iter().filter(|span| span["kind"] == 3)
    }
}

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_default()
}

/// Returns an attribute: a text, or a number as a text.
fn attribute<'s>(span: &'s Value, key: &str) -> Option<&'s str> {
    let found = span["attributes"].as_array().expect("attributes").iter().find(|pair| pair["key"] == key)?;
    found["value"]["stringValue"].as_str().or(found["value"]["intValue"].as_str())
}

#[test]
fn a_run_is_one_trace_with_each_call_in_its_stage() {
    let (cluster, collector) = (a_group(), accepting());
    let parent = format!("00-{TRACE}-{PARENT}-01");
    let variables = [
        ("TRACEPARENT", parent.as_str()),
        ("OTEL_SERVICE_NAME", "batch"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20hunter2"),
    ];
    let run = traced(&cluster, &collector, "apply", &variables).exits(0);
    assert!(!run.stderr.contains("note:"), "{}", run.stderr);
    let spans = Spans::of(&collector);
    assert!(spans.0.iter().all(|span| span["traceId"] == TRACE));
    let root = spans.one("ec2-autoscale apply");
    assert_eq!((text(root, "parentSpanId"), attribute(root, "process.exit.code")), (PARENT, Some("0")));
    for stage in ["gather", "plan", "apply", "notify"] {
        assert_eq!(spans.around(spans.one(stage)), ["ec2-autoscale apply"], "{stage}");
    }
    assert!(spans.calls().count() > 10 && spans.calls().all(|call| !spans.around(call).is_empty()));
    let within = |name: &str| -> Vec<Vec<&str>> {
        spans.calls().filter(|call| call["name"] == name).map(|call| spans.around(call)).collect()
    };
    assert_eq!(within("Auto Scaling.SetDesiredCapacity"), [["apply", "ec2-autoscale apply"]]);
    let pods = spans.calls().find(|call| attribute(call, "url.path") == Some("/api/v1/pods")).expect("pods are listed");
    assert_eq!(spans.around(pods), ["gather", "ec2-autoscale apply"]);
    assert_eq!(attribute(pods, "http.request.method"), Some("GET"));
    assert_eq!(attribute(pods, "server.address"), Some("127.0.0.1"));
    assert_eq!(attribute(pods, "http.response.status_code"), Some("200"));
    let of_aws = spans.calls().filter(|call| attribute(call, "rpc.system") == Some("aws-api")).collect::<Vec<_>>();
    assert!(of_aws.iter().any(|call| attribute(call, "rpc.method") == Some("DescribeAutoScalingGroups")));
    assert!(of_aws.iter().all(|call| attribute(call, "http.response.status_code").is_some()), "{of_aws:?}");
    // Objects that are looked up and need not be there.
    let failed: Vec<_> = spans.0.iter().filter(|span| span["status"]["code"] == 2).collect();
    assert!(failed.iter().all(|span| attribute(span, "http.response.status_code") == Some("404")), "{failed:?}");
    let inner = |span: &Value| [text(span, "startTimeUnixNano"), text(span, "endTimeUnixNano")].map(|time| time.parse().ok());
    let [begin, end]: [Option<u64>; 2] = inner(root);
    assert!(spans.0.iter().all(|span| inner(span)[0] >= begin && inner(span)[1] <= end));
}

#[test]
fn nothing_secret_is_in_it() {
    let (cluster, collector) = (a_group(), accepting());
    let (slack, gateway) = (accepting(), accepting());
    let hook = format!("{}/services/{SECRET}", slack.url());
    let pushed = gateway.url().replace("http://", &format!("http://user:{SECRET}@"));
    let variables = [
        ("EC2_AUTOSCALE_SLACK_HOOK", hook.as_str()),
        ("EC2_AUTOSCALE_PUSHGATEWAY", pushed.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-token=hunter2"),
    ];
    traced(&cluster, &collector, "apply", &variables).exits(0);
    let [export] = &collector.received()[..] else { panic!("one export") };
    assert_eq!(export.header("x-token"), SECRET);
    for secret in [SECRET, "services", "Signature", "?", "Bearer"] {
        assert!(!export.body.contains(secret), "{secret}: {}", export.body);
    }
    assert!(export.body.contains("\"notify POST\""), "{}", export.body);
}

#[test]
fn what_failed_is_an_error_of_its_call_its_stage_and_the_run() {
    let (cluster, collector) = (a_group(), accepting());
    cluster.kubernetes.fault(Fault::on("list", "pods").status(403));
    traced(&cluster, &collector, "plan", &[]).exits(1);
    let spans = Spans::of(&collector);
    let pods = spans.calls().find(|call| attribute(call, "url.path") == Some("/api/v1/pods")).expect("pods are listed");
    assert_eq!((&pods["status"]["code"], attribute(pods, "http.response.status_code")), (&Value::from(2), Some("403")));
    assert_eq!(spans.one("gather")["status"]["code"], 2);
    let root = spans.one("ec2-autoscale plan");
    assert_eq!((&root["status"]["code"], attribute(root, "process.exit.code")), (&Value::from(2), Some("1")));
}

#[test]
fn a_request_that_is_sent_again_is_counted() {
    let (cluster, collector) = (a_group(), accepting());
    cluster.kubernetes.fault(Fault::on("list", "nodes").status(503).times(1));
    traced(&cluster, &collector, "plan", &[]).exits(0);
    let spans = Spans::of(&collector);
    let nodes = spans.calls().filter(|call| attribute(call, "url.path") == Some("/api/v1/nodes"));
    let seen: Vec<_> = nodes
        .map(|call| [attribute(call, "http.response.status_code"), attribute(call, "http.request.resend_count")])
        .collect();
    assert_eq!(seen[..2], [[Some("503"), None], [Some("200"), Some("1")]], "{seen:?}");
}

#[test]
fn a_collector_that_is_away_is_one_note() {
    let cluster = a_group();
    let hanging = Receiver::saying(Reply::Hang);
    let away = "http://127.0.0.1:1".to_owned();
    for (endpoint, words) in [(away, "cannot be reached"), (hanging.url(), "did not answer within 200ms")] {
        let started = Instant::now();
        let mut command = cluster.command("plan", &[]);
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint).env("OTEL_EXPORTER_OTLP_TIMEOUT", "200");
        command.env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json");
        let run = run(&mut command).exits(0);
        let notes: Vec<&str> = run.stderr.lines().filter(|line| line.starts_with("note: ")).collect();
        let [note] = notes[..] else { panic!("{}", run.stderr) };
        assert!(note.contains("the trace of this run is not exported") && note.contains(words), "{note}");
        assert!(started.elapsed() < Duration::from_mins(1));
    }
    let mut command = cluster.command("plan", &[]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1").env("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    let run = run(&mut command).exits(0);
    assert!(run.stderr.contains("OTEL_EXPORTER_OTLP_PROTOCOL is \"grpc\"; set it to http/protobuf"), "{}", run.stderr);
}
