//! Which unbound pods count as pending, and which of them are alike.

use std::collections::BTreeMap;

use super::fleet::Fleet;
use super::report::PodVerdict;
use crate::duration::Seconds;
use crate::scheduler::{Columns, PodView, first_lasting_misfit_on, not_modelled, pending_requests};
use crate::snapshot::{Pod, PodSpec, Resources, Scheduling};

/// Pods that ask for the same: they are placed by count.
pub(crate) struct Class<'a> {
    pub(crate) spec: &'a PodSpec,
    /// Requests, one amount a column.
    pub(crate) requests: Vec<i64>,
    /// Indices into [`Fleet::unbound`], the oldest pod first.
    pub(crate) pods: Vec<usize>,
    /// Unreadable regions that might serve these pods; they wait for them rather than being bought for elsewhere.
    pub(crate) waits_for: Vec<&'a str>,
}

impl Class<'_> {
    pub(crate) fn view<'b>(&'b self, resources: &'b Columns) -> PodView<'b> {
        PodView { spec: self.spec, requests: &self.requests, resources }
    }
}

/// The verdict on a pod that is not pending for want of a node; `None` when it is.
pub(crate) fn settled_verdict(fleet: &Fleet<'_>, pod: &Pod) -> Option<PodVerdict> {
    let spec = fleet.snapshot.spec(pod);
    let policy = fleet.policy;
    if pod.deletion_deadline.is_some() {
        return Some(PodVerdict::Terminating);
    }
    if !policy.scheduler_names.contains(&spec.scheduler_name) {
        return Some(PodVerdict::OtherScheduler { scheduler: spec.scheduler_name.clone() });
    }
    if !spec.scheduling_gates.is_empty() || pod.scheduling == Scheduling::Gated {
        return Some(PodVerdict::Gated { gates: spec.scheduling_gates.clone() });
    }
    if pod.is_daemon() {
        return Some(PodVerdict::DaemonSet);
    }
    if !policy.pod_namespaces.is_empty() && !policy.pod_namespaces.contains(&pod.namespace) {
        return Some(PodVerdict::OtherNamespace);
    }
    if spec.priority < policy.min_priority {
        return Some(PodVerdict::LowPriority { priority: spec.priority, min_priority: policy.min_priority });
    }
    match pod.scheduling {
        Scheduling::Unseen => return Some(PodVerdict::NotYetScheduled),
        Scheduling::Gated | Scheduling::Unschedulable { .. } | Scheduling::Scheduled { .. } => {}
    }
    if let Some(node) = nomination(fleet, pod) {
        return Some(PodVerdict::Nominated { node: node.to_owned() });
    }
    let plugins = not_modelled(pod, spec);
    (!plugins.is_empty()).then_some(PodVerdict::NotModelled { plugins })
}

/// The node where preemption makes room for the pod. It counts only while that node is there, schedulable, and would hold
/// the pod once the pods of lower priority have left; else the pod is an ordinary pending one.
pub(crate) fn nomination<'a>(fleet: &Fleet<'a>, pod: &'a Pod) -> Option<&'a str> {
    let name = pod.nominated_node.as_deref()?;
    let spec = fleet.snapshot.spec(pod);
    let entry = fleet.node_named(name)?;
    let mut left = entry.node.allocatable.clone();
    left.subtract(&entry.requested);
    for victim in &entry.pods {
        let victim_spec = fleet.snapshot.spec(victim);
        if victim_spec.priority < spec.priority {
            left.add(&crate::scheduler::placed_requests(victim, victim_spec));
        }
    }
    let fits = pending_requests(spec).iter().all(|(resource, asked)| asked == 0 || asked <= left.get(resource));
    (fits && !entry.node.unschedulable && first_lasting_misfit_on(spec, entry.node).is_none()).then_some(name)
}

