//! Pods of a cluster as kube-state-metrics reported them to Prometheus: answers of its
//! `/api/v1/query_range` (or `/api/v1/query`) with the series of `kube_pod_created`,
//! `kube_pod_status_scheduled_time`, `kube_pod_start_time`, `kube_pod_completion_time`,
//! `kube_pod_owner` and `kube_pod_container_resource_requests`; others say nothing.
//!
//! A pod comes when it was created, or at the begin of the series. It runs from its binding to its
//! completion; one without a completion whose series end before the others was deleted when they
//! ended. Selectors, affinity, tolerations and priorities are in no series: the class of the line
//! has them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use k8s_openapi::api::core::v1::{Container, PodSpec, ResourceRequirements};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};

use super::error::TraceLineProblem;
use super::line::{ClassLine, PrometheusLine};
use super::{TraceReader, named};
use crate::duration::Seconds;
use crate::gather::document::{ByteSize, InputDocument, read_document};
use crate::gather::manifests::{Runs, TemplateLabels};
use crate::trace::Work;

/// A week of 10,000 pods a day, a sample every 5 minutes.
const LARGEST: ByteSize = ByteSize(1 << 31);

/// An answer of Prometheus.
#[derive(serde::Deserialize)]
struct PrometheusAnswer {
    #[serde(default)]
    data: Option<PrometheusData>,
    #[serde(default)]
    error: Option<String>,
}

#[derive(serde::Deserialize)]
struct PrometheusData {
    result: Vec<PrometheusSeries>,
}

#[derive(serde::Deserialize)]
struct PrometheusSeries {
    metric: BTreeMap<String, String>,
    /// The samples of a range.
    #[serde(default)]
    values: Option<EndSamples>,
    /// The sample of a moment.
    #[serde(default)]
    value: Option<(f64, String)>,
}

/// The first and the last sample of a series.
struct EndSamples {
    first: (f64, String),
    last: (f64, String),
}

impl<'de> Deserialize<'de> for EndSamples {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(AnySamples)
    }
}

struct AnySamples;

impl<'de> Visitor<'de> for AnySamples {
    type Value = EndSamples;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one sample or more, each a time and a text")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut samples: A) -> Result<EndSamples, A::Error> {
        let first: Option<(f64, String)> = samples.next_element()?;
        let first = first.ok_or_else(|| serde::de::Error::invalid_length(0, &self))?;
        let mut last = first.clone();
        while let Some(sample) = samples.next_element()? {
            last = sample;
        }
        Ok(EndSamples { first, last })
    }
}

/// What the series hold about a pod. Times are seconds of Unix time.
#[derive(Debug, Default)]
struct ExportedPod {
    namespace: String,
    name: String,
    created_at: Option<f64>,
    bound_at: Option<f64>,
    started_at: Option<f64>,
    completed_at: Option<f64>,
    /// When the first and the last sample of it were taken.
    seen: Option<(f64, f64)>,
    owner_kind: Option<String>,
    /// The requests of its containers, as Prometheus names the resources.
    containers: BTreeMap<String, BTreeMap<String, f64>>,
}

/// What makes two pods alike: namespace, whether they end, and the requests of their containers.
type ExportedShape = (String, bool, BTreeMap<String, BTreeMap<String, String>>);

/// When a pod comes and goes.
struct ExportedTimes {
    at: Seconds,
    duration: Option<Seconds>,
    until: Option<Seconds>,
}

impl TraceReader<'_> {
    /// Adds the pods of answers of Prometheus.
    pub(super) fn prometheus(&mut self, export: &PrometheusLine, line: u64) -> Result<(), TraceLineProblem> {
        let class = export.class.as_deref().map(|class| self.known_class(class)).transpose()?;
        let mut pods: BTreeMap<String, ExportedPod> = BTreeMap::new();
        for file in &export.prometheus {
            read(&self.beside(file)?, &mut pods)?;
        }
        let seen = || pods.values().filter_map(|pod| pod.seen);
        let begin = seen().map(|(first, _)| first).fold(f64::INFINITY, f64::min);
        let end = seen().map(|(_, last)| last).fold(0.0, f64::max);
        let mut patterns = BTreeMap::new();
        let mut unknown = BTreeSet::new();
        for pod in pods.values() {
            let belongs_to_its_node = matches!(pod.owner_kind.as_deref(), Some("DaemonSet" | "Node"));
            let Some(times) = pod.times(begin, end).filter(|_| !belongs_to_its_node) else { continue };
            let shape = pod.shape(times.duration.is_some(), &mut unknown);
            if !patterns.contains_key(&shape) {
                let runs = if shape.1 { Runs::ToItsEnd } else { Runs::On };
                let class = class_of(&shape, class.as_ref());
                let pattern = self.pattern("pods of Prometheus", &class, runs, &pod.namespace, "pod")?;
                patterns.insert(shape.clone(), pattern);
            }
            let name = self.free_name(&pod.namespace, &pod.name);
            self.take_name(&pod.namespace, &name, line)?;
            self.trace.work.push(Work {
                at: Seconds(export.at.0.0.saturating_add(times.at.0)),
                pod: named(&patterns[&shape], &name),
                parallelism: 1,
                completions: 1,
                duration: times.duration,
                until: times.until.map(|until| Seconds(export.at.0.0.saturating_add(until.0))),
            });
        }
        for resource in unknown {
            let file = self.file;
            self.notes
                .push(format!("{file}:{line}: what Prometheus names {resource} is no resource that is known; it is left out"));
        }
        Ok(())
    }

    /// Returns a name that is free: a StatefulSet makes pods of the same name again.
    fn free_name(&self, namespace: &str, name: &str) -> String {
        let names = std::iter::once(name.to_owned()).chain((2_u32..).map(|number| format!("{name}-{number}")));
        let is_free = |name: &String| !self.names.contains_key(&(namespace.to_owned(), name.clone()));
        names.into_iter().find(is_free).unwrap_or_default()
    }
}

