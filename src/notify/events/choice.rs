//! The choice of the Events that a run writes: those of nodes first, then those of pods, the
//! namespaces in turn. Within these come new Events first, then those with new words, then those
//! that would be forgotten.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::notice::{About, Notice};
use crate::duration::Seconds;
use crate::fair_order::in_turn;

/// A run makes at most this many writes: tens of thousands of pods must not keep it from its end.
/// The rest is left to later runs.
pub(super) const MOST_WRITES: usize = 500;

/// An Event with the same words is renewed at this age: well before the hour after which the API
/// server forgets it.
const RENEW_AFTER: Seconds = Seconds::minutes(30);

/// An existing Event of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KnownEvent {
    pub(super) message: String,
    pub(super) count: i32,
    /// When it was last written.
    pub(super) last: Timestamp,
}

/// The existing Events of ours, by namespace and name.
pub(super) type KnownEvents = BTreeMap<(String, String), KnownEvent>;

/// One write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Write {
    pub(super) notice: Notice,
    pub(super) name: String,
    /// The count of the Event, including this write; above 1 where the Event exists already.
    pub(super) count: i32,
}

impl Write {
    /// Returns the namespace of its Event.
    pub(super) fn namespace(&self) -> &str {
        self.notice.about.namespace()
    }
}

/// The writes of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ChosenEvents {
    pub(super) writes: Vec<Write>,
    /// How many would be written without a limit.
    pub(super) left: usize,
}

/// Why an Event is written, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    /// Later runs will not know it any more.
    Passing,
    New,
    Changed,
    Renewal,
}

/// Chooses the writes for these notices.
pub(super) fn choose(notices: Vec<Notice>, known: &KnownEvents, now: Timestamp) -> ChosenEvents {
    let mut wanted: Vec<(Need, Write)> = notices.into_iter().filter_map(|notice| wanted(notice, known, now)).collect();
    wanted.sort_by(|(need, write), (other_need, other)| {
        (need, write.notice.since, &write.name).cmp(&(other_need, other.notice.since, &other.name))
    });
    let is_of_node = |write: &Write| matches!(write.notice.about, About::Node { .. });
    let (nodes, pods): (Vec<Write>, Vec<Write>) = wanted.into_iter().map(|(_, write)| write).partition(is_of_node);
    // Thousands of pods of one namespace must not keep the Events of the others from being written.
    let pods = in_turn(pods, |write| write.namespace().to_owned());
    let mut writes: Vec<Write> = nodes.into_iter().chain(pods).collect();
    let left = writes.len().saturating_sub(MOST_WRITES);
    writes.truncate(MOST_WRITES);
    ChosenEvents { writes, left }
}

fn wanted(notice: Notice, known: &KnownEvents, now: Timestamp) -> Option<(Need, Write)> {
    let name = notice.name();
    let place = (notice.about.namespace().to_owned(), name);
    let (need, count) = match known.get(&place) {
        None if notice.reason.is_passing() => (Need::Passing, 1),
        None => (Need::New, 1),
        Some(known) => {
            let again = known.count.max(1).saturating_add(1);
            match (*known.message == *notice.message, Seconds::between(known.last, now) >= RENEW_AFTER) {
                (true, false) => return None,
                (true, true) => (Need::Renewal, again),
                (false, _) if notice.reason.is_passing() => (Need::Passing, again),
                (false, _) => (Need::Changed, again),
            }
        }
    };
    Some((need, Write { notice, name: place.1, count }))
}

#[cfg(test)]
mod tests {
    use super::super::notice::{About, Reason};
    use super::*;
    use crate::plan::NodeRef;
    use crate::snapshot::ObjectName;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_795_341_600 + minute * 60).expect("a timestamp")
    }

    fn notice(pod: &str, reason: Reason, message: &str, created: i64) -> Notice {
        let about = About::Pod { pod: ObjectName::new("ml", pod), uid: format!("uid-{pod}") };
        Notice { about, reason, message: message.into(), since: at(created) }
    }

    fn unhelped(pod: &str, message: &str, created: i64) -> Notice {
        notice(pod, Reason::NotTriggerScaleUp, message, created)
    }

    fn known(notice: &Notice, message: &str, last: i64) -> KnownEvents {
        let known = KnownEvent { message: message.to_owned(), count: 3, last: at(last) };
        [(("ml".to_owned(), notice.name()), known)].into()
    }

    fn counts(choice: &ChosenEvents) -> Vec<i32> {
        choice.writes.iter().map(|write| write.count).collect()
    }

    #[test]
    fn the_same_words_are_written_again_only_after_half_an_hour() {
        let notice = unhelped("a", "no room", 0);
        let chosen = |message, minute| choose(vec![notice.clone()], &known(&notice, message, 0), at(minute));
        assert_eq!(counts(&chosen("no room", 29)), [0; 0]);
        assert_eq!(counts(&chosen("no room", 30)), [4]);
        assert_eq!(counts(&chosen("other words", 1)), [4]);
        assert_eq!(counts(&choose(vec![notice.clone()], &KnownEvents::new(), at(0))), [1]);
    }

    #[test]
    fn a_run_writes_so_many_and_what_cannot_wait_comes_first() {
        let renewed = unhelped("renewed", "no room", 0);
        let changed = unhelped("changed", "no room", 0);
        let mut there = known(&renewed, "no room", -31);
        there.extend(known(&changed, "before", -1));
        let mut notices = vec![renewed, changed];
        notices.extend((0..600).map(|number| unhelped(&format!("new-{number:03}"), "no room", 1000 - number)));
        notices.push(notice("bought", Reason::TriggeredScaleUp, "3→5", 2000));
        let ChosenEvents { writes, left } = choose(notices, &there, at(0));
        assert_eq!((writes.len(), left), (500, 103));
        let names: Vec<&str> = writes.iter().filter_map(|write| write.name.split('.').next()).collect();
        assert_eq!(names[..3], ["bought", "new-599", "new-598"], "then the oldest");
        assert!(!names.contains(&"renewed") && !names.contains(&"changed"), "they have been told");
    }

    #[test]
    fn many_pods_of_one_namespace_keep_nobody_from_hearing() {
        let of = |namespace: &str, pod: &str| {
            let about = About::Pod { pod: ObjectName::new(namespace, pod), uid: format!("uid-{pod}") };
            Notice { about, reason: Reason::NotTriggerScaleUp, message: "no room".into(), since: at(0) }
        };
        let node = NodeRef { name: "n-1".into(), uid: "uid-n-1".into() };
        let mut notices: Vec<Notice> =
            (0..2000).map(|number| notice(&format!("{number:04}"), Reason::TriggeredScaleUp, "", -9)).collect();
        notices.push(of("quiet", "q"));
        notices.push(Notice { about: About::Node { node }, reason: Reason::ScaleDown, message: "idle".into(), since: at(5) });
        let ChosenEvents { writes, left } = choose(notices, &KnownEvents::new(), at(0));
        assert_eq!((writes.len(), left), (500, 1502));
        let names: Vec<&str> = writes.iter().filter_map(|write| write.name.split('.').next()).collect();
        assert_eq!(names[..4], ["n-1", "0000", "q", "0001"]);
    }
}
