//! Flags that name something of the cluster. A name that nothing has is a slip of the pen: it is
//! refused before anything is done.

use super::RunError;
use super::find_object::no_such_group;
use super::user_facing::UserFacing;
use crate::did_you_mean::{did_you_mean, near};
use crate::plan::count;
use crate::plan::explain::NoSuchGroup;
use crate::snapshot::{GroupId, Snapshot};

/// At most this many names are listed in a message.
const SHOWN: usize = 10;

/// Refuses a name of a managed group that no group has. A group may well be in a region that could
/// not be read.
///
/// # Errors
/// Wrong usage: lists the managed groups, or names why the group is not managed.
pub(super) fn check_groups<'a>(
    flag: &str,
    names: impl IntoIterator<Item = &'a String>,
    snapshot: &Snapshot,
) -> Result<(), RunError> {
    if snapshot.regions.iter().any(|region| region.unreadable.is_some()) {
        return Ok(());
    }
    let is_managed = |name: &&String| snapshot.groups.iter().any(|group| group.id.name == **name);
    match names.into_iter().find(|name| !is_managed(name)) {
        Some(name) => Err(unmanaged(flag, name, snapshot)),
        None => Ok(()),
    }
}

fn unmanaged(flag: &str, name: &str, snapshot: &Snapshot) -> RunError {
    let seen = snapshot.rejected_groups.iter().filter(|group| group.id.name == name).min_by_key(|group| &group.id);
    let problem = if let Some(group) = seen {
        NoSuchGroup::NotManaged { group: group.id.clone(), rejection: group.rejection.clone() }
    } else {
        let mut managed: Vec<GroupId> = snapshot.groups.iter().map(|group| group.id.clone()).collect();
        managed.sort_unstable();
        NoSuchGroup::Unknown { name: name.to_owned(), managed }
    };
    let problem = no_such_group(snapshot, problem);
    let hint = problem.hint().unwrap_or_else(|| format!("write the name of a managed group, or leave {flag} out"));
    RunError::usage(format!("{flag} {name}: {problem}"), hint)
}

/// Refuses a namespace that the cluster does not have. Where its namespaces are not known, as in
/// snapshots made by hand, every name passes.
///
/// # Errors
/// Wrong usage: lists the namespaces.
pub(super) fn check_namespaces<'a>(
    flag: &str,
    names: impl IntoIterator<Item = &'a String>,
    snapshot: &Snapshot,
) -> Result<(), RunError> {
    let known = || snapshot.namespaces.iter().map(|namespace| namespace.name.as_str());
    if known().next().is_none() {
        return Ok(());
    }
    let has_pods = |name: &str| snapshot.pods.iter().any(|pod| pod.namespace == name);
    let is_there = |name: &&String| known().any(|namespace| namespace == **name) || has_pods(name);
    let Some(unknown) = names.into_iter().find(|name| !is_there(name)) else { return Ok(()) };
    let near = near(unknown, known().map(str::to_owned));
    let hint = did_you_mean(&near).unwrap_or_else(|| format!("write the name of a namespace, or leave {flag} out"));
    Err(RunError::usage(format!("{flag} {unknown}: the cluster has no such namespace; it has {}", listed(known())), hint))
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    match names.len().saturating_sub(SHOWN) {
        0 => names.join(", "),
        more => format!("{} and {}", names[..SHOWN].join(", "), count(more as u64, "other")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Labels, Namespace, RejectedGroup, Rejection};

    /// Returns the message about a name, with the hint.
    fn message_and_hint(checked: Result<(), RunError>) -> Option<(String, String)> {
        checked.err().map(|error| (error.to_string(), error.hint().expect("a way out")))
    }

    fn groups(names: &[&str], snapshot: &Snapshot) -> Option<(String, String)> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        message_and_hint(check_groups("--only-group", &names, snapshot))
    }

    fn namespaces(names: &[&str], snapshot: &Snapshot) -> Option<(String, String)> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        message_and_hint(check_namespaces("--pod-namespace", &names, snapshot))
    }

    #[test]
    fn a_group_that_nobody_has_is_refused_with_the_nearest_and_all_that_are_managed() {
        let mut snapshot = crate::demo::snapshot();
        assert_eq!(groups(&["p3-west", "cpu-west"], &snapshot), None);
        assert_eq!(groups(&[], &snapshot), None);
        let (message, hint) = groups(&["p3-west", "p3-wset"], &snapshot).expect("a slip of the pen");
        assert!(message.starts_with("--only-group p3-wset: no group is named p3-wset; managed: "), "{message}");
        assert!(message.contains("cpu-west (us-west-2)") && hint.starts_with("did you mean p3-west"), "{message} {hint}");
        snapshot.regions[0].unreadable = Some("500".into());
        assert_eq!(groups(&["p3-wset"], &snapshot), None, "it may be in the region that was not read");
    }

    #[test]
    fn a_group_that_is_seen_and_not_managed_says_what_it_lacks() {
        let mut snapshot = crate::demo::snapshot();
        let id = GroupId { region: "us-west-2".into(), name: "web".into() };
        snapshot.rejected_groups.push(RejectedGroup { id, rejection: Rejection::NoClusterTag });
        let (message, hint) = groups(&["web"], &snapshot).expect("not managed");
        assert!(message.starts_with("--only-group web: web (us-west-2) is not managed: it lacks"), "{message}");
        assert!(hint.ends_with("or leave --only-group out"), "{hint}");
    }

    #[test]
    fn a_namespace_that_is_not_there_is_refused_with_the_nearest() {
        let mut snapshot = crate::demo::snapshot();
        assert_eq!(namespaces(&["etl", "research"], &snapshot), None);
        let (message, hint) = namespaces(&["etl", "reserach"], &snapshot).expect("a slip of the pen");
        assert!(
            message.starts_with("--pod-namespace reserach: the cluster has no such namespace; it has default"),
            "{message}"
        );
        assert_eq!(hint, "did you mean research?");
        snapshot.namespaces = (0..12).map(|n| Namespace { name: format!("n{n:02}"), labels: Labels::default() }).collect();
        let (message, _) = namespaces(&["x"], &snapshot).expect("none is like it");
        assert!(message.ends_with("n08, n09 and 2 others"), "{message}");
        assert_eq!(namespaces(&["etl"], &snapshot), None, "pods say that it is there");
        snapshot.namespaces.clear();
        assert_eq!(namespaces(&["x"], &snapshot), None, "they could not be listed");
    }
}
