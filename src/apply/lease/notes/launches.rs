//! The notes of launches in named zones, before their request and with its outcome.

use k8s_openapi::api::coordination::v1::Lease;

use super::{make_room, size, write};
use crate::apply::lease::LeaseError;
use crate::duration::Seconds;
use crate::kubernetes::reading::leases::{LAUNCHED_ANNOTATION, encode_launch_notes, launch_notes};
use crate::snapshot::{LaunchNote, LaunchOutcome};

/// The most bytes of the notes of launches: of some 200 requests with an instance each.
const LAUNCH_ROOM: usize = 36 * 1024;

/// Adds the note of a launch that is about to be requested. Notes older than `keep` go, and where
/// room is short the oldest that have an outcome.
pub(in crate::apply::lease) fn add_launch(lease: &mut Lease, note: &LaunchNote, keep: Seconds) -> Result<(), LeaseError> {
    let mut notes = launch_notes(lease)?;
    // After a lost answer this very note may be there already.
    notes.retain(|other| other.token != note.token && keep.after(other.at) >= note.at);
    notes.push(note.clone());
    write_launches(lease, notes)
}

/// Writes what came of a launch into its note, and drops the note of one that was not requested.
pub(in crate::apply::lease) fn settle_launch(
    lease: &mut Lease,
    token: &str,
    outcome: Option<&LaunchOutcome>,
) -> Result<(), LeaseError> {
    let mut notes = launch_notes(lease)?;
    match outcome {
        Some(outcome) => {
            let of_it = notes.iter_mut().filter(|note| note.token == token);
            of_it.for_each(|note| note.outcome = Some(outcome.clone()));
        }
        None => notes.retain(|note| note.token != token),
    }
    write_launches(lease, notes)
}

fn write_launches(lease: &mut Lease, mut notes: Vec<LaunchNote>) -> Result<(), LeaseError> {
    make_room(&mut notes, LAUNCH_ROOM, launch_size, |note| note.outcome.is_some().then_some(note.at));
    if size(&notes, launch_size) > LAUNCH_ROOM {
        let left_out = "a launch beside those without an answer".to_owned();
        return Err(LeaseError::Full { annotation: LAUNCHED_ANNOTATION, left_out });
    }
    notes.sort();
    write(lease, LAUNCHED_ANNOTATION, encode_launch_notes(&notes));
    Ok(())
}

/// Returns the bytes of one note and of a comma or bracket.
fn launch_size(note: &LaunchNote) -> usize {
    encode_launch_notes(std::slice::from_ref(note)).len() - 1
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::snapshot::{GroupId, NotedInstance};

    const KEEP: Seconds = Seconds(3000);

    fn group(name: &str) -> GroupId {
        GroupId { region: "us-west-2".into(), name: name.into() }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_341_600 + second).expect("a timestamp")
    }

    #[test]
    fn a_launch_is_noted_before_and_after() {
        let launch = |token: &str, second: i64| LaunchNote {
            group: group("gpu"),
            zone: "us-west-2a".into(),
            token: token.into(),
            nodes: 2,
            at: at(second),
            outcome: None,
        };
        let came = NotedInstance { id: "i-1".into(), machine_type: "m5.large".into(), spot: false };
        let outcome = LaunchOutcome { came: vec![came], failed: Vec::new() };
        let mut lease = Lease::default();
        for (token, second) in [("a", 0), ("b", 10), ("b", 10)] {
            add_launch(&mut lease, &launch(token, second), KEEP).expect("room");
        }
        settle_launch(&mut lease, "a", Some(&outcome)).expect("room");
        let answered = LaunchNote { outcome: Some(outcome.clone()), ..launch("a", 0) };
        assert_eq!(launch_notes(&lease).expect("notes"), [answered, launch("b", 10)]);
        settle_launch(&mut lease, "b", None).expect("room");
        add_launch(&mut lease, &launch("c", 3001), KEEP).expect("room");
        assert_eq!(launch_notes(&lease).expect("notes"), [launch("c", 3001)], "the first is too old");

        let many = LaunchOutcome { came: vec![outcome.came[0].clone(); 100], failed: Vec::new() };
        for number in 0..20 {
            let token = format!("t{number}");
            add_launch(&mut lease, &launch(&token, 3010 + number), KEEP).expect("those with an outcome make room");
            settle_launch(&mut lease, &token, Some(&many)).expect("room");
        }
        let left = launch_notes(&lease).expect("notes");
        let is_there = |token: &str| left.iter().any(|note| note.token == token);
        assert!(encode_launch_notes(&left).len() <= LAUNCH_ROOM);
        assert!(is_there("c") && is_there("t19") && !is_there("t0"), "without an answer, and the newest");
    }
}
