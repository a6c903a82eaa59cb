//! Orders in which new nodes may appear. The cloud's own is not known: nodes of all groups boot
//! side by side.

use super::order::Order;
use crate::index_vec::{IndexVec, Number as _};
use crate::scheduler::binding::{ChoiceIx, SortIx};

/// Returns the sort of each node in an order in which they may appear.
pub(super) fn in_order(order: Order, nodes: &IndexVec<ChoiceIx, SortIx>) -> Vec<SortIx> {
    match order {
        Order::Names => nodes.iter().copied().collect(),
        Order::NamesBackwards => interleaved(nodes),
        Order::Mixed(_) => {
            let mut numbered: Vec<(usize, SortIx)> =
                nodes.iter().enumerate().map(|(number, sort)| (order.number(number), *sort)).collect();
            numbered.sort_unstable();
            numbered.into_iter().map(|(_, sort)| sort).collect()
        }
    }
}

/// Returns the nodes so that at any time of each sort about the same share is there.
fn interleaved(sorts: &IndexVec<ChoiceIx, SortIx>) -> Vec<SortIx> {
    /// Shares are counted in these parts.
    const WHOLE: u64 = 1 << 32;
    let highest = sorts.iter().map(|sort| sort.index()).max().map_or(0, |highest| highest + 1);
    let mut counts: IndexVec<SortIx, u32> = IndexVec::filled(highest, 0);
    sorts.iter().for_each(|sort| counts[*sort] += 1);
    let nodes_of = |(sort, count): (SortIx, &u32)| {
        let count = u64::from(*count);
        (0..count).map(move |number| ((2 * number + 1) * WHOLE / (2 * count), sort))
    };
    let mut shares: Vec<(u64, SortIx)> = counts.iter_numbered().flat_map(nodes_of).collect();
    shares.sort_unstable();
    shares.into_iter().map(|(_, sort)| sort).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(order: Order, nodes: [usize; 6]) -> Vec<usize> {
        let nodes = nodes.into_iter().map(SortIx::from_index).collect();
        in_order(order, &nodes).into_iter().map(crate::index_vec::Number::index).collect()
    }

    /// A zone whose nodes all came last would seem to be none until then.
    #[test]
    fn nodes_of_all_groups_appear_side_by_side() {
        let nodes = [0, 0, 0, 0, 1, 2];
        assert_eq!(ordered(Order::Names, nodes), nodes, "as they are bought");
        assert_eq!(ordered(Order::NamesBackwards, nodes), [0, 0, 1, 2, 0, 0]);
        let mixed = [1, 2, 3].map(|seed| ordered(Order::Mixed(seed), nodes));
        assert!(mixed[0] != mixed[1] || mixed[1] != mixed[2], "{mixed:?}");
        for mut mixed in mixed {
            mixed.sort_unstable();
            assert_eq!(mixed, nodes);
        }
    }
}
