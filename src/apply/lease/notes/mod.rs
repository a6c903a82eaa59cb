//! The notes on the Lease: one of growth for each group, one for each instance that became no node,
//! one for each group whose nodes helped nobody; in `removals` and `launches` those of requests
//! whose outcome may be open; and the room for all of them. Pure.
//!
//! The API server takes 256 KiB of annotations for an object, and a larger write fails as a whole:
//! no group could grow any more. So each annotation has a room of its own. Settled notes always go.
//! Notes of groups that this run does not know go first when room is short, the oldest first. What
//! still finds no room is not written, and its step fails.

mod launches;
mod removals;

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::coordination::v1::Lease;

pub(super) use launches::{add_launch, settle_launch};
pub(super) use removals::{add_removal, settle_removal};

use super::LeaseError;
use crate::duration::Seconds;
use crate::kubernetes::reading::leases::{
    ASKED_ANNOTATION, FRUITLESS_ANNOTATION, SEEN_ANNOTATION, encode_fruitless_notes, encode_growth_notes,
    encode_instance_notes, fruitless_notes, growth_notes, instance_notes,
};
use crate::plan::count;
use crate::snapshot::{FruitlessNote, GroupId, GrowthNote, InstanceNote};

/// The most bytes of the notes of growth: of 600 groups with long names. The rooms of all
/// annotations together leave some for others.
const GROWTH_ROOM: usize = 100 * 1024;
/// The most bytes of the notes of instances.
const INSTANCE_ROOM: usize = 80 * 1024;
/// The most bytes of the notes of nodes that helped nobody.
const FRUITLESS_ROOM: usize = 12 * 1024;
/// A note of nodes that helped nobody says nothing after twice the longest time that a group waits.
const FRUITLESS_KEEP: Seconds = Seconds(2 * 24 * 60 * 60);

/// Adds the newest request for a group, in place of the one before, which it returns. Notes older
/// than `keep` go.
pub(super) fn add_growth(
    lease: &mut Lease,
    note: &GrowthNote,
    keep: Seconds,
    known: &BTreeSet<GroupId>,
) -> Result<Option<GrowthNote>, LeaseError> {
    let mut notes = newest_of_each(growth_notes(lease)?);
    // After a lost answer this very note may be there already.
    let before = notes.iter().find(|other| other.group == note.group && *other != note).cloned();
    notes.retain(|other| other.group != note.group && keep.after(other.at) >= note.at);
    let room = GROWTH_ROOM.saturating_sub(encode_growth_notes(std::slice::from_ref(note)).len());
    let is_foreign = |other: &GrowthNote| !known.contains(&other.group);
    make_room(&mut notes, room, growth_size, |other| is_foreign(other).then_some(other.at));
    if size(&notes, growth_size) > room {
        return Err(LeaseError::Full { annotation: ASKED_ANNOTATION, left_out: format!("the note of {}", note.group) });
    }
    notes.push(note.clone());
    write_growth(lease, notes);
    tidy_instances(lease, known);
    Ok(before)
}

/// Removes a note whose request was not made, and restores the one before.
pub(super) fn withdraw_growth(lease: &mut Lease, note: &GrowthNote, before: Option<&GrowthNote>) -> Result<(), LeaseError> {
    let mut notes = growth_notes(lease)?;
    notes.retain(|other| other != note);
    notes.extend(before.cloned());
    write_growth(lease, newest_of_each(notes));
    Ok(())
}

/// Adds instances that were seen for the first time, and removes those that are settled. Returns
/// how many found no room.
pub(super) fn change_instances(
    lease: &mut Lease,
    seen: &[InstanceNote],
    settled: &[InstanceNote],
    known: &BTreeSet<GroupId>,
) -> Result<usize, LeaseError> {
    let mut notes = instance_notes(lease)?;
    notes.retain(|note| !settled.contains(note));
    for new in seen {
        // There is one note for an instance. The first one counts, unless the instance has changed
        // its group.
        notes.retain(|note| note.instance != new.instance || note.group == new.group);
        if !notes.iter().any(|note| note.instance == new.instance) {
            notes.push(new.clone());
        }
    }
    make_room(&mut notes, INSTANCE_ROOM, instance_size, |note| (!known.contains(&note.group)).then_some(note.first_seen));
    let wanted = notes.len();
    // The newest find no room: the older ones are closer to taking effect.
    make_room(&mut notes, INSTANCE_ROOM, instance_size, |note| Some(std::cmp::Reverse(note.first_seen)));
    let left_out = wanted - notes.len();
    write_instances(lease, notes);
    tidy_growth(lease);
    Ok(left_out)
}

