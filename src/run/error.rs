//! The errors that commands make themselves: why they refuse to go on or are ended.

use std::io;

use jiff::Timestamp;

use super::user_facing::UserFacing;
use crate::apply::lease::ABANDONED_AFTER;
use crate::duration::{Seconds, moment};
use crate::exit::ExitCode;

/// Why a command refuses to go on or is ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum RunError {
    /// The flags or variables make no sense.
    #[error("{message}")]
    Usage {
        /// What is wrong with them.
        message: String,
        /// What to write instead.
        hint: String,
    },
    /// The planner is at fault.
    #[error("the plan breaks a safety rule and is not carried out: {rules}")]
    BrokenPlan {
        /// The rules.
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
        /// The holder.
        holder: String,
        /// When the holder claimed it.
        since: Timestamp,
        /// When it was last renewed.
        renewed_at: Timestamp,
        /// The moment distances are counted from.
        now: Timestamp,
    },
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
    /// Standard output could not be written.
    #[error("writing to standard output")]
    Output(#[source] io::Error),
}

impl RunError {
    pub(super) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), hint: hint.into() }
    }

    /// Whether time or a signal ended the command before it was through.
    pub(super) fn broke_off(&self) -> bool {
        match self {
            Self::TimedOut { .. } | Self::Interrupted { .. } => true,
            Self::Usage { .. }
            | Self::BrokenPlan { .. }
            | Self::BesideClusterAutoscaler { .. }
            | Self::LeaseHeld { .. }
            | Self::Output(_) => false,
        }
    }

    /// Whether the reader of standard output had enough, as `head` has.
    pub(super) fn reader_went_away(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl UserFacing for RunError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage { .. } => ExitCode::Usage,
            Self::LeaseHeld { .. } => ExitCode::LeaseHeld,
            Self::Output(_) if self.reader_went_away() => ExitCode::Done,
            Self::BrokenPlan { .. }
            | Self::BesideClusterAutoscaler { .. }
            | Self::TimedOut { .. }
            | Self::Interrupted { .. }
            | Self::Output(_) => ExitCode::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Usage { hint, .. } => hint,
            Self::BrokenPlan { .. } => {
                "this is a fault of the program: please report it with the output of `ec2-autoscale snapshot`"
            }
            Self::BesideClusterAutoscaler { .. } => "stop it, or pass --beside-cluster-autoscaler when it manages other groups",
            Self::LeaseHeld { renewed_at, now, .. } => return Some(how_the_lease_gets_free(*renewed_at, *now)),
            Self::TimedOut { .. } => "raise --timeout",
            Self::Interrupted { .. } | Self::Output(_) => return None,
        };
        Some(hint.to_owned())
    }
}

fn how_the_lease_gets_free(renewed_at: Timestamp, now: Timestamp) -> String {
    let looks_abandoned_at = ABANDONED_AFTER.after(renewed_at);
    match looks_abandoned_at > now {
        true => {
            let free_at = moment(looks_abandoned_at, now);
            format!("wait for it to end; if it was killed, the next run after {free_at} takes the Lease over")
        }
        false => "wait for it to end: it renews the Lease, by a clock that is behind ours".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
