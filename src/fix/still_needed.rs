//! Whether a step is still right, by the group as it is right before the call.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use crate::cloud::{SetUpChange, SetUpNow, TagChange};
use crate::snapshot::{Hindrance, Lifecycle};

/// Why a step is not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum NotNeeded {
    /// The group does not exist any more.
    GroupGone,
    /// The group is being deleted.
    BeingDeleted,
    /// A service of the cloud alone may change the group.
    OperatedBy {
        /// The cloud's name for the service.
        service: String,
    },
    /// The group is so already.
    AlreadySo,
    /// A service of the cloud relies on the evening out of zones.
    NeedsEveningOut,
    /// None of the instances is in service without protection any more.
    NoInstanceLeft,
    /// A tag has another value than before.
    TagChanged {
        /// Its key.
        key: String,
        /// Its value now; absent where the tag is gone.
        #[serde(skip_serializing_if = "Option::is_none")]
        found: Option<String>,
    },
    /// An instance of the group is a node of the control plane.
    ControlPlane {
        /// The instance.
        instance: String,
    },
}

impl fmt::Display for NotNeeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GroupGone => f.write_str("the group is gone"),
            Self::BeingDeleted => f.write_str("the group is being deleted"),
            Self::OperatedBy { service } => write!(f, "{service} operates the group, and nobody else may change it"),
            Self::AlreadySo => f.write_str("the group is so already"),
            Self::NeedsEveningOut => {
                f.write_str("the group became one whose nodes are replaced by the cloud, which relies on it")
            }
            Self::NoInstanceLeft => f.write_str("none of these instances is in service without protection now"),
            Self::TagChanged { key, found: Some(found) } => write!(f, "somebody set the tag {key} to {found}"),
            Self::TagChanged { key, found: None } => write!(f, "somebody removed the tag {key}"),
            Self::ControlPlane { instance } => write!(f, "its instance {instance} is a node of the control plane"),
        }
    }
}

/// Returns the part of a change that the group still needs, and never more than was reviewed.
///
/// # Errors
/// When it needs nothing of it, or is not as it was.
pub(super) fn still_needed(
    change: &SetUpChange,
    now: &SetUpNow,
    control_plane: &BTreeSet<String>,
) -> Result<SetUpChange, NotNeeded> {
    if now.group.cannot.is_being_deleted() {
        return Err(NotNeeded::BeingDeleted);
    }
    if let Some(Hindrance::OperatedBy { service }) = &now.group.cannot.launch {
        return Err(NotNeeded::OperatedBy { service: service.clone() });
    }
    match change {
        SetUpChange::StopEveningOut if now.needs_evening_out => Err(NotNeeded::NeedsEveningOut),
        SetUpChange::StopEveningOut if now.evens_out => Ok(SetUpChange::StopEveningOut),
        SetUpChange::ProtectNewInstances if !now.group.launches_protected => Ok(SetUpChange::ProtectNewInstances),
        SetUpChange::StopEveningOut | SetUpChange::ProtectNewInstances => Err(NotNeeded::AlreadySo),
        SetUpChange::ProtectInstances { instances } => open_ones(instances, now),
        SetUpChange::SetTags { tags } => tags_left(tags, now, control_plane),
    }
}

/// Returns those of the instances that can be protected and are not. One that is gone would make
/// the cloud refuse the whole call.
fn open_ones(instances: &[String], now: &SetUpNow) -> Result<SetUpChange, NotNeeded> {
    let is_open = |id: &&String| {
        let found = now.group.instance(id);
        found.is_some_and(|it| it.lifecycle == Lifecycle::InService && !it.protected)
    };
    let instances: Vec<String> = instances.iter().filter(is_open).cloned().collect();
    match instances.is_empty() {
        true => Err(NotNeeded::NoInstanceLeft),
        false => Ok(SetUpChange::ProtectInstances { instances }),
    }
}