impl ExportedPod {
    /// Returns when it comes and goes; `None` when it had ended before the begin.
    fn times(&self, begin: f64, end: f64) -> Option<ExportedTimes> {
        let (first, last) = self.seen?;
        let created_at = self.created_at.or(self.started_at).unwrap_or(first);
        let bound_at = self.bound_at.or(self.started_at);
        let at = whole(created_at - begin);
        let ran_until = |until: f64| whole(until - bound_at.unwrap_or(created_at).max(begin)).max(Seconds(1));
        let gone_at = (last < end).then_some(last);
        let is_of_a_job = self.owner_kind.as_deref() == Some("Job");
        let ended_at = self.completed_at.or(gone_at.filter(|_| is_of_a_job && bound_at.is_some()));
        match (ended_at, gone_at) {
            (Some(ended_at), _) if ended_at < begin => None,
            (Some(ended_at), _) => Some(ExportedTimes { at, duration: Some(ran_until(ended_at)), until: None }),
            // A pod that was seen once was there for a moment.
            (None, gone_at) => {
                let until = gone_at.map(|gone_at| whole(gone_at - begin).max(Seconds(at.0 + 1)));
                Some(ExportedTimes { at, duration: None, until })
            }
        }
    }

    fn shape(&self, ends: bool, unknown: &mut BTreeSet<String>) -> ExportedShape {
        let mut containers = BTreeMap::new();
        for (container, requests) in &self.containers {
            let mut known = BTreeMap::new();
            for (name, amount) in requests {
                match resource_of(name) {
                    Some(resource) => drop(known.insert(resource, quantity(name, *amount))),
                    None => drop(unknown.insert(name.clone())),
                }
            }
            containers.insert(container.clone(), known);
        }
        (self.namespace.clone(), ends, containers)
    }

    fn take(&mut self, series: &PrometheusSeries, (first, last): (f64, f64), value: f64) {
        let label = |name: &str| series.metric.get(name).cloned().unwrap_or_default();
        let seen = self.seen.get_or_insert((first, last));
        *seen = (seen.0.min(first), seen.1.max(last));
        match label("__name__").as_str() {
            "kube_pod_created" => self.created_at = Some(value),
            "kube_pod_status_scheduled_time" => self.bound_at = Some(value),
            "kube_pod_start_time" => self.started_at = Some(value),
            "kube_pod_completion_time" => self.completed_at = Some(value),
            "kube_pod_owner" if label("owner_is_controller") != "false" => self.owner_kind = Some(label("owner_kind")),
            "kube_pod_container_resource_requests" => {
                self.containers.entry(label("container")).or_default().insert(label("resource"), value);
            }
            _ => {}
        }
    }
}

/// Returns the class of pods that request so much; the line may name what else they are.
fn class_of((_, _, containers): &ExportedShape, class: Option<&ClassLine>) -> ClassLine {
    let empty =
        || ClassLine { class: String::new(), spec: PodSpec::default(), labels: TemplateLabels::new(), claims: BTreeMap::new() };
    let mut class = class.cloned().unwrap_or_else(empty);
    let container = |(name, requests): (&String, &BTreeMap<String, String>)| {
        let requests: BTreeMap<String, Quantity> =
            requests.iter().map(|(name, amount)| (name.clone(), Quantity(amount.clone()))).collect();
        // What is more than the API's own resources has to have a limit.
        let limits =
            requests.iter().filter(|(name, _)| name.contains('/')).map(|(name, amount)| (name.clone(), amount.clone()));
        let resources = ResourceRequirements {
            limits: Some(limits.collect()),
            requests: Some(requests.clone()),
            ..ResourceRequirements::default()
        };
        Container { name: name.clone(), resources: Some(resources), ..Container::default() }
    };
    class.spec.containers = containers.iter().map(container).collect();
    if class.spec.containers.is_empty() {
        class.spec.containers.push(Container { name: "main".to_owned(), ..Container::default() });
    }
    class
}

