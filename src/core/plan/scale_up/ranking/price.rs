//! `price`: what a pod costs on new nodes of a group.

use super::waste::Bins;
use crate::snapshot::UsdPerHour;

/// Returns what one of `pods` pods that request so much costs per hour, in millionths of a dollar,
/// when new nodes that offer `offer` for `price` each are bought for them and later classes fill
/// what is left. Pods pay for what is used: a class bears as much of the nodes' price as its share
/// of all that is requested there, summed over the resources.
pub(in crate::plan::scale_up) fn price_of_a_pod<'a>(
    offer: &[i64],
    price: UsdPerHour,
    (requests, pods): (&[i64], u32),
    others: impl Iterator<Item = (&'a [i64], u32)>,
) -> u64 {
    let mut bins = Bins::open(offer, requests, pods);
    for (other, count) in others {
        bins.fill(other, count);
    }
    let (nodes, pods) = (i128::from(bins.nodes()), i128::from(pods.max(1)));
    let (mut own, mut used) = (0_i128, 0_i128);
    for (column, offered) in offer.iter().enumerate().filter(|(_, offered)| **offered > 0) {
        let whole = i128::from(*offered);
        own += i128::from(requests[column]) * pods * MILLIONTHS / whole;
        used += nodes * MILLIONTHS - bins.free(column) * MILLIONTHS / whole;
    }
    let all = i128::from(price.micros()) * nodes;
    let borne = if used > 0 { all * own.min(used) / used } else { all };
    u64::try_from(borne / pods).unwrap_or(u64::MAX)
}

const MILLIONTHS: i128 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    const DOLLAR: UsdPerHour = UsdPerHour::from_micros(1_000_000);

    #[test]
    fn a_class_alone_pays_for_all_its_nodes() {
        assert_eq!(price_of_a_pod(&[4], DOLLAR, (&[1], 8), std::iter::empty()), 250_000);
        assert_eq!(price_of_a_pod(&[4], DOLLAR, (&[3], 2), std::iter::empty()), 1_000_000, "what it leaves unused as well");
        assert_eq!(price_of_a_pod(&[4], DOLLAR, (&[1], 1), std::iter::empty()), 1_000_000);
    }

    #[test]
    fn those_who_fill_the_rest_share_the_price() {
        let price = |others: &[(&[i64], u32)]| price_of_a_pod(&[4], DOLLAR, (&[2], 1), others.iter().copied());
        assert_eq!(price(&[(&[2], 1)]), 500_000);
        assert_eq!(price(&[(&[1], 1)]), 666_666);
        assert_eq!(price(&[(&[3], 1)]), 1_000_000, "it does not fit");
    }
}
