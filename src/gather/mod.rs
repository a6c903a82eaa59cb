//! The APIs in, one [`Snapshot`] out.
//!
//! The order decides how far a snapshot can be trusted. Groups and nodes come first, side by side;
//! then the small kinds; pods last: a pod that was bound meanwhile is seen on its node, so a node
//! may look busier than it was and never idler. Only then is it known which scaling activities
//! matter.
//!
//! If pods or nodes can't be listed completely there is no snapshot. Any other fact that can't be
//! read becomes a [`Gap`](crate::snapshot::Gap) or an unreadable region, and the planner knows what
//! that forbids. Nothing here decides anything.

mod beside_pods;
mod buffers;
mod capacity_quotas;
mod clients;
mod cluster;
mod devices;
pub mod document;
mod error;
mod gangs;
mod launch_need;
mod launch_notes;
pub mod machine_types;
pub mod manifests;
pub mod prices;
pub mod replay;
mod requests;
mod settled;
mod template_pod;
pub mod trace;
pub mod until_needed;

use std::collections::BTreeSet;
use std::time::Instant;

use jiff::Timestamp;
use k8s_openapi::api::core::v1 as core;

pub use clients::{Clients, CloudOptions, ConnectOptions};
pub use error::GatherError;
pub use settled::is_settled;

use beside_pods::BesidePods;
use launch_need::{needs_launches, waits_for_a_node, wants_room};

use crate::cloud::{ActivityWindow, CloudFacts, GroupsRead, GroupsRequest};
use crate::duration::Seconds;
use crate::kubernetes::ApiServer;
use crate::policy::Policy;
use crate::progress::{Progress, ReadingStage};
use crate::server_clock::{self, ServerClock};
use crate::snapshot::{
    ClusterIdentity, DeviceClass, GangRules, Group, GroupTag, LookedAt, NamedGroup, Node, ObjectName, Pod,
    SCHEDULER_RETRIES_WITHIN, Snapshot,
};

/// What to read.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct GatherOptions {
    /// `--cluster-name`.
    pub cluster_name: Option<String>,
    /// `--group-tag`.
    pub group_tags: Vec<GroupTag>,
    /// `--group`.
    pub groups: Vec<NamedGroup>,
    /// The namespace of our own Lease.
    pub lease_namespace: String,
    /// How far back scaling activities are read: the longer of `--backoff` and
    /// `--instance-init-time`, or more where a group's tags state more.
    pub activity_horizon: Seconds,
    /// Whether they are read for every group, also for settled ones.
    pub all_activities: bool,
    /// Whether the prices of spot instances of the groups are read from EC2.
    pub spot_prices: bool,
    /// Which pods count as gangs, beside those that start together anyway.
    pub gangs: GangRules,
    /// Where this is given, it is read what the groups launch only if a decision under this policy
    /// could depend on it.
    pub launches_only_for: Option<Box<Policy>>,
    /// Whether devices are read although no pod of the cluster waits for some.
    pub devices: bool,
    /// Whether pods that have ended are read as well.
    pub finished_pods: bool,
    /// The pod of this run.
    pub own_pod: Option<ObjectName>,
}

/// Reads the cluster and its groups. All ages are counted from `now`, which is this machine's time:
/// the snapshot holds what the API server's clock showed then.
///
/// # Errors
/// When pods or nodes can't be listed completely, when AWS can't be called at all, or without a
/// cluster name.
pub async fn gather(
    clients: &Clients,
    options: &GatherOptions,
    now: Timestamp,
    progress: &dyn Progress,
) -> Result<Snapshot, GatherError> {
    let begun = Instant::now();
    clients.cloud.clocks().chain([&clients.kubernetes_clock]).for_each(ServerClock::forget);
    let Some(cluster_name) = &options.cluster_name else {
        return Err(GatherError::NoClusterName { seen: clients.cloud.cluster_names().await? });
    };
    let mut unread = None;
    let groups = groups(clients, options, cluster_name, progress, &mut unread);
    let mut snapshot = gather_beside(groups, clients.api_server(), options, now, progress).await?;
    snapshot.looked_at.cloud = clients.cloud.flag_value().map(str::to_owned);
    clients.cloud.join_nodes(&mut snapshot.groups, &snapshot.nodes);
    if let Some((groups, policy)) = unread.zip(options.launches_only_for.as_ref()) {
        read_launches_if_needed(clients, options, groups, policy, &mut snapshot, progress).await;
    }
    snapshot.clocks = server_clock::compare(now, begun, &clients.kubernetes_clock, clients.cloud.clocks());
    snapshot.taken_at = snapshot.clocks.by_the_server(now);
    let ((checks, gaps), (found, gaps_of_ready)) = tokio::join!(
        clients.cloud.check_machines(&snapshot.regions, &snapshot.nodes),
        clients.cloud.check_belonging(&snapshot.regions, &snapshot.groups, &snapshot.nodes),
    );
    snapshot.machine_checks = checks.into_iter().chain(found).collect();
    for gap in gaps.into_iter().chain(gaps_of_ready) {
        // One call that is denied is one gap of the region, whichever nodes it was about.
        if !snapshot.gaps.contains(&gap) {
            snapshot.gaps.push(gap);
        }
    }
    read_activities(clients, options, &mut snapshot, progress).await;
    launch_notes::settle(&clients.cloud, &mut snapshot).await;
    Ok(snapshot)
}

