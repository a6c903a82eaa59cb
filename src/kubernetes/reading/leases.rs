//! Leases: our own, which carries notes from one run to the next, and those of other autoscalers.

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::kubernetes::conversion::annotation;
use crate::kubernetes::error::KubernetesError;
use crate::kubernetes::object::get;
use crate::kubernetes::permission::Permission;
use crate::kubernetes::server::ApiServer;
use crate::snapshot::{
    ForeignAutoscaler, ForeignLease, FruitlessNote, GroupId, GrowthNote, InstanceNote, LaunchNote, RemovalNote,
};

/// The Lease that `apply` holds, with its notes of earlier requests in annotations.
pub const LEASE_NAME: &str = "ec2-autoscale";

/// The annotation of that Lease with the desired capacities that `apply` requested: compact JSON, a
/// list of `{"region", "name", "desired", "at"}`.
pub const ASKED_ANNOTATION: &str = "ec2-autoscale/asked";

/// The annotation of that Lease with the instances that are in service and became no node: compact
/// JSON, a list of `{"region", "name", "instance", "since"}`.
pub const SEEN_ANNOTATION: &str = "ec2-autoscale/seen";

/// The annotation of that Lease with the groups whose nodes helped nobody and are gone: compact
/// JSON, a list of `{"region", "name", "launched", "gone", "times", "pods"}`.
pub const FRUITLESS_ANNOTATION: &str = "ec2-autoscale/helped-nobody";

/// The annotation of that Lease with the requests to end instances of which no outcome was seen:
/// compact JSON, a list of [`RemovalNote`].
pub const REMOVING_ANNOTATION: &str = "ec2-autoscale/removing";

/// The annotation of that Lease with the launches in named zones, and what the cloud answered:
/// compact JSON, a list of [`LaunchNote`].
pub const LAUNCHED_ANNOTATION: &str = "ec2-autoscale/launched";

/// An annotation of our Lease has another form than `apply` writes.
#[derive(Debug, thiserror::Error)]
#[error("annotation {annotation} of Lease {LEASE_NAME} is not understood ({error}); remove it, and it is written anew")]
pub struct NotesError {
    annotation: &'static str,
    error: serde_json::Error,
}

/// One note as it is written.
#[derive(Serialize, Deserialize)]
struct GrowthNoteJson {
    region: String,
    name: String,
    desired: i64,
    at: Timestamp,
}

/// One note of an instance as it is written.
#[derive(Serialize, Deserialize)]
struct InstanceNoteJson {
    region: String,
    name: String,
    instance: String,
    since: Timestamp,
}

/// One note of nodes that helped nobody as it is written.
#[derive(Serialize, Deserialize)]
struct FruitlessNoteJson {
    region: String,
    name: String,
    launched: Timestamp,
    gone: Timestamp,
    times: u32,
    #[serde(default)]
    pods: Vec<String>,
}

/// Returns the notes of launches in our Lease; none when it has no such annotation.
///
/// # Errors
/// When the annotation is not what [`encode_launch_notes`] writes.
pub fn launch_notes(lease: &Lease) -> Result<Vec<LaunchNote>, NotesError> {
    notes(lease, LAUNCHED_ANNOTATION)
}

/// Returns the value of [`LAUNCHED_ANNOTATION`] for these notes.
///
/// # Panics
/// Never: strings, numbers and times always have a JSON form.
#[must_use]
pub fn encode_launch_notes(notes: &[LaunchNote]) -> String {
    serde_json::to_string(notes).expect("strings, numbers and times have a JSON form")
}

/// Returns the notes of requests to end instances in our Lease; none when it has no such
/// annotation.
///
/// # Errors
/// When the annotation is not what [`encode_removal_notes`] writes.
pub fn removal_notes(lease: &Lease) -> Result<Vec<RemovalNote>, NotesError> {
    notes(lease, REMOVING_ANNOTATION)
}

/// Returns the value of [`REMOVING_ANNOTATION`] for these notes.
///
/// # Panics
/// Never: strings, a number and a time always have a JSON form.
#[must_use]
pub fn encode_removal_notes(notes: &[RemovalNote]) -> String {
    serde_json::to_string(notes).expect("strings, a number and a time have a JSON form")
}

