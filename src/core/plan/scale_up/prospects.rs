//! What each group would say to one pod if nothing else were bought: for `explain pod`.

use super::board::Board;
use super::buying::Buying;
use super::capacity::{self, Faces};
use super::cluster_size::ClusterSize;
use super::offers::Offers;
use crate::index_vec::IndexVec;
use crate::plan::fleet::GroupIx;
use crate::plan::pending::{Class, Devices, demand_of, repelling};
use crate::plan::reason::Refusal;
use crate::plan::situation::Situation;
use crate::scheduler::Storage;
use crate::scheduler::cluster::Cluster;
use crate::snapshot::Pod;

/// For each group, in the order in which they are tried, why a new node of it would not help the pod.
pub(crate) fn prospects(situation: &Situation<'_>, pod: &Pod) -> Vec<(GroupIx, Option<Refusal>)> {
    let fleet = &situation.fleet;
    let faces = Faces::new(situation);
    let storage = Storage::new(fleet.snapshot);
    let devices = Devices::new(fleet);
    let demand = demand_of(fleet, &storage, &devices, pod);
    let mut board = Board::new(Cluster::new(fleet.world(storage), vec![demand].into(), repelling(fleet).into_iter()));
    let mut offers = Offers::new(situation, &mut board.cluster);
    capacity::seat_all(&mut board, situation, &faces, &mut offers);
    let size = ClusterSize::new(situation);
    let mut classes = IndexVec::new();
    let class = classes.push(Class { pods: Vec::new(), waits_for: Vec::new() });
    Buying::new(situation, &mut board, &classes, offers, size).answers(&mut board, class)
}
