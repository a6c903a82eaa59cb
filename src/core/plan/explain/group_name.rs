//! The group that a person means: `NAME`, or `REGION/NAME` where a name is in several regions.

use crate::plan::reason::count;
use crate::snapshot::{GroupId, Rejection, Snapshot};

/// Why a name stands for no managed group.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSuchGroup {
    /// No group of that name was seen.
    #[error("no group is named {name}; {}", known(.managed))]
    Unknown {
        /// The given name.
        name: String,
        /// The managed groups.
        managed: Vec<GroupId>,
    },
    /// The group was seen and is not managed.
    #[error("{group} is not managed: it {rejection}")]
    NotManaged {
        /// The group.
        group: GroupId,
        /// Why it is not managed.
        rejection: Rejection,
    },
    /// Several regions have a group of that name.
    #[error("several regions have a group {name}; say which: {}", .choices.join(", "))]
    Ambiguous {
        /// The given name.
        name: String,
        /// The names to give instead.
        choices: Vec<String>,
    },
}

/// Returns the managed group that a person means.
pub(super) fn find<'a>(snapshot: &'a Snapshot, name: &str) -> Result<&'a GroupId, NoSuchGroup> {
    let managed = || snapshot.groups.iter().map(|group| &group.id);
    let mut meant: Vec<&GroupId> = managed().filter(|id| is_meant(id, name)).collect();
    meant.sort_unstable();
    match meant[..] {
        [] => Err(unmanaged(snapshot, name)),
        [only] => Ok(only),
        _ => Err(NoSuchGroup::Ambiguous { name: name.to_owned(), choices: meant.into_iter().map(with_region).collect() }),
    }
}

fn unmanaged(snapshot: &Snapshot, name: &str) -> NoSuchGroup {
    let seen = snapshot.rejected_groups.iter().filter(|group| is_meant(&group.id, name)).min_by_key(|group| &group.id);
    if let Some(group) = seen {
        return NoSuchGroup::NotManaged { group: group.id.clone(), rejection: group.rejection.clone() };
    }
    let mut managed: Vec<GroupId> = snapshot.groups.iter().map(|group| group.id.clone()).collect();
    managed.sort_unstable();
    NoSuchGroup::Unknown { name: name.to_owned(), managed }
}

fn is_meant(id: &GroupId, name: &str) -> bool {
    id.name == name || with_region(id) == name
}

fn with_region(id: &GroupId) -> String {
    format!("{}/{}", id.region, id.name)
}

/// Lists the managed groups by name, as many as fit in a message.
fn known(managed: &[GroupId]) -> String {
    const SHOWN: usize = 10;
    let names: Vec<String> = managed.iter().take(SHOWN).map(ToString::to_string).collect();
    match managed.len().saturating_sub(SHOWN) {
        _ if managed.is_empty() => "none is managed".to_owned(),
        0 => format!("managed: {}", names.join(", ")),
        more => format!("managed: {} and {}", names.join(", "), count(more as u64, "other")),
    }
}
