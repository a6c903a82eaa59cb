//! Pods that spread over zones get nodes in every zone where some group may grow for them, also
//! where there is no node yet. If that leaves some of them without a node, the zones that have none
//! count no longer, as for the scheduler.

use super::buying::Buying;
use super::existing_capacity::candidates::Candidates;
use super::offers::fit::Fit;
use super::placements::Placements;

/// Lets the zones count in which nodes may be bought for the pods that are left.
pub(super) fn expect<'a>(buying: &Buying<'a, '_>, candidates: &mut Candidates<'a>, placements: &Placements) {
    let catalogue = buying.catalogue();
    let cluster = &mut candidates.cluster;
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
                    catalogue.offers.expect(cluster, class.demand(), group, zone);
                }
            }
        }
    }
    cluster.join_expected_domains();
}
