//! The past of a cluster's pods from several snapshots of it, as a CronJob keeps them, as one
//! trace.
//!
//! A pod is the same in two of them when its namespace, its name and its moment of creation are; an
//! ended pod has no other mark. What some of them hold as finished comes and ends as in one
//! snapshot. What was there in one and is in no later one, finished or not, has ended between that
//! one and the next: at the end of its grace period, if it was being deleted, and otherwise at the
//! time of the next. Such ends are counted, since they are about right only.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::beginning::cluster_at;
use super::from_snapshot::{Recorded, pattern};
use crate::duration::Seconds;
use crate::gather::document::DocumentError;
use crate::kubernetes::reading::SpecTable;
use crate::snapshot::{FinishedPod, Gang, ObjectName, Pod, RestartPolicy, Scheduling, Snapshot};
use crate::trace::{Trace, Work};

/// A pod, by what all snapshots have of it.
type PodMark = (ObjectName, Timestamp);

/// Returns the files that are meant: those that are named, and of each directory that is named its
/// snapshots (`*.json` and `*.json.gz`).
///
/// # Errors
/// When a directory cannot be read, or holds none.
pub fn snapshot_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, DocumentError> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let found = snapshots_in(path).map_err(|error| unreadable(path, error))?;
        if found.is_empty() {
            let words = "it holds no file *.json or *.json.gz";
            return Err(unreadable(path, io::Error::new(io::ErrorKind::NotFound, words)));
        }
        files.extend(found);
    }
    Ok(files)
}

fn unreadable(path: &Path, error: io::Error) -> DocumentError {
    DocumentError::Unreadable { file: path.display().to_string(), error }
}

fn snapshots_in(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_file() && is_snapshot(&path) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Whether a file is named as snapshots are.
fn is_snapshot(path: &Path) -> bool {
    let ends_in = |path: &Path, end: &str| path.extension().is_some_and(|extension| extension == end);
    ends_in(path, "json") || ends_in(path, "gz") && path.file_stem().is_some_and(|stem| ends_in(Path::new(stem), "json"))
}

/// Returns the trace of the pods in some snapshots of one cluster, in any order; `None` when no pod
/// is known to have run and ended.
///
/// It begins with the first snapshot, or before that when the first of the finished pods was
/// created. Pods that are older come at the begin, and have the rest of their time left.
#[must_use]
pub fn from_snapshots(snapshots: &[Snapshot]) -> Option<Recorded> {
    let mut snapshots: Vec<&Snapshot> = snapshots.iter().collect();
    snapshots.sort_by_key(|snapshot| snapshot.taken_at);
    let (first, last) = (*snapshots.first()?, *snapshots.last()?);
    let finished = finished_in(&snapshots);
    let known = finished.values().filter(|(_, pod)| pod.ran_for().is_some()).map(|(_, pod)| pod.created_at);
    let begins_at = known.min().map_or(first.taken_at, |created_at| created_at.min(first.taken_at));
    let mut pods = PodsOverTime { begins_at, specs: SpecTable::default(), work: Vec::new(), about: 0 };
    let mut left_out = 0;
    for (snapshot, pod) in finished.values() {
        match pod.ran_for() {
            Some(duration) => pods.add(snapshot, pattern(pod), Some(duration), None),
            None => left_out += 1,
        }
    }
    for (mark, (place, pod)) in last_seen(&snapshots) {
        if !finished.contains_key(&mark) {
            pods.add_unfinished(snapshots[place], pod, snapshots.get(place + 1).copied());
        }
    }
    if pods.work.iter().all(|work| work.duration.is_none()) {
        return None;
    }
    let PodsOverTime { specs, mut work, about, .. } = pods;
    work.sort_by(|a, b| (a.at, &a.pod.namespace, &a.pod.name).cmp(&(b.at, &b.pod.namespace, &b.pod.name)));
    let trace = Trace { pod_specs: specs.into_map(), work, gangs: gangs_of(&snapshots), ..Trace::default() };
    Some(Recorded { trace, begin: cluster_at(last, begins_at), left_out, about })
}

/// Returns the pods that any snapshot holds as finished, each as the last one has it.
fn finished_in<'a>(snapshots: &[&'a Snapshot]) -> BTreeMap<PodMark, (&'a Snapshot, &'a FinishedPod)> {
    let of_nodes = |pod: &FinishedPod| pod.owner.as_ref().is_some_and(|owner| owner.kind == "DaemonSet");
    let all = snapshots.iter().flat_map(|snapshot| snapshot.finished_pods.iter().map(|pod| (*snapshot, pod)));
    all.filter(|(_, pod)| !of_nodes(pod)).map(|(snapshot, pod)| ((pod.id(), pod.created_at), (snapshot, pod))).collect()
}

