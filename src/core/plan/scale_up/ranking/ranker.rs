//! Ranks the groups for the next nodes of a class: those that can help it, in the order of
//! `--expander`.

use super::balance::Balance;
use super::by_pods::GroupComparison;
use super::fixed::{Chain, RankRule, rules};
use super::reason::Precedence;
use super::trace::{Ranking, RankingTrace};
use crate::plan::fleet::{Fleet, GroupIx};
use crate::plan::pending::ClassIx;
use crate::plan::situation::Situation;
use crate::policy::Expander;

/// Ranks the groups, and records the ranking that `explain pod` needs.
pub(in crate::plan::scale_up) struct Ranker<'a> {
    fleet: &'a Fleet<'a>,
    chain: Chain,
    /// What ranks the groups instead, where it is tried what that would buy.
    instead: Option<Chain>,
    balance: Balance,
    trace: Option<RankingTrace>,
}

impl<'a> Ranker<'a> {
    /// Prepares the chain of expanders. The ranking for the traced class is recorded. Groups are
    /// balanced also where pods are spread over them.
    pub(in crate::plan::scale_up) fn new(situation: &'a Situation<'a>, are_spread: bool, traced: Option<ClassIx>) -> Self {
        let fleet = &situation.fleet;
        let balance = Balance::new(situation, are_spread);
        let chain = Chain::new(fleet, fleet.policy.expander.iter());
        Self { fleet, chain, instead: None, balance, trace: traced.map(RankingTrace::about) }
    }

    /// Has other expanders rank the groups, if there are any. What is recorded stays the ranking of
    /// the policy.
    pub(in crate::plan::scale_up) fn rank_by(&mut self, instead: Option<&[Expander]>) {
        self.instead = instead.map(|instead| Chain::new(self.fleet, instead.iter().copied()));
    }

    /// Whether other expanders rank the groups than those of the policy.
    pub(in crate::plan::scale_up) fn is_by_others(&self) -> bool {
        self.instead.is_some()
    }

    /// Returns which groups are balanced.
    pub(in crate::plan::scale_up) fn balance(&self) -> &Balance {
        &self.balance
    }

    /// Returns the groups in which the next nodes are bought, the best first.
    pub(in crate::plan::scale_up) fn order(&self, mut comparison: GroupComparison<'_, 'a, '_>) -> Vec<GroupIx> {
        let mut groups = comparison.helpful();
        sort(self.instead.as_ref().unwrap_or(&self.chain), &mut comparison, &mut groups);
        groups
    }

    /// Records how the groups rank, the first time that nodes are wanted for the traced class.
    pub(in crate::plan::scale_up) fn note(&mut self, mut comparison: GroupComparison<'_, 'a, '_>) {
        if self.trace.as_ref().is_none_or(|trace| trace.class != comparison.class() || trace.ranking.is_some()) {
            return;
        }
        let mut order = comparison.fitting();
        sort(&self.chain, &mut comparison, &mut order);
        let groups = self.balance.balanced(&order, comparison.ledger()).into_owned();
        let because = groups.windows(2).map(|pair| self.precedence(&mut comparison, &order, pair[0], pair[1])).collect();
        let together = self.is_by_others();
        if let Some(trace) = &mut self.trace {
            trace.ranking = Some(Ranking { groups, because, refusals: Vec::new(), together });
        }
    }

    /// Records that nodes for these classes were bought together.
    pub(in crate::plan::scale_up) fn note_together(&mut self, classes: impl Iterator<Item = ClassIx>) {
        if let Some(RankingTrace { class, ranking: Some(ranking) }) = &mut self.trace {
            ranking.together = classes.into_iter().any(|bought| bought == *class);
        }
    }

    /// Returns what is recorded by now, if anything is to be.
    pub(in crate::plan::scale_up) fn trace(&self) -> Option<&RankingTrace> {
        self.trace.as_ref()
    }

    /// Returns to what was recorded at another time.
    pub(in crate::plan::scale_up) fn set_trace(&mut self, trace: Option<RankingTrace>) {
        self.trace = trace;
    }

    /// Takes the recorded ranking, with its class.
    pub(in crate::plan::scale_up) fn take_trace(&mut self) -> Option<(ClassIx, Ranking)> {
        let RankingTrace { class, ranking } = self.trace.take()?;
        Some((class, ranking?))
    }

    /// Returns why a group ranks before another. Balanced groups rank where the first of them does.
    fn precedence(
        &self,
        comparison: &mut GroupComparison<'_, 'a, '_>,
        order: &[GroupIx],
        better: GroupIx,
        worse: GroupIx,
    ) -> Precedence {
        let (balance, ledger) = (&self.balance, comparison.ledger());
        let sizes = (balance.size_of(better, ledger), balance.size_of(worse, ledger));
        if balance.are_alike(better, worse) && sizes.0 != sizes.1 {
            return Precedence::Balance { better: sizes.0, worse: sizes.1 };
        }
        let best_of = |group: GroupIx| balance.alike(group, order).next().unwrap_or(group);
        let pair = match balance.are_alike(better, worse) {
            true => [better, worse],
            false => [best_of(better), best_of(worse)],
        };
        let fleet = self.fleet;
        let decided = rules(fleet).into_iter().find_map(|rule| {
            let [one, other] = pair.map(|group| (&fleet.groups[group], comparison.rule_key(rule, group)));
            match rule {
                RankRule::Reserved => (one.1 != other.1).then_some(Precedence::Reserved),
                RankRule::Of(expander) => Precedence::by(fleet, expander, one, other),
            }
        });
        decided.unwrap_or(Precedence::Name)
    }
}

fn sort(chain: &Chain, comparison: &mut GroupComparison<'_, '_, '_>, groups: &mut [GroupIx]) {
    chain.sort(groups, &mut |rule, group| comparison.rule_key(rule, group));
}