/// Adds the notes of nodes that helped nobody, each in place of the one before. Old ones go, and
/// where room is short the oldest: a group is then tried again too early.
pub(super) fn add_fruitless(lease: &mut Lease, new: &[FruitlessNote], known: &BTreeSet<GroupId>) -> Result<(), LeaseError> {
    let mut notes = fruitless_notes(lease)?;
    let newest = new.iter().map(|note| note.gone_at).max();
    let is_current = |note: &FruitlessNote| newest.is_none_or(|newest| FRUITLESS_KEEP.after(note.gone_at) >= newest);
    notes.retain(|note| is_current(note) && !new.iter().any(|newer| newer.group == note.group));
    notes.extend(new.iter().cloned());
    make_room(&mut notes, FRUITLESS_ROOM, fruitless_size, |note| Some((known.contains(&note.group), note.gone_at)));
    notes.sort();
    write(lease, FRUITLESS_ANNOTATION, encode_fruitless_notes(&notes));
    Ok(())
}

/// Returns the error about notes that found no room.
pub(super) fn no_room_for_instances(left_out: usize) -> LeaseError {
    let left_out = count(u64::try_from(left_out).unwrap_or(u64::MAX), "instance");
    LeaseError::Full { annotation: SEEN_ANNOTATION, left_out }
}

fn newest_of_each(notes: Vec<GrowthNote>) -> Vec<GrowthNote> {
    let mut newest: BTreeMap<GroupId, GrowthNote> = BTreeMap::new();
    for note in notes {
        let is_newer = newest.get(&note.group).is_none_or(|known| known.at <= note.at);
        if is_newer {
            newest.insert(note.group.clone(), note);
        }
    }
    newest.into_values().collect()
}

/// Removes notes in the order of `may_go`, until the others fit.
fn make_room<T, O: Ord>(notes: &mut Vec<T>, room: usize, size_of: fn(&T) -> usize, may_go: impl Fn(&T) -> Option<O>) {
    let mut total = size(notes, size_of);
    let mut order: Vec<(O, usize)> =
        notes.iter().enumerate().filter_map(|(place, note)| Some((may_go(note)?, place))).collect();
    order.sort();
    let mut gone = BTreeSet::new();
    for (_, place) in order {
        if total <= room {
            break;
        }
        total -= size_of(&notes[place]);
        gone.insert(place);
    }
    let mut place = 0..;
    notes.retain(|_| place.next().is_none_or(|place| !gone.contains(&place)));
}

/// Returns the bytes of a list: its brackets, its notes and the commas between them.
fn size<T>(notes: &[T], size_of: fn(&T) -> usize) -> usize {
    1 + notes.iter().map(size_of).sum::<usize>()
}

/// Returns the bytes of one note and of a comma or bracket.
fn growth_size(note: &GrowthNote) -> usize {
    encode_growth_notes(std::slice::from_ref(note)).len() - 1
}

/// Returns the bytes of one note and of a comma or bracket.
fn instance_size(note: &InstanceNote) -> usize {
    encode_instance_notes(std::slice::from_ref(note)).len() - 1
}

/// Returns the bytes of one note and of a comma or bracket.
fn fruitless_size(note: &FruitlessNote) -> usize {
    encode_fruitless_notes(std::slice::from_ref(note)).len() - 1
}

/// Shrinks an annotation that an earlier version let grow, so that the other one can be written.
fn tidy_growth(lease: &mut Lease) {
    if let Ok(notes) = growth_notes(lease)
        && !notes.is_empty()
    {
        write_growth(lease, newest_of_each(notes));
    }
}

fn tidy_instances(lease: &mut Lease, known: &BTreeSet<GroupId>) {
    if let Ok(mut notes) = instance_notes(lease)
        && !notes.is_empty()
    {
        make_room(&mut notes, INSTANCE_ROOM, instance_size, |note| (!known.contains(&note.group)).then_some(note.first_seen));
        write_instances(lease, notes);
    }
}

fn write_growth(lease: &mut Lease, mut notes: Vec<GrowthNote>) {
    notes.sort_by(|a, b| a.group.cmp(&b.group));
    write(lease, ASKED_ANNOTATION, encode_growth_notes(&notes));
}

fn write_instances(lease: &mut Lease, mut notes: Vec<InstanceNote>) {
    notes.sort();
    write(lease, SEEN_ANNOTATION, encode_instance_notes(&notes));
}

