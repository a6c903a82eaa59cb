//! kube-scheduler: whether a pod may be placed on a node ([`predicates`], its filters), and which
//! pod is next and which node it gets ([`binding`]).

pub mod binding;
mod budget_index;
pub mod cluster;
mod columns;
mod cpu_memory;
mod demand;
mod devices;
mod matching;
mod misfit;
pub mod predicates;
mod requests;
mod selector;
mod storage;
mod topology_needs;

use crate::snapshot::{Labels, Pod, PodSpec, ResourceClaim, Taint};

pub use budget_index::BudgetIndex;
pub use columns::{Columns, fits};
pub use cpu_memory::CpuMemory;
pub use demand::Demand;
pub(crate) use devices::EXTENDED_RESOURCES;
pub use devices::{DeviceFacts, DeviceProblem, DevicesOfNewNode, UnallocatedClaim, claim_of_extended_resources};
pub use matching::{discouragements, ports_of};
pub use misfit::{AffinityRule, Misfit, Plugin, Skew};

pub use requests::{pending_requests, placed_requests};
pub use selector::{matches as selects, read_labels, selector_keys};
pub use storage::{Capacities, EmptyStorage, Storage, StorageOfNewNode, VolumeNeeds, VolumeProblem};

/// Those of the scheduler's features, off by default, that are switched on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gates {
    /// Tolerations with the operators `Lt` and `Gt` (`TaintTolerationComparisonOperators`).
    pub numeric_tolerations: bool,
}

/// A pod as the filters see it that read one node alone.
#[derive(Debug, Clone, Copy)]
pub struct PodView<'a> {
    /// Its specification.
    pub spec: &'a PodSpec,
    /// The node that it names.
    pub node_name: Option<&'a str>,
    /// Its requests, one amount per column.
    pub requests: &'a [i64],
    /// The names of the columns.
    pub resources: &'a Columns,
    /// The requirements of its volumes.
    pub volumes: &'a VolumeNeeds<'a>,
    /// Its allocated resource claims.
    pub devices: &'a [&'a ResourceClaim],
    /// The label by which its gang stays together, and the value that it has where the gang is to
    /// be; `None` while that is open.
    pub domain: Option<(&'a str, Option<&'a str>)>,
    /// The features that the scheduler has switched on.
    pub gates: Gates,
}

impl<'a> PodView<'a> {
    /// Returns a pod of which only the specification is known, and no amount of anything counts.
    #[must_use]
    pub fn of_spec(spec: &'a PodSpec, gates: Gates) -> Self {
        const NONE: &VolumeNeeds<'static> = &VolumeNeeds { problem: None, claims: Vec::new() };
        const NO_COLUMNS: &Columns = &Columns::none();
        Self { spec, node_name: None, requests: &[], resources: NO_COLUMNS, volumes: NONE, devices: &[], domain: None, gates }
    }

    /// Returns the columns of which it requests anything, with the amount.
    fn requested(&self) -> impl Iterator<Item = (usize, i64)> {
        self.requests.iter().copied().enumerate().filter(|(_, asked)| *asked > 0)
    }
}

/// A node as the filters see it that read one node alone, be it existing, upcoming or planned.
#[derive(Debug, Clone, Copy)]
pub struct NodeView<'a> {
    /// Its name; empty for a node that has none yet.
    pub name: &'a str,
    /// Its labels.
    pub labels: &'a Labels,
    /// Its taints.
    pub taints: &'a [Taint],
    /// Whether it is cordoned.
    pub unschedulable: bool,
}

/// Returns the plugins that a pod needs and that are not implemented here. Such a pod is reported
/// and never bought for: a wrong guess would buy a node on which it stays pending. `claims` are the
/// pod's resource claims, as far as they exist. One without devices is understood where the devices
/// of the cluster are known.
#[must_use]
pub fn not_modelled(pod: &Pod, spec: &PodSpec, claims: &[&ResourceClaim], are_devices_known: bool) -> Vec<Plugin> {
    let named = spec.resource_claims.len().max(pod.resource_claims.len());
    let is_understood = |claim: &&ResourceClaim| {
        let is_whole = claim.needs.as_ref().is_some_and(|needs| needs.not_modelled.is_empty());
        claim.allocation.is_some() || (are_devices_known && is_whole)
    };
    let are_understood = claims.len() == named && claims.iter().all(is_understood);
    if are_understood { Vec::new() } else { vec![Plugin::DynamicResources] }
}

/// Returns the first filter that keeps such a pod off an existing node whatever else runs there.
#[must_use]
pub fn first_lasting_misfit_on(spec: &PodSpec, node: &crate::snapshot::Node, gates: Gates) -> Option<Misfit> {
    let view = NodeView { name: &node.name, labels: &node.labels, taints: &node.taints, unschedulable: node.unschedulable };
    predicates::first_lasting_misfit(&PodView::of_spec(spec, gates), &view)
}
