//! What earlier runs were told of launches in named zones, joined to what the cloud shows now.
//!
//! The answer to a launch outweighs a listing that is seconds older: instances that the group does
//! not list yet are on their way. What kept others away may show in no scaling activity, and the
//! group backs off from it all the same. Of a launch without an answer the cloud is asked by its
//! token; as long as nothing shows, the group must not grow, as the same nodes could come twice.

use std::collections::BTreeSet;

use futures::future::join_all;
use jiff::Timestamp;

use crate::cloud::Cloud;
use crate::duration::Seconds;
use crate::snapshot::{
    Activity, ActivityKind, ActivityStatus, Cannot, Group, Hindrance, Instance, LaunchNote, LaunchOutcome, Lifecycle,
    NotedFailure, NotedInstance, Snapshot, Weight,
};

/// After this time every listing shows what a launch brought. AWS states no bound; its listings lag
/// by seconds.
const SHOWN_WITHIN: Seconds = Seconds::minutes(10);
/// A failure that an activity shows began within this time of the note.
const SAME_FAILURE: Seconds = Seconds::minutes(2);

/// Asks the cloud about launches without an answer, and joins all notes to their groups.
pub(super) async fn settle(cloud: &Cloud, snapshot: &mut Snapshot) {
    let now = snapshot.taken_at;
    let open: Vec<LaunchNote> = snapshot.launch_notes.iter().filter(|note| note.outcome.is_none()).cloned().collect();
    let asked = open.iter().map(|note| cloud.launched_by_token(&note.group.region, &note.token));
    let answers = join_all(asked).await;
    for (note, answer) in open.iter().zip(answers) {
        let found = answer.inspect_err(|error| tracing::warn!("what {} launched: {error}", note.token)).unwrap_or_default();
        let outcome = (!found.is_empty()).then(|| came(found));
        let of_it = snapshot.launch_notes.iter_mut().filter(|other| other.token == note.token);
        of_it.for_each(|other| other.outcome.clone_from(&outcome));
    }
    join(&mut snapshot.groups, &snapshot.launch_notes, now);
}

fn came(ids: Vec<String>) -> LaunchOutcome {
    let instance = |id| NotedInstance { id, machine_type: String::new(), spot: false };
    LaunchOutcome { came: ids.into_iter().map(instance).collect(), failed: Vec::new() }
}

/// Joins the notes of launches to their groups.
fn join(groups: &mut [Group], notes: &[LaunchNote], now: Timestamp) {
    for note in notes {
        let Some(group) = groups.iter_mut().find(|group| group.id == note.group) else { continue };
        let is_young = SHOWN_WITHIN.after(note.at) > now;
        match &note.outcome {
            Some(outcome) => {
                if is_young {
                    add_instances(group, note, &outcome.came);
                }
                outcome.failed.iter().enumerate().for_each(|(place, failure)| add_failure(group, note, place, failure));
            }
            None if is_young => hold(group, note),
            None => {}
        }
    }
}

/// Adds instances that the group does not list yet. Its desired capacity has risen with them.
fn add_instances(group: &mut Group, note: &LaunchNote, came: &[NotedInstance]) {
    let known: BTreeSet<String> = group.instances.iter().map(|instance| instance.id.clone()).collect();
    let usual = group.launch_options.first().map(|option| option.machine_type.clone()).unwrap_or_default();
    for noted in came.iter().filter(|noted| !known.contains(&noted.id)) {
        let machine_type = if noted.machine_type.is_empty() { usual.clone() } else { noted.machine_type.clone() };
        group.instances.push(Instance {
            id: noted.id.clone(),
            zone: note.zone.clone(),
            machine_type,
            lifecycle: Lifecycle::Pending,
            protected: group.launches_protected,
            launched_at: Some(note.at),
            weight: Weight::ONE,
            image: None,
            launch_version: None,
            addresses: Vec::new(),
            spot: noted.spot,
            reservation: None,
        });
    }
    if group.instances.len() > known.len() {
        group.instances.sort_by(|a, b| a.id.cmp(&b.id));
        group.desired = group.desired.max(group.live_weight());
    }
}

/// Adds a failure that no scaling activity shows.
fn add_failure(group: &mut Group, note: &LaunchNote, place: usize, failure: &NotedFailure) {
    let is_it = |activity: &Activity| {
        let apart = Seconds::between(activity.started_at.min(note.at), activity.started_at.max(note.at));
        activity.kind == ActivityKind::Launch && activity.has_failed() && apart <= SAME_FAILURE && activity.zone == failure.zone
    };
    if group.activities.iter().any(is_it) {
        return;
    }
    let activity = Activity {
        id: format!("{}-{place}", note.token),
        kind: ActivityKind::Launch,
        status: ActivityStatus::Failed,
        started_at: note.at,
        message: failure.words.clone(),
        requested_at: Some(note.at),
        capacity_problem: failure.capacity_problem,
        zone: failure.zone.clone(),
        machine_type: failure.machine_type.clone(),
        replacement: false,
        machine_died: false,
        by_instance_refresh: false,
        placement_full: failure.placement_full,
    };
    let newer = group.activities.partition_point(|other| other.started_at > activity.started_at);
    group.activities.insert(newer, activity);
}

