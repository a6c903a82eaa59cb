//! The reading of everything that a snapshot holds of the cluster.
//!
//! Nodes and pods are read completely or there is no snapshot. Every other kind that can't be read
//! becomes a [`Gap`]. So does a single object that this version does not understand, unless it is a
//! node; the others of its kind are read all the same.

use std::collections::BTreeSet;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1 as apps;
use k8s_openapi::api::batch::v1 as batch;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::node::v1::RuntimeClass;
use k8s_openapi::api::policy::v1 as policy;
use k8s_openapi::api::resource::v1 as resource_api;
use k8s_openapi::api::storage::v1 as storage_api;
use serde::de::DeserializeOwned;

use crate::kubernetes::list::{ListError, list, list_all};
use crate::kubernetes::reading::runtime_classes::{RuntimeClasses, names_class, template_with_class};
use crate::kubernetes::reading::{
    SpecTable, budgets, finished_pods, gangs, identity, jobs, leases, nodes, pods, resource_claims, resource_slices, storage,
    storage_capacity, workloads,
};
use crate::kubernetes::{ApiServer, ConversionError, KubernetesError};
use crate::progress::Progress;
use crate::snapshot::{
    Claim, CsiNode, DaemonSet, DeviceClass, DisruptionBudget, FinishedPod, ForeignLease, GangRules, Gap, JobFacts, MissingFact,
    Namespace, Node, ObjectName, Pod, PodEnd, ResourceClaim, ResourceClaimTemplate, ResourceSlice, Scheduling, StorageCapacity,
    StorageClass, Volume,
};

/// The kinds that have few objects, unlike pods and nodes.
#[derive(Debug, Default)]
pub(super) struct Objects {
    pub(super) cluster_uid: Option<String>,
    pub(super) namespaces: Vec<Namespace>,
    pub(super) daemon_sets: Vec<DaemonSet>,
    pub(super) device_classes: Vec<DeviceClass>,
    /// The specifications of the DaemonSets' pods.
    pub(super) specs: SpecTable,
    pub(super) budgets: Vec<DisruptionBudget>,
    pub(super) claims: Vec<Claim>,
    pub(super) volumes: Vec<Volume>,
    pub(super) storage_classes: Vec<StorageClass>,
    pub(super) csi_nodes: Vec<CsiNode>,
    /// The drivers that want what is left of their storage compared.
    pub(super) capacity_drivers: Vec<String>,
    pub(super) storage_capacities: Vec<StorageCapacity>,
    pub(super) resource_claims: Vec<ResourceClaim>,
    pub(super) notes: leases::LeaseNotes,
    pub(super) foreign_leases: Vec<ForeignLease>,
    pub(super) gaps: Vec<Gap>,
}

impl Objects {
    /// Returns how many objects were read.
    pub(super) fn count(&self) -> usize {
        let storage = self.claims.len() + self.volumes.len() + self.storage_classes.len() + self.csi_nodes.len();
        let storage = storage + self.storage_capacities.len();
        self.namespaces.len() + self.daemon_sets.len() + self.budgets.len() + storage + self.resource_claims.len()
    }
}

/// Reads every node.
pub(super) async fn nodes(server: ApiServer<'_>) -> Result<Vec<Node>, KubernetesError> {
    listed(server, nodes::read_node).await
}

/// The unfinished pods, and what was read with them.
#[derive(Debug)]
pub(super) struct UnfinishedPods {
    /// The specifications of the pods and of the DaemonSets.
    pub(super) specs: SpecTable,
    /// The pods.
    pub(super) all: Vec<Pod>,
    /// What may make pods members of gangs, by their index.
    pub(super) hints: Vec<(usize, Vec<gangs::GangHint>)>,
    /// Whether the pod of this run may preempt others.
    pub(super) own_pod_preempts: bool,
    /// Pods that are not understood, or only in part.
    pub(super) unclear: Unclear,
}