/// Returns the name of a resource; kube-state-metrics writes an underscore for what a label of
/// Prometheus cannot hold (`internal/store/utils.go`, `SanitizeLabelName`).
fn resource_of(name: &str) -> Option<String> {
    const ENDS_OF_DOMAINS: [&str; 6] = ["com", "io", "org", "net", "dev", "ai"];
    match name {
        "cpu" | "memory" => Some(name.to_owned()),
        "ephemeral_storage" => Some("ephemeral-storage".to_owned()),
        _ if name.starts_with("hugepages_") => Some(name.replace('_', "-")),
        _ => ENDS_OF_DOMAINS.iter().find_map(|end| {
            let (domain, rest) = name.split_once(&format!("_{end}_"))?;
            Some(format!("{}.{end}/{}", domain.replace('_', "."), rest.replace('_', "-")))
        }),
    }
}

fn quantity(name: &str, amount: f64) -> String {
    match name {
        "cpu" => format!("{}m", (amount * 1000.0).ceil()),
        _ => format!("{}", amount.ceil()),
    }
}

/// Returns a time from the begin on, in whole seconds.
fn whole(seconds: f64) -> Seconds {
    Seconds(std::time::Duration::try_from_secs_f64(seconds.max(0.0)).map_or(0, |span| span.as_secs()))
}

