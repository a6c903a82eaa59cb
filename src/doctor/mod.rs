//! What is right and wrong with a set-up, one thing a line, each with the next step. Nothing is
//! changed.

mod installed;
mod rights;
mod seen;

pub(crate) use installed::{InstalledRun, checks_of_run};
pub(crate) use rights::{RightsFound, checks_of_rights, questions};
pub(crate) use seen::checks_of_snapshot;

use schemars::JsonSchema;
use serde::Serialize;

use crate::plain_text::escaped;

/// The name of the format this version writes.
pub(crate) const DIAGNOSIS_SCHEMA: &str = "ec2-autoscale/diagnosis/v1";

/// What was checked, in the order in which one thing needs another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Diagnosis {
    /// Always [`DIAGNOSIS_SCHEMA`].
    #[schemars(extend("const" = DIAGNOSIS_SCHEMA))]
    pub(crate) schema: String,
    /// The checks.
    pub(crate) checks: Vec<SetUpCheck>,
}

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct SetUpCheck {
    /// What it is about.
    pub(crate) subject: CheckSubject,
    /// How it stands.
    pub(crate) state: CheckState,
    /// The same in one sentence, with names and numbers.
    pub(crate) message: String,
    /// What to do about it; absent where nothing is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CheckSubject {
    /// The kubeconfig, the cluster and the account, up to a whole look at them.
    Look,
    /// The cluster.
    Cluster,
    /// The account and its regions.
    Account,
    /// The clocks.
    Clocks,
    /// What could not be read.
    Facts,
    /// The groups that are managed.
    Groups,
    /// How they are set up.
    SetUp,
    /// Other autoscalers in the cluster.
    Others,
    /// The CronJob.
    CronJob,
    /// What its service account may do.
    Rights,
    /// How the last run ended.
    LastRun,
}

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CheckState {
    /// It is as it should be.
    Good,
    /// It works, and could be better.
    Warning,
    /// It does not work.
    Bad,
    /// It could not be found out.
    Unknown,
}

impl CheckSubject {
    /// Returns its name for people.
    fn name(self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::Cluster => "cluster",
            Self::Account => "account",
            Self::Clocks => "clocks",
            Self::Facts => "facts",
            Self::Groups => "groups",
            Self::SetUp => "set-up",
            Self::Others => "others",
            Self::CronJob => "CronJob",
            Self::Rights => "rights",
            Self::LastRun => "last run",
        }
    }
}

impl CheckState {
    fn sign(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Warning => "!",
            Self::Bad => "✗",
            Self::Unknown => "?",
        }
    }
}

impl SetUpCheck {
    /// Returns a check with which nothing is to be done.
    pub(crate) fn good(subject: CheckSubject, message: impl Into<String>) -> Self {
        Self { subject, state: CheckState::Good, message: message.into(), next: None }
    }

    /// Returns a check with the next step.
    pub(crate) fn with_next(
        subject: CheckSubject,
        state: CheckState,
        message: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self { subject, state, message: message.into(), next: Some(next.into()) }
    }
}

impl Diagnosis {
    /// Returns a diagnosis of these checks.
    pub(crate) fn new(checks: Vec<SetUpCheck>) -> Self {
        Self { schema: DIAGNOSIS_SCHEMA.to_owned(), checks }
    }

    /// Renders the checks for people, a line each, and the next steps below.
    pub(crate) fn page(&self) -> String {
        const WIDTH: usize = 8;
        let lines = self.checks.iter().map(|check| {
            let SetUpCheck { subject, state, message, next } = check;
            let next = next.as_ref().map(|next| format!("    next: {}\n", escaped(next))).unwrap_or_default();
            format!("{} {:WIDTH$}  {}\n{next}", state.sign(), subject.name(), escaped(message))
        });
        lines.collect()
    }

    /// Returns the worst state: what is bad is worse than what is not known.
    pub(crate) fn worst(&self) -> CheckState {
        let states = || self.checks.iter().map(|check| check.state);
        let has = |wanted: CheckState| states().any(|state| state == wanted);
        let ranked = [CheckState::Bad, CheckState::Unknown, CheckState::Warning];
        ranked.into_iter().find(|state| has(*state)).unwrap_or(CheckState::Good)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use CheckState::{Bad, Good, Unknown, Warning};

    #[test]
    fn the_worst_counts() {
        let diagnosis = |states: &[CheckState]| {
            let check = |state: &CheckState| SetUpCheck { state: *state, ..SetUpCheck::good(CheckSubject::Look, "") };
            Diagnosis::new(states.iter().map(check).collect()).worst()
        };
        assert_eq!(diagnosis(&[]), Good);
        assert_eq!(diagnosis(&[Good, Warning]), Warning);
        assert_eq!(diagnosis(&[Unknown, Warning]), Unknown);
        assert_eq!(diagnosis(&[Bad, Unknown]), Bad);
    }
}
