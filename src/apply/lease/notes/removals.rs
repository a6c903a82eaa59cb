//! The notes of requests to end instances: one for each group, until their outcome is seen.

use std::collections::BTreeSet;

use k8s_openapi::api::coordination::v1::Lease;

use super::write;
use crate::apply::lease::LeaseError;
use crate::kubernetes::reading::leases::{REMOVING_ANNOTATION, encode_removal_notes, removal_notes};
use crate::snapshot::RemovalNote;

/// The most bytes of the notes of removals: some 500 instances of which it is open at one time what
/// became of them.
const REMOVAL_ROOM: usize = 20 * 1024;

/// Adds the note of a request to end instances, in place of the group's earlier one. Those that
/// have outlived their time go.
///
/// It changes nothing and returns the group's earlier note where that request may be under way and
/// names other instances.
pub(in crate::apply::lease) fn add_removal(
    lease: &mut Lease,
    note: &RemovalNote,
    live: &BTreeSet<&str>,
) -> Result<Option<RemovalNote>, LeaseError> {
    let mut notes = removal_notes(lease)?;
    let is_another = |earlier: &RemovalNote| earlier.group == note.group && earlier.instances != note.instances;
    let under_way = |earlier: &RemovalNote| earlier.may_be_under_way(note.desired, live, note.at);
    if let Some(earlier) = notes.iter().find(|earlier| is_another(earlier) && under_way(earlier)) {
        return Ok(Some(earlier.clone()));
    }
    notes.retain(|earlier| earlier.group != note.group && earlier.is_current(note.at));
    notes.push(note.clone());
    notes.sort();
    let text = encode_removal_notes(&notes);
    if text.len() > REMOVAL_ROOM {
        return Err(LeaseError::Full { annotation: REMOVING_ANNOTATION, left_out: format!("the removal in {}", note.group) });
    }
    write(lease, REMOVING_ANNOTATION, text);
    Ok(None)
}

/// Removes the note of a request whose outcome is known.
pub(in crate::apply::lease) fn settle_removal(lease: &mut Lease, note: &RemovalNote) -> Result<(), LeaseError> {
    let mut notes = removal_notes(lease)?;
    notes.retain(|other| other != note);
    write(lease, REMOVING_ANNOTATION, encode_removal_notes(&notes));
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::snapshot::GroupId;

    fn group(name: &str) -> GroupId {
        GroupId { region: "us-west-2".into(), name: name.into() }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_341_600 + second).expect("a timestamp")
    }

    #[test]
    fn a_second_removal_in_a_group_waits_for_the_first() {
        let removal = |name: &str, instances: &[&str], second: i64| RemovalNote {
            group: group(name),
            desired: 4,
            instances: instances.iter().map(|&instance| instance.to_owned()).collect(),
            at: at(second),
        };
        let live = BTreeSet::from(["a", "b", "c", "d"]);
        let mut lease = Lease::default();
        let first = removal("gpu", &["a", "b"], 0);
        assert_eq!(add_removal(&mut lease, &first, &live).expect("room"), None);
        let second = removal("gpu", &["b", "c"], 60);
        assert_eq!(add_removal(&mut lease, &second, &live).expect("room"), Some(first.clone()), "it may be under way");
        assert_eq!(removal_notes(&lease).expect("notes"), std::slice::from_ref(&first));
        let again = removal("gpu", &["a", "b"], 90);
        assert_eq!(add_removal(&mut lease, &again, &live).expect("room"), None, "the very same may be sent again");
        assert_eq!(add_removal(&mut lease, &removal("web", &["x"], 95), &live).expect("room"), None, "another group");
        let lower = RemovalNote { desired: 2, ..removal("gpu", &["c"], 100) };
        assert_eq!(add_removal(&mut lease, &lower, &live).expect("room"), None, "the first shows by now");
        settle_removal(&mut lease, &lower).expect("notes");
        assert_eq!(removal_notes(&lease).expect("notes"), [removal("web", &["x"], 95)]);
        let much = vec!["0b1c2d3e-0000-0000-0000-000000000000"; 700];
        let error = add_removal(&mut lease, &removal("cpu", &much, 99), &live).expect_err("no room").to_string();
        assert!(error.contains("ec2-autoscale/removing") && error.contains("the removal in cpu (us-west-2)"), "{error}");
    }
}
