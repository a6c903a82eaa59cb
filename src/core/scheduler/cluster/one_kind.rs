//! A working copy for tests: pods of one kind, of which only the number is limited.

use super::{Cluster, ClusterParts, DemandId};
use crate::index_vec::IndexVec;
use crate::scheduler::{Columns, Demand, DeviceFacts, Gates, Storage};
use crate::snapshot::{Labels, PODS, PodSpec, Snapshot};

impl<'a> Cluster<'a> {
    /// Returns a cluster without nodes, and the pods.
    pub(crate) fn of_one_kind(snapshot: &'a Snapshot, spec: &'a PodSpec, labels: &'a Labels) -> (Self, DemandId) {
        let parts = ClusterParts {
            columns: Columns::new([PODS]),
            gates: Gates::default(),
            storage: Storage::new(snapshot),
            devices: DeviceFacts::of(snapshot),
            namespaces: &[],
        };
        let mut demands = IndexVec::new();
        let demand = demands.push(Demand::new(spec, "default", labels, vec![1]));
        (Self::new(parts, demands, std::iter::empty()), demand)
    }
}
