//! The kinds of lines of a trace, as they are written.

use std::collections::BTreeMap;
use std::fmt;

use k8s_openapi::api::core::v1::PodSpec;
use k8s_openapi::api::resource::v1::ResourceClaimSpec;
use serde::de::{Deserialize, Deserializer, Error, IntoDeserializer as _, Visitor};
use serde_json::Value;

use super::error::TraceLineProblem;
use crate::duration::Seconds;
use crate::gather::manifests::node::YamlNode;
use crate::gather::manifests::{TemplateLabels, typed};
use crate::snapshot::{GangKind, Market};

/// A line.
pub(super) enum TraceLine {
    Class(Box<ClassLine>),
    Work(WorkLine),
    Manifest(ManifestLine),
    Gavel(GavelLine),
    Openb(OpenbLine),
    SimKube(SimKubeLine),
    Prometheus(PrometheusLine),
    Outage(OutageLine),
    Reclaim(ReclaimLine),
    Availability(AvailabilityLine),
}

/// A kind of pod.
#[derive(Debug, Clone, serde::Deserialize)]
pub(super) struct ClassLine {
    pub(super) class: String,
    pub(super) spec: PodSpec,
    #[serde(default)]
    pub(super) labels: TemplateLabels,
    /// What claims request that are made from templates of these names.
    #[serde(default)]
    pub(super) claims: BTreeMap<String, ResourceClaimSpec>,
}

/// Pods of a class.
#[derive(Debug, serde::Deserialize)]
pub(super) struct WorkLine {
    pub(super) at: Time,
    pub(super) name: String,
    pub(super) namespace: Option<String>,
    pub(super) class: String,
    pub(super) count: Option<Count>,
    pub(super) parallelism: Option<Count>,
    pub(super) duration: Option<Time>,
    /// When what is left of it is deleted.
    pub(super) until: Option<Time>,
    pub(super) gang: Option<GangLine>,
}

/// What makes pods of a class start together.
#[derive(Debug, serde::Deserialize)]
pub(super) struct GangLine {
    /// How many of them at least; all where it is absent.
    pub(super) min: Option<Count>,
    /// The label that their nodes have in common.
    pub(super) together: Option<String>,
    /// Who makes them; kube-scheduler where it is absent.
    #[serde(default, deserialize_with = "kind_by_name")]
    pub(super) by: Option<GangKind>,
}

/// Reads the name of a kind. The fields of a line know no enums.
fn kind_by_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<GangKind>, D::Error> {
    let name = String::deserialize(deserializer)?;
    GangKind::deserialize(name.as_str().into_deserializer()).map(Some)
}

/// Objects of Kubernetes, in place or in a file.
#[derive(Debug, serde::Deserialize)]
pub(super) struct ManifestLine {
    pub(super) at: Time,
    pub(super) manifest: Value,
    pub(super) duration: Option<Time>,
    /// When what is left of it is deleted.
    pub(super) until: Option<Time>,
}

/// The jobs of a trace of Gavel.
#[derive(Debug, serde::Deserialize)]
pub(super) struct GavelLine {
    /// What is added to their times.
    pub(super) at: Time,
    /// The file beside this one.
    pub(super) gavel: String,
    /// The table of speeds, a file beside this one.
    pub(super) throughputs: String,
    /// The machines of the table on which they run.
    #[serde(default = "usual_machines")]
    pub(super) on: String,
    pub(super) namespace: Option<String>,
    /// The class of a pod for one GPU.
    pub(super) class: String,
    /// What makes the pods of a job start together, where it has several.
    pub(super) gang: Option<GangLine>,
}

/// Returns those that the table has the most speeds of.
fn usual_machines() -> String {
    "v100".to_owned()
}

/// The pods of a list of Alibaba's trace of GPU clusters.
#[derive(Debug, serde::Deserialize)]
pub(super) struct OpenbLine {
    /// What is added to their times.
    pub(super) at: Time,
    /// The file beside this one.
    pub(super) openb: String,
    pub(super) namespace: Option<String>,
    /// The class of a pod, of which everything holds but the requests of its first container.
    pub(super) class: Option<String>,
    /// Only pods that were created from this time of the list on, which becomes the begin.
    pub(super) from: Option<Time>,
    /// Only pods that were created before this time of the list.
    pub(super) until: Option<Time>,
    /// The resource of which a GPU has 1,000; where it is absent, a share of a GPU is all of it.
    pub(super) milli_gpu: Option<String>,
    /// How long pods run of which the list states no times.
    pub(super) duration: Option<Time>,
}

/// The objects of a trace of SimKube.
#[derive(Debug, serde::Deserialize)]
pub(super) struct SimKubeLine {
    /// What is added to their times.
    pub(super) at: Time,
    /// The file beside this one.
    pub(super) simkube: String,
    /// How long pods that end run where the trace does not state it.
    pub(super) duration: Option<Time>,
}

/// The pods of an export of Prometheus.
#[derive(Debug, serde::Deserialize)]
pub(super) struct PrometheusLine {
    /// What is added to their times.
    pub(super) at: Time,
    /// The files beside this one.
    pub(super) prometheus: Vec<String>,
    /// The class of a pod, of which everything holds but the requests of its containers.
    pub(super) class: Option<String>,
}

