//! What a failed run leaves for whoever started it: the message, the lines below it, the way out
//! and the exit code.
//!
//! Commands pass errors on as [`anyhow::Error`]. Those that end a run in a way of their own
//! implement [`UserFacing`] and are found by their type; every other error is a plain failure.

use std::error::Error;

use super::RunError;
use super::file_hints::OutFileError;
use super::find_object::NoSuchObject;
use super::no_group::NoManagedGroup;
use super::one_line::one_line;
use super::saved::refusal::SavedPlanError;
use super::user_facing::UserFacing;
use crate::exit::ExitCode;
use crate::gather::GatherError;
use crate::gather::document::DocumentError;
use crate::gather::manifests::ReplicasError;
use crate::gather::replay::ReplayError;

/// What a failed run leaves for whoever started it.
#[derive(Debug)]
pub struct Failure {
    /// The error and its causes in one line.
    pub message: String,
    /// Lines that belong below the message.
    pub details: Vec<String>,
    /// The way out, where the message does not hold it.
    pub hint: Option<String>,
    /// The exit code.
    pub exit_code: ExitCode,
}

impl Failure {
    /// Describes how an error ends a run.
    #[must_use]
    pub fn from_error(error: &anyhow::Error) -> Self {
        let known = error.chain().find_map(user_facing);
        Self {
            message: one_line(error.as_ref()),
            details: known.map(UserFacing::details).unwrap_or_default(),
            hint: known.and_then(UserFacing::hint),
            exit_code: known.map_or(ExitCode::Failed, UserFacing::exit_code),
        }
    }

    /// Whether nobody is left who would read it: the reader of standard output had enough, as
    /// `head` has, and that is no failure.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.exit_code == ExitCode::Done
    }
}

/// Returns an error of a chain as what it means for a run, if it means more than a plain failure.
fn user_facing<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a dyn UserFacing> {
    known::<RunError>(cause)
        .or_else(|| known::<GatherError>(cause))
        .or_else(|| known::<ReplicasError>(cause))
        .or_else(|| known::<SavedPlanError>(cause))
        .or_else(|| known::<NoManagedGroup>(cause))
        .or_else(|| known::<NoSuchObject>(cause))
        .or_else(|| known::<OutFileError>(cause))
        .or_else(|| known::<ReplayError>(cause))
        .or_else(|| known::<DocumentError>(cause))
}

fn known<'a, E: UserFacing + Error + 'static>(cause: &'a (dyn Error + 'static)) -> Option<&'a dyn UserFacing> {
    cause.downcast_ref::<E>().map(|error| error as &dyn UserFacing)
}

#[cfg(test)]
mod tests {
    use std::io;

    use anyhow::Context;

    use super::*;
    use crate::plan::plan;
    use crate::policy::Policy;
    use crate::run::find_object::{NamedKind, check_name};

    fn failure(error: impl Into<anyhow::Error>) -> Failure {
        Failure::from_error(&error.into())
    }

    #[test]
    fn an_error_of_no_special_kind_is_a_plain_failure() {
        let error = Err::<(), _>(io::Error::other("disk on fire")).context("writing plan.json");
        let Failure { message, details, hint, exit_code } = failure(error.expect_err("it is one"));
        assert_eq!(message, "writing plan.json: disk on fire");
        assert_eq!((details, hint, exit_code), (Vec::new(), None, ExitCode::Failed));
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure() {
        let output = |kind| failure(RunError::Output(io::Error::from(kind)));
        assert!(output(io::ErrorKind::BrokenPipe).is_silent());
        assert_eq!(output(io::ErrorKind::StorageFull).exit_code, ExitCode::Failed);
        let file = anyhow::Error::from(io::Error::from(io::ErrorKind::BrokenPipe)).context("writing x");
        assert_eq!(failure(file).exit_code, ExitCode::Failed);
    }

    #[test]
    fn each_error_with_a_way_out_is_found_by_its_type_and_below_a_context() {
        let count = "train=3".parse().expect("a number of pods");
        let seen = std::collections::BTreeSet::new();
        let mut snapshot = crate::demo::snapshot();
        snapshot.groups.clear();
        let no_group = NoManagedGroup::check(&snapshot, &plan(&snapshot, &Policy::default()));
        for (error, exit_code, has_hint) in [
            (RunError::usage("--x is wrong", "leave --x out").into(), ExitCode::Usage, true),
            (GatherError::NoClusterName { seen }.into(), ExitCode::Usage, false),
            (ReplicasError::Unknown { count, there: Vec::new() }.into(), ExitCode::Usage, false),
            (SavedPlanError::OfTheDemo { file: "p.json".to_owned() }.into(), ExitCode::Failed, true),
            (no_group.expect_err("there is none").into(), ExitCode::Failed, true),
            (check_name(NamedKind::Pod, "a/b/c").expect_err("no name").into(), ExitCode::Usage, true),
        ] {
            let error: anyhow::Error = error;
            let failure = failure(error.context("looking around"));
            assert_eq!((failure.exit_code, failure.hint.is_some()), (exit_code, has_hint), "{}", failure.message);
        }
    }
}
