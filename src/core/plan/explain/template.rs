//! What a new node of a group would be like, each fact with its source.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::report::FactSource;
use crate::plan::template::{Daemons, Template, Variant};
use crate::snapshot::{Labels, Name, ObjectName, Resources, Taint};

/// What a new node of a group would be like. The cloud chooses among the variants: a pod must fit
/// on each of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TemplateExplanation {
    /// The machine types, in the order of the group.
    pub machine_types: Vec<String>,
    /// Zones it may launch in.
    pub zones: Vec<String>,
    /// What pods may request of it: the least of all variants.
    pub allocatable: Vec<AmountFact>,
    /// What each DaemonSet takes of that.
    pub daemon_requests: Vec<DaemonRequests>,
    /// What takes room there before any other pod: those pods, static pods, and pods that are
    /// annotated as pods of DaemonSets.
    pub overhead: OverheadFact,
    /// What is left for other pods.
    pub free: Resources,
    /// Its taints.
    pub taints: Vec<TaintFact>,
    /// The labels that all variants have.
    pub labels: Vec<LabelFact>,
    /// How many volumes it takes. A driver that is not listed has no known limit.
    pub csi_limits: Vec<VolumeLimit>,
    /// One for each machine type and zone.
    pub variants: Vec<VariantExplanation>,
}

/// An amount with its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AmountFact {
    /// The resource, such as `cpu`.
    pub resource: String,
    /// A Kubernetes quantity, exact.
    pub amount: String,
    /// Its source.
    pub source: FactSource,
}

/// What one DaemonSet requests on a new node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DaemonRequests {
    /// Its namespace and name.
    pub daemon_set: ObjectName,
    /// What its pod there requests.
    pub requests: Resources,
    /// The number of variants on which it runs.
    pub variants: u32,
}

/// What comes with a node and takes room there, with its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OverheadFact {
    /// What it requests.
    pub requests: Resources,
    /// Its source.
    pub source: FactSource,
}

/// A taint with its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaintFact {
    /// The taint.
    #[serde(flatten)]
    pub taint: Taint,
    /// Its source.
    pub source: FactSource,
}

/// A label with its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LabelFact {
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
    /// Its source. Of several variants, it is the least certain of theirs.
    pub source: FactSource,
}

/// How many volumes of a CSI driver a new node takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VolumeLimit {
    /// The name of the driver.
    pub driver: String,
    /// How many.
    pub limit: i32,
    /// Its source.
    pub source: FactSource,
}

/// One machine type in one zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VariantExplanation {
    /// The zone.
    pub zone: String,
    /// The machine type.
    pub machine_type: String,
    /// All its labels.
    pub labels: Labels,
    /// What pods may request of it.
    pub allocatable: Resources,
}

impl TemplateExplanation {
    pub(super) fn of(template: &Template, daemons: &Daemons<'_>) -> Self {
        let report = template.report();
        let sources = &template.sources;
        let amount = |(resource, _): (&str, i64)| AmountFact {
            resource: resource.to_owned(),
            amount: template.allocatable.quantity(resource),
            source: sources.amounts[resource].clone(),
        };
        let limit = |(driver, limit): (&String, &i32)| VolumeLimit {
            driver: driver.clone(),
            limit: *limit,
            source: sources.csi_limits.clone(),
        };
        let taints = template.taints.iter().zip(&sources.taints);
        Self {
            machine_types: report.machine_types,
            zones: report.zones,
            allocatable: template.allocatable.iter().map(amount).collect(),
            daemon_requests: daemon_requests(template, daemons),
            overhead: OverheadFact { requests: report.daemon_requests, source: sources.overhead.clone() },
            free: template.free.clone(),
            taints: taints.map(|(taint, source)| TaintFact { taint: taint.clone(), source: source.clone() }).collect(),
            labels: common_labels(&template.variants),
            csi_limits: template.csi_limits.iter().map(limit).collect(),
            variants: template.variants.iter().map(explain_variant).collect(),
        }
    }
}

fn explain_variant(variant: &Variant) -> VariantExplanation {
    VariantExplanation {
        zone: variant.zone.clone(),
        machine_type: variant.machine_type.clone(),
        labels: variant.labels.clone(),
        allocatable: variant.allocatable.clone(),
    }
}

fn common_labels(variants: &[Variant]) -> Vec<LabelFact> {
    let Some((first, others)) = variants.split_first() else { return Vec::new() };
    let is_common = |(key, value): &(&Name, &Name)| others.iter().all(|other| other.labels.get(key) == Some(*value));
    let source = |key: &str| variants.iter().map(|variant| variant.label_sources[key].clone()).reduce(FactSource::or_worse);
    let fact =
        |(key, value): (&Name, &Name)| Some(LabelFact { key: key.to_string(), value: value.to_string(), source: source(key)? });
    first.labels.iter().filter(is_common).filter_map(fact).collect()
}

fn daemon_requests(template: &Template, daemons: &Daemons<'_>) -> Vec<DaemonRequests> {
    let mut found: BTreeMap<ObjectName, DaemonRequests> = BTreeMap::new();
    for variant in &template.variants {
        for (daemon_set, requests) in daemons.on(&template.place(variant)) {
            let known = DaemonRequests { daemon_set: daemon_set.clone(), requests: requests.clone(), variants: 0 };
            found.entry(daemon_set).or_insert(known).variants += 1;
        }
    }
    found.into_values().collect()
}
