//! A highest price that no spot instance is to be had for.

use crate::plan::fleet::GroupEntry;
use crate::plan::growth_block::GrowthBlock;

/// A group whose next instance is a spot instance and would cost more than the group pays, in every zone and of every type.
pub(super) fn price_too_low(group: &GroupEntry<'_>) -> Option<GrowthBlock> {
    let max_price = group.group.purchase.max_price()?;
    let lowest = group.group.lowest_spot_price.as_ref()?;
    // As clouds write prices: dollars with a decimal point. What is no number is not compared.
    let (most, least): (f64, f64) = (max_price.parse().ok()?, lowest.price.parse().ok()?);
    (group.group.next_is_spot() && most < least).then(|| GrowthBlock::SpotPriceTooLow {
        max_price: max_price.to_owned(),
        lowest: lowest.price.clone(),
        machine_type: lowest.machine_type.clone(),
        zone: lowest.zone.clone(),
    })
}
