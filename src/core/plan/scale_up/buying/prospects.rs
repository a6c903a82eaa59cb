//! Why each group would not help one pod if nothing else were bought: for `explain pod`.

use std::collections::BTreeMap;

use super::Buying;
use super::cluster_size::ClusterSize;
use crate::index_vec::IndexVec;
use crate::plan::class_turn::ClassTurn;
use crate::plan::fleet::GroupIx;
use crate::plan::pending::{Class, demand_of, repelling};
use crate::plan::pod_claims::Devices;
use crate::plan::reason::Refusal;
use crate::plan::scale_up::existing_capacity::candidates::Candidates;
use crate::plan::scale_up::existing_capacity::{CordonedDevices, Presentations, add_all};
use crate::plan::scale_up::offers::Offers;
use crate::plan::scale_up::offers::catalogue::Catalogue;
use crate::plan::scale_up::offers::not_again::NotAgain;
use crate::plan::situation::Situation;
use crate::scheduler::Storage;
use crate::scheduler::cluster::Cluster;
use crate::snapshot::Pod;

/// Returns for each group, in the order in which they are tried, why a new node of it would not
/// help the pod. `closed` are the groups in which the plan buys nothing for such pods.
pub(crate) fn prospects(
    situation: &Situation<'_>,
    pod: &Pod,
    closed: BTreeMap<GroupIx, Refusal>,
) -> Vec<(GroupIx, Option<Refusal>)> {
    let fleet = &situation.fleet;
    let presentations = Presentations::new(situation);
    let storage = Storage::new(fleet.snapshot);
    let devices = Devices::new(fleet);
    let demand = demand_of(fleet, &storage, &devices, pod);
    let mut candidates =
        Candidates::new(Cluster::new(fleet.cluster_parts(storage), vec![demand].into(), repelling(fleet).into_iter()));
    let mut offers = Offers::new(situation, &mut candidates.cluster);
    add_all(&mut candidates, situation, &presentations, &mut offers, CordonedDevices::Open);
    let size = ClusterSize::new(situation);
    let mut classes = IndexVec::new();
    let class = classes.push(Class {
        turn: ClassTurn::of_spec(fleet.spec(pod)),
        pods: Vec::new(),
        unseen: Vec::new(),
        waits_for: Vec::new(),
        absent: None,
    });
    let not_again: NotAgain = closed.into_iter().map(|(group, refusal)| ((class, group), refusal)).collect();
    let catalogue = Catalogue::new(situation, &mut candidates, &classes, offers, not_again);
    Buying::new(catalogue, size, candidates.len(), None).refusals_by_group(&mut candidates, class)
}
