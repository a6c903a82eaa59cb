//! Rules for a plan as a whole: its limits, and one step for each node.

use std::collections::BTreeMap;

use super::violation::Violation;
use super::{Check, Dropped};
use crate::plan::action::{Action, Stage};
use crate::snapshot::ActivityKind;

impl Check<'_> {
    /// Returns the steps that contradict each other. A node is uncordoned, cordoned, drained,
    /// terminated or deleted: only one of them. Where two steps contradict each other, neither is
    /// known to be right.
    pub(super) fn contradictions(&self) -> Vec<Dropped> {
        let mut steps: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, action) in self.plan.actions.iter().enumerate() {
            match action {
                Action::Uncordon { node, .. }
                | Action::Cordon { node, .. }
                | Action::StartDrain { node, .. }
                | Action::Evict { node, since: Some(_), .. }
                | Action::TerminateUnhealthy { node: Some(node), .. }
                | Action::DeleteNode { node, .. }
                | Action::Terminate { node, .. } => steps.entry(&node.name).or_default().push(place),
                // The instance has no Node, so its own name stands for it.
                Action::TerminateUnhealthy { node: None, instance, .. } => steps.entry(instance).or_default().push(place),
                Action::Evict { since: None, .. }
                | Action::NoteInstances { .. }
                | Action::ClearIdle { .. }
                | Action::MarkIdle { .. }
                | Action::ClearGone { .. }
                | Action::MarkGone { .. }
                | Action::ClearNotReady { .. }
                | Action::MarkNotReady { .. }
                | Action::SetDesired { .. }
                | Action::Launch { .. }
                | Action::RevertDesired { .. } => {}
            }
        }
        let twice = steps.into_iter().filter(|(_, places)| places.len() > 1);
        let dropped = |(node, places): (&str, Vec<usize>)| {
            let violation = Violation::Contradiction(node.to_owned());
            places.into_iter().map(move |action| Dropped { action, violation: violation.clone() })
        };
        twice.flat_map(dropped).collect()
    }

    /// Returns how many nodes `--max-growth` leaves, by the launches that the cloud reports.
    fn left_by_rate(&self) -> u32 {
        let Some(rate) = self.plan.policy.max_growth else { return u32::MAX };
        let from = rate.within.before(self.snapshot.taken_at);
        let activities = self.snapshot.groups.iter().flat_map(|group| &group.activities);
        let launches = activities.filter(|activity| activity.kind == ActivityKind::Launch && !activity.has_failed());
        let lately = launches.filter(|activity| activity.started_at > from).count();
        rate.nodes.saturating_sub(u32::try_from(lately).unwrap_or(u32::MAX))
    }

    /// Returns the limits of a run that the plan exceeds.
    pub(super) fn limits(&self) -> Vec<Violation> {
        let actions = || self.plan.actions.iter();
        let added = actions().filter_map(|action| Some(action.growth()?.nodes)).fold(0, u32::saturating_add);
        // Whatever comes so late takes capacity away.
        let gone = actions().filter(|action| action.stage() >= Stage::Terminate).count();
        #[expect(clippy::cast_precision_loss, reason = "counts of nodes are far below 2^52")]
        let most_gone = self.snapshot.nodes.len() as f64 * self.plan.policy.max_scale_in_fraction + 1.0;
        #[expect(clippy::cast_precision_loss, reason = "counts of nodes are far below 2^52")]
        let too_many_gone = gone as f64 >= most_gone;
        let too_many_new = added > self.plan.policy.max_scale_up.min(self.left_by_rate());
        let new = too_many_new.then_some(Violation::TooManyNew(added));
        new.into_iter().chain(too_many_gone.then_some(Violation::TooManyGone(gone))).collect()
    }
}
