//! The names that a shell offers while a command is being typed: of regions, groups, nodes and
//! pods.
//!
//! They come from the snapshot that the command line or `EC2_AUTOSCALE_SNAPSHOT` names, else from
//! the APIs. A person waits for them with a finger on the key, so that whatever fails or takes too
//! long offers nothing, and prints nothing either.

use std::ffi::OsString;
use std::time::Duration;

use clap::{ArgMatches, CommandFactory, FromArgMatches, ValueEnum};
use clap_complete::engine::CompletionCandidate;

use super::replay::{is_replay, replayed};
use super::{Environment, settings};
use crate::cli::{Cli, ExplainedKind, LiveFlags, SourceFlags};
use crate::cloud::GroupsRequest;
use crate::kubernetes::connect_kubernetes;
use crate::kubernetes::reading::names::{node_names, pod_names};
use crate::plan::codes::codes;
use crate::snapshot::Snapshot;

/// A shell waits at most this long.
const PATIENCE: Duration = Duration::from_secs(3);

/// The kind of name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WantedName {
    /// A region.
    Region,
    /// A group.
    Group,
    /// The object of `explain`: a pod, a node or a group.
    Explained,
}

/// Returns the names to offer in a line of these words, the program's name first.
pub(super) fn candidates(wanted: WantedName, words: &[OsString], environment: &Environment) -> Vec<CompletionCandidate> {
    let names = typed(words).and_then(|line| names(wanted, &line, environment)).unwrap_or_default();
    names.into_iter().filter(|name| is_plain_word(name)).map(CompletionCandidate::new).collect()
}

/// Whether a name may stand on a line that is being typed. Shells insert it unchanged, so that a
/// group named `$(…)` would be a command by the time somebody presses Enter.
fn is_plain_word(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('-')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:@%+=,".contains(&byte))
}

/// Returns the flags of the command that is being typed, as far as they are there.
fn typed(words: &[OsString]) -> Option<ArgMatches> {
    let line = Cli::command().ignore_errors(true).try_get_matches_from(words).ok()?;
    line.subcommand().map(|(_, flags)| flags.clone())
}

fn names(wanted: WantedName, flags: &ArgMatches, environment: &Environment) -> Option<Vec<String>> {
    if let (WantedName::Explained, Some(ExplainedKind::Code)) = (wanted, kind(flags)) {
        return Some(codes().into_iter().map(|code| code.code).collect());
    }
    let source = SourceFlags::from_arg_matches(flags).ok()?;
    if is_replay(&source) {
        return Some(names_in(&replayed(&source).ok()??, wanted, kind(flags)));
    }
    let live = LiveFlags::from_arg_matches(flags).ok()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(async { tokio::time::timeout(PATIENCE, live_names(wanted, kind(flags), &live, environment)).await.ok()? })
}

/// Returns the first word after `explain`.
fn kind(flags: &ArgMatches) -> Option<ExplainedKind> {
    let word = flags.try_get_raw("kind").ok()??.next()?.to_str()?;
    ExplainedKind::from_str(word, true).ok()
}

fn names_in(snapshot: &Snapshot, wanted: WantedName, kind: Option<ExplainedKind>) -> Vec<String> {
    match (wanted, kind) {
        (WantedName::Region, _) => snapshot.regions.iter().map(|region| region.name.clone()).collect(),
        (WantedName::Group, _) | (WantedName::Explained, Some(ExplainedKind::Group)) => {
            snapshot.groups.iter().map(|group| group.id.name.clone()).collect()
        }
        (WantedName::Explained, Some(ExplainedKind::Node)) => snapshot.nodes.iter().map(|node| node.name.clone()).collect(),
        (WantedName::Explained, Some(ExplainedKind::Pod)) => snapshot.pods.iter().map(|pod| pod.id().to_string()).collect(),
        (WantedName::Explained, Some(ExplainedKind::Gang)) => {
            snapshot.gangs.iter().map(|gang| gang.object().to_string()).collect()
        }
        (WantedName::Explained, Some(ExplainedKind::Buffer)) => {
            snapshot.capacity_buffers.iter().map(|buffer| buffer.id().to_string()).collect()
        }
        (WantedName::Explained, Some(ExplainedKind::Request)) => {
            snapshot.provisioning_requests.iter().map(|request| request.id().to_string()).collect()
        }
        (WantedName::Explained, Some(ExplainedKind::Code) | None) => Vec::new(),
    }
}

async fn live_names(
    wanted: WantedName,
    kind: Option<ExplainedKind>,
    live: &LiveFlags,
    environment: &Environment,
) -> Option<Vec<String>> {
    match (wanted, kind) {
        // The regions of the account are not read: that takes a permission that nothing else here
        // needs. Which gangs there are takes all pods and the objects that they name; which buffers
        // and requests, what the server serves.
        (WantedName::Region, _)
        | (
            WantedName::Explained,
            Some(ExplainedKind::Gang | ExplainedKind::Buffer | ExplainedKind::Request | ExplainedKind::Code) | None,
        ) => None,
        (WantedName::Group, _) | (WantedName::Explained, Some(ExplainedKind::Group)) => {
            let options = settings::connect_options(live, environment).ok()?;
            let cloud = options.cloud.sign_in().await.ok()?;
            let request = GroupsRequest {
                cluster_name: live.cluster.cluster_name.as_deref().unwrap_or_default(),
                group_tags: &live.groups.group_tag,
                named: &[],
                spot_prices: false,
            };
            Some(cloud.group_names(&request).await)
        }
        (WantedName::Explained, Some(kind @ (ExplainedKind::Pod | ExplainedKind::Node))) => {
            let cluster = &live.cluster;
            let (client, _) = connect_kubernetes(cluster.kubeconfig.as_deref(), cluster.context.as_deref()).await.ok()?;
            if kind == ExplainedKind::Pod { pod_names(&client).await } else { node_names(&client).await }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_words_are_offered() {
        assert!(["ml/train-0", "ip-10-0-1-22.us-west-2.compute.internal", "my_group:v1.2"].into_iter().all(is_plain_word));
        for name in [
            "",
            "a b",
            "$(reboot)",
            "`reboot`",
            "a;b",
            "a|b",
            "a&b",
            "~",
            "*",
            "--yes",
            "a\nb",
            "a\u{1b}[2J",
            "a\u{202e}b",
            "ü",
        ] {
            assert!(!is_plain_word(name), "{name:?}");
        }
    }
}
