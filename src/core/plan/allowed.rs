//! Removes from a plan the steps that the independent check refuses.

use std::collections::BTreeSet;

use super::action::Action;
use super::check::{Dropped, Review, Violation, review};
use super::decisions::Excuse;
use super::proposal::Proposal;
use super::reason::Refusal;
use super::report::{FindingCode, Hold};
use crate::snapshot::Snapshot;

/// Drops every step that the check refuses, with a finding for each. Other steps about the same
/// node are dropped as well, so that no node is closed for nothing.
///
/// # Errors
/// When a rule about the plan as a whole is broken: then nothing of it may be carried out.
pub fn allowed(proposal: Proposal, snapshot: &Snapshot) -> Result<Proposal, Vec<Violation>> {
    let Review { dropped, fatal } = review(&proposal, snapshot);
    if !fatal.is_empty() {
        return Err(fatal);
    }
    if dropped.is_empty() {
        return Ok(proposal);
    }
    let actions = &proposal.actions;
    let refused: BTreeSet<usize> = dropped.iter().map(|dropped| dropped.action).collect();
    let nodes: BTreeSet<&str> = refused.iter().filter_map(|place| Some(actions[*place].node()?.name.as_str())).collect();
    let is_of_them = |action: &Action| action.node().is_some_and(|node| nodes.contains(node.name.as_str()));
    let keep = |(place, action): (usize, &Action)| {
        let is_refused = refused.contains(&place) || (is_of_them(action) && !action.is_mark());
        (!is_refused).then(|| action.clone())
    };
    let kept: Vec<Option<Action>> = actions.iter().enumerate().map(keep).collect();
    let finding = |dropped: &Dropped| FindingCode::StepRefused {
        step: actions[dropped.action].to_string(),
        rule: dropped.violation.to_string(),
    };
    let findings = dropped.iter().map(finding).collect();
    let excuse = Excuse { hold: Hold::CheckRefuses, refusal: Refusal::CheckRefuses };
    let rest = proposal.only(&kept, findings, snapshot, &excuse);
    // What is composed anew is carried out, so it is checked as well.
    let Review { dropped, mut fatal } = review(&rest, snapshot);
    fatal.extend(dropped.into_iter().map(|dropped| dropped.violation));
    if fatal.is_empty() { Ok(rest) } else { Err(fatal) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo;
    use crate::plan::Plan;
    use crate::policy::Policy;

    #[test]
    fn a_plan_that_breaks_a_rule_as_a_whole_is_refused() {
        let snapshot = demo::snapshot();
        let mut broken = Proposal::new(&snapshot, &Policy::default());
        for action in &mut broken.plan.actions {
            if let Action::SetDesired { nodes, .. } = action {
                *nodes = 1000;
            }
        }
        let rules = allowed(broken, &snapshot).expect_err("far more than a run may buy");
        assert!(rules[0].to_string().contains("--max-scale-up"), "{rules:?}");
    }

    #[test]
    fn a_step_that_breaks_a_rule_costs_itself_and_nothing_else() {
        let snapshot = demo::snapshot();
        let sound = Proposal::new(&snapshot, &Policy::default());
        assert_eq!(allowed(sound.clone(), &snapshot).as_ref(), Ok(&sound));
        let mut broken = sound.clone();
        let first = broken.plan.actions.iter_mut().find_map(|action| match action {
            Action::SetDesired { to, group, .. } => {
                *to = 1000;
                Some(group.clone())
            }
            _ => None,
        });
        let group = first.expect("the demo buys");
        let left = allowed(broken, &snapshot).expect("no rule about the whole is broken");
        let grows = |plan: &Plan| {
            let grown = plan.actions.iter().filter_map(|action| match action {
                Action::SetDesired { group, .. } => Some(group.clone()),
                _ => None,
            });
            grown.collect::<Vec<_>>()
        };
        let others: Vec<_> = grows(&sound).into_iter().filter(|other| *other != group).collect();
        assert_eq!(grows(&left), others);
        assert_eq!(left.actions.len() + 1, sound.actions.len());
        let finding = &left.findings[0];
        assert!(matches!(finding.code, FindingCode::StepRefused { .. }), "{finding:?}");
        assert!(finding.message.contains("above its maximum"), "{}", finding.message);
        assert!(!left.summary.complete, "something is left undone");
    }
}
