//! Finds the object that a person names, and explains when there is none.

use std::collections::BTreeSet;

use super::user_facing::UserFacing;
use crate::did_you_mean::{did_you_mean, near};
use crate::exit::ExitCode;
use crate::plan::explain::NoSuchGroup;
use crate::snapshot::{Gang, ObjectName, Pod, Snapshot};

/// Why a name means no object, or several.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoSuchObject {
    /// Neither `NAMESPACE/NAME` nor `NAME`.
    #[error("{name:?} is not the name of a pod")]
    NotAPodName {
        /// The name that was given.
        name: String,
    },
    /// Pods of several namespaces have that name.
    #[error("pods of several namespaces are named {name}: {}", .namespaces.join(", "))]
    SeveralPods {
        /// The name that was given.
        name: String,
        /// The namespaces.
        namespaces: Vec<String>,
    },
    /// There is no such pod.
    #[error("no unfinished pod is named {name}")]
    NoPod {
        /// The name that was given.
        name: String,
        /// Names like it.
        near: Vec<String>,
    },
    /// Neither `NAMESPACE/NAME` nor `NAME`.
    #[error("{name:?} is not the name of a gang")]
    NotAGangName {
        /// The name that was given.
        name: String,
    },
    /// Gangs of several namespaces have that name.
    #[error("gangs of several namespaces are named {name}: {}", .namespaces.join(", "))]
    SeveralGangs {
        /// The name that was given.
        name: String,
        /// The namespaces.
        namespaces: Vec<String>,
    },
    /// There is no such gang.
    #[error("no unfinished pod belongs to a gang named {name}")]
    NoGang {
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

impl UserFacing for NoSuchObject {
    /// Returns wrong usage where something else has to be written, and a failure where an object is
    /// missing.
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::NotAPodName { .. }
            | Self::SeveralPods { .. }
            | Self::NotAGangName { .. }
            | Self::SeveralGangs { .. }
            | Self::NoGroup { problem: NoSuchGroup::Ambiguous { .. }, .. } => ExitCode::Usage,
            Self::NoPod { .. }
            | Self::NoGang { .. }
            | Self::NoNode { .. }
            | Self::NoGroup { problem: NoSuchGroup::Unknown { .. } | NoSuchGroup::NotManaged { .. }, .. } => ExitCode::Failed,
        }
    }

    /// Returns what to write instead.
    fn hint(&self) -> Option<String> {
        match self {
            Self::NotAPodName { .. } => Some("write NAMESPACE/NAME, or NAME where only one pod has it".to_owned()),
            Self::NotAGangName { .. } => Some("write NAMESPACE/NAME, or NAME where only one gang has it".to_owned()),
            Self::SeveralPods { name, namespaces } | Self::SeveralGangs { name, namespaces } => {
                Some(format!("write {}/{name}, for example", namespaces.first()?))
            }
            Self::NoGroup { problem: NoSuchGroup::Ambiguous { choices, .. }, .. } => {
                Some(format!("write {}, for example", choices.first()?))
            }
            Self::NoPod { near, .. } if near.is_empty() => {
                Some("kubectl get pods -A lists them; finished pods are not explained".to_owned())
            }
            Self::NoNode { near, .. } if near.is_empty() => Some("kubectl get nodes lists them".to_owned()),
            Self::NoGang { near, .. } if near.is_empty() => {
                Some("`plan` lists the gangs of which pods wait; man gangs says which there are".to_owned())
            }
            Self::NoPod { near, .. } | Self::NoGang { near, .. } | Self::NoNode { near, .. } | Self::NoGroup { near, .. } => {
                did_you_mean(near)
            }
        }
    }
}

/// Checks that a name is `NAMESPACE/NAME` or `NAME`, before anything is read.
pub(super) fn check_pod_name(name: &str) -> Result<(), NoSuchObject> {
    if is_name_in_namespace(name) { Ok(()) } else { Err(NoSuchObject::NotAPodName { name: name.to_owned() }) }
}

/// Checks that a name is `NAMESPACE/NAME` or `NAME`, before anything is read.
pub(super) fn check_gang_name(name: &str) -> Result<(), NoSuchObject> {
    if is_name_in_namespace(name) { Ok(()) } else { Err(NoSuchObject::NotAGangName { name: name.to_owned() }) }
}

fn is_name_in_namespace(name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    parts.len() <= 2 && parts.iter().all(|part| !part.is_empty())
}

/// Finds the gang that is meant; a name without its namespace means the only gang of that name.
pub(super) fn gang(snapshot: &Snapshot, name: &str) -> Result<ObjectName, NoSuchObject> {
    let all: BTreeSet<ObjectName> = snapshot.gangs.iter().map(Gang::object).collect();
    let is_it = |gang: &&ObjectName| match name.split_once('/') {
        Some((namespace, name)) => gang.namespace == namespace && gang.name == name,
        None => gang.name == name,
    };
    let found: Vec<&ObjectName> = all.iter().filter(is_it).collect();
    match found[..] {
        [] => Err(NoSuchObject::NoGang { name: name.to_owned(), near: near(name, all.iter().map(ToString::to_string)) }),
        [gang] => Ok(gang.clone()),
        _ => {
            let namespaces = found.into_iter().map(|gang| gang.namespace.to_string()).collect();
            Err(NoSuchObject::SeveralGangs { name: name.to_owned(), namespaces })
        }
    }
}

/// Finds the pod that is meant; a name without its namespace means the only pod of that name.
pub(super) fn pod(snapshot: &Snapshot, name: &str) -> Result<ObjectName, NoSuchObject> {
    if let Some((namespace, name)) = name.split_once('/') {
        return Ok(ObjectName::new(namespace, name));
    }
    let mut found: Vec<ObjectName> = unfinished(snapshot).filter(|pod| pod.name == name).map(Pod::id).collect();
    found.sort_unstable();
    match found.len() {
        0 => Err(no_such_pod(snapshot, name)),
        1 => Ok(found.remove(0)),
        _ => {
            let namespaces = found.into_iter().map(|pod| pod.namespace.to_string()).collect();
            Err(NoSuchObject::SeveralPods { name: name.to_owned(), namespaces })
        }
    }
}

pub(super) fn no_such_pod(snapshot: &Snapshot, name: &str) -> NoSuchObject {
    let names = unfinished(snapshot).map(|pod| pod.id().to_string());
    NoSuchObject::NoPod { name: name.to_owned(), near: near(name, names) }
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
            assert!(check_pod_name(wrong).is_err_and(|error| error.exit_code() == ExitCode::Usage), "{wrong:?}");
        }
    }
}
