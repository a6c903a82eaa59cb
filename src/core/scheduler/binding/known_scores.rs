//! Scores that were computed already. Of a thousand nodes a hundred are compared for each pod, and
//! hardly any has changed since the last pod of that size.

use super::choice::ChoiceIx;
use crate::index_vec::IndexVec;

/// Scores are kept for at most so many sizes of pods: each is forgotten for a node that changes.
const MOST_SIZES: usize = 512;

/// What stands for a score that is not known. It is higher than any.
const UNKNOWN: i16 = i16::MAX;

/// The scores of nodes for pods of one size.
pub(super) type ScoresOfSize = IndexVec<ChoiceIx, i16>;

/// Scores by resources, by the number of the size of the pods.
#[derive(Debug, Clone, Default)]
pub(super) struct KnownScores {
    sizes: Vec<ScoresOfSize>,
}

impl KnownScores {
    /// Returns the scores for pods of a size, by its number, of so many nodes; `None` where they
    /// are not kept.
    pub(super) fn of_size(&mut self, size: usize, nodes: usize) -> Option<&mut ScoresOfSize> {
        if size >= MOST_SIZES {
            return None;
        }
        while self.sizes.len() <= size {
            self.sizes.push(IndexVec::filled(nodes, UNKNOWN));
        }
        Some(&mut self.sizes[size])
    }

    /// Forgets the scores of a node that has changed.
    pub(super) fn forget(&mut self, node: ChoiceIx) {
        for scores in &mut self.sizes {
            scores[node] = UNKNOWN;
        }
    }
}

/// Returns the score of a node, which is computed if it is not known.
pub(super) fn score_of(known: Option<&mut ScoresOfSize>, node: ChoiceIx, compute: impl FnOnce() -> i64) -> i64 {
    let Some(known) = known else { return compute() };
    if known[node] == UNKNOWN {
        known[node] = i16::try_from(compute()).unwrap_or(UNKNOWN);
    }
    i64::from(known[node])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index_vec::Number;

    #[test]
    fn a_score_is_computed_once_until_its_node_changes() {
        let mut known = KnownScores::default();
        let [one, other] = [0, 1].map(ChoiceIx::from_index);
        let score = |known: &mut KnownScores, node, score: i64| score_of(known.of_size(3, 2), node, || score);
        assert_eq!([score(&mut known, one, 7), score(&mut known, one, 8), score(&mut known, other, 9)], [7, 7, 9]);
        known.forget(one);
        assert_eq!([score(&mut known, one, 8), score(&mut known, other, 8)], [8, 9]);
    }

    #[test]
    fn scores_of_many_sizes_are_not_kept() {
        let mut known = KnownScores::default();
        assert!(known.of_size(MOST_SIZES, 2).is_none());
        assert_eq!(score_of(known.of_size(MOST_SIZES, 2), ChoiceIx::from_index(0), || 5), 5);
    }
}
