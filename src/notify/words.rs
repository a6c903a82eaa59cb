//! Why no group helps a pod, in words that do not change with the clock.
//!
//! The sentences of a plan hold distances ("in 42m"). An Event is read later, and one whose words
//! differ in every run would be written by every run.

use super::news::at;
use crate::plain_text::{cut, escaped, redacted};
use crate::plan::{ClosedPart, GroupRefusal, GrowthBlock, PodVerdict, Refusal};
use crate::snapshot::GroupId;

/// At most this many groups are named for one reason; the rest is counted.
const NAMED: usize = 5;

/// The most bytes of one name.
pub(super) const LONGEST_NAME: usize = 120;

/// The most bytes of one reason: AWS can be verbose.
const LONGEST_REASON: usize = 300;

/// Returns why a pod is not helped, in at most so many bytes. Groups with the same reason stand
/// together; what has no room is counted.
#[must_use]
pub fn why_not_helped(verdict: &PodVerdict, most: usize) -> String {
    match verdict {
        PodVerdict::CannotHelp { refusals } if !refusals.is_empty() => fitted(&clauses(refusals), most),
        other => for_others(&other.to_string(), most),
    }
}

/// A reason and its groups.
struct Clause<'a> {
    words: String,
    groups: Vec<&'a GroupId>,
}

impl Clause<'_> {
    fn text(&self) -> String {
        let names: Vec<String> =
            self.groups.iter().take(NAMED).map(|group| for_others(&group.to_string(), LONGEST_NAME)).collect();
        let more = match self.groups.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("{}{more}: {}", names.join(", "), self.words)
    }
}

fn clauses(refusals: &[GroupRefusal]) -> Vec<Clause<'_>> {
    let mut clauses: Vec<Clause<'_>> = Vec::new();
    for GroupRefusal { group, refusal } in refusals {
        let words = for_others(&steady(refusal), LONGEST_REASON);
        match clauses.iter_mut().find(|clause| clause.words == words) {
            Some(clause) => clause.groups.push(group),
            None => clauses.push(Clause { words, groups: vec![group] }),
        }
    }
    clauses
}

/// Returns as many clauses as fit, and how many groups the others cover.
fn fitted(clauses: &[Clause<'_>], most: usize) -> String {
    let mut text = String::new();
    let left: usize = clauses.iter().map(|clause| clause.groups.len()).sum();
    // There must be room for the longest ending, so that adding one never removes a clause again.
    let ending = more_groups(left).len();
    let mut left = left;
    for clause in clauses {
        let separator = if text.is_empty() { "" } else { "; " };
        let words = clause.text();
        let is_last = left == clause.groups.len();
        let reserved = if is_last { 0 } else { ending };
        if text.len() + separator.len() + words.len() + reserved > most {
            break;
        }
        text.push_str(separator);
        text.push_str(&words);
        left -= clause.groups.len();
    }
    match (text.is_empty(), left) {
        (true, _) => cut(&clauses.first().map(Clause::text).unwrap_or_default(), most).into_owned(),
        (false, 0) => text,
        (false, left) => text + &more_groups(left),
    }
}

fn more_groups(groups: usize) -> String {
    format!("; and {groups} more {}", if groups == 1 { "group" } else { "groups" })
}

/// Returns the refusal without distances and ages.
fn steady(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Blocked { block: GrowthBlock::Backoff { until, message, failed_at: _, now: _ } } => {
            format!("in backoff until {}: {}", at(*until), message.trim_end_matches('.'))
        }
        Refusal::Blocked { block: GrowthBlock::Stalled { missing, age: _ } } => {
            GrowthBlock::Stalled { missing: *missing, age: None }.to_string()
        }
        Refusal::ZonesClosed { parts } => parts.iter().map(steady_part).collect::<Vec<_>>().join("; "),
        other => other.to_string(),
    }
}

fn steady_part(part: &ClosedPart) -> String {
    let ClosedPart { zone, machine_type, until, failed_at: _, message, now: _ } = part;
    let machine_type = machine_type.as_ref().map(|name| format!("for {name} ")).unwrap_or_default();
    let zone = zone.as_ref().map(|name| format!("in {name} ")).unwrap_or_default();
    format!("in backoff {machine_type}{zone}until {}: {}", at(*until), message.trim_end_matches('.'))
}

