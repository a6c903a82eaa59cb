//! The cases of `tests/conformance`: one pod against one small cluster, and what kube-scheduler
//! says of each node.
//!
//! The files are data, so that the planner and a real kube-scheduler can be asked the same. An
//! object is written as its manifest cut to what matters; [`manifest`] adds what an API server
//! insists on.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ec2_autoscale::scheduler::Plugin;
use serde::Deserialize;
use serde_json::{Map, Value};

mod manifest;

pub(crate) use manifest::{Kind, Manifest};

type Labels = BTreeMap<String, String>;

/// One pod against one small cluster.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// The file it is from, without `.yaml`: the plugin it is about.
    #[serde(skip)]
    pub(crate) file: String,
    /// The fact, as a sentence.
    pub(crate) name: String,
    /// Where the fact is from.
    pub(crate) origin: String,
    /// What is set differently from the default.
    #[serde(default)]
    pub(crate) options: Vec<CaseOption>,
    #[serde(default)]
    namespaces: Vec<Namespace>,
    nodes: Vec<Node>,
    #[serde(default)]
    pods: Vec<Resident>,
    #[serde(default)]
    claims: Vec<Extra>,
    #[serde(default)]
    volumes: Vec<Extra>,
    #[serde(default)]
    storage_classes: Vec<Extra>,
    #[serde(default)]
    csi_nodes: Vec<Extra>,
    #[serde(default)]
    csi_drivers: Vec<Extra>,
    #[serde(default)]
    storage_capacities: Vec<Extra>,
    #[serde(default)]
    volume_attachments: Vec<Extra>,
    #[serde(default)]
    resource_claims: Vec<Extra>,
    #[serde(default)]
    runtime_classes: Vec<Extra>,
    pod: Asked,
    /// The answer for each node.
    pub(crate) expect: BTreeMap<String, Expected>,
}

/// What a case sets differently from the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CaseOption {
    /// Tolerations may compare numbers: the feature `TaintTolerationComparisonOperators`.
    NumericTolerations,
}

/// What the scheduler says of one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(crate) enum Expected {
    /// The pod may be placed there.
    #[serde(rename = "fits")]
    Fits,
    /// This plugin is the first to say no, in the scheduler's order.
    #[serde(untagged)]
    Refused(Plugin),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Namespace {
    name: String,
    #[serde(default)]
    labels: Labels,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Node {
    name: String,
    #[serde(default)]
    labels: Labels,
    #[serde(default)]
    taints: Vec<Value>,
    #[serde(default)]
    unschedulable: bool,
    /// Each of cpu, memory and pods that is left out is large.
    #[serde(default)]
    allocatable: Map<String, Value>,
}

/// A pod that is there before.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Resident {
    name: String,
    #[serde(default)]
    node: Option<String>,
    #[serde(default)]
    namespace: Option<String>,
    #[serde(default)]
    labels: Labels,
    #[serde(default)]
    spec: Map<String, Value>,
    #[serde(default)]
    status: Option<Value>,
    /// It has been told to stop and has not yet.
    #[serde(default)]
    deleting: bool,
}

/// The pod that is asked about.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default)]
    namespace: Option<String>,
    #[serde(default)]
    labels: Labels,
    #[serde(default)]
    spec: Map<String, Value>,
}

/// Any other object: its manifest without `apiVersion` and `kind`.
#[derive(Debug, Deserialize)]
struct Extra {
    /// The pod of the same namespace that owns it.
    #[serde(default)]
    owner: Option<String>,
    /// It has been told to go and something holds it.
    #[serde(default)]
    deleting: bool,
    #[serde(flatten)]
    body: Map<String, Value>,
}

/// All cases, file by file.
pub(crate) fn all() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    let entries = fs::read_dir(&folder).expect("the folder of the cases").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect();
    files.sort();
    files.iter().flat_map(|file| read(file)).collect()
}

fn read(file: &Path) -> Vec<Case> {
    let text = fs::read_to_string(file).expect("a readable file");
    let cases: Vec<Case> = serde_saphyr::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
    let name = file.file_stem().and_then(|stem| stem.to_str()).expect("a file with a name");
    cases.into_iter().map(|case| Case { file: name.to_owned(), ..case }).collect()
}
