//! The nodes that pods name, without a look at each name. The pods of a node share the text of its
//! name, so that most names are known by where they are in memory. To fetch the texts from there,
//! in another place for each pod, takes longer than all else.

use std::hash::BuildHasher as _;

use rustc_hash::FxBuildHasher;

use super::{NodeIx, NodeNames};
use crate::snapshot::{Name, NamePlace};

/// So many names have room for each node: each thread that read pods has a text of its own, and two
/// names that want the same slot take it from each other.
const PLACES_A_NODE: usize = 4;

/// The nodes of names that were looked up lately.
pub(super) struct NodesOfPods<'n> {
    /// As many slots as a power of two.
    lately: Vec<Option<(NamePlace<'n>, NodeIx)>>,
}

impl<'n> NodesOfPods<'n> {
    /// Knows no name yet of so many nodes.
    pub(super) fn among(nodes: usize) -> Self {
        Self { lately: vec![None; (nodes * PLACES_A_NODE).next_power_of_two()] }
    }

    /// Returns the node that a pod names, if there is one.
    pub(super) fn node(&mut self, name: &'n Name, by_name: &NodeNames<'_>) -> Option<NodeIx> {
        let place = name.place();
        let hash = usize::try_from(FxBuildHasher.hash_one(place) & u64::from(u32::MAX)).unwrap_or_default();
        let slots = self.lately.len();
        let slot = &mut self.lately[hash & (slots - 1)];
        if let Some((known, node)) = slot
            && *known == place
        {
            return Some(*node);
        }
        let node = *by_name.get(name.as_str())?;
        *slot = Some((place, node));
        Some(node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index_vec::Number as _;

    #[test]
    fn a_node_is_found_whether_names_share_their_text_or_not() {
        let by_name: NodeNames<'_> =
            [("a", 0), ("b", 1)].map(|(name, node)| (name, NodeIx::from_index(node))).into_iter().collect();
        let own: Vec<Name> = (0..50).map(|number| Name::from(["a", "b", "gone"][number % 3])).collect();
        let copies: Vec<Name> = own.iter().chain(&own[..3]).chain(&own).cloned().collect();
        for nodes in [0, 1, 2, 1_000] {
            let mut found = NodesOfPods::among(nodes);
            for name in own.iter().chain(&copies) {
                assert_eq!(found.node(name, &by_name), by_name.get(name.as_str()).copied(), "{name}");
            }
        }
    }
}