/// Adds what a file holds about pods, by their UIDs.
fn read(path: &Path, pods: &mut BTreeMap<String, ExportedPod>) -> Result<(), TraceLineProblem> {
    let InputDocument { file, bytes } = read_document(path, LARGEST)?;
    let wrong = |problem: String| TraceLineProblem::WrongFile { file: file.clone(), problem };
    let no_answer = |why: &str| wrong(format!("no answer of Prometheus ({why}); write that of /api/v1/query_range to it"));
    let answer: PrometheusAnswer = serde_json::from_slice(&bytes).map_err(|error| no_answer(&error.to_string()))?;
    if let Some(error) = answer.error {
        return Err(wrong(format!("Prometheus has answered with an error: {error}")));
    }
    let Some(data) = answer.data else { return Err(no_answer("it has no data")) };
    for series in &data.result {
        let label = |name: &str| series.metric.get(name).map(String::as_str).unwrap_or_default();
        let (name, namespace) = (label("pod"), label("namespace"));
        if !label("__name__").starts_with("kube_pod_") || name.is_empty() {
            continue;
        }
        let samples = match (&series.values, &series.value) {
            (Some(values), _) => Some((values.first.0, values.last.0, &values.last.1)),
            (None, Some((at, value))) => Some((*at, *at, value)),
            (None, None) => None,
        };
        let Some((first, last, value)) = samples else { continue };
        let value = value
            .parse()
            .map_err(|_| wrong(format!("the value {value:?} of {} {namespace}/{name} is no number", label("__name__"))))?;
        let uid = match label("uid") {
            "" => format!("{namespace}/{name}"),
            uid => uid.to_owned(),
        };
        let known = pods.entry(uid).or_default();
        (known.namespace, known.name) = (namespace.to_owned(), name.to_owned());
        known.take(series, (first, last), value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::snapshot::{CPU, MEMORY};
    use crate::trace::Trace;

    const T: u64 = 1_700_000_000;

    /// Returns a series of a pod, of which samples were taken from then until then.
    fn series(name: &str, pod: &str, labels: &[(&str, &str)], seen: (u64, u64), value: f64) -> Value {
        let mut metric = json!({"__name__": name, "namespace": "ml", "pod": pod, "uid": format!("uid-{pod}")});
        for (label, value) in labels {
            metric[*label] = json!(value);
        }
        let value = value.to_string();
        json!({"metric": metric, "values": [[T + seen.0, value], [T + u64::midpoint(seen.0, seen.1), value], [T + seen.1, value]]})
    }

    fn time(name: &str, pod: &str, seen: (u64, u64), at: u64) -> Value {
        #[expect(clippy::cast_precision_loss, reason = "seconds of this century are exact")]
        series(name, pod, &[], seen, (T + at) as f64)
    }

    fn answer(series: &[Value]) -> Value {
        json!({"status": "success", "data": {"resultType": "matrix", "result": series}})
    }

    fn read_answers(answers: &[Value], rest: &str) -> Result<(Trace, Vec<String>), String> {
        let folder = tempfile::tempdir().expect("a directory");
        let mut files = Vec::new();
        for (number, answer) in answers.iter().enumerate() {
            files.push(format!("{number}.json"));
            std::fs::write(folder.path().join(&files[number]), answer.to_string()).expect("a file");
        }
        let class = r#"{"class":"gpu","spec":{"priority":7,"containers":[{"name":"c"}]}}"#;
        let path = folder.path().join("t.jsonl");
        std::fs::write(&path, format!("{class}\n{{\"at\":\"1h\",\"prometheus\":{}{rest}}}\n", json!(files))).expect("a file");
        let mut notes = Vec::new();
        let trace = super::super::read(&path, &mut notes).map_err(|error| error.to_string())?;
        Ok((trace, notes))
    }

    fn told(trace: &Trace) -> Vec<(&str, u64, Option<u64>, Option<u64>)> {
        let seconds = |time: Option<Seconds>| time.map(|time| time.0);
        let mut told: Vec<_> = trace
            .work
            .iter()
            .map(|work| {
                (work.pod.name.as_str(), work.at.0 - 3600, seconds(work.duration), seconds(work.until).map(|at| at - 3600))
            })
            .collect();
        told.sort_unstable();
        told
    }

    #[test]
    fn pods_come_when_they_were_created_and_run_as_long_as_they_did() {
        let owner = |kind: &str, pod: &str, seen| series("kube_pod_owner", pod, &[("owner_kind", kind)], seen, 1.0);
        let times = answer(&[
            time("kube_pod_created", "done", (60, 900), 50),
            time("kube_pod_status_scheduled_time", "done", (60, 900), 70),
            time("kube_pod_completion_time", "done", (60, 900), 870),
            time("kube_pod_created", "web", (0, 900), 0),
            time("kube_pod_created", "scaled-down", (120, 600), 100),
            time("kube_pod_created", "gone-job", (120, 600), 100),
            time("kube_pod_start_time", "gone-job", (120, 600), 110),
            time("kube_pod_created", "daemon", (0, 900), 0),
        ]);
        let owners = answer(&[
            owner("Job", "done", (60, 900)),
            owner("ReplicaSet", "scaled-down", (120, 600)),
            owner("Job", "gone-job", (120, 600)),
            owner("DaemonSet", "daemon", (0, 900)),
        ]);
        let (trace, _) = read_answers(&[times, owners], "").expect("a trace");
        let expected = [
            ("done", 50, Some(800), None),
            ("gone-job", 100, Some(490), None),
            ("scaled-down", 100, None, Some(600)),
            ("web", 0, None, None),
        ];
        assert_eq!(told(&trace), expected);
    }

    #[test]
    fn what_they_request_is_in_the_series_and_what_else_they_are_in_the_class() {
        let requests = |resource: &str, value| {
            series("kube_pod_container_resource_requests", "a", &[("container", "m"), ("resource", resource)], (0, 60), value)
        };
        let found = [requests("cpu", 0.5), requests("memory", 1e9), requests("nvidia_com_gpu", 2.0), requests("thing", 1.0)];
        let (trace, notes) = read_answers(&[answer(&found)], r#","class":"gpu""#).expect("a trace");
        let spec = &trace.pod_specs[&trace.work[0].pod.spec];
        let held = &spec.containers[0].requests;
        assert_eq!((held.get(CPU), held.get(MEMORY), held.get("nvidia.com/gpu"), spec.priority), (500, 1_000_000_000, 2, 7));
        assert!(notes.len() == 1 && notes[0].contains("thing"), "{notes:?}");
        assert_eq!(resource_of("vpc_amazonaws_com_pod_eni").as_deref(), Some("vpc.amazonaws.com/pod-eni"));
    }

    #[test]
    fn a_pod_that_is_made_again_under_its_name_is_another_pod() {
        let mut again = time("kube_pod_created", "db-0", (600, 900), 590);
        again["metric"]["uid"] = json!("another");
        let (trace, _) = read_answers(&[answer(&[time("kube_pod_created", "db-0", (0, 300), 0), again])], "").expect("a trace");
        let mut names: Vec<_> = trace.work.iter().map(|work| (work.pod.name.to_string(), work.at.0 - 3600)).collect();
        names.sort_unstable();
        assert!(names.iter().map(|(_, at)| *at).collect::<BTreeSet<_>>() == [0, 590].into(), "{names:?}");
        assert_eq!(names.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["db-0", "db-0-2"]);
    }

    #[test]
    fn what_is_no_answer_is_named() {
        let error = read_answers(&[json!([])], "").expect_err("a mistake");
        assert!(error.contains("0.json: no answer of Prometheus") && error.contains("query_range"), "{error}");
        let failed = json!({"status": "error", "errorType": "bad_data", "error": "too many samples"});
        assert!(read_answers(&[failed], "").expect_err("a mistake").contains("with an error: too many samples"));
    }
}