/// Reads what the groups launch, or notes that nothing needs it.
async fn read_launches_if_needed(
    clients: &Clients,
    options: &GatherOptions,
    groups: GroupsRead,
    policy: &Policy,
    snapshot: &mut Snapshot,
    progress: &dyn Progress,
) {
    let watched = groups.replaced_by_others().cloned().collect();
    if !groups.have_machines_that_end_with_a_reservation() && !needs_launches(snapshot, policy, &watched) {
        tracing::info!("launch templates, images, machine types, zones and spot prices: not read, as nothing needs a new node");
        snapshot.looked_at.launches_left_out = true;
        return;
    }
    progress.set_label("reading what the groups launch");
    let facts = clients.cloud.read_launches(groups, options.spot_prices).await;
    (snapshot.groups, snapshot.machine_types, snapshot.zones) = (facts.groups, facts.machine_types, facts.zones);
    snapshot.reservations = facts.reservations;
    clients.cloud.join_nodes(&mut snapshot.groups, &snapshot.nodes);
    snapshot.prices = options.spot_prices.then_some(facts.prices);
    for gap in facts.gaps {
        if !snapshot.gaps.contains(&gap) {
            snapshot.gaps.push(gap);
        }
    }
}

/// Reads the scaling activities that may affect a decision.
async fn read_activities(clients: &Clients, options: &GatherOptions, snapshot: &mut Snapshot, progress: &dyn Progress) {
    progress.set_label("reading scaling activities");
    let window = ActivityWindow { taken_at: snapshot.taken_at, horizon: options.activity_horizon };
    let is_pod_waiting = snapshot.pods.iter().any(waits_for_a_node) || wants_room(snapshot);
    let of_all = options.all_activities || is_pod_waiting;
    // A node that we cordoned may go in this run: an instance of a group must not end without
    // knowing what AWS does in that group.
    let staying = snapshot.nodes.iter().filter(|node| node.cordoned_by_us().is_none());
    let registered: BTreeSet<&str> = staying.filter_map(Node::instance_id).collect();
    let is_wanted = |group: &Group| of_all || !is_settled(group, &registered);
    let gaps = clients.cloud.read_activities(&mut snapshot.groups, window, is_wanted).await;
    snapshot.gaps.extend(gaps);
}