/// The pending pods in classes, in the order in which they are placed: by priority, then the largest first, since large pods
/// placed late find no room; `whole` is what the largest node offers, which makes amounts of different resources comparable.
pub(crate) fn classes<'a>(fleet: &Fleet<'a>, pending: &[usize], columns: &Columns, whole: &Resources) -> Vec<Class<'a>> {
    let mut by_likeness: BTreeMap<_, Class<'a>> = BTreeMap::new();
    for &index in pending {
        let pod = fleet.unbound[index];
        let spec = fleet.snapshot.spec(pod);
        let waits_for = regions_worth_waiting_for(fleet, pod, spec);
        let class = by_likeness.entry((pod.spec, waits_for.clone())).or_insert_with(|| Class {
            spec,
            requests: columns.row(&pending_requests(spec)),
            pods: Vec::new(),
            waits_for,
        });
        class.pods.push(index);
    }
    let whole = columns.row(whole);
    let mut classes: Vec<Class<'a>> = by_likeness.into_values().collect();
    for class in &mut classes {
        class.pods.sort_by_key(|&index| (fleet.unbound[index].created_at, index));
    }
    classes.sort_by_cached_key(|class| {
        let size = std::cmp::Reverse(shares(&class.requests, &whole));
        (std::cmp::Reverse(class.spec.priority), size, class.pods.first().copied())
    });
    classes
}

/// The shares of the whole that a request takes, in millionths, the largest first.
fn shares(requests: &[i64], whole: &[i64]) -> Vec<i64> {
    let share = |(asked, whole): (&i64, &i64)| {
        i64::try_from(i128::from(*asked) * 1_000_000 / i128::from((*whole).max(1))).unwrap_or(i64::MAX)
    };
    let mut shares: Vec<i64> = requests.iter().zip(whole).map(share).collect();
    shares.sort_unstable_by(|a, b| b.cmp(a));
    shares
}

/// Unreadable regions whose groups might serve the pod, while it has not been pending for `--instance-init-time`: an API
/// failure of a minute must not buy twice.
fn regions_worth_waiting_for<'a>(fleet: &Fleet<'a>, pod: &Pod, spec: &PodSpec) -> Vec<&'a str> {
    let unreadable = fleet.snapshot.regions.iter().filter(|region| region.unreadable.is_some());
    let mut regions: Vec<(u32, &str)> = unreadable
        .filter(|region| waiting_until(fleet, pod) > fleet.now() && may_run_in(spec, &region.name))
        .map(|region| (region.preference, region.name.as_str()))
        .collect();
    regions.sort_unstable();
    regions.into_iter().map(|(_, name)| name).collect()
}

/// Until when the pod waits for an unreadable region.
pub(crate) fn waiting_until(fleet: &Fleet<'_>, pod: &Pod) -> jiff::Timestamp {
    let pending_since = match pod.scheduling {
        Scheduling::Unschedulable { since } => since,
        Scheduling::Unseen | Scheduling::Gated | Scheduling::Scheduled { .. } => pod.created_at,
    };
    Seconds::after(fleet.policy.instance_init_time, pending_since)
}

/// Whether the pod's selector and affinity leave a region open. Only the region's own label is known of its nodes, so every
/// other requirement is taken to hold.
fn may_run_in(spec: &PodSpec, region: &str) -> bool {
    const REGION_LABELS: [&str; 2] = ["topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region"];
    use crate::snapshot::NodeSelectorOperator::{DoesNotExist, Exists, Gt, In, Lt, NotIn};
    let selected = REGION_LABELS.iter().all(|label| spec.node_selector.get(*label).is_none_or(|wanted| wanted == region));
    let allows = |requirement: &crate::snapshot::NodeSelectorRequirement| {
        let listed = requirement.values.iter().any(|value| value == region);
        match requirement.operator {
            _ if !REGION_LABELS.contains(&requirement.key.as_str()) => true,
            In => listed,
            NotIn => !listed,
            Exists => true,
            DoesNotExist | Gt | Lt => false,
        }
    };
    let affine =
        spec.node_affinity.as_ref().is_none_or(|terms| terms.iter().any(|term| term.match_expressions.iter().all(allows)));
    selected && affine
}
