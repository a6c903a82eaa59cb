//! Finds the object that a person names, and explains when there is none.

use std::collections::BTreeSet;
use std::fmt;

use super::user_facing::UserFacing;
use crate::did_you_mean::{did_you_mean, near};
use crate::exit::ExitCode;
use crate::plan::explain::NoSuchGroup;
use crate::snapshot::{CapacityBuffer, Gang, Group, Node, ObjectName, Pod, ProvisioningRequest, Snapshot};

/// Why a name means no object, or several.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoSuchObject {
    /// Neither `NAMESPACE/NAME` nor `NAME`.
    #[error("{name:?} is not the name of a {kind}")]
    NotAName {
        /// What was looked for.
        kind: NamedKind,
        /// The name that was given.
        name: String,
    },
    /// Objects of several namespaces have that name.
    #[error("{kind}s of several namespaces are named {name}: {}", .namespaces.join(", "))]
    Several {
        /// What was looked for.
        kind: NamedKind,
        /// The name that was given.
        name: String,
        /// The namespaces.
        namespaces: Vec<String>,
    },
    /// There is no such object.
    #[error("{} named {name}", .kind.none())]
    None {
        /// What was looked for.
        kind: NamedKind,
        /// The name that was given.
        name: String,
        /// Names like it.
        near: Vec<String>,
    },
    /// There is no such node.
    #[error("no node is named {name}")]
    NoNode {
        /// The name that was given.
        name: String,
        /// Names like it.
        near: Vec<String>,
    },
    /// There is no such group, or it is not managed.
    #[error("{problem}")]
    NoGroup {
        /// Why there is none.
        problem: NoSuchGroup,
        /// Names like it.
        near: Vec<String>,
    },
}

/// A kind of object that has a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NamedKind {
    Pod,
    Gang,
    Buffer,
    Request,
}

impl NamedKind {
    /// Begins the sentence that there is none.
    fn none(self) -> &'static str {
        match self {
            Self::Pod => "no unfinished pod is",
            Self::Gang => "no unfinished pod belongs to a gang",
            Self::Buffer => "no CapacityBuffer is",
            Self::Request => "no ProvisioningRequest that is served here and not over is",
        }
    }

    /// Returns where those that there are can be found.
    fn where_they_are(self) -> &'static str {
        match self {
            Self::Pod => "kubectl get pods -A lists them; finished pods are not explained",
            Self::Gang => "`plan` lists the gangs of which pods wait; man gangs says which there are",
            Self::Buffer => "kubectl get capacitybuffers -A lists them; man room says which are read",
            Self::Request => "`plan` lists those that are served; man requests says which these are",
        }
    }
}

impl fmt::Display for NamedKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pod => "pod",
            Self::Gang => "gang",
            Self::Buffer => "CapacityBuffer",
            Self::Request => "ProvisioningRequest",
        })
    }
}

impl UserFacing for NoSuchObject {
    /// Returns wrong usage where something else has to be written, and a failure where an object is
    /// missing.
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::NotAName { .. } | Self::Several { .. } | Self::NoGroup { problem: NoSuchGroup::Ambiguous { .. }, .. } => {
                ExitCode::Usage
            }
            Self::None { .. }
            | Self::NoNode { .. }
            | Self::NoGroup { problem: NoSuchGroup::Unknown { .. } | NoSuchGroup::NotManaged { .. }, .. } => ExitCode::Failed,
        }
    }

    /// Returns what to write instead.
    fn hint(&self) -> Option<String> {
        match self {
            Self::NotAName { kind, .. } => Some(format!("write NAMESPACE/NAME, or NAME where only one {kind} has it")),
            Self::Several { name, namespaces, .. } => Some(format!("write {}/{name}, for example", namespaces.first()?)),
            Self::NoGroup { problem: NoSuchGroup::Ambiguous { choices, .. }, .. } => {
                Some(format!("write {}, for example", choices.first()?))
            }
            Self::None { kind, near, .. } if near.is_empty() => Some(kind.where_they_are().to_owned()),
            Self::NoNode { near, .. } if near.is_empty() => Some("kubectl get nodes lists them".to_owned()),
            Self::None { near, .. } | Self::NoNode { near, .. } | Self::NoGroup { near, .. } => did_you_mean(near),
        }
    }
}

