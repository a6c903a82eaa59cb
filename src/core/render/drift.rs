//! The differences between a saved plan and what is done.

use std::fmt;

use super::table::{Page, Tone, finished, section};
use crate::plan::count;
use crate::plan::saved::Drift;

/// The source of the plan that a person saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewedPlan {
    /// A file.
    Saved,
    /// The terminal: `apply` has shown it before its question.
    Shown,
}

impl fmt::Display for ReviewedPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Saved => "saved plan",
            Self::Shown => "shown plan",
        })
    }
}

/// Renders what drifted since a plan was made, `made` being that moment in words. Without drift it
/// is one line.
#[must_use]
pub fn drift(plan: ReviewedPlan, made: &str, drift: &[Drift], width: Option<u16>, colour: bool) -> String {
    let page = Page::new(width, colour);
    if drift.is_empty() {
        return format!("\nthe {plan} of {made} holds as it is\n");
    }
    let mut table = page.table();
    for one in drift.iter().filter(|drift| !drift.is_mark()) {
        let tone = if one.done.is_some() { Tone::Plain } else { Tone::Warning };
        table.add_row([page.name(tone, &one.message)]);
    }
    let marks = drift.iter().filter(|drift| drift.is_mark()).count();
    if marks > 0 {
        let marks = count(u64::try_from(marks).unwrap_or(u64::MAX), "mark");
        table.add_row([
            page.name(Tone::Plain, &format!("{marks} that do not hold in both plans, or were not chosen: not written"))
        ]);
    }
    let mut text = String::new();
    section(&mut text, Some(&format!("NOT AS IN THE {} OF {made}", plan.to_string().to_uppercase())), &finished(table));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Proposal;
    use crate::plan::saved::what_holds;
    use crate::policy::Policy;

    #[test]
    fn steps_that_are_not_done_have_a_line_each_and_marks_have_one() {
        let snapshot = crate::demo::snapshot();
        let saved = Proposal::new(&snapshot, &Policy::default());
        let none = what_holds(&saved, saved.clone(), &snapshot, &[]).drift;
        assert_eq!(
            drift(ReviewedPlan::Saved, "13:00 UTC, 5m ago", &none, Some(80), false),
            "\nthe saved plan of 13:00 UTC, 5m ago holds as it is\n"
        );

        assert_eq!(
            drift(ReviewedPlan::Shown, "13:00 UTC, 25s ago", &none, Some(80), false),
            "\nthe shown plan of 13:00 UTC, 25s ago holds as it is\n"
        );

        let mut nothing = saved.clone().into_plan();
        nothing.actions.clear();
        let all = what_holds(&nothing, saved.clone(), &snapshot, &[]).drift;
        let text = drift(ReviewedPlan::Saved, "13:00 UTC, 5m ago", &all, None, false);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1], "NOT AS IN THE SAVED PLAN OF 13:00 UTC, 5m ago");
        let marks = saved.actions.iter().filter(|action| action.is_mark()).count();
        assert_eq!(lines.len(), 2 + saved.actions.len() - marks + usize::from(marks > 0), "{text}");
        assert!(lines[2].ends_with(": not done, as it is not in the plan that was reviewed"), "{text}");
    }
}
