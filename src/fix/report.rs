//! How each step ended.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::document::FixStep;
use super::still_needed::NotNeeded;
use crate::apply::{NotReachedReason, wrap};
use crate::plan::count;

/// The width of the column of outcomes, with the space after it.
const INDENT: usize = 13;

/// The result of `fix --apply`: one entry for each step, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FixReport {
    /// The steps.
    pub steps: Vec<FixedStep>,
}

/// One step and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FixedStep {
    /// The step.
    pub step: FixStep,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: FixOutcome,
}

/// How a step of `fix` ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum FixOutcome {
    /// The group is as the step wants it.
    Done {
        /// A further message for a person; often empty.
        #[serde(skip_serializing_if = "String::is_empty")]
        message: String,
    },
    /// A person did not want it.
    Declined,
    /// The group does not need it any more.
    Skipped {
        /// Why not.
        why: NotNeeded,
    },
    /// It was tried and did not succeed.
    Failed {
        /// The error.
        error: String,
    },
    /// It was not tried.
    NotReached {
        /// Why the run stopped before it.
        why: NotReachedReason,
    },
}

impl FixOutcome {
    fn word(&self) -> &'static str {
        match self {
            Self::Done { .. } => "done",
            Self::Declined => "declined",
            Self::Skipped { .. } => "skipped",
            Self::Failed { .. } => "failed",
            Self::NotReached { .. } => "not reached",
        }
    }
}

impl fmt::Display for FixOutcome {
    /// Writes what belongs beside its word; often nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done { message } => f.write_str(message),
            Self::Declined => Ok(()),
            Self::Skipped { why } => why.fmt(f),
            Self::Failed { error } => f.write_str(error),
            Self::NotReached { why } => why.fmt(f),
        }
    }
}

impl FixReport {
    /// Whether no step failed or was not reached.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let is_open = |step: &FixedStep| matches!(step.outcome, FixOutcome::Failed { .. } | FixOutcome::NotReached { .. });
        !self.steps.iter().any(is_open)
    }

    /// Whether there were steps, and a person wanted none of them.
    #[must_use]
    pub fn is_declined(&self) -> bool {
        !self.steps.is_empty() && self.steps.iter().all(|step| step.outcome == FixOutcome::Declined)
    }

    /// Renders a line for each step, wrapped at 80 columns, and one that counts them.
    #[must_use]
    pub fn render(&self) -> String {
        let lines = self.steps.iter().map(|FixedStep { step, outcome }| {
            let sentence = format!("{}: {}", step.group, step.call.title);
            let details = outcome.to_string();
            let sentence = if details.is_empty() { sentence } else { format!("{sentence}: {details}") };
            wrap(outcome.word(), INDENT, &sentence)
        });
        format!("{}{}\n", lines.collect::<String>(), self.summary())
    }

    fn summary(&self) -> String {
        let number = |word: &str| self.steps.iter().filter(|step| step.outcome.word() == word).count();
        let done = count(u64::try_from(number("done")).unwrap_or(u64::MAX), "step");
        let others = ["declined", "skipped", "failed", "not reached"].map(|word| (number(word), word));
        let others = others.into_iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!(", {number} {word}"));
        format!("{done} done{}", others.collect::<String>())
    }
}