/// Returns the other pods, each with the place of the last snapshot that has it.
fn last_seen<'a>(snapshots: &[&'a Snapshot]) -> BTreeMap<PodMark, (usize, &'a Pod)> {
    let mut seen = BTreeMap::new();
    for (place, snapshot) in snapshots.iter().enumerate() {
        let pods = snapshot.pods.iter().filter(|pod| !pod.belongs_to_its_node() && !pod.is_finished());
        seen.extend(pods.map(|pod| ((pod.id(), pod.created_at), (place, pod))));
    }
    seen
}

/// Returns the gangs of all snapshots, each as the last one has it.
fn gangs_of(snapshots: &[&Snapshot]) -> Vec<Gang> {
    let mut known = BTreeSet::new();
    let newest_first = snapshots.iter().rev().flat_map(|snapshot| &snapshot.gangs);
    newest_first.filter(|gang| known.insert((gang.namespace.clone(), gang.id.clone()))).cloned().collect()
}

/// The work in the making.
struct PodsOverTime {
    begins_at: Timestamp,
    specs: SpecTable,
    work: Vec<Work>,
    about: u32,
}

impl PodsOverTime {
    fn add(&mut self, snapshot: &Snapshot, mut pod: Pod, duration: Option<Seconds>, until: Option<Seconds>) {
        let at = Seconds::between(self.begins_at, pod.created_at);
        pod.spec = self.specs.intern(snapshot.pod_specs[&pod.spec].clone());
        let until = until.map(|until| until.max(Seconds(at.0 + 1)));
        self.work.push(Work { at, pod, parallelism: 1, completions: 1, duration, until });
    }

