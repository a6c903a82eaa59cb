//! A plan without the steps that the independent check refuses.

use std::collections::BTreeSet;

use super::action::Action;
use super::check::{Review, Violation, review};
use super::document::Plan;
use super::reason::Refusal;
use super::report::{Finding, FindingCode, Hold};
use super::saved::restating::{Excuse, restate};
use super::summary;
use crate::snapshot::Snapshot;

/// Drops every step that the check refuses, with a finding for each. Whatever else the plan does to the same node is dropped as well,
/// so that no node is closed for nothing.
///
/// # Errors
/// When a rule about the plan as a whole is broken: then nothing of it may be carried out.
pub fn allowed(plan: Plan, snapshot: &Snapshot) -> Result<Plan, Vec<Violation>> {
    let Review { dropped, fatal } = review(&plan, snapshot);
    if !fatal.is_empty() {
        return Err(fatal);
    }
    if dropped.is_empty() {
        return Ok(plan);
    }
    let refused: BTreeSet<usize> = dropped.iter().map(|dropped| dropped.action).collect();
    let nodes: BTreeSet<&str> = refused.iter().filter_map(|place| Some(plan.actions[*place].node()?.name.as_str())).collect();
    let is_of_them = |action: &Action| action.node().is_some_and(|node| nodes.contains(node.name.as_str()));
    let keep = |(place, action): (usize, &Action)| {
        let is_refused = refused.contains(&place) || (is_of_them(action) && !action.is_mark());
        (!is_refused).then(|| action.clone())
    };
    let kept: Vec<Option<Action>> = plan.actions.iter().enumerate().map(keep).collect();
    let findings: Vec<Finding> = dropped
        .iter()
        .map(|dropped| FindingCode::StepRefused {
            step: plan.actions[dropped.action].to_string(),
            rule: dropped.violation.to_string(),
        })
        .map(|code| Finding { message: code.to_string(), code })
        .collect();
    let excuse = Excuse { hold: Hold::CheckRefuses, refusal: Refusal::CheckRefuses };
    let mut plan = restate(plan, &kept, snapshot, &excuse);
    plan.findings.splice(0..0, findings);
    let decisions: Vec<_> = plan.nodes.iter().map(|report| report.decision).collect();
    plan.summary = summary(&plan.groups, &plan.pods, &decisions, &plan.findings);
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo;
    use crate::plan::plan;
    use crate::policy::Policy;

    #[test]
    fn a_step_that_breaks_a_rule_costs_itself_and_nothing_else() {
        let snapshot = demo::snapshot();
        let sound = plan(&snapshot, &Policy::default());
        assert_eq!(allowed(sound.clone(), &snapshot).as_ref(), Ok(&sound));
        let mut broken = sound.clone();
        let first = broken.actions.iter_mut().find_map(|action| match action {
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
