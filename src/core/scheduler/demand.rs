//! Pods that the scheduler cannot tell apart, and what they require of a node.

use super::matching::ports_of;
use super::topology_needs::TopologyNeeds;
use super::{Columns, Gates, PodView, UnallocatedClaim, VolumeNeeds};
use crate::snapshot::{HostPort, Labels, PodSpec, ResourceClaim};

/// Pods that are alike in everything that the scheduler's filters read.
#[derive(Debug, Clone)]
pub struct Demand<'a> {
    /// Their specification.
    pub spec: &'a PodSpec,
    /// Their namespace.
    pub namespace: &'a str,
    /// The labels of one of them; labels that no selector reads may differ.
    pub labels: &'a Labels,
    /// Requests, one amount per column.
    pub requests: Vec<i64>,
    /// The requirements of their volumes.
    pub volumes: VolumeNeeds<'a>,
    /// Their allocated resource claims.
    pub devices: Vec<&'a ResourceClaim>,
    /// Their resource claims that have no devices yet.
    pub claims: Vec<UnallocatedClaim<'a>>,
    /// The label by which their gang stays together, if it does, and the value that it has where
    /// the gang is to be; `None` while that is open.
    pub(super) domain: Option<(&'a str, Option<String>)>,
    /// The rules between pods, once the cluster has registered them.
    pub(super) topology: TopologyNeeds,
    /// Ports of the node that they occupy.
    pub(super) ports: Vec<&'a HostPort>,
}

impl<'a> Demand<'a> {
    /// Returns pods of a specification, without volumes or devices.
    #[must_use]
    pub fn new(spec: &'a PodSpec, namespace: &'a str, labels: &'a Labels, requests: Vec<i64>) -> Self {
        Self {
            spec,
            namespace,
            labels,
            requests,
            volumes: VolumeNeeds::default(),
            devices: Vec::new(),
            claims: Vec::new(),
            domain: None,
            topology: TopologyNeeds::default(),
            ports: ports_of(spec).collect(),
        }
    }

    /// Keeps them on nodes that have a label, since their gang stays together by it.
    pub fn stay_together_by(&mut self, label: &'a str) {
        self.domain = Some((label, None));
    }

    /// Keeps them on nodes where the label by which their gang stays together has a value.
    pub fn stay_in_domain(&mut self, value: &str) {
        if let Some((_, wanted)) = &mut self.domain {
            *wanted = Some(value.to_owned());
        }
    }

    /// Returns the label by which their gang stays together.
    #[must_use]
    pub fn together_by(&self) -> Option<&'a str> {
        self.domain.as_ref().map(|(label, _)| *label)
    }

    /// Returns the pod as the filters see it that read one node alone.
    #[must_use]
    pub fn view<'b>(&'b self, columns: &'b Columns, gates: Gates) -> PodView<'b> {
        PodView {
            spec: self.spec,
            node_name: None,
            requests: &self.requests,
            resources: columns,
            volumes: &self.volumes,
            devices: &self.devices,
            domain: self.domain.as_ref().map(|(key, value)| (*key, value.as_deref())),
            gates,
        }
    }

    /// Whether placing one pod can make another pod of them fit.
    #[must_use]
    pub fn follows_others(&self) -> bool {
        !self.topology.spread.is_empty() || !self.topology.affinity.is_empty()
    }

    /// Whether hard constraints spread such pods.
    #[must_use]
    pub fn is_spread(&self) -> bool {
        !self.topology.spread.is_empty()
    }

    /// Whether nothing but labels, taints and requests matters.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.topology.is_empty() && !self.takes_ports() && !self.has_claims() && !self.wants_devices()
    }

    /// Whether it occupies ports of the node.
    pub(super) fn takes_ports(&self) -> bool {
        !self.ports.is_empty()
    }

    /// Whether it has resource claims that have no devices yet.
    pub(super) fn wants_devices(&self) -> bool {
        !self.claims.is_empty()
    }

    /// Whether it has volumes with a claim.
    pub(super) fn has_claims(&self) -> bool {
        !self.volumes.claims.is_empty()
    }
}
