//! The objects of manifests and the pods that they would have.

use std::fmt;

use super::error::{MOST_PODS, ManifestError, ObjectProblem, SourcePlace};
use crate::kubernetes::reading::gangs::GangHint;
use crate::snapshot::{Claim, Name, Pod, PodVolume};

/// An object that has pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// Its kind.
    pub kind: WorkloadKind,
    /// Its namespace.
    pub namespace: Name,
    /// Its name.
    pub name: String,
    /// Where it is written.
    pub place: SourcePlace,
    /// Whether Kubernetes makes its name up (`generateName`), so that it replaces nothing.
    pub is_new: bool,
    /// Its pods, by kind of pod; none when it is suspended.
    pub parts: Vec<Part>,
}

/// The kinds of objects that have pods.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum WorkloadKind {
    /// A pod without an owner.
    Pod,
    /// `batch/v1`.
    Job,
    /// `batch/v1`: one run of it.
    CronJob,
    /// `apps/v1`.
    Deployment,
    /// `apps/v1`.
    ReplicaSet,
    /// `v1`.
    ReplicationController,
    /// `apps/v1`.
    StatefulSet,
    /// `jobset.x-k8s.io`.
    JobSet,
    /// A kind that Kubernetes itself does not have.
    Custom {
        /// Its name, such as `RayCluster`.
        kind: String,
        /// Whether its pods end by themselves.
        ends: bool,
    },
}

impl WorkloadKind {
    /// Whether the pods end by themselves once their work is done.
    #[must_use]
    pub fn ends(&self) -> bool {
        matches!(self, Self::Job | Self::CronJob | Self::JobSet | Self::Custom { ends: true, .. })
    }
}

impl fmt::Display for WorkloadKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pod => "Pod",
            Self::Job => "Job",
            Self::CronJob => "CronJob",
            Self::Deployment => "Deployment",
            Self::ReplicaSet => "ReplicaSet",
            Self::ReplicationController => "ReplicationController",
            Self::StatefulSet => "StatefulSet",
            Self::JobSet => "JobSet",
            Self::Custom { kind, .. } => kind,
        })
    }
}

/// Pods that are alike except for their numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What each looks like. Its name is the prefix of theirs; its UID and times mean nothing.
    pub pattern: Pod,
    /// How many run at a time, while enough are left to do.
    pub parallelism: u32,
    /// How many have to end in all; for pods that never end, as many as run at a time.
    pub completions: u32,
    pub(super) numbering: Numbering,
    /// What may make its pods members of gangs.
    pub(super) hints: Vec<GangHint>,
    /// The claims that each pod gets its own of (`volumeClaimTemplates`), named as the template is.
    pub(super) claim_templates: Vec<Claim>,
}

/// What distinguishes the pods of one pattern beside their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbering {
    /// The first has the pattern's own name.
    Single,
    /// Nothing.
    Plain,
    /// `batch.kubernetes.io/job-completion-index`.
    JobIndex,
    /// The ordinals of a StatefulSet.
    Ordinal {
        /// The first of them.
        start: u32,
    },
}

/// The label of the index (`pkg/apis/batch/v1`), from 1.32 on.
const JOB_INDEX_LABEL: &str = "batch.kubernetes.io/job-completion-index";

/// The label that the StatefulSet controller puts on its pods.
const POD_NAME_LABEL: &str = "statefulset.kubernetes.io/pod-name";
const POD_INDEX_LABEL: &str = "apps.kubernetes.io/pod-index";

impl Workload {
    /// Returns namespace and name, as they are shown.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// Returns kind, namespace and name, as they are shown.
    #[must_use]
    pub fn described(&self) -> String {
        format!("{} {}", self.kind, self.id())
    }

    /// Returns how many pods it has at a time.
    #[must_use]
    pub fn pods_at_a_time(&self) -> u64 {
        self.parts.iter().map(|part| u64::from(part.at_a_time())).sum()
    }

    /// Gives it so many pods at a time: the replicas of a workload that runs on, and the
    /// parallelism of a Job, which then also ends at least as many.
    pub fn scale_to(&mut self, pods: u32) {
        let ends = self.kind.ends();
        for part in &mut self.parts {
            part.parallelism = pods;
            part.completions = if ends { part.completions.max(pods) } else { pods };
        }
    }

    /// Refuses more pods than a cluster can have.
    ///
    /// # Errors
    /// When no cluster has so many pods.
    pub(super) fn check_size(&self) -> Result<(), ManifestError> {
        let pods = self.pods_at_a_time();
        match pods > MOST_PODS {
            true => Err(ManifestError::Object {
                place: self.place.clone(),
                object: self.described(),
                problem: ObjectProblem::TooMany { pods },
            }),
            false => Ok(()),
        }
    }
}

impl Part {
    /// Returns how many pods there are at first.
    #[must_use]
    pub fn at_a_time(&self) -> u32 {
        self.parallelism.min(self.completions)
    }

    /// Returns the pods at first, each with the claims that are made for it.
    pub fn pods(&self) -> impl Iterator<Item = (Pod, Vec<Claim>)> {
        (0..self.at_a_time()).map(|number| self.pod(number))
    }

    /// Returns the claims that each pod gets its own of (`volumeClaimTemplates`), named as the
    /// template is.
    pub(crate) fn claim_templates(&self) -> &[Claim] {
        &self.claim_templates
    }

    fn pod(&self, number: u32) -> (Pod, Vec<Claim>) {
        let pattern = self.pattern.name.as_str();
        let name = match self.numbering {
            Numbering::Single if number == 0 => pattern.to_owned(),
            Numbering::Single | Numbering::Plain | Numbering::JobIndex => format!("{pattern}-{number}"),
            Numbering::Ordinal { start } => format!("{pattern}-{}", u64::from(start) + u64::from(number)),
        };
        let mut pod = self.pattern.clone();
        self.label(&mut pod, &name, number);
        for volume in &mut pod.volumes {
            if let PodVolume::Ephemeral { claim, .. } = volume
                && let Some(of_pattern) = claim.strip_prefix(pattern)
            {
                *claim = format!("{name}{of_pattern}");
            }
        }
        let claims: Vec<Claim> = self.claim_templates.iter().map(|template| claim_of(template, &name)).collect();
        pod.volumes.extend(claims.iter().map(|claim| PodVolume::Claim { claim: claim.name.clone() }));
        pod.uid = format!("manifest-{}-{name}", pod.namespace).into();
        pod.name = name.into();
        (pod, claims)
    }

    fn label(&self, pod: &mut Pod, name: &str, number: u32) {
        match self.numbering {
            Numbering::Single | Numbering::Plain => {}
            Numbering::JobIndex => {
                pod.labels.insert(JOB_INDEX_LABEL.into(), number.to_string().into());
            }
            Numbering::Ordinal { start } => {
                pod.labels.insert(POD_NAME_LABEL.into(), name.into());
                let ordinal = u64::from(start) + u64::from(number);
                pod.labels.insert(POD_INDEX_LABEL.into(), ordinal.to_string().into());
            }
        }
    }
}

/// Names a claim as `getPersistentVolumeClaimName` in
/// `pkg/controller/statefulset/stateful_set_utils.go` does.
fn claim_of(template: &Claim, pod: &str) -> Claim {
    Claim { name: format!("{}-{pod}", template.name), ..template.clone() }
}
