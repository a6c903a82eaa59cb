//! The steps for a person: each with its reason, its effect, and the lines that make it and take it
//! back, which are not wrapped, so that they can be copied.

use std::fmt::Write as _;

use super::document::{FixPlan, FixStep, LeftToPerson};
use crate::apply::wrap;
use crate::plain_text::escaped;
use crate::plan::count;

/// The width of the column of names, with the space after it.
const INDENT: usize = 9;

/// Renders the steps, and below them what is left to a person.
#[must_use]
pub fn page(plan: &FixPlan) -> String {
    let mut text = format!("{}\n", headline(plan));
    for (place, step) in plan.steps.iter().enumerate() {
        text.push('\n');
        text.push_str(&step_page(step, place + 1));
    }
    if !plan.left_to_a_person.is_empty() {
        text.push_str("\nLEFT TO A PERSON\n");
    }
    for (place, LeftToPerson { finding, why }) in plan.left_to_a_person.iter().enumerate() {
        // A finding of which several things are left stands there once.
        let is_shown = place.checked_sub(1).is_some_and(|before| plan.left_to_a_person[before].finding == *finding);
        if !is_shown {
            text.push_str(&wrap("!", 2, &finding.message));
        }
        text.push_str(&wrap("  why", INDENT - 1, why));
    }
    text
}

fn headline(plan: &FixPlan) -> String {
    let number = |number: usize, word: &str| count(u64::try_from(number).unwrap_or(u64::MAX), word);
    let steps = match plan.steps.len() {
        0 => "nothing to fix".to_owned(),
        steps => format!("{} to fix the set-up of groups", number(steps, "step")),
    };
    match plan.left_to_a_person.len() {
        0 => steps,
        left => format!("{steps}; {left} left to a person"),
    }
}

fn step_page(step: &FixStep, number: usize) -> String {
    let FixStep { group, finding, change: _, call } = step;
    let mut text = wrap(&format!("{number}."), 3, &format!("{group}: {}", call.title));
    text.push_str(&wrap("   why", INDENT, &finding.message));
    text.push_str(&wrap("   then", INDENT, &call.effect));
    let _ = writeln!(text, "   do    {}", escaped(&call.command));
    for line in &call.undo {
        let _ = writeln!(text, "   undo  {}", escaped(line));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::{SetUpChange, set_up_call};
    use crate::fix::{FixOutcome, FixReport, FixedStep, Members, NotNeeded};
    use crate::plan::{Finding, FindingCode};
    use crate::policy::Policy;
    use crate::snapshot::{AdviceCode, GroupId};

    fn group() -> GroupId {
        GroupId { region: "us-west-2".into(), name: "batch workers".into() }
    }

    fn finding(code: AdviceCode, message: &str) -> Finding {
        Finding { code: FindingCode::Advice { code, group: group() }, message: message.to_owned() }
    }

    fn plan() -> FixPlan {
        let mut plan = FixPlan::new(&crate::demo::snapshot(), &Policy::default(), &[], &Members::new());
        let change = SetUpChange::StopEveningOut;
        let call = set_up_call(None, &group(), &change).expect("AWS makes it");
        let words = "batch workers (us-west-2): AWS may terminate busy nodes to even the zones out";
        plan.steps = vec![FixStep { group: group(), finding: finding(AdviceCode::Unprotected, words), change, call }];
        let words = "batch workers (us-west-2) launches by a launch configuration";
        let left = |why: &str| LeftToPerson { finding: finding(AdviceCode::LaunchConfiguration, words), why: why.to_owned() };
        plan.left_to_a_person = vec![left("somebody has to write the launch template"), left("and \u{1b}[2J try it")];
        plan
    }

    #[test]
    fn a_step_has_its_reason_its_effect_and_its_lines() {
        insta::assert_snapshot!(page(&plan()), @r"
        1 step to fix the set-up of groups; 2 left to a person

        1. batch workers (us-west-2): suspend the process AZRebalance
           why   batch workers (us-west-2): AWS may terminate busy nodes to even the
                 zones out
           then  AWS launches and ends no more instances to even the zones out, and a
                 plan may name the zone of a launch; after an outage of a zone the group
                 stays uneven until it grows again
           do    aws autoscaling suspend-processes --region us-west-2 --auto-scaling-group-name 'batch workers' --scaling-processes AZRebalance
           undo  aws autoscaling resume-processes --region us-west-2 --auto-scaling-group-name 'batch workers' --scaling-processes AZRebalance

        LEFT TO A PERSON
        ! batch workers (us-west-2) launches by a launch configuration
          why   somebody has to write the launch template
          why   and \u{1b}[2J try it
        ");
    }

    #[test]
    fn a_report_names_what_became_of_each_step() {
        let step = plan().steps.remove(0);
        let outcomes = [
            FixOutcome::Done { message: String::new() },
            FixOutcome::Declined,
            FixOutcome::Skipped { why: NotNeeded::AlreadySo },
            FixOutcome::Failed { error: "AccessDenied: no (needs autoscaling:SuspendProcesses)".into() },
        ];
        let steps = outcomes.into_iter().map(|outcome| FixedStep { step: step.clone(), outcome }).collect();
        let report = FixReport { steps };
        assert!(!report.is_complete() && !report.is_declined());
        insta::assert_snapshot!(report.render(), @"
        done         batch workers (us-west-2): suspend the process AZRebalance
        declined     batch workers (us-west-2): suspend the process AZRebalance
        skipped      batch workers (us-west-2): suspend the process AZRebalance: the
                     group is so already
        failed       batch workers (us-west-2): suspend the process AZRebalance:
                     AccessDenied: no (needs autoscaling:SuspendProcesses)
        1 step done, 1 declined, 1 skipped, 1 failed
        ");
    }

    #[test]
    fn without_steps_there_is_nothing_to_fix() {
        let plan = FixPlan::new(&crate::demo::snapshot(), &Policy::default(), &[], &Members::new());
        assert_eq!(page(&plan), "nothing to fix\n");
    }
}
