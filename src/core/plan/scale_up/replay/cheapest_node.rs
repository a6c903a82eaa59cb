//! Which node is added for pods that wait, where prices are known: the cheapest that ends the wait,
//! whichever group the pods were bought for in.

use super::new_nodes::Pods;
use crate::index_vec::IndexVec;
use crate::plan::amounts::take;
use crate::plan::fleet::GroupIx;
use crate::plan::pending::ClassIx;
use crate::plan::scale_up::buying::Buying;
use crate::scheduler::fits;
use crate::snapshot::UsdPerHour;

/// At most so many of the pods that wait are put on a node to compare it with others.
const MOST_COMPARED: usize = 256;

/// What a node costs for the pods that wait; the least is the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct CostOfWait {
    /// Whether it leaves some of them waiting.
    leaves_some: bool,
    /// What it costs for each pod that it takes, in millionths of a dollar per hour.
    of_a_pod: u64,
    price: UsdPerHour,
    group: GroupIx,
}

/// The groups in which nodes may be added for each class, where their prices are known.
pub(super) struct CheapestNodes {
    groups: IndexVec<ClassIx, Vec<GroupIx>>,
}

impl CheapestNodes {
    /// Returns them, if any price is known.
    pub(super) fn new(buying: &Buying<'_, '_>) -> Option<Self> {
        let catalogue = buying.catalogue();
        catalogue.fleet.prices.as_ref()?;
        let (before, _) = catalogue.fleet.policy.expander.parts();
        let has_price = |group| catalogue.situation.paid_price(group).is_some();
        let groups = catalogue.classes.numbers().map(|class| buying.first_in_rank(class, before, has_price)).collect();
        Some(Self { groups })
    }

    /// Whether nodes of a group may be added for a class.
    pub(super) fn takes(&self, class: ClassIx, group: GroupIx) -> bool {
        self.groups[class].contains(&group)
    }

    /// Returns the group of the node that is added for the first of the pods that wait, and takes
    /// others of them; `None` where nothing is known of its price.
    pub(super) fn group(
        &self,
        buying: &Buying<'_, '_>,
        pods: &Pods,
        waiting: &[ClassIx],
        may_add: &dyn Fn(GroupIx) -> bool,
    ) -> Option<GroupIx> {
        let waiting = &waiting[..waiting.len().min(MOST_COMPARED)];
        let groups = &self.groups[*waiting.first()?];
        let open = groups.iter().copied().filter(|group| buying.nodes_left(*group) > 0 && may_add(*group));
        open.filter_map(|group| self.cost(buying, pods, waiting, group)).min().map(|cost| cost.group)
    }

    fn cost(&self, buying: &Buying<'_, '_>, pods: &Pods, waiting: &[ClassIx], group: GroupIx) -> Option<CostOfWait> {
        let paid = buying.catalogue().situation.paid_price(group)?;
        let price = if buying.ledger().is_next_reserved(group) { UsdPerHour::ZERO } else { paid };
        let mut free = buying.catalogue().free(group).to_vec();
        let mut taken = 0_u64;
        for class in waiting {
            let requests = pods.requests(*class);
            if self.takes(*class, group) && fits(&free, requests) {
                take(&mut free, requests, 1);
                taken += 1;
            }
        }
        let of_a_pod = price.micros().checked_div(taken)?;
        Some(CostOfWait { leaves_some: taken < waiting.len() as u64, of_a_pod, price, group })
    }
}
