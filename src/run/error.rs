//! Why a command did nothing usable: one message that names the thing and the value, and a hint at the way out.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use jiff::Timestamp;

use super::did_you_mean::{did_you_mean, near};
use super::named::NoSuchObject;
use super::no_group::NoManagedGroup;
use super::no_region::NoRegionRead;
use super::saved::refusal::SavedPlanError;
use crate::apply::lease::{ABANDONED_AFTER, LeaseError};
use crate::cloud::{CloudError, Misnamed};
use crate::duration::{Seconds, moment};
use crate::exit::ExitCode;
use crate::gather::GatherError;
use crate::gather::manifests::{ManifestError, ReplicasError};
use crate::gather::prices::PricesError;
use crate::gather::replay::ReplayError;
use crate::gather::trace::TraceError;
use crate::kubernetes::KubernetesError;

/// Why a command did nothing usable.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// What was asked for makes no sense.
    #[error("{message}")]
    Usage {
        /// What is wrong with it.
        message: String,
        /// What to write instead.
        hint: String,
    },
    /// The live snapshot could not be taken.
    #[error(transparent)]
    Gather(#[from] GatherError),
    /// The saved snapshot could not be read.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The prices could not be read.
    #[error(transparent)]
    Prices(#[from] PricesError),
    /// Manifests are wrong.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// `--replicas` names nothing.
    #[error(transparent)]
    Replicas(#[from] ReplicasError),
    /// The trace could not be read.
    #[error(transparent)]
    Trace(Box<TraceError>),
    /// The saved plan is not carried out.
    #[error(transparent)]
    SavedPlan(#[from] SavedPlanError),
    /// No region could be read.
    #[error(transparent)]
    NoRegionRead(#[from] NoRegionRead),
    /// There is nothing to scale.
    #[error(transparent)]
    NoManagedGroup(#[from] NoManagedGroup),
    /// What was to be explained is not there.
    #[error(transparent)]
    NoSuchObject(#[from] NoSuchObject),
    /// The planner is at fault.
    #[error("the plan breaks a safety rule and is not carried out: {rules}")]
    BrokenPlan {
        /// Which rules.
        rules: String,
    },
    /// Cluster Autoscaler works on groups too.
    #[error("Cluster Autoscaler is at work in this cluster (its Lease is held by {holder}); two autoscalers undo each other")]
    BesideClusterAutoscaler {
        /// Who holds its Lease.
        holder: String,
    },
    /// Another apply is at work.
    #[error("another apply holds the lease: {holder} (in {namespace}) since {}, renewed {}", moment(*since, *now), moment(*renewed_at, *now))]
    LeaseHeld {
        /// The namespace of its Lease.
        namespace: String,
        /// Who.
        holder: String,
        /// Since when.
        since: Timestamp,
        /// When it was last renewed.
        renewed_at: Timestamp,
        /// The moment distances are counted from.
        now: Timestamp,
    },
    /// The Lease could not be asked for.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// `--timeout`.
    #[error("timed out after {limit} while {doing}")]
    TimedOut {
        /// The limit.
        limit: Seconds,
        /// What was going on.
        doing: String,
    },
    /// A signal came before the first step.
    #[error("interrupted while {doing}; nothing was changed")]
    Interrupted {
        /// What was going on.
        doing: String,
    },
    /// A file could not be written.
    #[error("writing {}", path.display())]
    WriteFile {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Standard output could not be written.
    #[error("writing to standard output")]
    Output(#[source] io::Error),
    /// The answer could not be read.
    #[error("reading the answer from standard input")]
    Answer(#[source] io::Error),
    /// Signals could not be listened to.
    #[error("listening for SIGINT and SIGTERM")]
    Signals(#[source] io::Error),
}

impl From<TraceError> for RunError {
    fn from(error: TraceError) -> Self {
        Self::Trace(Box::new(error))
    }
}

impl RunError {
    pub(super) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), hint: hint.into() }
    }

    /// The exit code it stands for.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage { .. } | Self::Replicas(_) => ExitCode::Usage,
            Self::Gather(error) if is_wrong_usage(error) => ExitCode::Usage,
            Self::NoSuchObject(error) if error.is_wrong_usage() => ExitCode::Usage,
            Self::LeaseHeld { .. } => ExitCode::LeaseHeld,
            Self::Output(_) if self.reader_went_away() => ExitCode::Done,
            Self::Gather(_)
            | Self::Replay(_)
            | Self::Prices(_)
            | Self::Manifest(_)
            | Self::Trace(_)
            | Self::SavedPlan(_)
            | Self::NoRegionRead(_)
            | Self::NoManagedGroup(_)
            | Self::NoSuchObject(_)
            | Self::BrokenPlan { .. }
            | Self::BesideClusterAutoscaler { .. }
            | Self::Lease(_)
            | Self::TimedOut { .. }
            | Self::Interrupted { .. }
            | Self::WriteFile { .. }
            | Self::Output(_)
            | Self::Answer(_)
            | Self::Signals(_) => ExitCode::Failed,
        }
    }

    /// Whether the reader of standard output had enough, as `head` has: no failure, and nothing to say.
    #[must_use]
    pub fn reader_went_away(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Lines that belong below the message.
    #[must_use]
    pub fn details(&self) -> Vec<String> {
        match self {
            Self::NoManagedGroup(error) => error.details(),
            _ => Vec::new(),
        }
    }

    /// The way out, where the message does not hold it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Usage { hint, .. } => Some(hint.clone()),
            Self::SavedPlan(error) => Some(error.hint().to_owned()),
            Self::NoManagedGroup(error) => Some(error.hint()),
            Self::NoSuchObject(error) => error.hint(),
            Self::BrokenPlan { .. } => {
                Some("this is a fault of the program: please report it with the output of `ec2-autoscale snapshot`".to_owned())
            }
            Self::BesideClusterAutoscaler { .. } => {
                Some("stop it, or pass --beside-cluster-autoscaler when it manages other groups".to_owned())
            }
            Self::LeaseHeld { renewed_at, now, .. } => {
                let looks_abandoned_at = ABANDONED_AFTER.after(*renewed_at);
                Some(match looks_abandoned_at > *now {
                    true => {
                        let free_at = moment(looks_abandoned_at, *now);
                        format!("wait for it to end; if it was killed, the next run after {free_at} takes the Lease over")
                    }
                    false => "wait for it to end: it renews the Lease, by a clock that is behind ours".to_owned(),
                })
            }
            Self::TimedOut { .. } => Some("raise --timeout".to_owned()),
            Self::Gather(error) => meant(error),
            Self::NoRegionRead(_)
            | Self::Replay(_)
            | Self::Prices(_)
            | Self::Manifest(_)
            | Self::Replicas(_)
            | Self::Trace(_)
            | Self::Lease(_)
            | Self::Interrupted { .. }
            | Self::WriteFile { .. }
            | Self::Output(_)
            | Self::Answer(_)
            | Self::Signals(_) => None,
        }
    }
}

/// Whether a flag or variable is missing or names what is not there, though somebody had to be asked to find that out.
fn is_wrong_usage(error: &GatherError) -> bool {
    match error {
        GatherError::NoClusterName { .. } => true,
        GatherError::Kubernetes(error) => is_wrong_context(error),
        GatherError::Cloud(error) => error.misnamed().is_some(),
    }
}

fn is_wrong_context(error: &KubernetesError) -> bool {
    match error {
        KubernetesError::UnknownContext { .. } => true,
        KubernetesError::NoKubeconfig
        | KubernetesError::KubeconfigNowhere { .. }
        | KubernetesError::BadKubeconfig { .. }
        | KubernetesError::BadServiceAccount { .. }
        | KubernetesError::NoContext { .. }
        | KubernetesError::Credentials { .. }
        | KubernetesError::Unreachable { .. }
        | KubernetesError::Tls { .. }
        | KubernetesError::Unauthorized { .. }
        | KubernetesError::Forbidden { .. }
        | KubernetesError::Incomplete { .. }
        | KubernetesError::NotUnderstood(_) => false,
    }
}

/// What may have been meant by a name that nothing has.
fn meant(error: &GatherError) -> Option<String> {
    match error {
        GatherError::Kubernetes(KubernetesError::UnknownContext { context, known }) => {
            did_you_mean(&near(context, known.iter().cloned()))
        }
        GatherError::Cloud(error) => meant_in_the_cloud(error),
        GatherError::Kubernetes(_) | GatherError::NoClusterName { .. } => None,
    }
}

fn meant_in_the_cloud(error: &CloudError) -> Option<String> {
    match error.misnamed()? {
        Misnamed::NoRegion => None,
        Misnamed::Region { name, known } => did_you_mean(&near(name, known.iter().map(|&known| known.to_owned()))),
        Misnamed::Group { name, known } => did_you_mean(&near(name, known.iter().map(|group| group.name.clone()))),
        Misnamed::Profile { name, known } => {
            let near = did_you_mean(&near(name, known.iter().cloned()));
            near.or_else(|| Some("set AWS_PROFILE to a profile that is there, or unset it".to_owned()))
        }
    }
}

/// An error and its causes in one line. A cause whose words its effect already quotes is not said twice.
#[must_use]
pub fn one_line(error: &dyn Error) -> String {
    let mut line = flat(&error.to_string());
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = flat(&error.to_string());
        if !line.contains(&words) {
            line = format!("{line}: {words}");
        }
        cause = error.source();
    }
    line
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::AwsError;

    #[derive(Debug, thiserror::Error)]
    #[error("{words}")]
    struct Layer {
        words: &'static str,
        #[source]
        cause: Option<Box<Layer>>,
    }

    fn layers(words: &[&'static str]) -> Option<Box<Layer>> {
        let (words, causes) = words.split_first()?;
        Some(Box::new(Layer { words, cause: layers(causes) }))
    }

    #[test]
    fn causes_follow_and_are_not_repeated() {
        let error = layers(&["listing pods", "forbidden:\n  cannot list", "cannot list", "token expired"]).expect("not empty");
        assert_eq!(one_line(&*error), "listing pods: forbidden: cannot list: token expired");
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure() {
        let output = |kind| RunError::Output(io::Error::from(kind)).exit_code();
        assert_eq!(output(io::ErrorKind::BrokenPipe), ExitCode::Done);
        assert_eq!(output(io::ErrorKind::StorageFull), ExitCode::Failed);
        let file = RunError::WriteFile { path: "x".into(), source: io::ErrorKind::BrokenPipe.into() };
        assert_eq!(file.exit_code(), ExitCode::Failed);
    }

    #[test]
    fn a_name_that_nothing_has_is_wrong_usage_and_the_nearest_is_suggested() {
        let of_aws = |error: AwsError| GatherError::from(CloudError::from(error));
        let group = |name: &str| crate::snapshot::GroupId { region: "us-west-2".into(), name: name.into() };
        for (error, hint) in [
            (
                GatherError::from(KubernetesError::UnknownContext {
                    context: "prdo".into(),
                    known: vec!["dev".into(), "prod".into()],
                }),
                Some("did you mean prod?"),
            ),
            (
                of_aws(AwsError::NotARegion { name: "us-wset-2".into(), hint: String::new() }),
                Some("did you mean us-west-2 or us-west-1 or eu-west-2?"),
            ),
            (
                of_aws(AwsError::UnknownGroup { name: "gpus".into(), seen: vec![group("cpu"), group("gpu")] }),
                Some("did you mean gpu or cpu?"),
            ),
            (
                of_aws(AwsError::NoSuchProfile { profile: "x-y-z".into(), files: "a nor b".into(), known: vec!["dev".into()] }),
                Some("set AWS_PROFILE to a profile that is there, or unset it"),
            ),
        ] {
            let error = RunError::from(error);
            assert_eq!((error.exit_code(), error.hint().as_deref()), (ExitCode::Usage, hint), "{error}");
        }
        let denied = RunError::from(of_aws(AwsError::AccessDenied { permission: "a" }));
        assert_eq!((denied.exit_code(), denied.hint()), (ExitCode::Failed, None));
    }

    #[test]
    fn a_held_lease_says_who_holds_it() {
        let at = |text: &str| text.parse().expect("a timestamp");
        let error = RunError::LeaseHeld {
            namespace: "kube-system".into(),
            holder: "run-1".into(),
            since: at("2026-11-22T13:00:00Z"),
            renewed_at: at("2026-11-22T13:04:45Z"),
            now: at("2026-11-22T13:05:00Z"),
        };
        assert_eq!(
            error.to_string(),
            "another apply holds the lease: run-1 (in kube-system) since 13:00 UTC, 5m ago, renewed 13:04 UTC, 15s ago"
        );
        assert!(error.hint().is_some_and(|hint| hint.contains("after 13:05 UTC, in 45s takes")), "{:?}", error.hint());
        assert_eq!(error.exit_code(), ExitCode::LeaseHeld);
    }

    #[test]
    fn a_holder_that_renews_by_a_slow_clock_is_not_said_to_be_dead() {
        let at = |text: &str| text.parse().expect("a timestamp");
        let (since, renewed_at, now) = (at("2026-11-22T13:00:00Z"), at("2026-11-22T13:01:00Z"), at("2026-11-22T13:05:00Z"));
        let error = RunError::LeaseHeld { namespace: "kube-system".into(), holder: "run-1".into(), since, renewed_at, now };
        assert!(error.hint().is_some_and(|hint| hint.ends_with("by a clock that is behind ours")), "{:?}", error.hint());
    }
}
