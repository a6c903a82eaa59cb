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
use crate::snapshot::GangKind;

/// A line.
pub(super) enum TraceLine {
    Class(Box<ClassLine>),
    Work(WorkLine),
    Manifest(ManifestLine),
    Gavel(GavelLine),
    Outage(OutageLine),
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

/// Reads a line by the fields it has.
pub(super) fn read(text: &str, line: u64) -> Result<TraceLine, TraceLineProblem> {
    let json: Value = serde_json::from_str(text).map_err(|error| TraceLineProblem::NotJson(error.to_string()))?;
    let node = YamlNode::from_json(json, line);
    let has = |field| node.get(field).is_some();
    if has("gavel") {
        return read_known_fields(&node).map(TraceLine::Gavel);
    }
    match (has("at"), has("outage"), has("manifest"), has("class")) {
        (true, true, false, false) => read_known_fields(&node).map(TraceLine::Outage),
        (true, false, true, false) => read_known_fields(&node).map(TraceLine::Manifest),
        (true, false, false, true) => read_known_fields(&node).map(TraceLine::Work),
        (false, false, false, true) if has("spec") => read_known_fields(&node).map(|class| TraceLine::Class(Box::new(class))),
        _ => Err(TraceLineProblem::NoKind),
    }
}

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