/// Objects of one kind that are not understood.
#[derive(Debug, Default)]
pub(super) struct Unclear {
    /// The first of them.
    first: Option<ConversionError>,
    /// How many more there are.
    more: usize,
}

impl Unclear {
    fn note(&mut self, error: ConversionError) {
        match &self.first {
            None => self.first = Some(error),
            Some(_) => self.more += 1,
        }
    }

    /// Makes one gap of all the objects of a kind, if there are any.
    pub(super) fn gap<K: kube::Resource<DynamicType = ()>>(&self) -> Option<Gap> {
        let first = self.first.as_ref()?;
        let error = match self.more {
            0 => first.to_string(),
            more => format!("{first} (and {more} more)"),
        };
        Some(Gap { fact: missing::<K>(), error })
    }
}

/// The objects of one kind that are understood, and the others.
pub(super) type Understood<T> = (Vec<T>, Unclear);

/// Reads every unfinished pod.
pub(super) async fn pods(
    server: ApiServer<'_>,
    daemons: SpecTable,
    own_pod: Option<&ObjectName>,
    rules: &GangRules,
    progress: &dyn Progress,
) -> Result<UnfinishedPods, KubernetesError> {
    /// At most this many pods are read between two lines of progress: a few pages.
    const STEP: usize = 5000;
    let fresh = || UnfinishedPods {
        specs: daemons.clone(),
        all: Vec::new(),
        hints: Vec::new(),
        own_pod_preempts: false,
        unclear: Unclear::default(),
    };
    let take = |read: &mut UnfinishedPods, pod: &core::Pod| {
        let (pod_read, problem) = pods::read_as_far_as_understood(pod, &mut read.specs)?;
        if let Some(pod_read) = pod_read {
            let hints = gangs::hints_of(pod, rules, &mut read.specs);
            if !hints.is_empty() {
                read.hints.push((read.all.len(), hints));
            }
            read.all.push(pod_read);
        }
        if let Some(problem) = problem {
            read.unclear.note(problem);
        }
        read.own_pod_preempts |= own_pod.is_some_and(|own| pods::is_named(pod, own)) && pods::may_preempt(pod);
        if read.all.len().is_multiple_of(STEP) {
            progress.set_label(&format!("reading pods: {}", read.all.len()));
        }
        Ok(())
    };
    let outcome = list(server, Some(pods::UNFINISHED), fresh, take).await;
    outcome.map_err(|error| KubernetesError::from_list::<core::Pod>(error, server.url))
}

/// Reads every pod that has ended and is none of these, with their specifications.
pub(super) async fn finished_pods(
    server: ApiServer<'_>,
    specs: SpecTable,
    unfinished: &[Pod],
) -> Result<(SpecTable, Vec<FinishedPod>), KubernetesError> {
    let mut read = (specs, Vec::new());
    for end in finished_pods::ENDS {
        let so_far = read;
        let take = |(specs, pods): &mut (SpecTable, Vec<FinishedPod>), pod: &core::Pod| {
            match finished_pods::read_finished_pod(pod, specs) {
                Ok(finished) => pods.extend(finished),
                // A trace without this pod is still a trace.
                Err(problem) => tracing::warn!("{problem}; it is left out"),
            }
            Ok(())
        };
        let outcome = list(server, Some(end), || so_far.clone(), take).await;
        read = outcome.map_err(|error| KubernetesError::from_list::<core::Pod>(error, server.url))?;
    }
    let (specs, finished) = read;
    Ok((specs, finished_pods::without_unfinished(finished, unfinished)))
}