/// Reads the cluster, beside another reader of its groups.
///
/// # Errors
/// When pods or nodes can't be listed completely, or with the error of `groups`.
pub async fn gather_beside(
    groups: impl Future<Output = Result<CloudFacts, GatherError>>,
    server: ApiServer<'_>,
    options: &GatherOptions,
    taken_at: Timestamp,
    progress: &dyn Progress,
) -> Result<Snapshot, GatherError> {
    progress.set_label("reading groups and nodes");
    let begun = Instant::now();
    let nodes = async {
        let nodes = cluster::nodes(server).await?;
        done(progress, ReadingStage::Nodes, begun, nodes.len());
        Ok(nodes)
    };
    let (facts, nodes) = tokio::try_join!(groups, nodes)?;

    progress.set_label("reading other objects");
    let begun = Instant::now();
    let objects = Box::pin(cluster::objects(server, &options.lease_namespace)).await;
    done(progress, ReadingStage::Objects, begun, objects.count());

    progress.set_label("reading pods");
    let begun = Instant::now();
    let own_pod = options.own_pod.as_ref();
    let read = cluster::pods(server, objects.specs, own_pod, &options.gangs, progress).await?;
    let cluster::UnfinishedPods { mut specs, all: pods, hints, own_pod_preempts, unclear } = read;
    let mut pods = with_old_messages(pods, taken_at);
    // A group is made before its pods, so that those of all pods which were read are there.
    let beside = BesidePods::read(server, &mut pods, &hints, &mut specs, &options.gangs).await;
    let (specs, finished_pods) = match options.finished_pods {
        true => {
            progress.set_label("reading finished pods");
            cluster::finished_pods(server, specs, &pods).await?
        }
        false => (specs, Vec::new()),
    };
    let pod_ends = cluster::pod_ends(server, &nodes, &pods, own_pod).await?;
    done(progress, ReadingStage::Pods, begun, pods.len() + finished_pods.len());

    let cluster = ClusterIdentity {
        name: options.cluster_name.clone().unwrap_or_default(),
        uid: objects.cluster_uid,
        account: facts.account,
        own_pod: options.own_pod.clone(),
        own_pod_preempts,
    };
    let mut snapshot = Snapshot {
        regions: facts.regions,
        nodes,
        pod_specs: specs.into_map(),
        pods,
        finished_pods,
        pod_ends,
        namespaces: objects.namespaces,
        daemon_sets: objects.daemon_sets,
        budgets: objects.budgets,
        claims: objects.claims,
        volumes: objects.volumes,
        storage_classes: objects.storage_classes,
        csi_nodes: objects.csi_nodes,
        capacity_drivers: objects.capacity_drivers,
        storage_capacities: objects.storage_capacities,
        device_class_resources: resources_of(&objects.device_classes),
        device_classes: objects.device_classes,
        resource_claims: objects.resource_claims,
        gangs: beside.gangs,
        capacity_buffers: beside.capacity_buffers,
        capacity_quotas: beside.capacity_quotas,
        provisioning_requests: beside.provisioning_requests,
        jobs: beside.jobs,
        groups: facts.groups,
        rejected_groups: facts.rejected,
        machine_types: facts.machine_types,
        zones: facts.zones,
        quotas: facts.quotas,
        reservations: facts.reservations,
        prices: options.spot_prices.then_some(facts.prices),
        growth_notes: objects.notes.growth,
        instance_notes: objects.notes.instances,
        fruitless_notes: objects.notes.fruitless,
        removal_notes: objects.notes.removals,
        launch_notes: objects.notes.launches,
        foreign_leases: objects.foreign_leases,
        looked_at: LookedAt {
            cloud: None,
            group_tags: options.group_tags.clone(),
            groups: options.groups.clone(),
            lease_namespace: options.lease_namespace.clone(),
            spot_prices: options.spot_prices,
            gangs: options.gangs.clone(),
            launches_left_out: false,
            added: Vec::new(),
            without: Vec::new(),
        },
        gaps: facts.gaps.into_iter().chain(objects.gaps).chain(unclear.gap::<core::Pod>()).chain(beside.gaps).collect(),
        ..Snapshot::empty(cluster, taken_at)
    };
    devices::read_if_needed(server, &mut snapshot, options.devices).await;
    snapshot.lay_names_together();
    Ok(snapshot)
}

/// Returns the resources that classes serve.
fn resources_of(classes: &[DeviceClass]) -> Vec<String> {
    classes.iter().filter_map(|class| class.extended_resource.clone()).collect()
}

/// Leaves out the scheduler's words on pods that it may not have tried again yet: there are tens of
/// thousands of these, and nobody reads them.
fn with_old_messages(mut pods: Vec<Pod>, taken_at: Timestamp) -> Vec<Pod> {
    let tried_again = SCHEDULER_RETRIES_WITHIN.before(taken_at);
    for pod in &mut pods {
        if pod.scheduling.refused_since().is_none_or(|since| since > tried_again) {
            pod.scheduler_message = None;
        }
    }
    pods
}

/// Reads the groups. Where what they launch is read later, if at all, `unread` is what that takes.
async fn groups(
    clients: &Clients,
    options: &GatherOptions,
    cluster_name: &str,
    progress: &dyn Progress,
    unread: &mut Option<GroupsRead>,
) -> Result<CloudFacts, GatherError> {
    let begun = Instant::now();
    let request = GroupsRequest {
        cluster_name,
        group_tags: &options.group_tags,
        named: &options.groups,
        spot_prices: options.spot_prices,
    };
    let facts = if options.launches_only_for.is_none() {
        clients.cloud.read(&request, progress).await?
    } else {
        let groups = clients.cloud.read_groups(&request, progress).await?;
        clients.cloud.without_launches(unread.insert(groups))
    };
    done(progress, ReadingStage::Groups, begun, facts.groups.len());
    Ok(facts)
}

fn done(progress: &dyn Progress, stage: ReadingStage, begun: Instant, items: usize) {
    progress.stage_done(stage, begun.elapsed(), items);
}
