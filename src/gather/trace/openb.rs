//! Pods of Alibaba's trace of GPU clusters of 2023 (`cluster-trace-gpu-v2023` of
//! alibaba/clusterdata), as its lists `openb_pod_list_*.csv` have them: a row is a pod, with its
//! requests, the models of GPUs that it takes, and the seconds at which it was created, bound and
//! deleted.
//!
//! A pod with a share of a GPU gets a whole one, unless the line names a resource of which
//! a GPU has 1,000. Pods that never were bound are left out: nobody knows how long they would have
//! run. Lists without times are for packing: all pods come at the same time.

use std::collections::BTreeMap;
use std::path::Path;

use k8s_openapi::api::core::v1::{
    Affinity, Container, NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodSpec, ResourceRequirements,
    Toleration,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::error::TraceLineProblem;
use super::line::{ClassLine, OpenbLine};
use super::{TraceReader, named};
use crate::duration::Seconds;
use crate::gather::document::{ByteSize, InputDocument, read_document};
use crate::gather::manifests::{DEFAULT_NAMESPACE, Runs, TemplateLabels};
use crate::snapshot::{CPU, MEMORY, Pod};
use crate::trace::Work;

/// The published lists have less than 1 MiB.
const LARGEST: ByteSize = ByteSize(1 << 28);

/// The resource that the driver of GPUs reports.
const NVIDIA_GPU: &str = "nvidia.com/gpu";

/// The label of nodes whose value is the model of their GPUs: the trace names models, and no label.
const GPU_MODEL: &str = "gpu-model";

/// A row.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
struct OpenbPod {
    name: String,
    cpu_milli: u64,
    memory_mib: u64,
    num_gpu: u64,
    /// Thousandths of a GPU, of a pod with one.
    gpu_milli: u64,
    /// The models of GPUs, of which one must be there; none means any.
    #[serde(default)]
    gpu_spec: String,
    #[serde(default)]
    creation_time: Option<u64>,
    #[serde(default)]
    deletion_time: Option<u64>,
    #[serde(default)]
    scheduled_time: Option<u64>,
}

/// What makes two pods alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct OpenbShape {
    cpu_milli: u64,
    memory_mib: u64,
    num_gpu: u64,
    gpu_milli: u64,
    gpu_spec: String,
    /// Whether it ends by itself.
    ends: bool,
}

impl OpenbPod {
    fn shape(&self, ends: bool) -> OpenbShape {
        let Self { cpu_milli, memory_mib, num_gpu, gpu_milli, .. } = *self;
        OpenbShape { cpu_milli, memory_mib, num_gpu, gpu_milli, gpu_spec: self.gpu_spec.clone(), ends }
    }
}

impl TraceReader<'_> {
    /// Adds the pods of a list of Alibaba's trace.
    pub(super) fn openb(&mut self, list: &OpenbLine, line: u64) -> Result<(), TraceLineProblem> {
        let class = list.class.as_deref().map(|class| self.known_class(class)).transpose()?;
        let path = self.beside(&list.openb)?;
        let namespace = list.namespace.as_deref().unwrap_or(DEFAULT_NAMESPACE);
        let from = list.from.map_or(Seconds(0), |from| from.0);
        let is_meant = |at: u64| at >= from.0 && list.until.is_none_or(|until| at < until.0.0);
        let (mut patterns, mut never_bound) = (BTreeMap::new(), 0_u32);
        let rows = read(&path)?;
        for row in &rows {
            let (created_at, duration) = match (row.creation_time, row.deletion_time.zip(row.scheduled_time)) {
                (None, _) => (from.0, list.duration.map(|duration| duration.0)),
                (Some(at), _) if !is_meant(at) => continue,
                (Some(at), Some((deleted, bound))) => (at, Some(Seconds(deleted.saturating_sub(bound).max(1)))),
                (Some(_), None) => {
                    never_bound += 1;
                    continue;
                }
            };
            self.take_name(namespace, &row.name, line)?;
            let shape = row.shape(duration.is_some());
            if !patterns.contains_key(&shape) {
                let pattern = self.pattern_of_shape(&shape, class.as_ref(), list, namespace)?;
                patterns.insert(shape.clone(), pattern);
            }
            self.trace.work.push(Work {
                at: Seconds(list.at.0.0.saturating_add(created_at - from.0)),
                pod: named(&patterns[&shape], &row.name),
                parallelism: 1,
                completions: 1,
                duration,
                until: None,
            });
        }
        if never_bound > 0 {
            let (file, all) = (self.file, rows.len());
            self.notes
                .push(format!("{file}:{line}: {never_bound} of {all} pods were never bound to a node; they are left out"));
        }
        Ok(())
    }

    fn pattern_of_shape(
        &mut self,
        shape: &OpenbShape,
        class: Option<&ClassLine>,
        list: &OpenbLine,
        namespace: &str,
    ) -> Result<Pod, TraceLineProblem> {
        let mut class = class.cloned().unwrap_or_else(|| usual_class(shape));
        shape.write_into(&mut class.spec, list.milli_gpu.as_deref());
        let runs = if shape.ends { Runs::ToItsEnd } else { Runs::On };
        self.pattern(&format!("pods of {}", list.openb), &class, runs, namespace, "openb")
    }
}

