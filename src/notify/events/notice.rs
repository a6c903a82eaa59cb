//! The notices of a run: one thing about one object each.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use crate::fnv::Fnv;
use crate::notify::Subjects;
use crate::notify::news::News;
use crate::notify::words::{for_others, why_not_helped};
use crate::plan::NodeRef;
use crate::snapshot::ObjectName;

/// The most bytes of a message: the API takes no longer ones in `events.k8s.io/v1`, and client-go
/// cuts there too.
const LONGEST_MESSAGE: usize = 1024;

/// The most bytes of an object's name in the name of its Event. With the rest it stays below the
/// 253 of a name.
const LONGEST_NAME: usize = 200;

/// One thing to write about one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notice {
    pub(super) about: About,
    pub(super) reason: Reason,
    pub(super) message: Arc<str>,
    /// When the object was created: older objects have waited longer.
    pub(super) since: Timestamp,
}

/// The object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum About {
    Pod { pod: ObjectName, uid: String },
    Node { node: NodeRef },
}

/// The reason of an Event. The names are Cluster Autoscaler's, which people look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reason {
    TriggeredScaleUp,
    FailedToScaleUpGroup,
    ScaleDown,
    ScaleDownFailed,
    NotTriggerScaleUp,
}

impl Reason {
    /// Returns the `type` of the Event.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::TriggeredScaleUp | Self::ScaleDown | Self::NotTriggerScaleUp => "Normal",
            Self::FailedToScaleUpGroup | Self::ScaleDownFailed => "Warning",
        }
    }

    /// Whether a later run will not know it any more, since this run did it.
    pub(super) fn is_passing(self) -> bool {
        match self {
            Self::TriggeredScaleUp | Self::FailedToScaleUpGroup | Self::ScaleDown | Self::ScaleDownFailed => true,
            Self::NotTriggerScaleUp => false,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TriggeredScaleUp => "TriggeredScaleUp",
            Self::FailedToScaleUpGroup => "FailedToScaleUpGroup",
            Self::ScaleDown => "ScaleDown",
            Self::ScaleDownFailed => "ScaleDownFailed",
            Self::NotTriggerScaleUp => "NotTriggerScaleUp",
        })
    }
}

impl About {
    /// Returns the namespace of its Events: a pod's are beside it, a node's in `default` (the API
    /// takes them nowhere else).
    pub(super) fn namespace(&self) -> &str {
        match self {
            Self::Pod { pod, uid: _ } => &pod.namespace,
            Self::Node { .. } => "default",
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Pod { pod, uid: _ } => &pod.name,
            Self::Node { node } => &node.name,
        }
    }

    fn uid(&self) -> &str {
        match self {
            Self::Pod { pod: _, uid } => uid,
            Self::Node { node } => &node.uid,
        }
    }
}

impl Notice {
    /// Returns the name of its Event: the same in every run for the same object and reason.
    pub(super) fn name(&self) -> String {
        let name = self.about.name();
        let short = name[..name.floor_char_boundary(LONGEST_NAME)].trim_end_matches(['.', '-']);
        let mut hash = Fnv::default();
        hash.take(format!("{}/{}", self.about.uid(), self.reason).as_bytes());
        format!("{short}.{:016x}", hash.value())
    }
}

/// Returns the notices of a run. A pod that the snapshot does not know is left out.
pub(super) fn notices(news: &[News<'_>], subjects: &Subjects) -> Vec<Notice> {
    news.iter().flat_map(|news| from_news(news, subjects)).collect()
}

fn from_news(news: &News<'_>, subjects: &Subjects) -> Vec<Notice> {
    match news {
        News::ScaledUp { group, from, to, max, pods } => {
            let max = max.map(|max| format!(" (max {max})")).unwrap_or_default();
            let message = format!("pod triggered scale-up: group {group} {from}→{to}{max}");
            on_pods(pods, Reason::TriggeredScaleUp, &message, subjects)
        }
        News::ScaleUpFailed { group, error, pods } => {
            let message = format!("scale-up failed for group {group}: {error}");
            on_pods(pods, Reason::FailedToScaleUpGroup, &message, subjects)
        }
        News::NotHelped { verdict, pods } => {
            const PREFIX: &str = "pod didn't trigger scale-up: ";
            let message = format!("{PREFIX}{}", why_not_helped(verdict, LONGEST_MESSAGE - PREFIX.len()));
            on_pods(pods, Reason::NotTriggerScaleUp, &message, subjects)
        }
        News::ScaleIn { node, step } => vec![on_node(node, Reason::ScaleDown, &step.to_string())],
        News::ScaleInFailed { node, step, error } => {
            vec![on_node(node, Reason::ScaleDownFailed, &format!("failed: {step}: {error}"))]
        }
        News::RunFailed { .. } => Vec::new(),
    }
}

fn on_pods(pods: &[&ObjectName], reason: Reason, message: &str, subjects: &Subjects) -> Vec<Notice> {
    let message: Arc<str> = for_others(message, LONGEST_MESSAGE).into();
    let notice = |pod: &&ObjectName| {
        let subject = subjects.pod(pod)?;
        let about = About::Pod { pod: (*pod).clone(), uid: subject.uid.clone() };
        Some(Notice { about, reason, message: Arc::clone(&message), since: subject.created_at })
    };
    pods.iter().filter_map(notice).collect()
}

fn on_node(node: &NodeRef, reason: Reason, message: &str) -> Notice {
    let message = for_others(message, LONGEST_MESSAGE).into();
    Notice { about: About::Node { node: node.clone() }, reason, message, since: Timestamp::UNIX_EPOCH }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod_notice(name: &str, uid: &str, reason: Reason) -> Notice {
        let about = About::Pod { pod: ObjectName::new("ml", name), uid: uid.into() };
        Notice { about, reason, message: "".into(), since: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn the_name_follows_object_and_reason_alone() {
        let name = pod_notice("train-1", "uid-1", Reason::NotTriggerScaleUp).name();
        assert_eq!(name, "train-1.eba732b2669cdcbe");
    }

    #[test]
    fn another_pod_of_the_same_name_has_an_event_of_its_own() {
        let name = |uid, reason| pod_notice("train-1", uid, reason).name();
        assert_ne!(name("uid-1", Reason::NotTriggerScaleUp), name("uid-2", Reason::NotTriggerScaleUp));
        assert_ne!(name("uid-1", Reason::NotTriggerScaleUp), name("uid-1", Reason::TriggeredScaleUp));
    }

    #[test]
    fn a_long_name_stays_a_name() {
        let name = pod_notice(&format!("{}.{}", "a".repeat(199), "b".repeat(50)), "uid", Reason::ScaleDown).name();
        assert!(name.len() <= 253 && name.starts_with(&"a".repeat(199)) && !name.contains(".."), "{name}");
    }
}