/// Returns the notes of nodes that helped nobody in our Lease; none when it has no such annotation.
///
/// # Errors
/// When the annotation is not what [`encode_fruitless_notes`] writes.
pub fn fruitless_notes(lease: &Lease) -> Result<Vec<FruitlessNote>, NotesError> {
    let notes: Vec<FruitlessNoteJson> = notes(lease, FRUITLESS_ANNOTATION)?;
    let read = |note: FruitlessNoteJson| FruitlessNote {
        group: GroupId { region: note.region, name: note.name },
        launched_at: note.launched,
        gone_at: note.gone,
        times: note.times,
        pods: note.pods,
    };
    Ok(notes.into_iter().map(read).collect())
}

/// Returns the value of [`FRUITLESS_ANNOTATION`] for these notes.
///
/// # Panics
/// Never: strings, a number and times always have a JSON form.
#[must_use]
pub fn encode_fruitless_notes(notes: &[FruitlessNote]) -> String {
    let written = |note: &FruitlessNote| FruitlessNoteJson {
        region: note.group.region.clone(),
        name: note.group.name.clone(),
        launched: note.launched_at,
        gone: note.gone_at,
        times: note.times,
        pods: note.pods.clone(),
    };
    let notes: Vec<FruitlessNoteJson> = notes.iter().map(written).collect();
    serde_json::to_string(&notes).expect("strings, a number and times have a JSON form")
}

/// Returns the notes of growth in our Lease; none when it has no such annotation.
///
/// # Errors
/// When the annotation is not what [`encode_growth_notes`] writes.
pub fn growth_notes(lease: &Lease) -> Result<Vec<GrowthNote>, NotesError> {
    let notes: Vec<GrowthNoteJson> = notes(lease, ASKED_ANNOTATION)?;
    let read = |note: GrowthNoteJson| GrowthNote {
        group: GroupId { region: note.region, name: note.name },
        desired: note.desired,
        at: note.at,
    };
    Ok(notes.into_iter().map(read).collect())
}

/// Returns the value of [`ASKED_ANNOTATION`] for these notes.
///
/// # Panics
/// Never: strings, a number and a time always have a JSON form.
#[must_use]
pub fn encode_growth_notes(notes: &[GrowthNote]) -> String {
    let asked = |note: &GrowthNote| GrowthNoteJson {
        region: note.group.region.clone(),
        name: note.group.name.clone(),
        desired: note.desired,
        at: note.at,
    };
    let notes: Vec<GrowthNoteJson> = notes.iter().map(asked).collect();
    serde_json::to_string(&notes).expect("strings, a number and a time have a JSON form")
}

/// Returns the notes of instances in our Lease; none when it has no such annotation.
///
/// # Errors
/// When the annotation is not what [`encode_instance_notes`] writes.
pub fn instance_notes(lease: &Lease) -> Result<Vec<InstanceNote>, NotesError> {
    let notes: Vec<InstanceNoteJson> = notes(lease, SEEN_ANNOTATION)?;
    let read = |note: InstanceNoteJson| InstanceNote {
        group: GroupId { region: note.region, name: note.name },
        instance: note.instance,
        first_seen: note.since,
    };
    Ok(notes.into_iter().map(read).collect())
}

/// Returns the value of [`SEEN_ANNOTATION`] for these notes.
///
/// # Panics
/// Never: strings and a time always have a JSON form.
#[must_use]
pub fn encode_instance_notes(notes: &[InstanceNote]) -> String {
    let seen = |note: &InstanceNote| InstanceNoteJson {
        region: note.group.region.clone(),
        name: note.group.name.clone(),
        instance: note.instance.clone(),
        since: note.first_seen,
    };
    let notes: Vec<InstanceNoteJson> = notes.iter().map(seen).collect();
    serde_json::to_string(&notes).expect("strings and a time have a JSON form")
}

fn notes<T: DeserializeOwned>(lease: &Lease, name: &'static str) -> Result<Vec<T>, NotesError> {
    let Some(text) = annotation(&lease.metadata, name) else { return Ok(Vec::new()) };
    serde_json::from_str(text).map_err(|error| NotesError { annotation: name, error })
}

/// The notes of earlier runs.
#[derive(Debug, Default)]
pub(crate) struct LeaseNotes {
    pub(crate) growth: Vec<GrowthNote>,
    pub(crate) instances: Vec<InstanceNote>,
    pub(crate) fruitless: Vec<FruitlessNote>,
    pub(crate) removals: Vec<RemovalNote>,
    pub(crate) launches: Vec<LaunchNote>,
}

