//! Orders in which classes of pods are bought for whose turn comes at the same time.

use std::cmp::Reverse;

use crate::index_vec::IndexVec;
use crate::plan::class_turn::ClassTurn;
use crate::plan::pending::{Class, ClassIx, shares};
use crate::plan::scale_up::largest_node;
use crate::plan::scale_up::offers::catalogue::Catalogue;
use crate::scheduler::cluster::Cluster;

/// An order of the classes whose turn comes at the same time. Pods that keep others away or spread
/// come first in all of them, since they need many nodes that others can fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClassOrder {
    /// By the sum of the shares that a pod takes of the largest node, so that one scarce resource
    /// does not decide alone.
    SumOfShares,
    /// By the largest of these shares.
    LargestShare,
    /// As they came: small pods of all shapes fill nodes evenly.
    Given,
}

impl ClassOrder {
    /// The orders that are tried beside that of [`classes`](crate::plan::pending::classes), which
    /// begins with the pods that take the largest share of the largest node.
    pub(super) const OTHERS: [Self; 3] = [Self::SumOfShares, Self::LargestShare, Self::Given];
}

/// What orders go by.
pub(super) struct OrderKeys(IndexVec<ClassIx, ClassTraits>);

struct ClassTraits {
    turn: ClassTurn,
    /// Whether they keep others away, and whether they spread.
    rules: (bool, bool),
    /// The sum of the shares of the largest node that one of the pods requests.
    sum: i64,
    /// One of the pods, by its index into the unbound ones.
    example: usize,
}

impl OrderKeys {
    /// Looks at the classes, which are in the order of the largest first.
    pub(super) fn new(catalogue: &Catalogue<'_, '_>, cluster: &Cluster<'_>) -> Self {
        // One class alone is in any order.
        let whole = if catalogue.classes.len() > 1 { largest_node(catalogue.situation) } else { Vec::new() };
        let of = |(index, class): (ClassIx, &Class<'_>)| {
            let demand = index.demand();
            ClassTraits {
                turn: class.turn,
                rules: (cluster.keeps_others_away(demand), cluster.demand(demand).is_spread()),
                sum: shares(&cluster.demand(demand).requests, &whole).into_iter().fold(0, i64::saturating_add),
                example: class.example(),
            }
        };
        Self(catalogue.classes.iter_numbered().map(of).collect())
    }

    /// Returns some classes, which are in the order of the largest first, in another order.
    pub(super) fn sorted(&self, classes: &[ClassIx], order: ClassOrder) -> Vec<ClassIx> {
        let mut classes = classes.to_vec();
        let size = |class: ClassIx| match order {
            ClassOrder::LargestShare => 0,
            ClassOrder::SumOfShares => self.0[class].sum,
            ClassOrder::Given => i64::MAX - i64::try_from(self.0[class].example).unwrap_or(i64::MAX),
        };
        classes.sort_by_key(|class| (self.0[*class].turn, Reverse((self.0[*class].rules, size(*class)))));
        classes
    }
}
