//! What one pod needs of a new group, by its specification and its volumes.

use std::collections::BTreeSet;

use super::needs::NodeNeeds;
use super::no_help::NoHelp;
use super::requirements::{Requirements, requirement_sets};
use super::tolerated::tolerated_taints;
use super::volumes::zones_of_volumes;
use crate::policy::Policy;
use crate::scheduler::pending_requests;
use crate::snapshot::{Pod, PodSpec, Snapshot};
use crate::well_known::labels::ZONE;
use crate::well_known::resources::device_family;

/// Returns what a pod needs, by the first alternative of its affinity that a group can meet.
///
/// # Errors
/// Why no group can meet the first of its alternatives.
pub(super) fn needs_of(pod: &Pod, spec: &PodSpec, snapshot: &Snapshot, policy: &Policy) -> Result<NodeNeeds, NoHelp> {
    let zones = zones_of_volumes(pod, snapshot);
    let needs = |set: &[_]| {
        let needs = Requirements::new(snapshot).read(set)?;
        with_the_rest(needs, zones.as_ref(), spec, snapshot, policy)
    };
    let mut first_problem = None;
    for set in requirement_sets(spec) {
        match needs(&set) {
            Ok(needs) => return Ok(needs),
            Err(problem) => {
                first_problem.get_or_insert(problem);
            }
        }
    }
    // An affinity without a term matches no node.
    Err(first_problem.unwrap_or_else(|| NoHelp::Contradiction { label: "nodeAffinity".to_owned() }))
}

fn with_the_rest(
    mut needs: NodeNeeds,
    zones_of_volumes: Option<&BTreeSet<String>>,
    spec: &PodSpec,
    snapshot: &Snapshot,
    policy: &Policy,
) -> Result<NodeNeeds, NoHelp> {
    if let Some(zones) = zones_of_volumes {
        let both: BTreeSet<String> = match &needs.zones {
            Some(own) => own.intersection(zones).cloned().collect(),
            None => zones.clone(),
        };
        if both.is_empty() {
            return Err(NoHelp::Contradiction { label: ZONE.to_owned() });
        }
        needs.zones = Some(both);
    }
    needs.settle_region(snapshot)?;
    let requests = pending_requests(spec);
    let requested = requests.iter().filter(|(_, amount)| *amount > 0).map(|(name, _)| name);
    needs.devices = requested.filter(|name| device_family(name).is_some()).map(str::to_owned).collect();
    needs.taints = tolerated_taints(spec, &needs, snapshot, policy);
    Ok(needs)
}
