//! Which pods without a node wait for none, and what becomes of them.

use super::fleet::Fleet;
use super::pending::{counts_on_absent_pods, nomination};
use super::pod_claims::Devices;
use super::report::PodVerdict;
use crate::scheduler::{Plugin, not_modelled};
use crate::snapshot::{Pod, Scheduling};

/// Returns the verdict on a pod that is not pending for want of a node; `None` when it is.
fn settled_verdict(fleet: &Fleet<'_>, devices: &Devices<'_>, pod: &Pod) -> Option<PodVerdict> {
    let spec = fleet.spec(pod);
    let policy = fleet.policy;
    if pod.deletion_deadline.is_some() {
        return Some(PodVerdict::Terminating);
    }
    if !policy.scheduler_names.contains(&spec.scheduler_name) {
        return Some(PodVerdict::OtherScheduler { scheduler: spec.scheduler_name.clone() });
    }
    if pod.is_gated(spec) {
        return Some(PodVerdict::Gated { gates: spec.scheduling_gates.clone() });
    }
    if pod.is_daemon() {
        return Some(PodVerdict::DaemonSet);
    }
    if !policy.pod_namespaces.is_empty() && !policy.pod_namespaces.iter().any(|name| pod.namespace == *name) {
        return Some(PodVerdict::OtherNamespace);
    }
    if spec.priority < policy.min_priority {
        return Some(PodVerdict::LowPriority { priority: spec.priority, min_priority: policy.min_priority });
    }
    if let Some(served) = fleet.requests.awaited_by(pod) {
        return Some(PodVerdict::RoomRequested { request: served.request.id() });
    }
    if let Some(incomplete) = incomplete_gang(fleet, pod) {
        return Some(incomplete);
    }
    match pod.scheduling {
        Scheduling::Unseen if !counts_on_absent_pods(fleet, pod) => return Some(PodVerdict::NotYetScheduled),
        Scheduling::Unseen | Scheduling::Gated | Scheduling::Unschedulable { .. } | Scheduling::Scheduled { .. } => {}
    }
    if let Some(gang) = pod.gang.as_deref().filter(|_| fleet.gangs.of(pod).is_none()) {
        return Some(PodVerdict::GangUnknown { gang: gang.clone() });
    }
    if let Some(node) = nomination(fleet, pod) {
        return Some(PodVerdict::Nominated { node: node.to_owned() });
    }
    unmodelled(fleet, devices, pod)
}

/// Returns the verdict on pods that are not in the API, if they cannot be placed; `None` when they
/// get room like others.
pub(crate) fn verdict_on_absent(fleet: &Fleet<'_>, devices: &Devices<'_>, pod: &Pod) -> Option<PodVerdict> {
    let spec = fleet.spec(pod);
    if !fleet.policy.scheduler_names.contains(&spec.scheduler_name) {
        return Some(PodVerdict::OtherScheduler { scheduler: spec.scheduler_name.clone() });
    }
    incomplete_gang(fleet, pod).or_else(|| unmodelled(fleet, devices, pod))
}

fn unmodelled(fleet: &Fleet<'_>, devices: &Devices<'_>, pod: &Pod) -> Option<PodVerdict> {
    let mut plugins = not_modelled(pod, fleet.spec(pod), &devices.of(pod), devices.are_known);
    let is_served = devices.are_known && fleet.claim_of_resources(pod).is_some();
    if plugins.is_empty() && fleet.asks_for_device_class(pod) && !is_served {
        plugins.push(Plugin::DynamicResources);
    }
    if plugins.is_empty() { None } else { Some(PodVerdict::NotModelled { plugins }) }
}

/// Returns the verdict on a pod whose gang waits for others of its pods.
fn incomplete_gang(fleet: &Fleet<'_>, pod: &Pod) -> Option<PodVerdict> {
    let entry = fleet.gangs.entry(fleet.gangs.of(pod)?);
    let verdict = || PodVerdict::GangIncomplete {
        gang: entry.gang.id.clone(),
        min: entry.gang.min,
        pods: entry.members,
        gated: entry.gated,
    };
    entry.is_incomplete().then(verdict)
}

/// The verdicts on pods that are not pending for want of a node. Most pods have nothing of their
/// own that matters to that, so that each specification is looked at once.
pub(crate) struct Settling<'f, 'a> {
    fleet: &'f Fleet<'a>,
    devices: &'f Devices<'a>,
    /// For each specification, by its place, whether its ordinary pods are known to be pending.
    are_pending: Vec<bool>,
}

impl<'f, 'a> Settling<'f, 'a> {
    pub(crate) fn new(fleet: &'f Fleet<'a>, devices: &'f Devices<'a>) -> Self {
        Self { fleet, devices, are_pending: vec![false; fleet.specs_in_all()] }
    }

    /// Returns the verdict on a pod like [`settled_verdict`].
    pub(crate) fn verdict(&mut self, pod: &Pod) -> Option<PodVerdict> {
        let are_pending = &mut self.are_pending[self.fleet.place_of_spec(pod)];
        let is_ordinary = is_ordinary(self.fleet, pod);
        if is_ordinary && *are_pending {
            return None;
        }
        let verdict = settled_verdict(self.fleet, self.devices, pod);
        *are_pending |= is_ordinary && verdict.is_none();
        verdict
    }
}

/// Whether the verdict on a pod follows from its specification.
fn is_ordinary(fleet: &Fleet<'_>, pod: &Pod) -> bool {
    let was_looked_at = match pod.scheduling {
        Scheduling::Unschedulable { .. } | Scheduling::Scheduled { .. } => true,
        Scheduling::Unseen | Scheduling::Gated => false,
    };
    was_looked_at
        && pod.deletion_deadline.is_none()
        && pod.nominated_node.is_none()
        && pod.resource_claims.is_empty()
        && pod.gang.is_none()
        && fleet.requests.awaited_by(pod).is_none()
        && fleet.policy.pod_namespaces.is_empty()
        && !pod.is_daemon()
}