/// Keeps a group from growing whose last launch has no outcome.
fn hold(group: &mut Group, note: &LaunchNote) {
    let at = note.at.strftime("%H:%M UTC");
    let hindrance = Hindrance::Busy { state: format!("a launch of {at} in {}, of which nothing shows yet", note.zone) };
    let Cannot { launch, remove, replace } = &mut group.cannot;
    launch.get_or_insert(hindrance.clone());
    replace.get_or_insert_with(|| remove.clone().unwrap_or(hindrance));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::GroupId;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_795_341_600 + 60 * minute).expect("a timestamp")
    }

    /// Returns a group of the example cluster that is as large as it should be.
    fn group() -> Group {
        let mut group = crate::demo::snapshot().groups.into_iter().next().expect("the example has groups");
        (group.instances, group.activities, group.desired, group.cannot) = (Vec::new(), Vec::new(), 0, Cannot::default());
        group.id = GroupId { region: "us-west-2".into(), name: "gpu".into() };
        group
    }

    fn note(outcome: Option<LaunchOutcome>) -> LaunchNote {
        LaunchNote { group: group().id, zone: "us-west-2a".into(), token: "t".into(), nodes: 2, at: at(0), outcome }
    }

    fn joined(notes: &[LaunchNote], minute: i64, change: impl Fn(&mut Group)) -> Group {
        let mut groups = [group()];
        change(&mut groups[0]);
        join(&mut groups, notes, at(minute));
        let [group] = groups;
        group
    }

    #[test]
    fn what_was_launched_is_on_its_way_until_every_listing_shows_it() {
        let two = note(Some(came(vec!["i-1".into(), "i-2".into()])));
        let fresh = joined(std::slice::from_ref(&two), 1, |_| ());
        assert_eq!((fresh.instances.len(), fresh.desired), (2, 2));
        assert!(fresh.instances.iter().all(|it| it.lifecycle == Lifecycle::Pending && it.zone == "us-west-2a"));
        let listed = joined(std::slice::from_ref(&two), 1, |group| {
            group.instances = fresh.instances[..1].to_vec();
            group.instances[0].lifecycle = Lifecycle::InService;
            group.desired = 2;
        });
        assert_eq!((listed.instances.len(), listed.desired), (2, 2));
        assert_eq!(listed.instances[0].lifecycle, Lifecycle::InService, "the listing is newer");
        let later = joined(&[two], 10, |_| ());
        assert_eq!((later.instances.len(), later.desired), (0, 0), "they have ended since");
    }

    #[test]
    fn what_failed_is_an_activity_unless_the_cloud_has_one_of_it() {
        let zone = Some("us-west-2a".to_owned());
        let failure = NotedFailure {
            zone: zone.clone(),
            machine_type: None,
            capacity_problem: true,
            placement_full: false,
            words: "InsufficientInstanceCapacity: no".into(),
        };
        let failed = note(Some(LaunchOutcome { came: Vec::new(), failed: vec![failure] }));
        let alone = joined(std::slice::from_ref(&failed), 30, |_| ());
        assert_eq!(alone.activities.len(), 1);
        assert!(
            alone.activities[0].has_failed() && alone.activities[0].zone == zone && alone.activities[0].started_at == at(0)
        );
        let shown = |started_at, zone: Option<String>| {
            joined(std::slice::from_ref(&failed), 30, |group| {
                group.activities = vec![Activity { started_at, zone: zone.clone(), ..alone.activities[0].clone() }];
            })
            .activities
            .len()
        };
        assert_eq!(shown(at(1), zone.clone()), 1, "the same");
        assert_eq!(shown(at(5), zone), 2, "another one, later");
        assert_eq!(shown(at(1), Some("us-west-2b".into())), 2);
    }

    #[test]
    fn a_launch_without_an_answer_keeps_its_group_from_growing_for_a_while() {
        let busy = joined(&[note(None)], 1, |_| ());
        assert!(
            matches!(&busy.cannot.launch, Some(Hindrance::Busy { state }) if state.contains("us-west-2a")),
            "{:?}",
            busy.cannot
        );
        assert_eq!(joined(&[note(None)], 10, |_| ()).cannot, Cannot::default());
    }
}
