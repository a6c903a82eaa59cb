//! The nodes that have refused a kind of pods, which need not be asked again until something has
//! changed for it.

use super::choice::ChoiceIx;
use crate::index_vec::Number;

/// The nodes that have refused a kind of pods.
#[derive(Debug, Clone, Default)]
pub(super) struct RefusedNodes {
    /// The state of things in which they have.
    state: u64,
    /// One bit a node.
    nodes: Vec<u64>,
}

impl RefusedNodes {
    /// Forgets all of them when the state is another one.
    pub(super) fn of_state(&mut self, state: u64) -> &mut Self {
        if self.state != state {
            self.state = state;
            self.nodes.fill(0);
        }
        self
    }

    /// Remembers a node.
    pub(super) fn add(&mut self, node: ChoiceIx) {
        let (word, bit) = place_of(node);
        if self.nodes.len() <= word {
            self.nodes.resize(word + 1, 0);
        }
        self.nodes[word] |= bit;
    }

    /// Whether a node has refused.
    pub(super) fn has(&self, node: ChoiceIx) -> bool {
        let (word, bit) = place_of(node);
        self.nodes.get(word).is_some_and(|bits| bits & bit != 0)
    }
}

fn place_of(node: ChoiceIx) -> (usize, u64) {
    (node.index() / 64, 1 << (node.index() % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_refused_is_known_until_the_state_is_another() {
        let node = ChoiceIx::from_index;
        let mut refusals = RefusedNodes::default();
        for number in [3, 64] {
            refusals.of_state(7).add(node(number));
        }
        assert_eq!([3, 4, 63, 64, 500].map(|number| refusals.of_state(7).has(node(number))), [true, false, false, true, false]);
        assert!(!refusals.of_state(8).has(node(3)));
    }
}
