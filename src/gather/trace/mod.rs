//! Traces of work from files: a JSON object a line, which `src/manual/simulation.md` describes.
//!
//! A line is a class (a kind of pod), work (pods of a class, the objects of a manifest, or what a
//! trace of others holds) or trouble of the cloud (an outage, or instances that go). Lines may come
//! in any order of time; a class stands before its use.

mod availability;
mod beginning;
mod devices;
mod error;
mod from_snapshot;
mod from_snapshots;
mod gavel;
mod line;
mod openb;
mod prometheus;
mod simkube;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::document::{ByteSize, InputDocument, read_document};
use super::manifests::node::{YamlNode, YamlValue};
use super::manifests::{self, Manifests, Part, Runs, Workload};
use crate::duration::Seconds;
use crate::kubernetes::reading::SpecTable;
use crate::snapshot::{Claim, Gang, GangKind, GangName, GangRules, Pod, PodVolume};
use crate::trace::{Outage, Reclaim, Trace, Work};
use line::{ClassLine, GangLine, GavelLine, ManifestLine, OutageLine, ReclaimLine, Time, TraceLine, WorkLine};

pub use error::{TraceError, TraceLineProblem};
pub use from_snapshot::{Recorded, from_snapshot};
pub use from_snapshots::{from_snapshots, snapshot_files};

/// More than years of a busy cluster.
const LARGEST: ByteSize = ByteSize(1 << 30);

/// Reads a trace from a file, or from standard input when the path is `-`; both may be gzip. Its
/// notes go to `notes`, a line each.
///
/// # Errors
/// With the first line that is wrong, and the way out.
pub fn read(path: &Path, notes: &mut Vec<String>) -> Result<Trace, TraceError> {
    let InputDocument { file, bytes } = read_document(path, LARGEST)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.split(|byte| *byte == b'\n').count() as u64;
        TraceError::Line { file: file.clone(), line, problem: TraceLineProblem::NotUtf8 }
    })?;
    let directory = if path == Path::new("-") { None } else { path.parent() };
    TraceReader::new(&file, directory).read_lines(&text, notes)
}

/// Reads a trace that is no file; its name is for messages.
///
/// # Errors
/// As [`read`], and when a line names a file.
pub fn read_text(name: &str, text: &str) -> Result<Trace, TraceError> {
    TraceReader::new(name, None).read_lines(text, &mut Vec::new())
}

/// When pods come, and when they go.
#[derive(Debug, Clone, Copy)]
struct Times {
    at: Seconds,
    duration: Option<Seconds>,
    until: Option<Seconds>,
}

struct TraceReader<'a> {
    file: &'a str,
    /// The directory of the manifests that lines name.
    directory: Option<&'a Path>,
    specs: SpecTable,
    /// The classes, each with its line.
    classes: BTreeMap<String, (ClassLine, u64)>,
    /// The lines of the names that are taken.
    names: BTreeMap<(String, String), u64>,
    trace: Trace,
    notes: Vec<String>,
}

impl<'a> TraceReader<'a> {
    fn new(file: &'a str, directory: Option<&'a Path>) -> Self {
        Self {
            file,
            directory,
            specs: SpecTable::default(),
            classes: BTreeMap::new(),
            names: BTreeMap::new(),
            trace: Trace::default(),
            notes: Vec::new(),
        }
    }

