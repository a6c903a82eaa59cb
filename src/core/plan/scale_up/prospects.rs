//! What each group would say to one pod if nothing else were bought: for `explain pod`.

use super::board::Board;
use super::buying::Buying;
use super::capacity::{self, Faces};
use super::cluster_size::ClusterSize;
use super::offers::Offers;
use crate::plan::fleet::Fleet;
use crate::plan::group_health::GroupHealth;
use crate::plan::pending::{Class, Devices, demand_of, repelling};
use crate::plan::reason::Refusal;
use crate::plan::template::{Daemons, Template};
use crate::scheduler::Storage;
use crate::scheduler::cluster::Cluster;
use crate::snapshot::Pod;

/// For each group, in the order in which they are tried, why a new node of it would not help the pod.
pub(crate) fn prospects(
    fleet: &Fleet<'_>,
    templates: &[Result<Template, String>],
    health: &[GroupHealth],
    daemons: &Daemons<'_>,
    pod: &Pod,
) -> Vec<(usize, Option<Refusal>)> {
    let faces = Faces::new(fleet, templates);
    let storage = Storage::new(fleet.snapshot);
    let devices = Devices::new(fleet);
    let demand = demand_of(fleet, &storage, &devices, pod);
    let mut board = Board::new(Cluster::new(fleet.world(storage), vec![demand], repelling(fleet).into_iter()));
    let mut offers = Offers::new(fleet, &mut board.cluster, templates, health, daemons);
    capacity::seat_all(&mut board, fleet, &faces, templates, health, daemons, &mut offers);
    let size = ClusterSize::new(fleet, templates, health);
    let classes = [Class { pods: Vec::new(), waits_for: Vec::new() }];
    Buying::new(fleet, &mut board, &classes, health, offers, size).answers(&mut board, 0)
}
