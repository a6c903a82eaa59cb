//! Why it is not known what a group launches.

use crate::cloud::aws::error::AwsError;

/// Why it is not known what a group launches.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LaunchProblem {
    /// AWS did not answer; a later run may succeed.
    #[error("{0}")]
    Unread(AwsError),
    /// What the group names does not exist or is incomplete; somebody has to fix it.
    #[error("{0}")]
    Unclear(String),
}

impl From<AwsError> for LaunchProblem {
    fn from(error: AwsError) -> Self {
        match error.is_about_what_was_asked() {
            true => Self::Unclear(error.to_string()),
            false => Self::Unread(error),
        }
    }
}

impl LaunchProblem {
    /// Makes a problem that somebody has to fix.
    pub(crate) fn unclear(problem: impl Into<String>) -> Self {
        Self::Unclear(problem.into())
    }
}
