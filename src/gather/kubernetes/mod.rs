//! The Kubernetes half: the cluster's objects, each kind in its own file from the API's form to the snapshot's.
//!
//! Nodes and pods are read completely or there is no snapshot. Every other kind that can't be read is a [`Gap`].

pub(crate) mod budgets;
pub(crate) mod call;
mod containers;
mod conversion;
mod finished_pods;
mod identity;
pub mod leases;
pub(crate) mod list;
pub mod names;
pub(crate) mod nodes;
pub(crate) mod object;
mod page_size;
pub(crate) mod pods;
mod resource_claims;
pub(crate) mod retry;
mod selectors;
mod specs;
pub(crate) mod storage;
pub(crate) mod workloads;

use k8s_openapi::api::apps::v1 as apps;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::policy::v1 as policy;
use k8s_openapi::api::resource::v1 as resource_api;
use k8s_openapi::api::storage::v1 as storage_api;
use serde::de::DeserializeOwned;

pub use conversion::{ConversionError, Problem};
pub use list::Permission;
pub(crate) use specs::SpecTable;

use super::clients::ApiServer;
use super::{GatherError, Progress};
use crate::snapshot::{
    Claim, CsiNode, DaemonSet, DisruptionBudget, FinishedPod, ForeignLease, Gap, MissingFact, Namespace, Node, ObjectName, Pod,
    ResourceClaim, StorageClass, Volume,
};
use list::{ListError, list, list_all};

/// The kinds that are few beside pods and nodes.
#[derive(Debug, Default)]
pub(super) struct Objects {
    pub(super) cluster_uid: Option<String>,
    pub(super) namespaces: Vec<Namespace>,
    pub(super) daemon_sets: Vec<DaemonSet>,
    /// What the DaemonSets' pods ask for.
    pub(super) specs: SpecTable,
    pub(super) budgets: Vec<DisruptionBudget>,
    pub(super) claims: Vec<Claim>,
    pub(super) volumes: Vec<Volume>,
    pub(super) storage_classes: Vec<StorageClass>,
    pub(super) csi_nodes: Vec<CsiNode>,
    pub(super) resource_claims: Vec<ResourceClaim>,
    pub(super) notes: leases::Notes,
    pub(super) foreign_leases: Vec<ForeignLease>,
    pub(super) gaps: Vec<Gap>,
}

impl Objects {
    /// How many objects were read.
    pub(super) fn count(&self) -> usize {
        let storage = self.claims.len() + self.volumes.len() + self.storage_classes.len() + self.csi_nodes.len();
        self.namespaces.len() + self.daemon_sets.len() + self.budgets.len() + storage + self.resource_claims.len()
    }
}

/// Every node.
pub(super) async fn nodes(server: ApiServer<'_>) -> Result<Vec<Node>, GatherError> {
    listed(server, nodes::read_node).await
}

/// What is read of pods.
#[derive(Debug)]
pub(super) struct Pods {
    /// The specifications of the pods and of the DaemonSets.
    pub(super) specs: SpecTable,
    /// Every unfinished pod.
    pub(super) pods: Vec<Pod>,
    /// Whether the pod that this run is in may preempt others.
    pub(super) own_pod_preempts: bool,
}

/// Every unfinished pod.
pub(super) async fn pods(
    server: ApiServer<'_>,
    daemons: SpecTable,
    own_pod: Option<&ObjectName>,
    progress: &dyn Progress,
) -> Result<Pods, GatherError> {
    /// Pods between two lines of progress: a few pages.
    const STEP: usize = 5000;
    let fresh = || Pods { specs: daemons.clone(), pods: Vec::new(), own_pod_preempts: false };
    let take = |read: &mut Pods, pod: &core::Pod| {
        read.pods.push(pods::read_pod(pod, &mut read.specs)?);
        read.own_pod_preempts |= own_pod.is_some_and(|own| pods::is_named(pod, own)) && pods::may_preempt(pod);
        if read.pods.len().is_multiple_of(STEP) {
            progress.say(&format!("reading pods: {}", read.pods.len()));
        }
        Ok(())
    };
    let outcome = list(server, Some(pods::UNFINISHED), fresh, take).await;
    outcome.map_err(|error| GatherError::of_list::<core::Pod>(error, server.url))
}

