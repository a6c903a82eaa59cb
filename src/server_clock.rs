//! The clock of a server, by the `Date` of its answers.
//!
//! Deadlines and conditions of pods and nodes were written by the API server's clock, launches by
//! the cloud's. Every answer states the time there, to the second, at some moment between the
//! request and the answer. Those moments are taken by the steady clock of the process, so that
//! setting the machine's clock meanwhile changes nothing.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::HeaderValue;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp, Unit};

use crate::snapshot::Clocks;

/// A `Date` has no fraction: it may be this much too early.
const GRAIN: SignedDuration = SignedDuration::from_secs(1);

/// Two clocks that may be this close count as one. Several servers answer under one name, each by a
/// clock of its own.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(2);

/// The clock of a server, known better with every answer.
#[derive(Debug)]
pub struct ServerClock {
    /// The moment that the reading is about.
    started: Instant,
    reading: Mutex<Option<TimeSpan>>,
}

/// The least and the greatest possible value of a time since the epoch or of a distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TimeSpan {
    least: SignedDuration,
    most: SignedDuration,
}

impl Default for ServerClock {
    /// Returns a clock of which nothing is known yet.
    fn default() -> Self {
        Self { started: Instant::now(), reading: Mutex::new(None) }
    }
}

impl ServerClock {
    /// Forgets the answers. The steady clock stands still while the machine sleeps, so that each
    /// look starts anew.
    pub(crate) fn forget(&self) {
        *self.reading.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Notes the `Date` of an answer that was awaited from `sent` until now. One that is no date is
    /// skipped.
    pub(crate) fn note_date(&self, sent: Instant, date: Option<&HeaderValue>) {
        let answered = Instant::now();
        if let Some(date) = date.and_then(|value| value.to_str().ok()).and_then(parsed) {
            self.note(sent, answered, date);
        }
    }

    fn note(&self, sent: Instant, answered: Instant, date: Timestamp) {
        let date = date.as_duration();
        let least = date.saturating_sub(between(self.started, answered));
        let most = date.saturating_add(GRAIN).saturating_sub(between(self.started, sent));
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let answered = TimeSpan { least, most };
        *reading = Some(reading.map_or(answered, |known| known.with(answered)));
    }

    /// Returns the time there at a moment; `None` before the first answer.
    fn at(&self, moment: Instant) -> Option<TimeSpan> {
        let since = between(self.started, moment);
        let reading = *self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let TimeSpan { least, most } = reading?;
        Some(TimeSpan { least: least.saturating_add(since), most: most.saturating_add(since) })
    }
}

impl TimeSpan {
    fn exactly(moment: Timestamp) -> Self {
        Self { least: moment.as_duration(), most: moment.as_duration() }
    }

    /// Returns what both leave possible. Where that is nothing, two clocks answered, and the one
    /// that answered faster is better known.
    fn with(self, other: Self) -> Self {
        let both = Self { least: self.least.max(other.least), most: self.most.min(other.most) };
        match both.least <= both.most {
            true => both,
            false if other.width() < self.width() => other,
            false => self,
        }
    }

    fn width(self) -> SignedDuration {
        self.most.saturating_sub(self.least)
    }

    /// Returns how far this is ahead of another one, in seconds: the middle of what is possible,
    /// and 0 where that may be next to nothing.
    fn ahead_of(self, other: Self) -> i64 {
        let least = self.least.saturating_sub(other.most);
        let most = self.most.saturating_sub(other.least);
        if least <= TOLERANCE && most >= -TOLERANCE {
            return 0;
        }
        let middle = least.saturating_add(most.saturating_sub(least) / 2);
        middle.round(Unit::Second).unwrap_or(middle).as_secs()
    }
}

/// Returns how far the clocks disagree at a moment: this machine's, which shows `local`, the API
/// server's and those of the cloud's regions.
pub(crate) fn compare<'a>(
    local: Timestamp,
    moment: Instant,
    server: &ServerClock,
    regions: impl Iterator<Item = &'a ServerClock>,
) -> Clocks {
    let Some(server) = server.at(moment) else { return Clocks::default() };
    let regions = regions.filter_map(|region| region.at(moment)).map(|region| region.ahead_of(server));
    Clocks {
        machine: Some(TimeSpan::exactly(local).ahead_of(server)),
        cloud: regions.max_by_key(|seconds| seconds.unsigned_abs()),
    }
}

