//! The gang of a pod that runs, as far as it matters where its pods are.

use crate::plan::amounts::small;
use crate::plan::fleet::{Fleet, NodeEntry};
use crate::snapshot::{GangName, Pod};

/// The gang of a pod that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RunningGang<'q> {
    /// Its pods are counted.
    Known {
        /// What makes them run together.
        gang: &'q GangName,
        /// How many of them have a node.
        running: u32,
        /// How many of them are on the node of the pod.
        here: u32,
    },
    /// What states how many run together could not be read.
    Unknown(&'q GangName),
}

/// Returns the gang of a pod of a node. Pods of a gang that starts with one do not need each other.
pub(super) fn of_pod<'q>(fleet: &'q Fleet<'_>, entry: &NodeEntry<'_>, pod: &'q Pod) -> Option<RunningGang<'q>> {
    let named = pod.gang.as_deref()?;
    let Some(gang) = fleet.gangs.of(pod) else { return Some(RunningGang::Unknown(named)) };
    let known = fleet.gangs.entry(gang);
    let here = entry.pods.iter().filter(|other| fleet.gangs.of(other) == Some(gang)).count();
    (known.gang.min > 1).then_some(RunningGang::Known { gang: named, running: known.bound, here: small(here) })
}