/// Why the notes in our Lease are unknown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OwnLeaseError {
    #[error(transparent)]
    Unreadable(#[from] KubernetesError),
    #[error(transparent)]
    Notes(#[from] NotesError),
}

/// Reads the notes of earlier runs. Without a Lease there was no earlier run.
pub(crate) async fn own_notes(server: ApiServer<'_>, namespace: &str) -> Result<LeaseNotes, OwnLeaseError> {
    match lease(server, namespace, LEASE_NAME).await? {
        Some(lease) => Ok(LeaseNotes {
            growth: growth_notes(&lease)?,
            instances: instance_notes(&lease)?,
            fruitless: fruitless_notes(&lease)?,
            removals: removal_notes(&lease)?,
            launches: launch_notes(&lease)?,
        }),
        None => Ok(LeaseNotes::default()),
    }
}

/// The Leases of other autoscalers. Cluster Autoscaler: `--leader-elect-resource-name` and
/// `--namespace` have these defaults. Karpenter: its `LeaderElectionID`, in the namespace it is
/// installed in (`kube-system`; `karpenter` before 0.33).
const FOREIGN: [(ForeignAutoscaler, &str, &str); 3] = [
    (ForeignAutoscaler::ClusterAutoscaler, "kube-system", "cluster-autoscaler"),
    (ForeignAutoscaler::Karpenter, "kube-system", "karpenter-leader-election"),
    (ForeignAutoscaler::Karpenter, "karpenter", "karpenter-leader-election"),
];

/// Returns the Leases of other autoscalers that have a holder, fresh or not.
pub(crate) async fn foreign(server: ApiServer<'_>) -> Result<Vec<ForeignLease>, KubernetesError> {
    let mut found = Vec::new();
    for (autoscaler, namespace, name) in FOREIGN {
        let lease = lease(server, namespace, name).await?;
        found.extend(lease.and_then(|lease| held(&lease, autoscaler, namespace)));
    }
    Ok(found)
}

fn held(lease: &Lease, autoscaler: ForeignAutoscaler, namespace: &str) -> Option<ForeignLease> {
    let spec = lease.spec.as_ref()?;
    let holder = spec.holder_identity.clone().filter(|holder| !holder.is_empty())?;
    let renewed_at = spec.renew_time.as_ref().or(spec.acquire_time.as_ref())?.0;
    Some(ForeignLease { autoscaler, namespace: namespace.to_owned(), holder, renewed_at })
}

async fn lease(server: ApiServer<'_>, namespace: &str, name: &str) -> Result<Option<Lease>, KubernetesError> {
    let permission = Permission::to_get::<Lease>(Some(namespace));
    get(server, Some(namespace), name, permission).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lease_with(annotation: &str) -> Lease {
        let metadata = json!({ "name": LEASE_NAME, "annotations": { ASKED_ANNOTATION: annotation } });
        serde_json::from_value(json!({ "metadata": metadata })).expect("a manifest")
    }

    #[test]
    fn notes_are_read_as_they_were_written() {
        let notes = vec![GrowthNote {
            group: GroupId { region: "us-west-2".into(), name: "gpu".into() },
            desired: 7,
            at: "2026-11-22T13:00:00Z".parse().expect("a time"),
        }];
        let text = encode_growth_notes(&notes);
        assert_eq!(text, r#"[{"region":"us-west-2","name":"gpu","desired":7,"at":"2026-11-22T13:00:00Z"}]"#);
        assert_eq!(growth_notes(&lease_with(&text)).expect("what was written"), notes);
    }

    #[test]
    fn a_lease_without_notes_has_none_and_a_broken_one_is_an_error() {
        assert_eq!(growth_notes(&Lease::default()).expect("no annotation"), []);
        let error = growth_notes(&lease_with("7 nodes")).expect_err("not JSON").to_string();
        assert!(error.starts_with("annotation ec2-autoscale/asked of Lease ec2-autoscale is not understood"), "{error}");
    }

    #[test]
    fn a_lease_counts_while_somebody_holds_it() {
        let read = |spec| {
            let lease: Lease = serde_json::from_value(json!({ "metadata": {}, "spec": spec })).expect("a manifest");
            held(&lease, ForeignAutoscaler::ClusterAutoscaler, "kube-system")
        };
        let holder = read(json!({ "holderIdentity": "ca-0", "renewTime": "2026-11-22T13:00:00.123456Z" }));
        assert_eq!(holder.map(|lease| lease.holder).as_deref(), Some("ca-0"));
        assert_eq!(read(json!({ "holderIdentity": "", "renewTime": "2026-11-22T13:00:00.123456Z" })), None);
    }
}