/// Returns a text for others: without anything secret or hidden, and in at most so many bytes.
pub(super) fn for_others(text: &str, most: usize) -> String {
    cut(&escaped(&redacted(text)), most).into_owned()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn group(name: &str) -> GroupId {
        GroupId { region: "us-west-2".into(), name: name.into() }
    }

    fn verdict(refusals: Vec<(&str, Refusal)>) -> PodVerdict {
        let refusals = refusals.into_iter().map(|(name, refusal)| GroupRefusal { group: group(name), refusal }).collect();
        PodVerdict::CannotHelp { refusals }
    }

    fn full(max: i64) -> Refusal {
        Refusal::Full { max, planned: 0 }
    }

    #[test]
    fn groups_that_say_the_same_stand_together() {
        let verdict = verdict(vec![("a", full(3)), ("b", full(5)), ("c", full(3))]);
        assert_eq!(
            why_not_helped(&verdict, 1024),
            "a (us-west-2), c (us-west-2): at its maximum 3; b (us-west-2): at its maximum 5"
        );
    }

    #[test]
    fn what_has_no_room_is_counted() {
        let names: Vec<String> = (0..100).map(|number| format!("group-{number:03}")).collect();
        let verdict = verdict(names.iter().zip(1..).map(|(name, max)| (name.as_str(), full(max))).collect());
        for most in [60, 100, 300, 1024] {
            let words = why_not_helped(&verdict, most);
            assert!(words.len() <= most, "{} of {most}: {words}", words.len());
            let named = words.matches("at its maximum").count();
            assert!(words.ends_with(&format!("; and {} more groups", 100 - named)), "{words}");
        }
        assert_eq!(why_not_helped(&verdict, 20), "group-000 (us-wes…");
    }

    #[test]
    fn many_groups_with_one_reason_are_counted_too() {
        let names: Vec<String> = (0..100).map(|number| format!("group-{number:03}")).collect();
        let verdict = verdict(names.iter().map(|name| (name.as_str(), full(3))).collect());
        let words = why_not_helped(&verdict, 1024);
        assert!(words.starts_with("group-000 (us-west-2), group-001"), "{words}");
        assert!(words.ends_with("group-004 (us-west-2) and 95 more: at its maximum 3"), "{words}");
    }

    #[test]
    fn the_words_do_not_change_with_the_clock() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a timestamp");
        let backoff = |now: &str| {
            let block = GrowthBlock::Backoff {
                until: at("2026-11-22T12:42:00Z"),
                failed_at: at("2026-11-22T11:42:00Z"),
                message: "We currently do not have sufficient capacity.".into(),
                now: at(now),
            };
            let part = ClosedPart {
                zone: Some("us-west-2b".into()),
                machine_type: Some("p3.16xlarge".into()),
                until: at("2026-11-22T12:42:00Z"),
                failed_at: at("2026-11-22T11:42:00Z"),
                message: "no capacity.".into(),
                now: at(now),
            };
            let age = Some(crate::duration::Seconds::between(at("2026-11-22T11:00:00Z"), at(now)));
            let stalled = Refusal::Blocked { block: GrowthBlock::Stalled { missing: 2, age } };
            verdict(vec![("a", Refusal::Blocked { block }), ("b", Refusal::ZonesClosed { parts: vec![part] }), ("c", stalled)])
        };
        let words = why_not_helped(&backoff("2026-11-22T12:00:00Z"), 1024);
        assert_eq!(words, why_not_helped(&backoff("2026-11-22T12:01:00Z"), 1024));
        assert_eq!(
            words,
            "a (us-west-2): in backoff until 2026-11-22 12:42 UTC: We currently do not have sufficient capacity; \
             b (us-west-2): in backoff for p3.16xlarge in us-west-2b until 2026-11-22 12:42 UTC: no capacity; \
             c (us-west-2): stalled: 2 instances asked for and not launched"
        );
    }

    #[test]
    fn what_is_told_is_plain_and_holds_no_secret_however_it_is_cut() {
        let text = "denied\n\u{1b}[2J: arn:aws:iam::123456789012:role/ci, key AKIAIOSFODNN7EXAMPLE";
        assert_eq!(for_others(text, 1000), "denied\\n\\u{1b}[2J: arn:aws:iam:…:role/…, key …");
        for most in 0..text.len() {
            let told = for_others(text, most);
            assert!(!told.contains("123") && !told.contains("AKIA"), "{told}");
        }
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("3→5 and more", 8), "3→5…");
        assert_eq!(cut("→→→", 5), "…");
    }
}
