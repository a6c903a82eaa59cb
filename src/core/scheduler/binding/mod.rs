//! The half of kube-scheduler that comes after the filters: which pod is next, and which of the
//! nodes that it fits it is bound to. The replay of a plan and the simulated world both use it.
//!
//! [`in_turn`] is the order of the queue, [`RankedNodes`] the choice of a node. The loops around
//! them differ, since the world goes through its queue again while pods that follow others may
//! still find a node, and looks only at nodes that have changed where that is enough. A replay goes
//! through its queue once, but tens of times for a plan: where only requests matter it counts
//! equally full nodes together, and it leaves soft taints out.

mod choice;
mod fitting_order;
mod known_scores;
mod on_cluster;
mod queue;
mod ranked_nodes;
mod refused_nodes;
mod score;

pub use choice::{ChoiceIx, SortIx};
pub use on_cluster::OnCluster;
pub use queue::{Turn, in_turn};
pub use ranked_nodes::{Capacity, RankedNodes};
pub use score::{score, taint_score};