/// Every pod that has ended and is none of these, with their specifications.
pub(super) async fn finished_pods(
    server: ApiServer<'_>,
    specs: SpecTable,
    unfinished: &[Pod],
) -> Result<(SpecTable, Vec<FinishedPod>), GatherError> {
    let mut read = (specs, Vec::new());
    for end in finished_pods::ENDS {
        let so_far = read;
        let take = |(specs, pods): &mut (SpecTable, Vec<FinishedPod>), pod: &core::Pod| {
            pods.extend(finished_pods::read_finished_pod(pod, specs)?);
            Ok(())
        };
        let outcome = list(server, Some(end), || so_far.clone(), take).await;
        read = outcome.map_err(|error| GatherError::of_list::<core::Pod>(error, server.url))?;
    }
    let (specs, finished) = read;
    Ok((specs, finished_pods::without_unfinished(finished, unfinished)))
}

/// Everything else, side by side. What could not be read is a gap.
pub(super) async fn objects(server: ApiServer<'_>, lease_namespace: &str) -> Objects {
    let (uid, namespaces, daemons, budgets, claims, volumes, classes, csi_nodes, devices, notes, foreign) = tokio::join!(
        identity::cluster_uid(server),
        listed(server, workloads::read_namespace),
        daemon_sets(server),
        listed(server, budgets::read_budget),
        listed(server, storage::read_claim),
        listed(server, storage::read_volume),
        listed(server, storage::read_storage_class),
        listed(server, storage::read_csi_node),
        resource_claims(server),
        leases::own_notes(server, lease_namespace),
        leases::foreign(server),
    );
    let mut gaps = Vec::new();
    let cluster_uid = or_gap(uid, || MissingFact::Identity, &mut gaps);
    let (specs, daemon_sets) = or_gap(daemons, missing::<apps::DaemonSet>, &mut gaps);
    Objects {
        cluster_uid,
        namespaces: or_gap(namespaces, missing::<core::Namespace>, &mut gaps),
        daemon_sets,
        specs,
        budgets: or_gap(budgets, missing::<policy::PodDisruptionBudget>, &mut gaps),
        claims: or_gap(claims, missing::<core::PersistentVolumeClaim>, &mut gaps),
        volumes: or_gap(volumes, missing::<core::PersistentVolume>, &mut gaps),
        storage_classes: or_gap(classes, missing::<storage_api::StorageClass>, &mut gaps),
        csi_nodes: or_gap(csi_nodes, missing::<storage_api::CSINode>, &mut gaps),
        resource_claims: or_gap(devices, missing::<resource_api::ResourceClaim>, &mut gaps),
        notes: or_gap(notes, || MissingFact::GrowthNotes, &mut gaps),
        foreign_leases: or_gap(foreign, || MissingFact::ForeignLeases, &mut gaps),
        gaps,
    }
}

async fn daemon_sets(server: ApiServer<'_>) -> Result<(SpecTable, Vec<DaemonSet>), GatherError> {
    let take = |(specs, sets): &mut (SpecTable, Vec<DaemonSet>), set: &apps::DaemonSet| {
        sets.push(workloads::read_daemon_set(set, specs)?);
        Ok(())
    };
    let outcome = list(server, None, Default::default, take).await;
    outcome.map_err(|error| GatherError::of_list::<apps::DaemonSet>(error, server.url))
}

/// Every ResourceClaim; none where the API is not served, which it is from 1.34 on unless it is switched off.
async fn resource_claims(server: ApiServer<'_>) -> Result<Vec<ResourceClaim>, GatherError> {
    match list_all(server, resource_claims::read_resource_claim).await {
        Err(ListError::Call(error)) if error.code() == Some(404) => Ok(Vec::new()),
        outcome => outcome.map_err(|error| GatherError::of_list::<resource_api::ResourceClaim>(error, server.url)),
    }
}

/// Every object of a kind.
async fn listed<K, T>(server: ApiServer<'_>, convert: impl Fn(&K) -> Result<T, ConversionError>) -> Result<Vec<T>, GatherError>
where
    K: kube::Resource<DynamicType = ()> + DeserializeOwned,
{
    let outcome = list_all(server, convert).await;
    outcome.map_err(|error| GatherError::of_list::<K>(error, server.url))
}

fn missing<K: kube::Resource<DynamicType = ()>>() -> MissingFact {
    MissingFact::Objects { resource: K::plural(&()).into_owned() }
}

/// The value, or nothing and a gap that says why.
fn or_gap<T: Default, E: ToString>(outcome: Result<T, E>, fact: impl Fn() -> MissingFact, gaps: &mut Vec<Gap>) -> T {
    outcome.unwrap_or_else(|error| {
        gaps.push(Gap { fact: fact(), error: error.to_string() });
        T::default()
    })
}