/// Checks that a name is `NAMESPACE/NAME` or `NAME`, before anything is read.
pub(super) fn check_name(kind: NamedKind, name: &str) -> Result<(), NoSuchObject> {
    let parts: Vec<&str> = name.split('/').collect();
    match parts.len() <= 2 && parts.iter().all(|part| !part.is_empty()) {
        true => Ok(()),
        false => Err(NoSuchObject::NotAName { kind, name: name.to_owned() }),
    }
}

/// Finds the object that is meant; a name without its namespace means the only one of that name.
fn named(kind: NamedKind, all: &BTreeSet<ObjectName>, name: &str) -> Result<ObjectName, NoSuchObject> {
    let is_it = |object: &&ObjectName| match name.split_once('/') {
        Some((namespace, name)) => object.namespace == namespace && object.name == name,
        None => object.name == name,
    };
    let found: Vec<&ObjectName> = all.iter().filter(is_it).collect();
    let begins = |object: &&ObjectName| match name.split_once('/') {
        Some((namespace, name)) => object.namespace == namespace && object.name.starts_with(name),
        None => object.name.starts_with(name),
    };
    let found = if found.is_empty() { only(all.iter().filter(begins)).into_iter().collect() } else { found };
    match found[..] {
        [] => Err(none(kind, name, all.iter())),
        [object] => Ok(object.clone()),
        _ => {
            let namespaces = found.into_iter().map(|object| object.namespace.to_string()).collect();
            Err(NoSuchObject::Several { kind, name: name.to_owned(), namespaces })
        }
    }
}

fn none<'n>(kind: NamedKind, name: &str, all: impl Iterator<Item = &'n ObjectName>) -> NoSuchObject {
    NoSuchObject::None { kind, name: name.to_owned(), near: near(name, all.map(ToString::to_string)) }
}

/// Finds the gang that is meant.
pub(super) fn gang(snapshot: &Snapshot, name: &str) -> Result<ObjectName, NoSuchObject> {
    named(NamedKind::Gang, &snapshot.gangs.iter().map(Gang::object).collect(), name)
}

/// Finds the buffer that is meant.
pub(super) fn buffer(snapshot: &Snapshot, name: &str) -> Result<ObjectName, NoSuchObject> {
    named(NamedKind::Buffer, &snapshot.capacity_buffers.iter().map(CapacityBuffer::id).collect(), name)
}

/// Finds the request that is meant.
pub(super) fn request(snapshot: &Snapshot, name: &str) -> Result<ObjectName, NoSuchObject> {
    named(NamedKind::Request, &snapshot.provisioning_requests.iter().map(ProvisioningRequest::id).collect(), name)
}

/// Finds the pod that is meant.
pub(super) fn pod(snapshot: &Snapshot, name: &str) -> Result<ObjectName, NoSuchObject> {
    let all: BTreeSet<ObjectName> = unfinished(snapshot).map(Pod::id).collect();
    match (named(NamedKind::Pod, &all, name), name.split_once('/')) {
        // What became of a pod that is not there may be known as well.
        (Err(NoSuchObject::None { .. }), Some((namespace, name))) => Ok(ObjectName::new(namespace, name)),
        (found, _) => found,
    }
}

/// Returns the name of the node that is meant: by its own name, the id of its instance, or how
/// either begins, where only one does.
pub(super) fn node<'s>(snapshot: &'s Snapshot, name: &str) -> Option<&'s str> {
    let nodes = || snapshot.nodes.iter();
    let is_it = |node: &&Node| node.name == name || node.instance_id() == Some(name);
    let begins = |node: &&Node| node.name.starts_with(name) || node.instance_id().is_some_and(|id| id.starts_with(name));
    let found = nodes().find(is_it).or_else(|| only(nodes().filter(begins)));
    found.map(|node| node.name.as_str())
}

