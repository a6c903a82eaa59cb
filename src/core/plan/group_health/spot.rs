//! A highest price that is below every present spot price.

use crate::plan::fleet::GroupEntry;
use crate::plan::growth_block::GrowthBlock;

/// Returns why a group does not grow whose next instance is a spot instance: in every zone and of
/// every type it costs more than the group pays.
pub(super) fn price_too_low(group: &GroupEntry<'_>) -> Option<GrowthBlock> {
    let max_price = group.group.purchase.max_price()?;
    let lowest = group.group.lowest_spot_price.as_ref()?;
    (group.group.next_is_spot() && max_price < lowest.price).then(|| GrowthBlock::SpotPriceTooLow {
        max_price,
        lowest: lowest.price,
        machine_type: lowest.machine_type.clone(),
        zone: lowest.zone.clone(),
    })
}
