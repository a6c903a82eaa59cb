//! Pods that spread over zones get nodes in every zone where some group may grow for them, also
//! where there is no node yet. If that leaves some of them without a node, the zones that have none
//! count no longer, as for the scheduler.

use std::collections::BTreeMap;

use super::buying::Buying;
use super::existing_capacity::candidates::Candidates;
use super::offers::fit::Fit;
use super::offers::next_zone::ZoneIx;
use super::placements::Placements;
use crate::plan::fleet::GroupIx;
use crate::scheduler::cluster::Blueprint;

/// Lets the zones count in which nodes may be bought for the pods that are left.
pub(super) fn expect<'a>(buying: &Buying<'a, '_>, candidates: &mut Candidates<'a>, placements: &Placements) {
    let catalogue = buying.catalogue();
    let cluster = &mut candidates.cluster;
    let mut blueprints: BTreeMap<(GroupIx, ZoneIx), Blueprint> = BTreeMap::new();
    for class in catalogue.classes.numbers().filter(|class| placements.left(*class) > 0) {
        if cluster.demand(class.demand()).spec.topology_spread.is_empty() {
            continue;
        }
        for group in catalogue.fleet.groups.numbers() {
            let may_grow = catalogue.situation.health(group).block.is_none() && buying.nodes_left(group) > 0;
            if !may_grow || catalogue.fit(class, group) == Fit::Nowhere || catalogue.waits_instead(class, group) {
                continue;
            }
            let Some(offer) = catalogue.offers.of(group) else { continue };
            for (zone, forms) in offer.forms.iter_numbered() {
                if catalogue.offers.is_open(group, zone) && cluster.accepts(class.demand(), *forms) {
                    let blueprint =
                        blueprints.entry((group, zone)).or_insert_with(|| catalogue.offers.blueprint(cluster, group, zone));
                    cluster.expect_domains(class.demand(), blueprint);
                }
            }
        }
    }
    cluster.join_expected_domains();
}