/// Reads when the last pod ended on each node that our mark calls idle and that no unfinished pod
/// keeps. A node's own pods are few, and the API server has them by node.
pub(super) async fn pod_ends(
    server: ApiServer<'_>,
    nodes: &[Node],
    pods: &[Pod],
    own_pod: Option<&ObjectName>,
) -> Result<Vec<PodEnd>, KubernetesError> {
    /// So many nodes are read at a time.
    const AT_ONCE: usize = 8;
    let keeping = pods.iter().filter(|pod| !pod.belongs_to_its_node());
    let busy: BTreeSet<&str> = keeping.filter_map(|pod| pod.node.as_deref()).collect();
    let idle = nodes.iter().filter(|node| node.idle_since().is_some() && !busy.contains(node.name.as_str()));
    let ends: Vec<Option<PodEnd>> =
        stream::iter(idle).map(|node| pod_end(server, &node.name, own_pod)).buffered(AT_ONCE).try_collect().await?;
    Ok(ends.into_iter().flatten().collect())
}

async fn pod_end(server: ApiServer<'_>, node: &str, own_pod: Option<&ObjectName>) -> Result<Option<PodEnd>, KubernetesError> {
    let selector = format!("spec.nodeName={node},{}", finished_pods::ENDED);
    let take = |last: &mut Option<Timestamp>, pod: &core::Pod| {
        *last = (*last).max(finished_pods::end_of_work(pod, own_pod)?);
        Ok(())
    };
    let last = list(server, Some(&selector), || None, take).await;
    let last = last.map_err(|error| KubernetesError::from_list::<core::Pod>(error, server.url))?;
    Ok(last.map(|at| PodEnd { node: node.to_owned(), at }))
}

/// Reads everything else, side by side. What could not be read becomes a gap.
pub(super) async fn objects(server: ApiServer<'_>, lease_namespace: &str) -> Objects {
    let (uid, namespaces, daemons, budgets, claims, volumes, classes, csi_nodes, left, devices, device_classes, notes, foreign) = tokio::join!(
        identity::cluster_uid(server),
        known(server, workloads::read_namespace),
        daemon_sets(server),
        known(server, budgets::read_budget),
        known(server, storage::read_claim),
        known(server, storage::read_volume),
        known(server, storage::read_storage_class),
        known(server, storage::read_csi_node),
        storage_left(server),
        device_objects(server, resource_claims::read_resource_claim),
        device_objects(server, resource_slices::read_device_class),
        leases::own_notes(server, lease_namespace),
        leases::foreign(server),
    );
    let mut gaps = Vec::new();
    let cluster_uid = or_gap(uid, || MissingFact::Identity, &mut gaps);
    let DaemonSetsRead { specs, known, gap, .. } = or_gap(daemons, missing::<apps::DaemonSet>, &mut gaps);
    let daemon_sets = or_gaps::<apps::DaemonSet, _>(Ok(known), &mut gaps);
    gaps.extend(gap);
    let (capacity_drivers, capacities) = left;
    Objects {
        cluster_uid,
        namespaces: or_gaps::<core::Namespace, _>(namespaces, &mut gaps),
        daemon_sets,
        specs,
        budgets: or_gaps::<policy::PodDisruptionBudget, _>(budgets, &mut gaps),
        claims: or_gaps::<core::PersistentVolumeClaim, _>(claims, &mut gaps),
        volumes: or_gaps::<core::PersistentVolume, _>(volumes, &mut gaps),
        storage_classes: or_gaps::<storage_api::StorageClass, _>(classes, &mut gaps),
        csi_nodes: or_gaps::<storage_api::CSINode, _>(csi_nodes, &mut gaps),
        capacity_drivers: or_gap(capacity_drivers, missing::<storage_api::CSIDriver>, &mut gaps),
        storage_capacities: or_gaps::<storage_api::CSIStorageCapacity, _>(capacities, &mut gaps),
        resource_claims: or_gaps::<resource_api::ResourceClaim, _>(devices, &mut gaps),
        device_classes: or_gaps::<resource_api::DeviceClass, _>(device_classes, &mut gaps),
        notes: or_gap(notes, || MissingFact::GrowthNotes, &mut gaps),
        foreign_leases: or_gap(foreign, || MissingFact::ForeignLeases, &mut gaps),
        gaps,
    }
}

