//! What becomes of the pods that manifests add to the cluster: the result of a what-if.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::places::ExpectedPlaces;
use super::pod::PodReport;
use crate::plan::reason::count;
use crate::snapshot::{AddedObject, Name, ObjectName};
use crate::well_known::{buffers, requests};

/// What becomes of the pods of one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AddedReport {
    /// The kind of the object.
    pub kind: String,
    /// The namespace and name of the object.
    #[serde(flatten)]
    pub object: ObjectName,
    /// How many pods it has at a time.
    pub pods: u32,
    /// How many pods of the cluster they replace.
    #[serde(default)]
    pub replaced: u32,
    /// Where they are expected. Those bound by the manifest count as pods on nodes that are there.
    #[serde(flatten)]
    pub places: ExpectedPlaces,
    /// The other pods, by the reason why they are not placed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_placed: Vec<NotPlaced>,
    /// The whole report as one sentence.
    pub message: String,
}

/// Pods that are not placed, for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotPlaced {
    /// How many pods.
    pub pods: u32,
    /// Why they are not placed. Where several pods have claims of their own, `*` stands for the pod
    /// in the name of the claim.
    pub message: String,
}

/// Reports on every added object.
pub(crate) fn added_reports(added: &[AddedObject], pods: &[PodReport]) -> Vec<AddedReport> {
    if added.is_empty() {
        return Vec::new();
    }
    let by_name: BTreeMap<(&Name, &Name), &PodReport> =
        pods.iter().map(|report| ((&report.pod.namespace, &report.pod.name), report)).collect();
    added.iter().map(|object| of_object(object, &by_name)).collect()
}

fn of_object(object: &AddedObject, by_name: &BTreeMap<(&Name, &Name), &PodReport>) -> AddedReport {
    let reports: Vec<&PodReport> =
        object.pods.iter().filter_map(|name| by_name.get(&(&object.object.namespace, name)).copied()).collect();
    let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    // Bound pods have no verdict.
    let bound = small(object.pods.len() - reports.len());
    let places = ExpectedPlaces::of(bound, reports.iter().map(|report| &report.verdict));
    let report = AddedReport {
        kind: object.kind.clone(),
        object: object.object.clone(),
        pods: small(object.pods.len()),
        replaced: object.replaced,
        places,
        not_placed: not_placed(&reports),
        message: String::new(),
    };
    AddedReport { message: report.to_string(), ..report }
}

/// Returns the pods without a place, by the reason.
pub(super) fn not_placed(reports: &[&PodReport]) -> Vec<NotPlaced> {
    let mut by_reason: BTreeMap<Cow<'_, str>, Vec<&PodReport>> = BTreeMap::new();
    for report in reports.iter().filter(|report| !report.verdict.is_helped()) {
        by_reason.entry(report.shared_message()).or_default().push(report);
    }
    let not_placed = by_reason.into_iter().map(|(shared, pods)| NotPlaced {
        pods: u32::try_from(pods.len()).unwrap_or(u32::MAX),
        message: if let [alone] = pods[..] { alone.message.clone() } else { shared.into_owned() },
    });
    not_placed.collect()
}

impl fmt::Display for AddedReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if [buffers::KIND, requests::KIND].contains(&self.kind.as_str()) {
            return write!(f, "{} {} asks for room", self.kind, self.object);
        }
        write!(f, "{} {}: {}", self.kind, self.object, count(u64::from(self.pods), "pod"))?;
        if self.replaced > 0 {
            write!(f, " in place of {}", self.replaced)?;
        }
        let mut parts = self.places.parts();
        for NotPlaced { pods, message } in &self.not_placed {
            parts.push(format!("{pods} can't be placed: {message}"));
        }
        if parts.is_empty() { Ok(()) } else { write!(f, " – {}", parts.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::plan::PodVerdict;
    use crate::plan::reason::{GroupRefusal, Refusal};
    use crate::plan::report::Ruling;
    use crate::scheduler::{Misfit, VolumeProblem};
    use crate::snapshot::GroupId;

    #[test]
    fn a_reason_that_pods_share_is_there_once() {
        let group = GroupId { region: "us-west-2".into(), name: "web".into() };
        let report = |number: u32| {
            let problem = VolumeProblem::ClassMissing { claim: format!("data-web-{number}"), class: "thin".into() };
            let refusal = Refusal::Misfit { misfit: Misfit::VolumeBinding { problem } };
            let refusals = [GroupRefusal { group: group.clone(), refusal }].into_iter().collect();
            let ruling = Arc::new(Ruling::from(PodVerdict::CannotHelp { refusals }));
            PodReport { pod: ObjectName::new("ml", format!("web-{number}")), placed: None, ruling }
        };
        let message = |pods: u32| {
            let names = (0..pods).map(|number| Name::from(format!("web-{number}"))).collect();
            let object = ObjectName::new("ml", "web");
            let added = AddedObject { kind: "StatefulSet".into(), object, replaced: 0, pods: names };
            let reports: Vec<PodReport> = (0..pods).map(report).collect();
            added_reports(&[added], &reports).remove(0).message
        };
        let placed = "can't be placed: web: storageclass.storage.k8s.io \"thin\" not found (of claim data-web";
        assert_eq!(message(14), format!("StatefulSet ml/web: 14 pods – 14 {}-*)", placed.trim_end_matches("-web")));
        assert_eq!(message(1), format!("StatefulSet ml/web: 1 pod – 1 {placed}-0)"));
    }

    #[test]
    fn pods_are_counted_by_what_becomes_of_them() {
        let group = Arc::new(GroupId { region: "us-west-2".into(), name: "gpu".into() });
        let new = |new_node| PodVerdict::FitsNew { group: Arc::clone(&group), new_node };
        let verdicts = [new(1), new(1), new(2), PodVerdict::FitsExisting { node: "n".into() }, PodVerdict::OtherNamespace];
        let report = |(number, verdict): (usize, PodVerdict)| PodReport {
            pod: ObjectName::new("ml", format!("train-{number}")),
            placed: None,
            ruling: Arc::new(Ruling::from(verdict)),
        };
        let reports: Vec<PodReport> = verdicts.into_iter().enumerate().map(report).collect();
        let object = AddedObject {
            kind: "Job".into(),
            object: ObjectName::new("ml", "train"),
            replaced: 2,
            pods: (0..6).map(|number| Name::from(format!("train-{number}"))).collect(),
        };
        let added = added_reports(&[object], &reports);
        assert_eq!(
            added[0].message,
            "Job ml/train: 6 pods in place of 2 – 3 need 2 more nodes of gpu (us-west-2), 2 fit on nodes that are there, \
             1 can't be placed: is in a namespace that no --pod-namespace names"
        );
    }
}