fn write(lease: &mut Lease, annotation: &str, value: String) {
    lease.metadata.annotations.get_or_insert_default().insert(annotation.to_owned(), value);
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    const KEEP: Seconds = Seconds(3000);

    fn group(name: &str) -> GroupId {
        GroupId { region: "us-west-2".into(), name: name.into() }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_341_600 + second).expect("a timestamp")
    }

    fn asked(name: &str, desired: i64, second: i64) -> GrowthNote {
        GrowthNote { group: group(name), desired, at: at(second) }
    }

    fn seen(name: &str, instance: &str, second: i64) -> InstanceNote {
        InstanceNote { group: group(name), instance: instance.into(), first_seen: at(second) }
    }

    fn with_growth(notes: &[GrowthNote]) -> Lease {
        let mut lease = Lease::default();
        write(&mut lease, ASKED_ANNOTATION, encode_growth_notes(notes));
        lease
    }

    fn growth(lease: &Lease) -> Vec<GrowthNote> {
        growth_notes(lease).expect("what was written")
    }

    #[test]
    fn a_group_has_one_note_the_newest() {
        let mut lease = with_growth(&[asked("gpu", 3, 0), asked("gpu", 5, 20), asked("gpu", 4, 10), asked("web", 1, 0)]);
        let before = add_growth(&mut lease, &asked("gpu", 6, 30), KEEP, &BTreeSet::new()).expect("room");
        assert_eq!(before, Some(asked("gpu", 5, 20)));
        assert_eq!(growth(&lease), [asked("gpu", 6, 30), asked("web", 1, 0)]);
        withdraw_growth(&mut lease, &asked("gpu", 6, 30), before.as_ref()).expect("notes");
        assert_eq!(growth(&lease), [asked("gpu", 5, 20), asked("web", 1, 0)], "the one before is true again");
    }

    #[test]
    fn the_note_before_is_one_of_the_same_group() {
        let mut lease = with_growth(&[asked("gpu", 3, 0)]);
        assert_eq!(add_growth(&mut lease, &asked("web", 1, 10), KEEP, &BTreeSet::new()).expect("room"), None);
        assert_eq!(
            add_growth(&mut lease, &asked("web", 1, 10), KEEP, &BTreeSet::new()).expect("room"),
            None,
            "it is there already"
        );
    }

    #[test]
    fn a_group_whose_nodes_helped_nobody_has_one_note_for_two_days() {
        let note = |name: &str, times: u32, second: i64| FruitlessNote {
            group: group(name),
            launched_at: at(second - 60),
            gone_at: at(second),
            times,
            pods: vec!["0123456789abcdef".into()],
        };
        let mut lease = Lease::default();
        add_fruitless(&mut lease, &[note("gpu", 1, 0), note("web", 1, 0)], &BTreeSet::new()).expect("notes");
        add_fruitless(&mut lease, &[note("gpu", 2, 3600)], &BTreeSet::new()).expect("notes");
        assert_eq!(fruitless_notes(&lease).expect("notes"), [note("gpu", 2, 3600), note("web", 1, 0)]);
        add_fruitless(&mut lease, &[note("cpu", 1, 200_000)], &BTreeSet::new()).expect("notes");
        assert_eq!(fruitless_notes(&lease).expect("notes"), [note("cpu", 1, 200_000)]);
        let many: Vec<_> = (0..1000).map(|second| note(&format!("{second}-{}", "x".repeat(60)), 1, 200_000 + second)).collect();
        add_fruitless(&mut lease, &many, &[group("cpu")].into()).expect("notes");
        let left = fruitless_notes(&lease).expect("notes");
        assert!(encode_fruitless_notes(&left).len() <= FRUITLESS_ROOM);
        assert!(left.contains(&note("cpu", 1, 200_000)) && left.contains(&many[999]) && !left.contains(&many[0]));
    }

    #[test]
    fn settled_notes_go() {
        let mut lease = with_growth(&[asked("old", 1, 0), asked("young", 1, 1)]);
        add_growth(&mut lease, &asked("gpu", 6, 3001), KEEP, &BTreeSet::new()).expect("room");
        assert_eq!(growth(&lease), [asked("gpu", 6, 3001), asked("young", 1, 1)]);
    }

    /// Returns notes of so many groups with long names, each a second older than the one before.
    fn many(count: i64) -> Vec<GrowthNote> {
        (0..count)
            .map(|number| asked(&format!("eks-batch-gpu-large-20260101-{number:04}-{}", "x".repeat(60)), 1, -number))
            .collect()
    }

    #[test]
    fn the_oldest_notes_of_groups_that_nobody_knows_make_room() {
        let notes = many(1000);
        let known: BTreeSet<GroupId> = notes[999..].iter().map(|note| note.group.clone()).collect();
        let mut lease = with_growth(&notes);
        add_growth(&mut lease, &asked("gpu", 6, 1), KEEP, &known).expect("room");
        let left = growth(&lease);
        assert!(encode_growth_notes(&left).len() <= GROWTH_ROOM);
        assert!(left.len() > 500, "{} of them stay", left.len());
        assert!(left.contains(&asked("gpu", 6, 1)));
        assert!(left.contains(&notes[999]), "the oldest of all, of a group that is managed");
        assert!(left.contains(&notes[0]) && !left.contains(&notes[998]));
    }

    #[test]
    fn a_note_that_finds_no_room_is_refused_and_costs_no_other() {
        let notes = many(1000);
        let known: BTreeSet<GroupId> = notes.iter().map(|note| note.group.clone()).collect();
        let mut lease = with_growth(&notes);
        let error = add_growth(&mut lease, &asked("gpu", 6, 1), KEEP, &known).expect_err("no room");
        assert!(error.to_string().contains("is full: the note of gpu (us-west-2) found no room"), "{error}");
        assert_eq!(growth(&lease).len(), 1000);
    }

    #[test]
    fn an_instance_has_one_note_the_first() {
        let mut lease = Lease::default();
        let known = BTreeSet::new();
        change_instances(&mut lease, &[seen("gpu", "i-a", 0), seen("gpu", "i-b", 0)], &[], &known).expect("notes");
        change_instances(&mut lease, &[seen("gpu", "i-a", 9), seen("web", "i-b", 9)], &[], &known).expect("notes");
        let notes = instance_notes(&lease).expect("notes");
        assert_eq!(notes, [seen("gpu", "i-a", 0), seen("web", "i-b", 9)], "i-b has changed its group");
        change_instances(&mut lease, &[], &[seen("gpu", "i-a", 0)], &known).expect("notes");
        assert_eq!(instance_notes(&lease).expect("notes"), [seen("web", "i-b", 9)]);
    }

    #[test]
    fn of_too_many_instances_the_newest_find_no_room() {
        let name = "x".repeat(200);
        let crowd: Vec<_> = (0..1000).map(|number| seen(&name, &format!("i-{number:017x}"), number)).collect();
        let mut lease = Lease::default();
        let left_out = change_instances(&mut lease, &crowd, &[], &[group(&name)].into()).expect("notes");
        let notes = instance_notes(&lease).expect("notes");
        assert_eq!(notes.len() + left_out, 1000);
        assert!(left_out > 0 && notes.contains(&crowd[0]) && !notes.contains(&crowd[999]));
        assert!(encode_instance_notes(&notes).len() <= INSTANCE_ROOM);
    }

    #[test]
    fn an_annotation_that_grew_too_large_does_not_keep_the_other_from_being_written() {
        let grown: Vec<_> =
            (0..55).flat_map(|desired| many(40).into_iter().map(move |note| GrowthNote { desired, ..note })).collect();
        let mut lease = with_growth(&grown);
        change_instances(&mut lease, &[seen("gpu", "i-a", 0)], &[], &BTreeSet::new()).expect("notes");
        assert_eq!(growth(&lease).len(), 40);
        let crowd: Vec<_> = (0..1000).map(|number| seen(&"x".repeat(200), &format!("i-{number:017x}"), number)).collect();
        let mut lease = Lease::default();
        write(&mut lease, SEEN_ANNOTATION, encode_instance_notes(&[&crowd[..], &[seen("gpu", "i-a", -1)]].concat()));
        add_growth(&mut lease, &asked("gpu", 1, 0), KEEP, &[group("gpu")].into()).expect("room");
        let notes = instance_notes(&lease).expect("notes");
        assert!(encode_instance_notes(&notes).len() <= INSTANCE_ROOM);
        assert!(notes.contains(&seen("gpu", "i-a", -1)), "the oldest of all, of a group that is managed");
        assert!(notes.contains(&crowd[999]) && !notes.contains(&crowd[0]));
    }

    #[test]
    fn notes_that_cannot_be_read_are_never_written_over() {
        let mut lease = Lease::default();
        write(&mut lease, ASKED_ANNOTATION, "7 nodes".to_owned());
        let unread = lease.clone();
        assert!(add_growth(&mut lease, &asked("gpu", 1, 0), KEEP, &BTreeSet::new()).is_err());
        assert_eq!(lease, unread);
        change_instances(&mut lease, &[seen("gpu", "i-a", 0)], &[], &BTreeSet::new()).expect("the other annotation");
        assert!(growth_notes(&lease).is_err());
    }
}