/// Reads every DaemonSet, and the RuntimeClasses where the pods of one are of a class.
async fn daemon_sets(server: ApiServer<'_>) -> Result<DaemonSetsRead, KubernetesError> {
    let take = |read: &mut DaemonSetsRead, set: &apps::DaemonSet| {
        match names_class(set) {
            true => read.with_class.push(set.clone()),
            false => add(&mut read.known, workloads::read_daemon_set(set, &mut read.specs)),
        }
        Ok(())
    };
    let outcome = list(server, None, DaemonSetsRead::default, take).await;
    let mut read = outcome.map_err(|error| KubernetesError::from_list::<apps::DaemonSet>(error, server.url))?;
    if !read.with_class.is_empty() {
        let classes = runtime_classes(server).await;
        read.gap = classes.as_ref().err().map(|error| Gap { fact: missing::<RuntimeClass>(), error: error.to_string() });
        let classes = classes.unwrap_or_default();
        for mut set in std::mem::take(&mut read.with_class) {
            if let Some(spec) = template_with_class(&mut set) {
                classes.fill_in(spec);
            }
            add(&mut read.known, workloads::read_daemon_set(&set, &mut read.specs));
        }
    }
    Ok(read)
}

/// The DaemonSets that were read.
#[derive(Default)]
struct DaemonSetsRead {
    specs: SpecTable,
    known: Understood<DaemonSet>,
    /// Those whose pods are of a RuntimeClass, until the classes have been read.
    with_class: Vec<apps::DaemonSet>,
    /// The classes could not be read.
    gap: Option<Gap>,
}

/// Reads every RuntimeClass.
pub(super) async fn runtime_classes(server: ApiServer<'_>) -> Result<RuntimeClasses, KubernetesError> {
    let take = |classes: &mut RuntimeClasses, class: &RuntimeClass| {
        classes.add(class);
        Ok(())
    };
    let outcome = list(server, None, RuntimeClasses::default, take).await;
    outcome.map_err(|error| KubernetesError::from_list::<RuntimeClass>(error, server.url))
}

/// The drivers that want what is left of their storage compared, and what is left of it.
type StorageLeft = (Result<Vec<String>, KubernetesError>, Result<Understood<StorageCapacity>, KubernetesError>);

/// Reads how much storage is left, where a driver wants that compared.
async fn storage_left(server: ApiServer<'_>) -> StorageLeft {
    let take = |names: &mut Vec<String>, driver: &storage_api::CSIDriver| {
        names.extend(storage_capacity::capacity_driver(driver));
        Ok(())
    };
    let drivers = list(server, None, Vec::new, take).await;
    let drivers = drivers.map_err(|error| KubernetesError::from_list::<storage_api::CSIDriver>(error, server.url));
    let capacities = match &drivers {
        Ok(names) if !names.is_empty() => known(server, storage_capacity::read_storage_capacity).await,
        Ok(_) | Err(_) => Ok(Understood::default()),
    };
    (drivers, capacities)
}

/// Reads every Job, where that matters: pods count that Jobs are about to make, and a pod of one
/// waits. What could not be read becomes a gap.
pub(super) async fn jobs_if_needed(server: ApiServer<'_>, pods: &[Pod], rules: &GangRules) -> (Vec<JobFacts>, Vec<Gap>) {
    let is_of_job = |pod: &Pod| pod.owner.as_deref().is_some_and(|owner| owner.kind == "Job");
    let waits = |pod: &Pod| matches!(pod.scheduling, Scheduling::Unschedulable { .. }) && is_of_job(pod);
    if !rules.expect_job_pods || !pods.iter().any(waits) {
        return (Vec::new(), Vec::new());
    }
    let mut gaps = Vec::new();
    let jobs = or_gaps::<batch::Job, _>(known(server, jobs::read_job).await, &mut gaps);
    (jobs, gaps)
}