    /// Adds a pod that no snapshot holds as finished: it goes on, or it has ended before the next
    /// one.
    fn add_unfinished(&mut self, snapshot: &Snapshot, pod: &Pod, next: Option<&Snapshot>) {
        let next = next.map(|next| next.taken_at);
        let ended_at = match (pod.deletion_deadline, next) {
            (Some(deadline), next) => Some(next.map_or(deadline, |next| deadline.min(next))),
            (None, next) => next,
        };
        let Some(ended_at) = ended_at else { return self.add(snapshot, pod.made_again(), None, None) };
        self.about += 1;
        let bound_at = match pod.scheduling {
            Scheduling::Scheduled { at } => at.or(Some(pod.created_at)),
            Scheduling::Unseen | Scheduling::Gated | Scheduling::Unschedulable { .. } => None,
        };
        let ends = snapshot.spec(pod).restart_policy != RestartPolicy::Always;
        if let Some(bound_at) = bound_at.filter(|_| ends) {
            let ran_for = Seconds::between(bound_at.max(self.begins_at), ended_at).max(Seconds(1));
            self.add(snapshot, pod.made_again(), Some(ran_for), None);
        } else {
            let until = Seconds::between(self.begins_at, ended_at);
            self.add(snapshot, pod.made_again(), None, Some(until));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Labels, Outcome, PodSpec, SpecId};

    fn at(text: &str) -> Timestamp {
        format!("2026-11-22T{text}:00Z").parse().expect("a time")
    }

    fn spec(snapshot: &mut Snapshot, id: u32, restart_policy: RestartPolicy) {
        let known = snapshot.pod_specs[&SpecId(0)].clone();
        snapshot.pod_specs.insert(SpecId(id), PodSpec { restart_policy, ..known });
    }

    /// Returns a snapshot with a job's and a service's pods of these names, each with its creation
    /// and binding; specifications have other numbers in each.
    fn taken(time: &str, job_spec: u32, jobs: &[(&str, &str, &str)], services: &[(&str, &str, &str)]) -> Snapshot {
        let mut snapshot = crate::demo::snapshot();
        snapshot.taken_at = at(time);
        spec(&mut snapshot, job_spec, RestartPolicy::Never);
        spec(&mut snapshot, 99, RestartPolicy::Always);
        snapshot.pods.clear();
        let pods = jobs.iter().map(|pod| (pod, job_spec)).chain(services.iter().map(|pod| (pod, 99)));
        for ((name, created, bound), spec) in pods {
            let mut pod = Pod::unseen(ObjectName::new("ml", *name), SpecId(spec), at(created));
            if !bound.is_empty() {
                pod.node = Some("n".into());
                pod.scheduling = Scheduling::Scheduled { at: Some(at(bound)) };
            }
            snapshot.pods.push(pod);
        }
        snapshot
    }

    fn finished(name: &str, created: &str, bound: &str, ended: &str) -> FinishedPod {
        FinishedPod {
            namespace: "ml".into(),
            name: name.into(),
            labels: Labels::new(),
            owner: None,
            spec: SpecId(0),
            drain_annotations: Labels::new(),
            created_at: at(created),
            bound_at: Some(at(bound)),
            finished_at: Some(at(ended)),
            outcome: Outcome::Succeeded,
            resource_claims: Vec::new(),
        }
    }

    /// Returns when pods come, how long they run and when they go, in minutes from the begin.
    fn told(recorded: &Recorded) -> Vec<(&str, u64, Option<u64>, Option<u64>)> {
        let minutes = |time: Option<Seconds>| time.map(|time| time.0 / 60);
        let work = recorded.trace.work.iter();
        work.map(|work| (work.pod.name.as_str(), work.at.0 / 60, minutes(work.duration), minutes(work.until))).collect()
    }

    #[test]
    fn what_is_gone_in_the_next_has_ended_by_then() {
        let old = ("old", "08:00", "08:10");
        let one =
            taken("10:00", 50, &[old, ("lost", "09:50", "09:55")], &[("web-1", "07:00", "07:00"), ("web-2", "09:00", "09:00")]);
        let mut two =
            taken("11:00", 60, &[old, ("done", "10:30", "10:31")], &[("web-1", "07:00", "07:00"), ("wait", "10:40", "")]);
        two.pods.iter_mut().filter(|pod| pod.name == "wait").for_each(|pod| pod.deletion_deadline = Some(at("11:10")));
        let mut three = taken("12:00", 70, &[], &[("web-1", "07:00", "07:00")]);
        three.finished_pods = vec![finished("done", "10:30", "10:31", "11:31")];
        let recorded = from_snapshots(&[three, one, two]).expect("a trace");
        assert_eq!((recorded.begin.taken_at, recorded.about, recorded.left_out), (at("10:00"), 4, 0));
        let expected = [
            ("lost", 0, Some(60), None),
            ("old", 0, Some(120), None),
            ("web-1", 0, None, None),
            ("web-2", 0, None, Some(60)),
            ("done", 30, Some(60), None),
            ("wait", 40, None, Some(70)),
        ];
        assert_eq!(told(&recorded), expected);
        // The specification of jobs has another number in each snapshot, and is one; so is that of
        // services.
        assert_eq!(recorded.trace.pod_specs.len(), 2);
    }

    #[test]
    fn a_pod_made_again_under_its_name_is_another_and_finished_pods_begin_earlier() {
        let mut one = taken("10:00", 50, &[], &[("db-0", "09:00", "09:00")]);
        one.finished_pods = vec![finished("early", "06:00", "06:00", "07:00")];
        let mut two = taken("11:00", 50, &[], &[("db-0", "10:20", "10:20")]);
        two.finished_pods = one.finished_pods.clone();
        let recorded = from_snapshots(&[one, two]).expect("a trace");
        let expected = [("early", 0, Some(60), None), ("db-0", 180, None, Some(300)), ("db-0", 260, None, None)];
        assert_eq!((recorded.begin.taken_at, told(&recorded)), (at("06:00"), expected.to_vec()));
    }

    #[test]
    fn without_an_end_there_is_no_trace() {
        let web = [("web-1", "07:00", "07:00")];
        assert!(from_snapshots(&[taken("10:00", 50, &[], &web), taken("11:00", 50, &[], &web)]).is_none());
        assert!(from_snapshots(&[]).is_none());
    }

    #[test]
    fn a_directory_means_its_snapshots() {
        let folder = tempfile::tempdir().expect("a directory");
        for name in ["b.json.gz", "a.json", "notes.txt"] {
            fs::write(folder.path().join(name), "").expect("a file");
        }
        let file = PathBuf::from("one.json");
        let files = snapshot_files(&[file.clone(), folder.path().to_path_buf()]).expect("files");
        assert_eq!(files, [file, folder.path().join("a.json"), folder.path().join("b.json.gz")]);
        let empty = tempfile::tempdir().expect("a directory");
        let error = snapshot_files(&[empty.path().to_path_buf()]).expect_err("nothing there").to_string();
        assert!(error.contains("can't be read: it holds no file *.json"), "{error}");
    }
}