/// Returns the class of pods for which the line names none. The admission plugin
/// `ExtendedResourceToleration` lets pods with GPUs onto nodes that are tainted for them.
fn usual_class(shape: &OpenbShape) -> ClassLine {
    let tolerates =
        Toleration { key: Some(NVIDIA_GPU.to_owned()), operator: Some("Exists".to_owned()), ..Toleration::default() };
    let spec = PodSpec {
        containers: vec![Container { name: "main".to_owned(), ..Container::default() }],
        tolerations: (shape.num_gpu > 0).then(|| vec![tolerates]),
        ..PodSpec::default()
    };
    ClassLine { class: String::new(), spec, labels: TemplateLabels::new(), claims: BTreeMap::new() }
}

impl OpenbShape {
    /// Writes what it requests into the first container, and the models that it takes into the node
    /// affinity.
    fn write_into(&self, spec: &mut PodSpec, milli_gpu: Option<&str>) {
        let amounts = [(CPU, format!("{}m", self.cpu_milli)), (MEMORY, format!("{}Mi", self.memory_mib))];
        let gpus = match milli_gpu {
            _ if self.num_gpu == 0 => None,
            None => Some((NVIDIA_GPU, self.num_gpu.to_string())),
            Some(resource) => {
                let milli = if self.num_gpu == 1 { self.gpu_milli } else { self.num_gpu * 1000 };
                Some((resource, milli.to_string()))
            }
        };
        let quantity = |(name, amount): (&str, String)| (name.to_owned(), Quantity(amount));
        if let Some(container) = spec.containers.first_mut() {
            container.resources = Some(ResourceRequirements {
                limits: Some(gpus.clone().into_iter().map(quantity).collect()),
                requests: Some(amounts.into_iter().chain(gpus).map(quantity).collect()),
                ..ResourceRequirements::default()
            });
        }
        let models: Vec<String> = self.gpu_spec.split('|').filter(|model| !model.is_empty()).map(str::to_owned).collect();
        if !models.is_empty() {
            require_model(spec, models);
        }
    }
}

/// Adds a required node affinity for one of some models of GPUs to every term that is there.
fn require_model(spec: &mut PodSpec, models: Vec<String>) {
    let one_of = NodeSelectorRequirement { key: GPU_MODEL.to_owned(), operator: "In".to_owned(), values: Some(models) };
    let affinity: &mut Affinity = spec.affinity.get_or_insert_default();
    let nodes: &mut NodeAffinity = affinity.node_affinity.get_or_insert_default();
    let required: &mut NodeSelector = nodes.required_during_scheduling_ignored_during_execution.get_or_insert_default();
    if required.node_selector_terms.is_empty() {
        required.node_selector_terms.push(NodeSelectorTerm::default());
    }
    for term in &mut required.node_selector_terms {
        term.match_expressions.get_or_insert_default().push(one_of.clone());
    }
}

/// Reads the rows of a list.
fn read(path: &Path) -> Result<Vec<OpenbPod>, TraceLineProblem> {
    let InputDocument { file, bytes } = read_document(path, LARGEST)?;
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let mut rows = Vec::new();
    for row in reader.deserialize() {
        rows.push(row.map_err(|error| wrong_row(&file, &error))?);
    }
    Ok(rows)
}

fn wrong_row(file: &str, error: &csv::Error) -> TraceLineProblem {
    let line = error.position().map_or(1, csv::Position::line);
    TraceLineProblem::LineOfFile { file: file.to_owned(), line, problem: no_pod(error) }
}

