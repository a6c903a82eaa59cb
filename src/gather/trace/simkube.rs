//! Traces of SimKube (acrlabs/simkube, `docs/ref/trace-files.md`), version 2 of their format:
//! objects of Kubernetes that were applied and deleted over time, and when pods of each began and
//! ended, as MessagePack.
//!
//! A service has as many pods as it had replicas; where those become fewer, the youngest go first,
//! as the ReplicaSet controller has it. When its template changes, all its pods are replaced at
//! once. Pods that end run as long as theirs did: those that an object has at a time come with it,
//! others when they began.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::TraceReader;
use super::error::TraceLineProblem;
use super::line::SimKubeLine;
use crate::duration::Seconds;
use crate::gather::document::{ByteSize, InputDocument, read_document};
use crate::gather::manifests::node::YamlNode;
use crate::gather::manifests::{self, WorkloadKind};
use crate::snapshot::Pod;
use crate::trace::Work;

/// The published traces have up to 70 KiB for 20 minutes of 27 services.
const LARGEST: ByteSize = ByteSize(1 << 29);

/// The version that is read.
const VERSION: u16 = 2;

#[derive(serde::Deserialize)]
struct SimKubeTrace {
    version: u16,
    events: Vec<SimKubeEvent>,
    /// By the kind of the owner (`apps/v1.Deployment`) and its namespace and name, and by a hash of
    /// the specification.
    #[serde(default)]
    pod_lifecycles: BTreeMap<(String, String), BTreeMap<u64, Vec<PodTimes>>>,
}

/// What happened in one second of Unix time.
#[derive(serde::Deserialize)]
struct SimKubeEvent {
    ts: i64,
    applied_objs: Vec<Value>,
    deleted_objs: Vec<Value>,
}

/// The times of a pod, in seconds of Unix time.
#[derive(Debug, Clone, Copy, serde::Deserialize)]
enum PodTimes {
    Empty,
    Running(i64),
    Finished(i64, i64),
}

/// The kind of an object with its version, and its namespace and name.
type ObjectKey = (String, String);

/// An object that is there.
struct StandingObject {
    described: String,
    applied_at: i64,
    kind: WorkloadKind,
    ends: bool,
    /// What its pods look like, and how many there are at a time and in all.
    parts: Vec<(Pod, u32, u32)>,
    /// The work of a service, the oldest first: which of its parts it is of, and its place.
    batches: Vec<(usize, usize)>,
}

/// What happens to the objects of a trace, one after the other.
struct ObjectsOverTime<'l> {
    line: &'l SimKubeLine,
    begin: i64,
    times: BTreeMap<ObjectKey, Vec<PodTimes>>,
    standing: BTreeMap<ObjectKey, StandingObject>,
    work: Vec<Work>,
}