/// A period in which launches fail.
#[derive(Debug, serde::Deserialize)]
pub(super) struct OutageLine {
    pub(super) at: Time,
    pub(super) outage: Where,
    pub(super) duration: Time,
}

/// Where launches fail; a missing field means everywhere.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Where {
    pub(super) region: Option<String>,
    pub(super) group: Option<String>,
    pub(super) zone: Option<String>,
}

/// Instances that go.
#[derive(Debug, serde::Deserialize)]
pub(super) struct ReclaimLine {
    pub(super) at: Time,
    pub(super) reclaim: Reclaimed,
}

/// The instances that go; a missing field means any.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Reclaimed {
    pub(super) region: Option<String>,
    pub(super) group: Option<String>,
    pub(super) zone: Option<String>,
    #[serde(default, deserialize_with = "market_by_name")]
    pub(super) market: Option<Market>,
    pub(super) count: Option<Count>,
    /// The time from the announcement until they end; none where it is absent.
    pub(super) notice: Option<Time>,
}

/// Reads the name of a market. The fields of a line know no enums.
fn market_by_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Market>, D::Error> {
    let name = String::deserialize(deserializer)?;
    Market::deserialize(name.as_str().into_deserializer()).map(Some)
}

/// When spot instances were to be had.
#[derive(Debug, serde::Deserialize)]
pub(super) struct AvailabilityLine {
    /// What is added to the times of the file.
    pub(super) at: Time,
    pub(super) availability: AvailabilityFile,
}

/// A file beside the trace, and what it is about; a missing field means any.
#[derive(Debug, serde::Deserialize)]
pub(super) struct AvailabilityFile {
    pub(super) file: String,
    pub(super) region: Option<String>,
    pub(super) group: Option<String>,
    pub(super) zone: Option<String>,
}

/// Reads a line by the fields it has.
pub(super) fn read(text: &str, line: u64) -> Result<TraceLine, TraceLineProblem> {
    let json: Value = serde_json::from_str(text).map_err(|error| TraceLineProblem::NotJson(error.to_string()))?;
    let node = YamlNode::from_json(json, line);
    let has = |field| node.get(field).is_some();
    for (field, read) in OF_FILES {
        if has(field) {
            return read(&node);
        }
    }
    match (has("at"), has("outage"), has("manifest"), has("class")) {
        (true, true, false, false) => read_known_fields(&node).map(TraceLine::Outage),
        (true, false, true, false) => read_known_fields(&node).map(TraceLine::Manifest),
        (true, false, false, true) => read_known_fields(&node).map(TraceLine::Work),
        (false, false, false, true) if has("spec") => read_known_fields(&node).map(|class| TraceLine::Class(Box::new(class))),
        _ => Err(TraceLineProblem::NoKind),
    }
}

/// Reads a line of one kind.
type ReadLine = fn(&YamlNode) -> Result<TraceLine, TraceLineProblem>;

/// The fields that alone decide what a line is, since it names files of others.
const OF_FILES: [(&str, ReadLine); 6] = [
    ("gavel", |node| read_known_fields(node).map(TraceLine::Gavel)),
    ("openb", |node| read_known_fields(node).map(TraceLine::Openb)),
    ("simkube", |node| read_known_fields(node).map(TraceLine::SimKube)),
    ("prometheus", |node| read_known_fields(node).map(TraceLine::Prometheus)),
    ("availability", |node| read_known_fields(node).map(TraceLine::Availability)),
    ("reclaim", |node| read_known_fields(node).map(TraceLine::Reclaim)),
];

fn read_known_fields<T: serde::de::DeserializeOwned>(node: &YamlNode) -> Result<T, TraceLineProblem> {
    let (line, unknown) = typed::read(node).map_err(|misread| TraceLineProblem::Field(misread.text))?;
    match unknown.into_iter().next() {
        Some(field) => Err(TraceLineProblem::UnknownField(field.path)),
        None => Ok(line),
    }
}

/// A time or a duration: seconds as a number, or a text such as `8h30m`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Time(pub(super) Seconds);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyTime)
    }
}

struct AnyTime;

impl Visitor<'_> for AnyTime {
    type Value = Time;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration; write seconds (600) or units of d, h, m, s (\"10m\", \"1h30m\")")
    }

    fn visit_u64<E: Error>(self, seconds: u64) -> Result<Time, E> {
        Ok(Time(Seconds(seconds)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Time, E> {
        text.parse().map(Time).map_err(E::custom)
    }
}

/// A number of pods: at least one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Count(pub(super) u32);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyCount)
    }
}

struct AnyCount;

impl Visitor<'_> for AnyCount {
    type Value = Count;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of pods from 1 to 150000")
    }

    fn visit_u64<E: Error>(self, count: u64) -> Result<Count, E> {
        let within = u32::try_from(count).ok().filter(|count| (1..=150_000).contains(count));
        within.map(Count).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Unsigned(count), &self))
    }
}