fn no_pod(error: &csv::Error) -> String {
    let cause = match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => err.to_string(),
        _ => error.to_string(),
    };
    format!("no pod of an openb list: {cause}; check that it is one, such as openb_pod_list_default.csv")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::PodSpec as KnownSpec;
    use crate::trace::Trace;

    const LIST: &str = "\
name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time
p-0,12000,16384,1,1000,,LS,Running,86400,90000,86410
p-1,6000,12288,1,460,V100M16|V100M32,BE,Failed,86460,86460,86460
p-2,11908,47104,1,1000,,BE,Pending,86500,86600,
p-3,4000,4096,0,0,,LS,Succeeded,172800,172900,172850
p-4,96000,400000,8,1000,,LS,Running,172801,172901,172851
";

    fn read_list(list: &str, rest: &str) -> Result<(Trace, Vec<String>), String> {
        let folder = tempfile::tempdir().expect("a directory");
        std::fs::write(folder.path().join("pods.csv"), list).expect("a file");
        let class = r#"{"class":"own","spec":{"priority":7,"containers":[{"name":"c"}]},"labels":{"team":"a"}}"#;
        let path = folder.path().join("t.jsonl");
        std::fs::write(&path, format!("{class}\n{{\"at\":\"1h\",\"openb\":\"pods.csv\"{rest}}}\n")).expect("a file");
        let mut notes = Vec::new();
        let named = format!("{}/", folder.path().display());
        match super::super::read(&path, &mut notes) {
            Ok(trace) => Ok((trace, notes.iter().map(|note| note.replace(&named, "")).collect())),
            Err(error) => Err(error.to_string().replace(&named, "")),
        }
    }

    fn times(trace: &Trace) -> Vec<(&str, u64, Option<u64>)> {
        trace.work.iter().map(|work| (work.pod.name.as_str(), work.at.0, work.duration.map(|all| all.0))).collect()
    }

    fn spec<'a>(trace: &'a Trace, name: &str) -> &'a KnownSpec {
        let work = trace.work.iter().find(|work| work.pod.name == name).expect("a pod of that name");
        &trace.pod_specs[&work.pod.spec]
    }

    #[test]
    fn pods_come_at_their_times_and_those_never_bound_are_left_out() {
        let (trace, notes) = read_list(LIST, "").expect("a trace");
        let hour = 3600;
        assert_eq!(
            times(&trace),
            [
                ("p-0", hour + 86_400, Some(3590)),
                ("p-1", hour + 86_460, Some(1)),
                ("p-3", hour + 172_800, Some(50)),
                ("p-4", hour + 172_801, Some(50))
            ]
        );
        assert_eq!(notes, ["t.jsonl:2: 1 of 5 pods were never bound to a node; they are left out"]);
        let owner = trace.work[0].pod.owner.as_ref().map(|owner| format!("{} {}", owner.kind, owner.name));
        assert_eq!(owner, Some("Job p-0".to_owned()));
        let (part, notes) = read_list(LIST, r#","from":"2d","until":172801"#).expect("a trace");
        assert_eq!((times(&part), notes.len()), (vec![("p-3", hour, Some(50))], 0));
    }

    #[test]
    fn what_they_request_is_that_of_their_row() {
        let (trace, _) = read_list(LIST, "").expect("a trace");
        let share = spec(&trace, "p-1");
        let requests = &share.containers[0].requests;
        assert_eq!((requests.get(CPU), requests.get(MEMORY), requests.get(NVIDIA_GPU)), (6000, 12_288 << 20, 1));
        let affinity = format!("{:?}", share.node_affinity);
        assert!(affinity.contains("gpu-model") && affinity.contains("V100M16") && affinity.contains("V100M32"), "{affinity}");
        let tolerates_gpus = |name: &str| format!("{:?}", spec(&trace, name).tolerations).contains(NVIDIA_GPU);
        assert!(spec(&trace, "p-0").node_affinity.is_none() && tolerates_gpus("p-0"));
        assert!(!spec(&trace, "p-3").containers[0].requests.contains(NVIDIA_GPU) && !tolerates_gpus("p-3"));
        let (trace, _) = read_list(LIST, r#","milli_gpu":"example.com/gpu-milli","class":"own""#).expect("a trace");
        let milli = |name: &str| spec(&trace, name).containers[0].requests.get("example.com/gpu-milli");
        assert_eq!((milli("p-1"), milli("p-4"), milli("p-3")), (460, 8000, 0));
        assert_eq!((spec(&trace, "p-1").priority, trace.work[0].pod.labels["team"].as_str()), (7, "a"));
    }

    #[test]
    fn a_list_without_times_comes_at_once() {
        let list = "name,cpu_milli,memory_mib,num_gpu,gpu_milli\np-0,12000,16384,1,1000\np-1,1,1,0,0\n";
        let (trace, _) = read_list(list, "").expect("a trace");
        assert_eq!(times(&trace), [("p-0", 3600, None), ("p-1", 3600, None)]);
        let (trace, _) = read_list(list, r#","duration":"1h""#).expect("a trace");
        assert_eq!(times(&trace), [("p-0", 3600, Some(3600)), ("p-1", 3600, Some(3600))]);
    }

    #[test]
    fn a_wrong_row_is_named() {
        let many = LIST.replace("6000,", "many,");
        assert_eq!(
            read_list(&many, "").expect_err("a mistake"),
            "t.jsonl:2: pods.csv:3: no pod of an openb list: field 1: invalid digit found in string; check that it is one, such \
             as openb_pod_list_default.csv"
        );
        assert!(read_list("a,b\n1,2\n", "").expect_err("a mistake").contains("pods.csv:2: no pod of an openb list"));
        assert!(read_list(LIST, r#","class":"none""#).expect_err("a mistake").contains("class none is not known"));
    }
}