/// Parses `Sun, 22 Nov 2026 12:00:00 GMT`.
fn parsed(date: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(date).ok()
}

/// Returns how much later the second moment is; negative when it is earlier.
fn between(from: Instant, to: Instant) -> SignedDuration {
    let signed = |length: Duration| SignedDuration::try_from(length).unwrap_or(SignedDuration::MAX);
    match to.checked_duration_since(from) {
        Some(length) => signed(length),
        None => -signed(from.duration_since(to)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-11-22T{text}Z").parse().expect("a time")
    }

    /// Returns a server that answered these dates: each with the milliseconds at which it was sent
    /// and answered, counted from the beginning of the clock.
    fn server(answers: &[(u64, u64, &str)]) -> ServerClock {
        let clock = ServerClock::default();
        let moment = |millis| clock.started + Duration::from_millis(millis);
        for (sent, answered, date) in answers {
            clock.note(moment(*sent), moment(*answered), at(date));
        }
        clock
    }

    /// Returns what a machine whose clock shows 12:00:00 at the beginning finds out.
    fn found(api: &ServerClock, regions: &[ServerClock]) -> (Option<i64>, Option<i64>) {
        let Clocks { machine, cloud } = compare(at("12:00:00"), api.started, api, regions.iter());
        (machine, cloud)
    }

    #[test]
    fn how_far_this_machine_is_ahead() {
        for (name, answers, ahead) in [
            ("nothing was heard", &[][..], None),
            ("the same second", &[(0, 100, "12:00:00")], Some(0)),
            ("within what a date can be off", &[(0, 100, "11:59:58")], Some(0)),
            ("five minutes ahead", &[(0, 100, "11:55:00")], Some(300)),
            ("five minutes behind", &[(0, 100, "12:05:00")], Some(-300)),
            ("a slow answer alone tells little", &[(0, 40_000, "12:00:20")], Some(0)),
            ("and a fast one beside it more", &[(0, 40_000, "11:59:50"), (40_000, 40_100, "12:00:10")], Some(30)),
            ("the time between is not the clock's", &[(60_000, 60_100, "12:01:00")], Some(0)),
            ("answers that cannot both be right", &[(0, 5_000, "11:59:00"), (0, 100, "11:55:00")], Some(300)),
        ] {
            assert_eq!(found(&server(answers), &[]).0, ahead, "{name}");
        }
    }

    /// Each answer excludes some moments that the `Date` before it left possible.
    #[test]
    fn several_answers_are_known_better_than_one() {
        let clock = server(&[(0, 900, "12:00:10"), (1_000, 1_100, "12:00:11"), (2_700, 2_800, "12:00:13")]);
        let TimeSpan { least, most } = clock.at(clock.started).expect("a reading");
        let since = |seconds: &str| at(seconds).as_duration();
        assert_eq!(
            (least - since("12:00:10"), most - since("12:00:10")),
            (SignedDuration::from_millis(200), SignedDuration::from_millis(1_000))
        );
    }

    #[test]
    fn the_region_that_is_furthest_off_counts_against_the_api_server() {
        let api = server(&[(0, 10, "11:55:00")]);
        let regions =
            [server(&[(0, 10, "11:55:00")]), server(&[(0, 10, "11:54:00")]), server(&[(0, 10, "11:55:40")]), server(&[])];
        let (machine, cloud) = found(&api, &regions);
        assert_eq!(machine, Some(300));
        assert!(cloud.is_some_and(|cloud| (-61..=-59).contains(&cloud)), "{cloud:?}");
        assert_eq!(found(&server(&[]), &regions), (None, None), "nothing to compare with");
    }

    #[test]
    fn only_dates_are_heard() {
        let clock = ServerClock::default();
        for text in ["", "now", "Sun, 22 Nov 2026", "1795000000"] {
            clock.note_date(clock.started, Some(&HeaderValue::from_static(text)));
        }
        clock.note_date(clock.started, None);
        assert_eq!(clock.at(clock.started), None);
        clock.note_date(clock.started, Some(&HeaderValue::from_static("Sun, 22 Nov 2026 12:00:00 GMT")));
        assert!(clock.at(clock.started).is_some());
        clock.forget();
        assert_eq!(clock.at(clock.started), None);
    }
}
