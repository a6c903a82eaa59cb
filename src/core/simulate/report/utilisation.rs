//! The share of the paid capacity that pods requested.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::account::life;
use crate::simulate::History;
use crate::snapshot::{CPU, MEMORY};

const PER_MILLE: i128 = 1000;

/// What pods requested of a resource, in relation to what nodes offer beside their DaemonSets, both
/// over the whole time of the instances: while they started nothing was requested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Utilisation {
    /// `cpu`, `memory`, or a device such as `nvidia.com/gpu`.
    pub resource: String,
    /// Requested ÷ offered, in thousandths.
    pub per_mille: u32,
}

/// Returns the utilisation of processors, memory, and each kind of device that was offered, in this
/// order.
pub(super) fn utilisation(history: &History) -> Vec<Utilisation> {
    let devices: BTreeSet<&str> = history
        .instances
        .iter()
        .flat_map(|instance| instance.offers.iter())
        // A device has its vendor's domain in its name, or it is one of Kubernetes itself.
        .filter(|(name, amount)| name.contains('/') && *amount > 0)
        .map(|(name, _)| name)
        .collect();
    let resources = [CPU, MEMORY].into_iter().chain(devices);
    resources
        .filter_map(|resource| Some(Utilisation { resource: resource.to_owned(), per_mille: share(history, resource)? }))
        .collect()
}

/// Returns the share of a resource; `None` where nothing was offered.
fn share(history: &History, resource: &str) -> Option<u32> {
    let (mut offered, mut requested) = (0_i128, 0_i128);
    for instance in &history.instances {
        offered += i128::from(instance.offers.get(resource)) * i128::from(life(instance, history.lasted).0);
        requested += i128::from(instance.used.get(resource));
    }
    let rounded = (requested * PER_MILLE * 2 + offered).checked_div(offered * 2)?;
    u32::try_from(rounded).ok()
}