/// Returns the name of the group that is meant: its own, or the only one that begins so.
pub(super) fn group(snapshot: &Snapshot, name: &str) -> String {
    let is_known = |name: &str| {
        let rejected = snapshot.rejected_groups.iter().map(|group| &group.id);
        snapshot.groups.iter().map(|group| &group.id).chain(rejected).any(|id| id.name == name)
    };
    let begins = |group: &&Group| group.id.name.starts_with(name);
    match (is_known(name), only(snapshot.groups.iter().filter(begins))) {
        (false, Some(group)) => format!("{}/{}", group.id.region, group.id.name),
        _ => name.to_owned(),
    }
}

/// Returns what an iterator yields if it is one thing.
fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next();
    first.filter(|_| items.next().is_none())
}

pub(super) fn no_such_pod(snapshot: &Snapshot, name: &str) -> NoSuchObject {
    let names: Vec<ObjectName> = unfinished(snapshot).map(Pod::id).collect();
    none(NamedKind::Pod, name, names.iter())
}

/// Returns that a request is not served under this policy.
pub(super) fn no_such_request(name: &str) -> NoSuchObject {
    none(NamedKind::Request, name, std::iter::empty())
}

pub(super) fn no_such_node(snapshot: &Snapshot, name: &str) -> NoSuchObject {
    let names = snapshot.nodes.iter().map(|node| node.name.clone());
    NoSuchObject::NoNode { name: name.to_owned(), near: near(name, names) }
}

pub(super) fn no_such_group(snapshot: &Snapshot, problem: NoSuchGroup) -> NoSuchObject {
    let near = match &problem {
        NoSuchGroup::Unknown { name, .. } => near(name, snapshot.groups.iter().map(|group| group.id.name.clone())),
        NoSuchGroup::NotManaged { .. } | NoSuchGroup::Ambiguous { .. } => Vec::new(),
    };
    NoSuchObject::NoGroup { problem, near }
}

fn unfinished(snapshot: &Snapshot) -> impl Iterator<Item = &Pod> {
    snapshot.pods.iter().filter(|pod| !pod.is_finished())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_without_its_namespace_is_the_only_one_of_its_name() {
        let mut snapshot = crate::demo::snapshot();
        assert_eq!(pod(&snapshot, "sweep-0").map(|pod| pod.to_string()).as_deref(), Ok("research/sweep-0"));
        let mut other = snapshot.pods.iter().find(|pod| pod.name == "sweep-0").expect("in the demo").clone();
        other.namespace = "etl".into();
        snapshot.pods.push(other);
        let error = pod(&snapshot, "sweep-0").expect_err("two of that name");
        assert_eq!(error.to_string(), "pods of several namespaces are named sweep-0: etl, research");
        assert_eq!(error.exit_code(), ExitCode::Usage);
        assert_eq!(error.hint().as_deref(), Some("write etl/sweep-0, for example"));
        for wrong in ["", "/", "a/", "/b", "a/b/c"] {
            assert!(check_name(NamedKind::Pod, wrong).is_err_and(|error| error.exit_code() == ExitCode::Usage), "{wrong:?}");
        }
    }
    #[test]
    fn what_begins_so_is_meant_where_only_one_does() {
        let snapshot = crate::demo::snapshot();
        assert_eq!(pod(&snapshot, "llm-16").map(|pod| pod.to_string()).as_deref(), Ok("research/llm-16gpu-0"));
        assert_eq!(pod(&snapshot, "research/llm-16").map(|pod| pod.to_string()).as_deref(), Ok("research/llm-16gpu-0"));
        assert!(pod(&snapshot, "sweep-").is_err(), "several begin so");
        assert_eq!(pod(&snapshot, "research/gone").map(|pod| pod.to_string()).as_deref(), Ok("research/gone"));
        let known = &snapshot.nodes[0];
        let id = known.instance_id().expect("an instance");
        for name in [known.name.as_str(), id, &known.name[..known.name.len() - 3]] {
            assert_eq!(node(&snapshot, name), Some(known.name.as_str()), "{name}");
        }
        assert_eq!((node(&snapshot, "ip-10-"), node(&snapshot, "x")), (None, None));
        assert_eq!(
            ["p3-w", "cpu-west", "p3-", "x"].map(|name| group(&snapshot, name)),
            ["us-west-2/p3-west", "cpu-west", "p3-", "x"]
        );
    }
}
