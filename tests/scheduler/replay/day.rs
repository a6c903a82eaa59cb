//! The pods of the day, as objects of Kubernetes.

use std::collections::BTreeMap;
use std::time::Duration;

use ec2_autoscale::demo;
use ec2_autoscale::trace::{Trace, Work};
use serde_json::{Value, json};

/// Work of the day.
pub(super) struct DayWork {
    at: Duration,
    name: String,
    pub(super) namespace: String,
    labels: Value,
    spec: Value,
    /// How long each pod runs; absent for a service.
    pub(super) duration: Option<Duration>,
    /// How many more pods come.
    left: u32,
    made: u32,
    parallelism: u32,
}

/// What has yet to come.
pub(super) struct Day {
    pub(super) work: Vec<DayWork>,
    /// By time.
    coming: Vec<usize>,
}

impl Day {
    /// Returns the work of a trace whose classes are those of the bundled one.
    pub(super) fn new(trace: &Trace) -> Self {
        let classes = classes();
        let class_of = class_names();
        let work: Vec<DayWork> =
            trace.work.iter().map(|work| DayWork::new(work, &classes[&class_of[work.pod.name.as_str()]])).collect();
        let mut coming: Vec<usize> = (0..work.len()).collect();
        coming.sort_by_key(|place| std::cmp::Reverse(work[*place].at));
        Self { work, coming }
    }

    /// Takes the next work that comes until then, each once.
    pub(super) fn due(&mut self, now: Duration) -> Option<usize> {
        let next = *self.coming.last()?;
        (self.work[next].at <= now).then(|| self.coming.pop()).flatten()
    }

    /// Returns the pods with which a work begins.
    pub(super) fn first_pods(&mut self, work: usize) -> Vec<Value> {
        (0..self.work[work].parallelism).filter_map(|_| self.next_pod(work)).collect()
    }

    /// Returns the next pod of a work, if one is left.
    pub(super) fn next_pod(&mut self, work: usize) -> Option<Value> {
        let known = &mut self.work[work];
        known.left = known.left.checked_sub(1)?;
        let number = known.made;
        known.made += 1;
        Some(known.pod(number))
    }
}

impl DayWork {
    fn new(work: &Work, class: &Value) -> Self {
        let duration = work.duration.map(|duration| Duration::from_secs(duration.0));
        let mut spec = class["spec"].clone();
        for container in spec["containers"].as_array_mut().into_iter().flatten() {
            container["image"] = json!("none");
        }
        spec["restartPolicy"] = json!(if duration.is_some() { "Never" } else { "Always" });
        Self {
            at: Duration::from_secs(work.at.0),
            name: work.pod.name.to_string(),
            namespace: work.pod.namespace.to_string(),
            labels: class.get("labels").cloned().unwrap_or_else(|| json!({})),
            spec,
            duration,
            left: work.completions,
            made: 0,
            parallelism: work.parallelism,
        }
    }

    fn pod(&self, number: u32) -> Value {
        // No controller runs: the name of the owner is all there is of it.
        let (version, kind) = if self.duration.is_some() { ("batch/v1", "Job") } else { ("apps/v1", "ReplicaSet") };
        let owner = json!({ "apiVersion": version, "kind": kind, "name": self.name, "uid": self.name, "controller": true });
        json!({
            "metadata": {
                "name": format!("{}-{number}", self.name),
                "namespace": self.namespace,
                "labels": self.labels,
                "ownerReferences": [owner],
            },
            "spec": self.spec,
        })
    }
}

fn lines() -> impl Iterator<Item = Value> {
    let is_said = |line: &&str| !line.is_empty() && !line.starts_with('#');
    demo::DAY_TRACE.lines().filter(is_said).map(|line| serde_json::from_str(line).expect("lines of traces are JSON"))
}

/// Returns the lines of classes by their names.
fn classes() -> BTreeMap<String, Value> {
    let classes = lines().filter(|line| line.get("spec").is_some());
    classes.map(|line| (line["class"].as_str().expect("classes have names").to_owned(), line)).collect()
}

/// Returns the classes of works by their names, which no two of the bundled day have in common.
fn class_names() -> BTreeMap<String, String> {
    let named = lines().filter_map(|line| Some((line.get("name")?.as_str()?.to_owned(), line["class"].as_str()?.to_owned())));
    named.collect()
}
