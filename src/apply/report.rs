//! The report as a person reads it: a line for each step, then a summary.

use super::outcome::{ApplyReport, Counts, ReportedStep, StepOutcome};
use crate::plain_text::escaped;
use crate::plan::count;

/// The columns of the report; longer lines are wrapped, except for single names.
const WIDTH: usize = 80;
/// Width of the column of outcomes, with the space after it. Continuation lines are indented by as
/// much.
const INDENT: usize = 13;

impl ApplyReport {
    /// Renders a line for each step, wrapped at 80 columns, and a summary line. The text ends with
    /// a newline.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = self.render_statuses();
        for step in &self.steps {
            text.push_str(&render_step(step));
        }
        text.push_str(&self.summary());
        text.push('\n');
        text
    }

    /// Renders a line for each status that was to be written.
    #[must_use]
    pub fn render_statuses(&self) -> String {
        self.statuses.iter().map(|write| wrap(write.outcome.word(), INDENT, &write.to_string())).collect()
    }

    /// Renders one line: `5 steps done, 1 skipped, 1 failed`.
    #[must_use]
    pub fn summary(&self) -> String {
        let Counts { done, skipped, failed, not_reached } = self.counts();
        if self.steps.is_empty() {
            return "nothing to do".to_owned();
        }
        let others = [(skipped, "skipped"), (failed, "failed"), (not_reached, "not reached")];
        let others = others.into_iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!(", {number} {word}"));
        format!("{} done{}", count(u64::try_from(done).unwrap_or(u64::MAX), "step"), others.collect::<String>())
    }
}

fn render_step(step: &ReportedStep) -> String {
    let what = step.action.to_string();
    let why = match &step.outcome {
        StepOutcome::Done => String::new(),
        StepOutcome::Skipped { why } => why.to_string(),
        StepOutcome::Failed { error } => error.clone(),
        StepOutcome::NotReached { why } => why.to_string(),
    };
    let details: Vec<_> = [why, step.message.clone()].into_iter().filter(|part| !part.is_empty()).collect();
    let sentence = if details.is_empty() { what } else { format!("{what}: {}", details.join("; ")) };
    wrap(step.outcome.word(), INDENT, &sentence)
}

/// Wraps a word in the first column, which is `indent` wide, and a sentence beside it between
/// words.
pub(crate) fn wrap(word: &str, indent: usize, sentence: &str) -> String {
    let mut text = format!("{word:<indent$}");
    let mut column = indent;
    for part in sentence.split_whitespace().map(escaped) {
        let width = part.chars().count();
        if column > indent && column + 1 + width > WIDTH {
            text.push('\n');
            text.push_str(&" ".repeat(indent));
            column = indent;
        } else if column > indent {
            text.push(' ');
            column += 1;
        }
        text.push_str(&part);
        column += width;
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::{NotReachedReason, SkipReason, StopCause};
    use crate::plan::{Action, CordonReason, GrowReason, NodeRef, TerminateReason};
    use crate::snapshot::GroupId;

    fn group() -> GroupId {
        GroupId { region: "us-west-2".into(), name: "gpu-workers".into() }
    }

    fn node(name: &str) -> NodeRef {
        NodeRef { name: format!("{name}.us-west-2.compute.internal"), uid: "uid".into() }
    }

    fn report() -> ApplyReport {
        let since = jiff::Timestamp::UNIX_EPOCH;
        let step =
            |action, outcome, message: &str| ReportedStep { action, outcome, message: message.to_owned(), came: Vec::new() };
        let grow = GrowReason::PendingPods { pods: 2, spare_nodes: 0, loose_nodes: 0, absent_pods: 0, minimum_nodes: 0 };
        let idle = CordonReason::Idle { since };
        let terminate = |name: &str, instance: &str| Action::Terminate {
            node: node(name),
            group: group(),
            instance: instance.into(),
            cordoned_at: since,
            reason: TerminateReason::StillIdle,
        };
        ApplyReport {
            steps: vec![
                step(Action::SetDesired { group: group(), from: 3, to: 5, nodes: 2, reason: grow }, StepOutcome::Done, ""),
                step(
                    Action::Cordon { node: node("ip-10-0-1-20"), group: group(), reason: idle },
                    StepOutcome::Failed {
                        error: "nodes \"ip-10-0-1-20\" is forbidden: cannot patch resource \"nodes\"".into(),
                    },
                    "",
                ),
                step(
                    terminate("ip-10-0-1-21", "i-0123456789abcdef0"),
                    StepOutcome::Skipped { why: SkipReason::BecameBusy { pods: 2 } },
                    "uncordoned again",
                ),
                step(
                    terminate("ip-10-0-1-22", "i-0123456789abcdef1"),
                    StepOutcome::NotReached { why: NotReachedReason::Stopped { cause: StopCause::Interrupted } },
                    "",
                ),
            ],
            ..ApplyReport::default()
        }
    }

    #[test]
    fn a_report_is_a_line_for_each_step_and_a_summary() {
        insta::assert_snapshot!(report().render(), @r#"
        done         scale up gpu-workers (us-west-2): desired 3 → 5
        failed       cordon ip-10-0-1-20.us-west-2.compute.internal: nodes
                     "ip-10-0-1-20" is forbidden: cannot patch resource "nodes"
        skipped      terminate ip-10-0-1-21.us-west-2.compute.internal
                     (i-0123456789abcdef0): it became busy: 2 pods; uncordoned again
        not reached  terminate ip-10-0-1-22.us-west-2.compute.internal
                     (i-0123456789abcdef1): the run was interrupted
        1 step done, 1 skipped, 1 failed, 1 not reached
        "#);
    }

    #[test]
    fn no_line_is_wider_than_80_columns() {
        for line in report().render().lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
    }

    #[test]
    fn an_empty_report_says_so() {
        assert_eq!(ApplyReport::default().render(), "nothing to do\n");
    }
}