    fn read_lines(mut self, text: &str, notes: &mut Vec<String>) -> Result<Trace, TraceError> {
        let lines = text.trim_start_matches('\u{feff}').lines().zip(1..).map(|(text, line)| (text.trim(), line));
        for (text, line) in lines.filter(|(text, _)| !text.is_empty() && !text.starts_with('#')) {
            let wrong = |problem| TraceError::Line { file: self.file.to_owned(), line, problem };
            let read = line::read(text, line).map_err(wrong)?;
            let taken = match read {
                TraceLine::Class(class) => self.class(*class, line),
                TraceLine::Work(work) => self.work(&work, line),
                TraceLine::Manifest(manifest) => self.manifest(manifest, line),
                TraceLine::Gavel(jobs) => self.gavel(&jobs, line),
                TraceLine::Openb(list) => self.openb(&list, line),
                TraceLine::SimKube(trace) => self.simkube(&trace, line),
                TraceLine::Prometheus(export) => self.prometheus(&export, line),
                TraceLine::Outage(outage) => {
                    self.trace.outages.push(read_outage(outage));
                    Ok(())
                }
                TraceLine::Reclaim(reclaim) => {
                    self.trace.reclaims.push(read_reclaim(reclaim));
                    Ok(())
                }
                TraceLine::Availability(line) => self.availability(&line),
            };
            taken.map_err(|problem| TraceError::Line { file: self.file.to_owned(), line, problem })?;
        }
        if self.trace.work.is_empty() {
            return Err(TraceError::Empty { file: self.file.to_owned() });
        }
        self.trace.work.sort_by_key(|work| work.at);
        for note in self.notes {
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        Ok(Trace { pod_specs: self.specs.into_map(), ..self.trace })
    }

    fn class(&mut self, class: ClassLine, line: u64) -> Result<(), TraceLineProblem> {
        if let Some((_, first)) = self.classes.get(&class.class) {
            return Err(TraceLineProblem::ClassTwice { class: class.class, first: *first });
        }
        // The class is checked even if nothing uses it.
        self.pattern(&format!("class {}", class.class), &class, Runs::On, manifests::DEFAULT_NAMESPACE, "class")?;
        self.classes.insert(class.class.clone(), (class, line));
        Ok(())
    }

    fn pattern(
        &mut self,
        object: &str,
        class: &ClassLine,
        runs: Runs,
        namespace: &str,
        name: &str,
    ) -> Result<Pod, TraceLineProblem> {
        let metadata = ObjectMeta { labels: Some(class.labels.clone()), ..ObjectMeta::default() };
        let template = PodTemplateSpec { metadata: Some(metadata), spec: Some(class.spec.clone()) };
        let made = manifests::pattern(object, runs, namespace, name, template);
        let (mut pod, spec, notes) =
            made.map_err(|problem| TraceLineProblem::Pods { object: object.to_owned(), problem: problem.to_string() })?;
        pod.spec = self.specs.intern(spec);
        pod.namespace = self.specs.name(namespace);
        devices::add_of_class(&mut self.trace.devices, &class.class, &class.claims, &mut pod)?;
        self.notes.extend(notes);
        Ok(pod)
    }

    fn work(&mut self, work: &WorkLine, line: u64) -> Result<(), TraceLineProblem> {
        let class = self.known_class(&work.class)?;
        let namespace = work.namespace.as_deref().unwrap_or(manifests::DEFAULT_NAMESPACE);
        self.take_name(namespace, &work.name, line)?;
        let runs = if work.duration.is_some() { Runs::ToItsEnd } else { Runs::On };
        let object = format!("class {} of {namespace}/{}", work.class, work.name);
        let mut pod = self.pattern(&object, &class, runs, namespace, &work.name)?;
        let completions = work.count.map_or(1, |count| count.0);
        if let Some(gang) = &work.gang {
            if work.parallelism.is_some_and(|count| count.0 < completions) {
                let words = "parallelism is less than count, and the pods of a gang are there at the same time; leave it out";
                return Err(TraceLineProblem::Field(words.to_owned()));
            }
            let gang = gang_of(gang, completions, &pod)?;
            pod.gang = Some(Box::new(gang.id.clone()));
            self.trace.gangs.push(gang);
        }
        self.trace.work.push(Work {
            at: work.at.0,
            pod,
            parallelism: work.parallelism.map_or(completions, |count| count.0),
            completions,
            duration: work.duration.map(|Time(duration)| duration),
            until: until_of(work.at, work.until)?,
        });
        Ok(())
    }

    fn known_class(&self, name: &str) -> Result<ClassLine, TraceLineProblem> {
        let known = self.classes.get(name).map(|(class, _)| class.clone());
        known.ok_or_else(|| TraceLineProblem::UnknownClass {
            class: name.to_owned(),
            known: self.classes.keys().cloned().collect(),
        })
    }

    /// Adds the jobs of a trace of Gavel, with a pod for each of their GPUs.
    fn gavel(&mut self, jobs: &GavelLine, line: u64) -> Result<(), TraceLineProblem> {
        let class = self.known_class(&jobs.class)?;
        if jobs.gang.as_ref().is_some_and(|gang| gang.min.is_some()) {
            let words = "gang.min is that of each job, which is all its GPUs; leave it out";
            return Err(TraceLineProblem::Field(words.to_owned()));
        }
        let read = gavel::read(&self.beside(&jobs.gavel)?, &self.beside(&jobs.throughputs)?, &jobs.on)?;
        if read.estimated > 0 {
            self.notes.push(format!(
                "{}:{line}: the table has no speed for the number of GPUs of {} of {} jobs; theirs is that of one GPU times the number",
                self.file,
                read.estimated,
                read.jobs.len()
            ));
        }
        let namespace = jobs.namespace.as_deref().unwrap_or(manifests::DEFAULT_NAMESPACE);
        for job in read.jobs {
            let name = format!("{}-{:04}", prefix_of(&jobs.gavel), job.line);
            self.take_name(namespace, &name, line)?;
            let mut pod = self.pattern(&format!("class {}", jobs.class), &class, Runs::ToItsEnd, namespace, &name)?;
            if let Some(gang) = jobs.gang.as_ref().filter(|_| job.gpus > 1) {
                let gang = gang_of(gang, job.gpus, &pod)?;
                pod.gang = Some(Box::new(gang.id.clone()));
                self.trace.gangs.push(gang);
            }
            self.trace.work.push(Work {
                at: Seconds(jobs.at.0.0.saturating_add(job.at.0)),
                pod,
                parallelism: job.gpus,
                completions: job.gpus,
                duration: Some(job.duration),
                until: None,
            });
        }
        Ok(())
    }

    /// Returns the path of a file beside the trace.
    fn beside(&self, file: &str) -> Result<PathBuf, TraceLineProblem> {
        self.directory.map(|directory| directory.join(file)).ok_or_else(|| TraceLineProblem::NoFolder(file.to_owned()))
    }

    fn take_name(&mut self, namespace: &str, name: &str, line: u64) -> Result<(), TraceLineProblem> {
        if name.is_empty() {
            return Err(TraceLineProblem::Field("name is empty; write one".to_owned()));
        }
        match self.names.insert((namespace.to_owned(), name.to_owned()), line) {
            Some(first) => Err(TraceLineProblem::NameTwice { name: format!("{namespace}/{name}"), first }),
            None => Ok(()),
        }
    }

    fn manifest(&mut self, line: ManifestLine, number: u64) -> Result<(), TraceLineProblem> {
        let mut read = self.objects(line.manifest, number)?;
        self.notes.append(&mut read.notes);
        devices::add_of_manifests(&mut self.trace.devices, &mut read);
        if !read.daemon_sets.is_empty() || !read.namespaces.is_empty() {
            self.notes.push(format!(
                "{}:{number}: DaemonSets and Namespaces come from the snapshot; those of a trace are left out",
                self.file
            ));
        }
        let until = until_of(line.at, line.until)?;
        for workload in std::mem::take(&mut read.workloads) {
            let times = Times { at: line.at.0, duration: line.duration.map(|Time(duration)| duration), until };
            self.workload(workload, &read, times, number)?;
        }
        Ok(())
    }

    fn objects(&self, manifest: serde_json::Value, number: u64) -> Result<Manifests, TraceLineProblem> {
        let node = YamlNode::from_json(manifest, number);
        let YamlValue::Text(path) = &node.value else { return Ok(manifests::from_node(self.file, node)?) };
        match self.directory {
            Some(directory) if path != "-" => Ok(manifests::read(&[directory.join(path)], &GangRules::default())?),
            _ => Err(TraceLineProblem::NoFiles(path.clone())),
        }
    }

    fn workload(&mut self, workload: Workload, read: &Manifests, times: Times, line: u64) -> Result<(), TraceLineProblem> {
        let Times { at, duration, until } = times;
        let ends = workload.kind.ends();
        if ends && duration.is_none() {
            return Err(TraceLineProblem::Endless { object: workload.described() });
        }
        // Two lines may make up the same name.
        let suffix = if workload.is_new { format!("-{line}") } else { String::new() };
        self.take_name(&workload.namespace, &format!("{}{suffix}", workload.name), line)?;
        for part in workload.parts.into_iter().filter(|part| part.at_a_time() > 0) {
            let Part { parallelism, completions, .. } = part;
            let pod = self.pod_of(part, read, &suffix);
            self.trace.work.push(Work { at, pod, parallelism, completions, duration, until });
        }
        Ok(())
    }

    /// Returns the pattern of a part in this trace. Its claims are made for each pod, as ephemeral
    /// volumes are.
    fn pod_of(&mut self, part: Part, read: &Manifests, suffix: &str) -> Pod {
        let name = format!("{}{suffix}", part.pattern.name);
        let templates = part.claim_templates().to_vec();
        let mut pod = part.pattern;
        let with_it = |name: &str| {
            read.claims.iter().find(|claim| claim.name == name && claim.namespace == pod.namespace.as_str()).cloned()
        };
        let ephemeral = |claim: &Claim| PodVolume::Ephemeral {
            claim: format!("{name}-{}", claim.name),
            storage_class: claim.storage_class.clone(),
        };
        let mut volumes = Vec::new();
        for volume in &pod.volumes {
            volumes.push(match volume {
                PodVolume::Claim { claim } => with_it(claim).as_ref().map_or_else(|| volume.clone(), ephemeral),
                PodVolume::Ephemeral { claim, storage_class } => PodVolume::Ephemeral {
                    claim: format!("{name}{}", claim.strip_prefix(pod.name.as_str()).unwrap_or_default()),
                    storage_class: storage_class.clone(),
                },
                PodVolume::HostPath { .. } | PodVolume::EmptyDir { .. } => volume.clone(),
            });
        }
        volumes.extend(templates.iter().map(ephemeral));
        pod.volumes = volumes;
        if let Some(owner) = &mut pod.owner {
            let owner = Arc::make_mut(owner);
            owner.name = format!("{}{suffix}", owner.name).into();
            owner.uid = format!("{}{suffix}", owner.uid).into();
        }
        pod.spec = self.specs.intern(read.pod_specs[&pod.spec].clone());
        pod.namespace = self.specs.name(&pod.namespace);
        pod.name = name.into();
        pod
    }
}

/// Returns the gang of so many pods, which has the name of their pattern.
fn gang_of(line: &GangLine, pods: u32, pattern: &Pod) -> Result<Gang, TraceLineProblem> {
    let min = line.min.map_or(pods, |count| count.0);
    if min > pods {
        let words = format!("gang.min is {min} of {pods} pods, so that they would never start; write at most {pods}");
        return Err(TraceLineProblem::Field(words));
    }
    Ok(Gang {
        namespace: pattern.namespace.clone(),
        id: GangName { kind: line.by.unwrap_or(GangKind::PodGroup), name: pattern.name.clone() },
        min,
        same: line.together.clone(),
        total: None,
        priority: None,
        created_at: pattern.created_at,
    })
}

/// Returns the pod of a pattern that has this name, and an owner of its own.
fn named(pattern: &Pod, name: &str) -> Pod {
    let mut pod = pattern.clone();
    pod.name = name.into();
    if let Some(owner) = &mut pod.owner {
        let owner = Arc::make_mut(owner);
        owner.name = name.into();
        owner.uid = name.into();
    }
    pod
}

/// Returns the name of a file as names of objects may begin.
fn prefix_of(file: &str) -> String {
    let stem = Path::new(file).file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let is_usual = |letter: char| letter.is_ascii_alphanumeric();
    let usual: String = stem.chars().map(|letter| if is_usual(letter) { letter } else { '-' }).collect();
    usual.trim_matches('-').to_owned()
}

/// Returns when work is deleted that comes at a time.
fn until_of(at: Time, until: Option<Time>) -> Result<Option<Seconds>, TraceLineProblem> {
    let until = until.map(|Time(until)| until);
    match until {
        Some(until) if until <= at.0 => {
            let words = format!("until is {until}, and its pods come at {}; write a later time", at.0);
            Err(TraceLineProblem::Field(words))
        }
        _ => Ok(until),
    }
}

fn read_reclaim(line: ReclaimLine) -> Reclaim {
    let taken = line.reclaim;
    Reclaim {
        at: line.at.0,
        notice: taken.notice.map_or(Seconds(0), |Time(notice)| notice),
        region: taken.region,
        group: taken.group,
        zone: taken.zone,
        market: taken.market,
        count: taken.count.map(|count| count.0),
    }
}

fn read_outage(line: OutageLine) -> Outage {
    let from = line.at.0;
    let until = Seconds(from.0.saturating_add(line.duration.0.0));
    Outage { region: line.outage.region, group: line.outage.group, zone: line.outage.zone, from, until }
}
