//! How the groups were ranked for one pod, for `explain pod`: put down when the plan comes to its class, from what decides there.

use super::board::Board;
use super::buying::{Buying, Fit};
use super::ordering::{Known, Wanted};
use super::precedence::Precedence;
use crate::plan::reason::Refusal;

/// The class that is asked about, and how the groups were ranked for it.
pub(super) struct Asked {
    class: usize,
    ranking: Option<Ranking>,
}

/// The groups that a pod fits, in the order of `--expander`, whether they can grow or not.
#[derive(Debug)]
pub(crate) struct Ranking {
    /// The best first.
    pub(crate) groups: Vec<usize>,
    /// Why each stands before the next one.
    pub(crate) because: Vec<Precedence>,
    /// Why each does not help, by the end of the plan.
    pub(crate) refusals: Vec<Option<Refusal>>,
    /// Whether all was bought together, for the lowest price of all pods and not of each.
    pub(crate) together: bool,
}

impl Asked {
    pub(super) fn about(class: usize) -> Self {
        Self { class, ranking: None }
    }
}

impl<'a> Buying<'a, '_> {
    /// Puts down how the groups rank, the first time that nodes are wanted for the class that is asked about.
    pub(super) fn put_down_ranking(&mut self, board: &mut Board<'a>, wanted: Wanted<'_>) {
        if self.asked.as_ref().is_none_or(|asked| asked.class != wanted.class || asked.ranking.is_some()) {
            return;
        }
        let fits = &self.fits[wanted.class];
        let mut order: Vec<usize> = (0..self.fleet.groups.len()).filter(|group| fits[*group] != Fit::Nowhere).collect();
        self.sort(board, wanted, &mut order);
        let groups = self.balanced(&order).into_owned();
        let because = groups.windows(2).map(|pair| self.precedence(board, wanted, &order, pair[0], pair[1])).collect();
        if let Some(asked) = &mut self.asked {
            asked.ranking = Some(Ranking { groups, because, refusals: Vec::new(), together: false });
        }
    }

    /// Why a group stands before another. Groups that are balanced stand where the first of them does.
    fn precedence(
        &mut self,
        board: &mut Board<'a>,
        wanted: Wanted<'_>,
        order: &[usize],
        better: usize,
        worse: usize,
    ) -> Precedence {
        let sizes = (self.size_of(better), self.size_of(worse));
        if self.are_alike(better, worse) && sizes.0 != sizes.1 {
            return Precedence::Balance { better: sizes.0, worse: sizes.1 };
        }
        let best_of = |group: usize| self.alike(group, order).next().unwrap_or(group);
        let pair = match self.are_alike(better, worse) {
            true => [better, worse],
            false => [best_of(better), best_of(worse)],
        };
        let mut known = Known::default();
        let fleet = self.fleet;
        let decided = fleet.policy.expander.iter().find_map(|expander| {
            let [one, other] = pair.map(|group| (&fleet.groups[group], self.key(board, wanted, expander, group, &mut known)));
            Precedence::by(fleet, expander, one, other)
        });
        decided.unwrap_or(Precedence::Name)
    }

    /// Notes that nodes for these classes were bought together.
    pub(super) fn note_together(&mut self, classes: impl Iterator<Item = usize>) {
        if let Some(Asked { class, ranking: Some(ranking) }) = &mut self.asked {
            ranking.together = classes.into_iter().any(|bought| bought == *class);
        }
    }

    /// The ranking, with what each group says by the end of the plan.
    pub(super) fn ranking(&mut self, board: &mut Board<'a>) -> Option<Ranking> {
        let Asked { class, ranking } = self.asked.take()?;
        let mut ranking = ranking?;
        ranking.refusals = ranking.groups.iter().map(|group| self.refusal(board, class, *group)).collect();
        Some(ranking)
    }
}