impl TraceReader<'_> {
    /// Adds the pods of a trace of SimKube.
    pub(super) fn simkube(&mut self, line: &SimKubeLine, number: u64) -> Result<(), TraceLineProblem> {
        let trace = read(&self.beside(&line.simkube)?)?;
        let times = trace.pod_lifecycles.into_iter().map(|(owner, by_spec)| (owner, by_spec.into_values().flatten().collect()));
        let mut objects = ObjectsOverTime {
            line,
            begin: trace.events.iter().map(|event| event.ts).min().unwrap_or_default(),
            times: times.collect(),
            standing: BTreeMap::new(),
            work: Vec::new(),
        };
        for event in trace.events {
            for object in event.applied_objs {
                let key = key_of(&object);
                if let Some(applied) = self.standing_object(object, event.ts, &objects.times, number)? {
                    objects.apply(key, applied);
                }
            }
            for object in event.deleted_objs {
                objects.delete(&key_of(&object), event.ts)?;
            }
        }
        objects.finish()?;
        self.trace.work.extend(objects.work.into_iter().filter(|work| work.parallelism > 0));
        Ok(())
    }

    /// Returns the object, or nothing when it has no pods of its own.
    fn standing_object(
        &mut self,
        object: Value,
        ts: i64,
        times: &BTreeMap<ObjectKey, Vec<PodTimes>>,
        number: u64,
    ) -> Result<Option<StandingObject>, TraceLineProblem> {
        let has_ended = |pod: &PodTimes| matches!(pod, PodTimes::Finished(..));
        let pods_end = times.get(&key_of(&object)).is_some_and(|pods| pods.iter().any(has_ended));
        let mut read = manifests::from_node(self.file, YamlNode::from_json(object, number))?;
        self.notes.append(&mut read.notes);
        if !read.daemon_sets.is_empty() {
            self.notes
                .push(format!("{}:{number}: DaemonSets come from the snapshot; those of a trace are left out", self.file));
        }
        let Some(workload) = std::mem::take(&mut read.workloads).into_iter().next() else { return Ok(None) };
        let (described, kind) = (workload.described(), workload.kind);
        let mut parts = Vec::new();
        for part in workload.parts {
            let counts = (part.at_a_time(), part.completions);
            parts.push((self.pod_of(part, &read, ""), counts.0, counts.1));
        }
        let ends = kind.ends() || kind == WorkloadKind::Pod && pods_end;
        Ok(Some(StandingObject { described, applied_at: ts, kind, ends, parts, batches: Vec::new() }))
    }
}

impl StandingObject {
    /// Whether its pods look like those of another one.
    fn is_alike(&self, other: &Self) -> bool {
        self.parts.len() == other.parts.len() && self.parts.iter().zip(&other.parts).all(|(one, other)| one.0 == other.0)
    }
}

