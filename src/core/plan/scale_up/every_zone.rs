//! Pods that spread over zones get nodes in every zone where some group may grow for them, also
//! where there is no node yet. If that leaves some of them without a node, the zones that have none
//! count no longer, as for the scheduler.

use std::collections::BTreeMap;

use super::buying::Buying;
use super::existing_capacity::candidates::Candidates;
use super::offers::fit::Fit;
use super::placements::Placements;
use crate::plan::fleet::GroupIx;
use crate::plan::pending::ClassIx;
use crate::scheduler::cluster::{Blueprint, Cluster, FormsId};

/// A node that may be bought in a zone.
struct PossibleNode {
    group: GroupIx,
    forms: FormsId,
    blueprint: Blueprint,
    /// A number that nodes in the same domains share.
    place: usize,
}

/// Finds the zones in which nodes may be bought for the pods that are left.
pub(super) fn expect<'a>(buying: &Buying<'a, '_>, candidates: &mut Candidates<'a>, placements: &Placements) {
    let catalogue = buying.catalogue();
    let cluster = &mut candidates.cluster;
    let is_spread = |class: &ClassIx| !cluster.demand(class.demand()).spec.topology_spread.is_empty();
    let left = catalogue.classes.numbers().filter(|class| placements.left(*class) > 0);
    let spread: Vec<ClassIx> = left.filter(is_spread).collect();
    if spread.is_empty() {
        return;
    }
    let (possible, places) = possible_nodes(buying, cluster);
    for class in spread {
        // Hundreds of groups launch in the same few zones.
        let (mut is_expected, mut others) = (vec![false; places], places);
        for node in &possible {
            if is_expected[node.place]
                || catalogue.fit(class, node.group) == Fit::Nowhere
                || catalogue.waits_instead(class, node.group)
                || !cluster.accepts(class.demand(), node.forms)
            {
                continue;
            }
            cluster.expect_domains(class.demand(), &node.blueprint);
            is_expected[node.place] = true;
            others -= 1;
            if others == 0 {
                break;
            }
        }
    }
}

/// Returns the nodes that may be bought now, and in how many different places they would be.
fn possible_nodes<'a>(buying: &Buying<'a, '_>, cluster: &mut Cluster<'a>) -> (Vec<PossibleNode>, usize) {
    let catalogue = buying.catalogue();
    let mut places: BTreeMap<Vec<u32>, usize> = BTreeMap::new();
    let mut possible = Vec::new();
    for group in catalogue.fleet.groups.numbers() {
        let may_grow = catalogue.situation.health(group).block.is_none() && buying.nodes_left(group) > 0;
        let Some(offer) = catalogue.offers.of(group).filter(|_| may_grow) else { continue };
        for (zone, forms) in offer.forms.iter_numbered().filter(|(zone, _)| catalogue.offers.is_open(group, *zone)) {
            let blueprint = catalogue.offers.blueprint(cluster, group, zone);
            let next = places.len();
            let place = *places.entry(blueprint.domains().to_vec()).or_insert(next);
            possible.push(PossibleNode { group, forms: *forms, blueprint, place });
        }
    }
    (possible, places.len())
}