fn tags_left(tags: &[TagChange], now: &SetUpNow, control_plane: &BTreeSet<String>) -> Result<SetUpChange, NotNeeded> {
    if let Some(master) = now.group.instances.iter().find(|instance| control_plane.contains(&instance.id)) {
        return Err(NotNeeded::ControlPlane { instance: master.id.clone() });
    }
    let mut left = Vec::new();
    for tag in tags {
        match now.tags.get(&tag.key) {
            Some(found) if *found == tag.value => {}
            found if found == tag.before.as_ref() => left.push(tag.clone()),
            found => return Err(NotNeeded::TagChanged { key: tag.key.clone(), found: found.cloned() }),
        }
    }
    match left.is_empty() {
        true => Err(NotNeeded::AlreadySo),
        false => Ok(SetUpChange::SetTags { tags: left }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::{GroupNow, InstanceNow};
    use crate::snapshot::Cannot;

    fn check(change: &SetUpChange, now: &SetUpNow) -> Result<SetUpChange, NotNeeded> {
        still_needed(change, now, &BTreeSet::from(["i-master".to_owned()]))
    }

    fn instance(id: &str, lifecycle: Lifecycle, protected: bool) -> InstanceNow {
        InstanceNow { id: id.into(), lifecycle, weight: 1, protected }
    }

    fn with(instances: Vec<InstanceNow>) -> SetUpNow {
        SetUpNow { group: GroupNow { instances, ..GroupNow::default() }, evens_out: true, ..SetUpNow::default() }
    }

    #[test]
    fn what_is_so_already_is_not_done_again() {
        let now = with(Vec::new());
        let done = SetUpNow {
            group: GroupNow { launches_protected: true, ..GroupNow::default() },
            evens_out: false,
            ..SetUpNow::default()
        };
        for change in [SetUpChange::StopEveningOut, SetUpChange::ProtectNewInstances] {
            assert_eq!(check(&change, &now), Ok(change.clone()));
            assert_eq!(check(&change, &done), Err(NotNeeded::AlreadySo));
        }
        let managed = SetUpNow { needs_evening_out: true, ..now };
        assert_eq!(check(&SetUpChange::StopEveningOut, &managed), Err(NotNeeded::NeedsEveningOut));
    }

    #[test]
    fn of_the_reviewed_instances_those_are_protected_that_are_still_open() {
        let change = SetUpChange::ProtectInstances { instances: ["i-a", "i-b", "i-c", "i-d"].map(str::to_owned).to_vec() };
        let now = with(vec![
            instance("i-a", Lifecycle::InService, false),
            instance("i-b", Lifecycle::InService, true),
            instance("i-c", Lifecycle::Terminating, false),
            instance("i-new", Lifecycle::InService, false),
        ]);
        assert_eq!(check(&change, &now), Ok(SetUpChange::ProtectInstances { instances: vec!["i-a".into()] }));
        assert_eq!(check(&change, &with(Vec::new())), Err(NotNeeded::NoInstanceLeft));
    }

    #[test]
    fn a_tag_that_somebody_changed_meanwhile_is_theirs() {
        let tag = |key: &str, before: Option<&str>| TagChange {
            key: key.into(),
            value: "worker".into(),
            before: before.map(str::to_owned),
        };
        let change = SetUpChange::SetTags { tags: vec![tag("role", None), tag("pool", Some("a"))] };
        let with = |tags: &[(&str, &str)]| SetUpNow {
            tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            ..SetUpNow::default()
        };
        assert_eq!(check(&change, &with(&[("pool", "a")])), Ok(change.clone()));
        let role_alone = SetUpChange::SetTags { tags: vec![tag("role", None)] };
        assert_eq!(check(&change, &with(&[("pool", "worker")])), Ok(role_alone));
        assert_eq!(check(&change, &with(&[("pool", "worker"), ("role", "worker")])), Err(NotNeeded::AlreadySo));
        let changed = |key: &str, found: Option<&str>| {
            Err(NotNeeded::TagChanged { key: key.to_owned(), found: found.map(str::to_owned) })
        };
        assert_eq!(check(&change, &with(&[("pool", "a"), ("role", "web")])), changed("role", Some("web")));
        assert_eq!(check(&change, &with(&[])), changed("pool", None));
    }

    #[test]
    fn a_group_that_has_a_master_by_now_gets_no_tag() {
        let change = SetUpChange::SetTags { tags: Vec::new() };
        let now = with(vec![instance("i-master", Lifecycle::InService, true)]);
        assert_eq!(check(&change, &now), Err(NotNeeded::ControlPlane { instance: "i-master".into() }));
    }

    #[test]
    fn a_group_that_is_not_ours_to_change_is_left() {
        let cannot = |hindrance| SetUpNow {
            group: GroupNow { cannot: Cannot::launch_or_remove(Some(hindrance), None), ..GroupNow::default() },
            ..with(Vec::new())
        };
        let change = SetUpChange::ProtectNewInstances;
        assert_eq!(check(&change, &cannot(Hindrance::BeingDeleted)), Err(NotNeeded::BeingDeleted));
        let service = "batch.amazonaws.com".to_owned();
        let operated = cannot(Hindrance::OperatedBy { service: service.clone() });
        assert_eq!(check(&change, &operated), Err(NotNeeded::OperatedBy { service }));
        assert_eq!(check(&change, &cannot(Hindrance::suspended("Launch"))), Ok(change.clone()));
    }
}