impl ObjectsOverTime<'_> {
    /// Returns the time from the begin.
    fn at(&self, ts: i64) -> Seconds {
        Seconds(self.line.at.0.0.saturating_add(u64::try_from(ts - self.begin).unwrap_or(0)))
    }

    fn apply(&mut self, key: ObjectKey, mut applied: StandingObject) {
        let ts = applied.applied_at;
        match self.standing.remove(&key) {
            // Its pods end by themselves, whatever is written about it later.
            Some(known) if known.ends => applied = known,
            Some(known) if known.is_alike(&applied) => {
                applied.batches = known.batches;
                for part in 0..applied.parts.len() {
                    self.scale(&mut applied, part, known.parts[part].1, ts);
                }
            }
            known => {
                if let Some(known) = known {
                    self.end_batches(&known, ts);
                }
                let parts = if applied.ends { 0 } else { applied.parts.len() };
                for part in 0..parts {
                    self.scale(&mut applied, part, 0, ts);
                }
            }
        }
        self.standing.insert(key, applied);
    }

    /// Gives a part of an object as many pods as it wants now.
    fn scale(&mut self, object: &mut StandingObject, part: usize, before: u32, ts: i64) {
        let (pod, now, _) = &object.parts[part];
        if *now > before {
            object.batches.push((part, self.work.len()));
            self.work.push(pods(pod.clone(), self.at(ts), *now - before, None));
            return;
        }
        let mut fewer = before - now;
        for place in (0..object.batches.len()).rev().filter(|place| object.batches[*place].0 == part).collect::<Vec<_>>() {
            let gone = self.end_some(object.batches[place].1, fewer, ts);
            fewer -= gone;
        }
        object.batches.retain(|(_, work)| self.work[*work].until.is_none() && self.work[*work].parallelism > 0);
    }

    /// Ends at most so many pods of a work; returns how many.
    fn end_some(&mut self, work: usize, most: u32, ts: i64) -> u32 {
        let until = self.at(ts);
        let known = &mut self.work[work];
        let gone = most.min(known.parallelism);
        known.parallelism -= gone;
        known.completions -= gone;
        // Those that go in the second in which they came never were there.
        if gone > 0 && known.at < until {
            let ended = pods(known.pod.clone(), known.at, gone, Some(until));
            self.work.push(ended);
        }
        gone
    }

    fn end_batches(&mut self, object: &StandingObject, ts: i64) {
        for (_, work) in &object.batches {
            self.end_some(*work, u32::MAX, ts);
        }
    }

    fn delete(&mut self, key: &ObjectKey, ts: i64) -> Result<(), TraceLineProblem> {
        match self.standing.remove(key) {
            Some(object) if object.ends => self.add_ending(key, &object, Some(ts)),
            Some(object) => {
                self.end_batches(&object, ts);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Handles what is there when the trace ends.
    fn finish(&mut self) -> Result<(), TraceLineProblem> {
        for (key, object) in std::mem::take(&mut self.standing) {
            if object.ends {
                self.add_ending(&key, &object, None)?;
            }
        }
        Ok(())
    }

    /// Adds the pods of an object that end by themselves.
    fn add_ending(
        &mut self,
        key: &ObjectKey,
        object: &StandingObject,
        deleted_at: Option<i64>,
    ) -> Result<(), TraceLineProblem> {
        let is_of_it = |pod: &PodTimes| match pod {
            PodTimes::Empty => false,
            PodTimes::Running(from) | PodTimes::Finished(from, _) => deleted_at.is_none_or(|deleted| *from < deleted),
        };
        let known = self.times.get_mut(key).map(std::mem::take).unwrap_or_default();
        let (mut times, later): (Vec<PodTimes>, Vec<PodTimes>) = known.into_iter().partition(is_of_it);
        self.times.insert(key.clone(), later);
        times.sort_by_key(|pod| pod.began_at());
        match &object.parts[..] {
            [(pod, at_a_time, _)] if !times.is_empty() => self.add_timed(pod, *at_a_time, object, &times, deleted_at),
            // Of which run no pod was seen, there was none.
            _ if object.kind == WorkloadKind::CronJob => {}
            parts => {
                let longest = times.iter().filter_map(|pod| pod.duration()).max();
                let duration = self.line.duration.map(|duration| duration.0).or(longest);
                let Some(duration) = duration else {
                    return Err(TraceLineProblem::Endless { object: object.described.clone() });
                };
                let at = self.at(object.applied_at);
                for (pod, at_a_time, completions) in parts {
                    let all = pods(pod.clone(), at, *at_a_time, None);
                    self.work.push(Work { completions: *completions, duration: Some(duration), ..all });
                }
            }
        }
        Ok(())
    }

    /// Adds pods whose times are known, each as work of its own.
    fn add_timed(&mut self, pod: &Pod, at_a_time: u32, object: &StandingObject, times: &[PodTimes], deleted_at: Option<i64>) {
        for (number, times) in (0_u32..).zip(times) {
            let comes_with_it = object.kind != WorkloadKind::CronJob && number < at_a_time;
            let at = self.at(if comes_with_it { object.applied_at } else { times.began_at().max(object.applied_at) });
            let duration = times.duration();
            let until = deleted_at.map(|deleted| self.at(deleted)).filter(|until| duration.is_none() && *until > at);
            self.work.push(Work { duration, until, ..pods(pod.clone(), at, 1, None) });
        }
    }
}

impl PodTimes {
    fn began_at(self) -> i64 {
        match self {
            Self::Empty => 0,
            Self::Running(from) | Self::Finished(from, _) => from,
        }
    }

    fn duration(self) -> Option<Seconds> {
        match self {
            Self::Finished(from, until) => Some(Seconds(u64::try_from(until - from).unwrap_or(0).max(1))),
            Self::Empty | Self::Running(_) => None,
        }
    }
}

fn pods(pod: Pod, at: Seconds, number: u32, until: Option<Seconds>) -> Work {
    Work { at, pod, parallelism: number, completions: number, duration: None, until }
}

fn key_of(object: &Value) -> ObjectKey {
    let text = |path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let kind = format!("{}.{}", text("/apiVersion"), text("/kind"));
    let namespace = object.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or(manifests::DEFAULT_NAMESPACE);
    (kind, format!("{namespace}/{}", text("/metadata/name")))
}

fn read(path: &Path) -> Result<SimKubeTrace, TraceLineProblem> {
    let InputDocument { file, bytes } = read_document(path, LARGEST)?;
    let wrong = |problem: String| TraceLineProblem::WrongFile { file: file.clone(), problem };
    let trace: SimKubeTrace = rmp_serde::from_slice(&bytes)
        .map_err(|error| wrong(format!("no trace of SimKube ({error}); check that it is one, of version {VERSION}")))?;
    match trace.version {
        VERSION => Ok(trace),
        version => {
            Err(wrong(format!("a trace of SimKube of version {version}; write it with a SimKube that has version {VERSION}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::trace::Trace;

    /// An owner, and when each of its pods began and ended.
    type OwnedTimes<'a> = (&'a str, &'a [(i64, Option<i64>)]);

    fn object(kind: &str, name: &str, spec: &Value) -> Value {
        let version = if kind == "Pod" {
            "v1"
        } else if kind.ends_with("Job") {
            "batch/v1"
        } else {
            "apps/v1"
        };
        json!({"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": "dsb"}, "spec": spec})
    }

    fn template(cpu: &str) -> Value {
        let container = json!({"name": "c", "resources": {"requests": {"cpu": cpu}}});
        json!({"metadata": {"creationTimestamp": null}, "spec": {"containers": [container]}})
    }

    /// Returns the template of pods that end.
    fn ending() -> Value {
        let mut template = template("1");
        template["spec"]["restartPolicy"] = json!("Never");
        template
    }

    fn deployment(replicas: u32, cpu: &str) -> Value {
        object("Deployment", "web", &json!({"replicas": replicas, "template": template(cpu)}))
    }

    /// Writes a trace as SimKube does, whose fields have their names; begins and ends of pods are
    /// those of the owner that is named.
    fn read_events(events: &[(i64, Vec<Value>, Vec<Value>)], pods: &[OwnedTimes<'_>]) -> Result<Trace, String> {
        #[derive(serde::Serialize)]
        enum WrittenTimes {
            Running(i64),
            Finished(i64, i64),
        }
        #[derive(serde::Serialize)]
        struct WrittenTrace {
            version: u16,
            config: Value,
            events: Vec<Value>,
            index: BTreeMap<String, BTreeMap<String, u64>>,
            pod_lifecycles: BTreeMap<(String, String), BTreeMap<u64, Vec<WrittenTimes>>>,
        }
        let event = |(ts, applied, deleted): &(i64, Vec<Value>, Vec<Value>)| json!({"ts": 1_700_000_000 + ts, "applied_objs": applied, "deleted_objs": deleted});
        let lived = |(from, until): &(i64, Option<i64>)| match until {
            Some(until) => WrittenTimes::Finished(1_700_000_000 + from, 1_700_000_000 + until),
            None => WrittenTimes::Running(1_700_000_000 + from),
        };
        let owner = |(owner, pods): &OwnedTimes<'_>| {
            let (kind, name) = owner.split_once(' ').expect("kind and name");
            ((kind.to_owned(), format!("dsb/{name}")), BTreeMap::from([(u64::MAX, pods.iter().map(lived).collect())]))
        };
        let file = WrittenTrace {
            version: VERSION,
            config: json!({"trackedObjects": {}}),
            events: events.iter().map(event).collect(),
            index: BTreeMap::new(),
            pod_lifecycles: pods.iter().map(owner).collect(),
        };
        let folder = tempfile::tempdir().expect("a directory");
        std::fs::write(folder.path().join("a.sktrace"), rmp_serde::to_vec_named(&file).expect("MessagePack")).expect("a file");
        let path = folder.path().join("t.jsonl");
        std::fs::write(&path, r#"{"at":"1h","simkube":"a.sktrace"}"#).expect("a file");
        super::super::read(&path, &mut Vec::new()).map_err(|error| error.to_string())
    }

    /// Returns when pods come and go and how long they run, from the begin of the trace on.
    fn told(trace: &Trace) -> Vec<(u64, u32, Option<u64>, Option<u64>)> {
        let mut told: Vec<_> = trace
            .work
            .iter()
            .map(|work| {
                let until = work.until.map(|until| until.0 - 3600);
                (work.at.0 - 3600, work.parallelism, until, work.duration.map(|all| all.0))
            })
            .collect();
        told.sort_unstable();
        told
    }

    #[test]
    fn a_service_has_as_many_pods_as_it_had_replicas_and_the_youngest_go_first() {
        let events = [
            (0, vec![], vec![]),
            (0, vec![deployment(1, "1")], vec![]),
            (100, vec![deployment(4, "1")], vec![]),
            (200, vec![deployment(2, "1")], vec![]),
            (300, vec![deployment(0, "1")], vec![]),
            (300, vec![deployment(5, "1")], vec![]),
        ];
        let trace = read_events(&events, &[]).expect("a trace");
        let expected = [(0, 1, Some(300), None), (100, 1, Some(300), None), (100, 2, Some(200), None), (300, 5, None, None)];
        assert_eq!(told(&trace), expected);
        assert_eq!(trace.work[0].pod.name, "web");
    }

    #[test]
    fn another_template_replaces_all_pods_and_a_deletion_ends_them() {
        let events = [
            (0, vec![deployment(2, "1")], vec![]),
            (50, vec![deployment(2, "2")], vec![]),
            (90, vec![], vec![deployment(2, "2")]),
            (95, vec![deployment(1, "2")], vec![]),
        ];
        let trace = read_events(&events, &[]).expect("a trace");
        assert_eq!(told(&trace), [(0, 2, Some(50), None), (50, 2, Some(90), None), (95, 1, None, None)]);
        assert_eq!(trace.pod_specs.len(), 2);
    }

    #[test]
    fn pods_that_end_run_as_long_as_theirs_did() {
        let job = object("Job", "train", &json!({"parallelism": 1, "completions": 2, "template": ending()}));
        let cron =
            object("CronJob", "hourly", &json!({"schedule": "0 * * * *", "jobTemplate": {"spec": {"template": ending()}}}));
        let bare = object("Pod", "bare", &template("1")["spec"]);
        let other = object("Pod", "other", &template("1")["spec"]);
        let events = [(0, vec![job, cron.clone(), bare], vec![]), (100, vec![other], vec![]), (500, vec![], vec![cron])];
        let pods: [OwnedTimes<'_>; 3] = [
            ("batch/v1.Job train", &[(210, Some(300)), (5, Some(200))]),
            ("batch/v1.CronJob hourly", &[(60, Some(90)), (120, None)]),
            ("v1.Pod bare", &[(2, Some(2))]),
        ];
        let trace = read_events(&events, &pods).expect("a trace");
        let expected = [
            (0, 1, None, Some(1)),
            (0, 1, None, Some(195)),
            (60, 1, None, Some(30)),
            (100, 1, None, None),
            (120, 1, Some(500), None),
            (210, 1, None, Some(90)),
        ];
        assert_eq!(told(&trace), expected);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let job = object("Job", "train", &json!({"template": ending()}));
        let endless = read_events(&[(0, vec![job], vec![])], &[]).expect_err("a mistake");
        assert!(endless.ends_with("t.jsonl:1: Job dsb/train ends at an unknown time; write a duration"), "{endless}");
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("a.sktrace");
        std::fs::write(&path, "text").expect("a file");
        let error = read(&path).err().expect("a mistake").to_string();
        assert!(error.contains("a.sktrace: no trace of SimKube"), "{error}");
        let old = json!({"version": 1, "events": []});
        std::fs::write(&path, rmp_serde::to_vec_named(&old).expect("MessagePack")).expect("a file");
        assert!(read(&path).err().expect("a mistake").to_string().contains("of version 1"));
    }
}