/// Reads every ResourceSlice.
pub(super) async fn resource_slices(server: ApiServer<'_>) -> Result<Understood<ResourceSlice>, KubernetesError> {
    device_objects(server, resource_slices::read_resource_slice).await
}

/// Reads every ResourceClaimTemplate.
pub(super) async fn resource_claim_templates(
    server: ApiServer<'_>,
) -> Result<Understood<ResourceClaimTemplate>, KubernetesError> {
    device_objects(server, resource_claims::read_claim_template).await
}

/// Reads every object of a kind of `resource.k8s.io`; none where the API is not served, which it is
/// from 1.34 on unless it is switched off.
async fn device_objects<K, T>(
    server: ApiServer<'_>,
    convert: impl Fn(&K) -> Result<T, ConversionError>,
) -> Result<Understood<T>, KubernetesError>
where
    K: kube::Resource<DynamicType = ()> + DeserializeOwned,
{
    match list_known(server, convert).await {
        Err(ListError::Call(error)) if error.code() == Some(404) => Ok(Understood::default()),
        outcome => outcome.map_err(|error| KubernetesError::from_list::<K>(error, server.url)),
    }
}

/// Reads every object of a kind that is understood, and counts those that are not.
async fn known<K, T>(
    server: ApiServer<'_>,
    convert: impl Fn(&K) -> Result<T, ConversionError>,
) -> Result<Understood<T>, KubernetesError>
where
    K: kube::Resource<DynamicType = ()> + DeserializeOwned,
{
    let outcome = list_known(server, convert).await;
    outcome.map_err(|error| KubernetesError::from_list::<K>(error, server.url))
}

async fn list_known<K, T>(
    server: ApiServer<'_>,
    convert: impl Fn(&K) -> Result<T, ConversionError>,
) -> Result<Understood<T>, ListError>
where
    K: kube::Resource<DynamicType = ()> + DeserializeOwned,
{
    let fresh = || (Vec::new(), Unclear::default());
    let take = |taken: &mut Understood<T>, object: &K| {
        add(taken, convert(object));
        Ok(())
    };
    list(server, None, fresh, take).await
}

fn add<T>((known, unclear): &mut Understood<T>, read: Result<T, ConversionError>) {
    match read {
        Ok(object) => known.push(object),
        Err(problem) => unclear.note(problem),
    }
}

/// Lists every object of a kind.
async fn listed<K, T>(
    server: ApiServer<'_>,
    convert: impl Fn(&K) -> Result<T, ConversionError>,
) -> Result<Vec<T>, KubernetesError>
where
    K: kube::Resource<DynamicType = ()> + DeserializeOwned,
{
    let outcome = list_all(server, convert).await;
    outcome.map_err(|error| KubernetesError::from_list::<K>(error, server.url))
}

fn missing<K: kube::Resource<DynamicType = ()>>() -> MissingFact {
    MissingFact::Objects { resource: K::plural(&()).into_owned() }
}

/// Returns the objects of a kind that are understood, and adds a gap for the others.
pub(super) fn or_gaps<K: kube::Resource<DynamicType = ()>, T>(
    outcome: Result<Understood<T>, KubernetesError>,
    gaps: &mut Vec<Gap>,
) -> Vec<T> {
    match outcome {
        Ok((known, unclear)) => {
            gaps.extend(unclear.gap::<K>());
            known
        }
        Err(error) => {
            gaps.push(Gap { fact: missing::<K>(), error: error.to_string() });
            Vec::new()
        }
    }
}

/// Returns the value, or nothing and a gap with the error.
fn or_gap<T: Default, E: ToString>(outcome: Result<T, E>, fact: impl Fn() -> MissingFact, gaps: &mut Vec<Gap>) -> T {
    outcome.unwrap_or_else(|error| {
        gaps.push(Gap { fact: fact(), error: error.to_string() });
        T::default()
    })
}
