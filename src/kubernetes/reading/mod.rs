//! The cluster's objects, each kind in its own file: from the API's form to the snapshot's.

pub(crate) mod budgets;
pub(crate) mod capacity_buffers;
pub(crate) mod capacity_quotas;
mod containers;
pub(crate) mod device_needs;
pub(crate) mod finished_pods;
pub(crate) mod gangs;
pub(crate) mod identity;
pub(crate) mod jobs;
pub mod leases;
pub mod names;
pub(crate) mod nodes;
mod pod_volumes;
pub(crate) mod pods;
pub(crate) mod provisioning_requests;
mod requests_from_limits;
pub(crate) mod resource_claims;
pub(crate) mod resource_slices;
pub(crate) mod runtime_classes;
mod selectors;
mod specs;
pub(crate) mod storage;
pub(crate) mod storage_capacity;
pub(crate) mod workloads;

pub(crate) use specs::SpecTable;
