//! Scores that were computed already. Of a thousand nodes a hundred are compared for each pod, and
//! hardly any has changed since the last pod of that size.

use super::choice::ChoiceIx;
use crate::index_vec::IndexVec;

/// Scores are kept for at most so many sizes of pods: each is forgotten for a node that changes.
const MOST_SIZES: usize = 512;

/// So many pods of a size come before its scores are kept. Where no two pods are alike none ever
/// are: they would be computed for nobody.
const PODS_BEFORE: u32 = 8;

/// What stands for a score that is not known. It is higher than any.
const UNKNOWN: i16 = i16::MAX;

/// The scores of nodes for pods of one size.
pub(super) type ScoresOfSize = IndexVec<ChoiceIx, i16>;

/// Scores by resources.
#[derive(Debug, Clone, Default)]
pub(super) struct KnownScores {
    /// For each size of pods, by its number, how many of them came.
    pods: Vec<u32>,
    /// The place in `kept` of each size whose scores are kept.
    places: Vec<Option<usize>>,
    kept: Vec<ScoresOfSize>,
}

impl KnownScores {
    /// Returns the scores of so many nodes for one more pod of a size, by the number of that size;
    /// `None` where they are not kept.
    pub(super) fn of_size(&mut self, size: usize, nodes: usize) -> Option<&mut ScoresOfSize> {
        if self.pods.len() <= size {
            self.pods.resize(size + 1, 0);
            self.places.resize(size + 1, None);
        }
        let place = &mut self.places[size];
        if place.is_none() {
            self.pods[size] += 1;
            if self.pods[size] <= PODS_BEFORE || self.kept.len() >= MOST_SIZES {
                return None;
            }
            *place = Some(self.kept.len());
            self.kept.push(IndexVec::filled(nodes, UNKNOWN));
        }
        place.map(|place| &mut self.kept[place])
    }

    /// Forgets the scores of a node that has changed.
    pub(super) fn forget(&mut self, node: ChoiceIx) {
        for scores in &mut self.kept {
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
        (0..PODS_BEFORE).for_each(|_| assert!(known.of_size(3, 2).is_none(), "few pods of that size"));
        let score = |known: &mut KnownScores, node, score: i64| score_of(known.of_size(3, 2), node, || score);
        assert_eq!([score(&mut known, one, 7), score(&mut known, one, 8), score(&mut known, other, 9)], [7, 7, 9]);
        known.forget(one);
        assert_eq!([score(&mut known, one, 8), score(&mut known, other, 8)], [8, 9]);
    }

    #[test]
    fn scores_of_many_sizes_are_not_kept() {
        let mut known = KnownScores::default();
        let mut kept = |size: usize| (0..=PODS_BEFORE).filter(|_| known.of_size(size, 2).is_some()).count();
        assert!((0..MOST_SIZES).all(|size| kept(size) == 1) && kept(MOST_SIZES) == 0);
        assert_eq!(score_of(known.of_size(MOST_SIZES, 2), ChoiceIx::from_index(0), || 5), 5);
    }
}
