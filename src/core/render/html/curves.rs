//! Curves: how many of the pods waited at most how long, and what was spent so far.

use super::chart::{Lane, Span, TOP, across, axis_words, line, picture, tick};
use super::markup::escaped;
use super::palette::{legend, pen, stroke};
use super::scale::{Scale, number};
use crate::duration::Seconds;
use crate::simulate::Report;
use crate::simulate::report::Waits;

const TALL: f64 = 182.0;
const MICROS: f64 = 1_000_000.0;
/// Waits up to about here are spread out evenly; beyond, each doubling takes the same room.
const EVEN: f64 = 30.0;
/// The room that a label takes.
const LABEL_ROOM: f64 = 60.0;
/// The labels of the axis of waits, those up to the longest wait.
const LABELS: [Seconds; 13] = [
    Seconds(0),
    Seconds(30),
    Seconds::minutes(1),
    Seconds::minutes(2),
    Seconds::minutes(5),
    Seconds::minutes(10),
    Seconds::minutes(30),
    Seconds::minutes(60),
    Seconds::minutes(2 * 60),
    Seconds::minutes(6 * 60),
    Seconds::minutes(24 * 60),
    Seconds::minutes(3 * 24 * 60),
    Seconds::minutes(14 * 24 * 60),
];

/// A report that is drawn, and the name of its side; empty where there is only one.
#[derive(Clone, Copy)]
pub(super) struct Drawn<'a> {
    pub(super) name: &'a str,
    pub(super) report: &'a Report,
}

/// Draws the share of the pods that waited at most so long, one line for each side.
pub(super) fn waits(drawn: &[Drawn<'_>]) -> String {
    let waits = || drawn.iter().enumerate().filter_map(|(side, one)| Some((side, one, one.report.waits.as_ref()?)));
    let Some(longest) = waits().map(|(.., waits)| waits.max).max() else {
        return "<p class=\"pale\">No pod got a node.</p>\n".to_owned();
    };
    let lane = Lane { unit: "% of the pods", top: TOP, base: TOP + TALL, scale: Scale::up_to(100.0, true) };
    let axis = WaitAxis::new(longest);
    let path = |(side, one, waits): (usize, &Drawn<'_>, &Waits)| {
        let title =
            escaped(&format!("waits{}: half of the pods up to {}, 95 % up to {}", suffix(one.name), waits.p50, waits.p95));
        format!("<path fill=\"none\" {} d=\"{}\"><title>{title}</title></path>\n", pen(side), axis.curve(&lane, waits))
    };
    let painted: String = waits().map(path).collect();
    let all = format!(
        "{}{}{}",
        lane.with(&painted),
        axis.ticks(lane.base),
        axis_words(lane.base, "without a node at most so long; each doubling takes the same room")
    );
    format!("{}{}", names(drawn), picture("Share of the pods that waited at most so long", lane.base, &all))
}

/// The horizontal axis of waits.
struct WaitAxis {
    longest: Seconds,
}

impl WaitAxis {
    fn new(longest: Seconds) -> Self {
        Self { longest: longest.max(Seconds(60)) }
    }

    fn x(&self, wait: Seconds) -> f64 {
        let place = |wait: Seconds| (number(wait.0) / EVEN).ln_1p();
        across(place(wait) / place(self.longest))
    }

    fn ticks(&self, base: f64) -> String {
        // Those close to the last one would be written over it.
        let own = LABELS.into_iter().filter(|label| self.x(self.longest) - self.x(*label) > LABEL_ROOM);
        own.chain([self.longest]).map(|label| tick(self.x(label), base, &label.to_string())).collect()
    }

    /// Returns a line of steps through the percentiles.
    fn curve(&self, lane: &Lane<'_>, waits: &Waits) -> String {
        let mut places = vec![(self.x(Seconds(0)), lane.y(0.0))];
        for (percent, wait) in waits.percentiles.iter().enumerate() {
            let (x, before) = (self.x(*wait), places[places.len() - 1].1);
            places.extend([(x, before), (x, lane.y(number(percent as u64)))]);
        }
        line(places.into_iter())
    }
}

/// Draws what was spent so far by two sides, with the area between them: good where the second has
/// spent less.
pub(super) fn between(first: Drawn<'_>, second: (usize, Drawn<'_>)) -> String {
    let (side, second) = second;
    let lasted = first.report.lasted.max(second.report.lasted);
    let (a, b) = (spent(first.report, lasted), spent(second.report, lasted));
    let most = a.iter().chain(&b).map(|(_, spent)| *spent).fold(0.0, f64::max);
    let lane = Lane { unit: "$ so far", top: TOP, base: TOP + TALL, scale: Scale::up_to(most, false) };
    let span = Span { from: first.report.started_at, lasted };
    let place = |(at, spent): &(Seconds, f64)| (span.x(*at), lane.y(*spent));
    let ends_lower = b.last().map(|(_, spent)| *spent) <= a.last().map(|(_, spent)| *spent);
    let around = line(a.iter().map(place).chain(b.iter().rev().map(place)));
    let colour = if ends_lower { "good" } else { "bad" };
    let area = format!("<path class=\"between\" fill=\"var(--{colour})\" d=\"{around}Z\"/>\n");
    let curve = |side: usize, name: &str, points: &[(Seconds, f64)]| {
        let (title, path) = (escaped(&format!("costs so far{}", suffix(name))), line(points.iter().map(place)));
        format!("<path fill=\"none\" {} d=\"{path}\"><title>{title}</title></path>\n", pen(side))
    };
    let area = if a.is_empty() || b.is_empty() { String::new() } else { area };
    let drawn = [area, curve(0, first.name, &a), curve(side, second.name, &b)].concat();
    let key = [(first.name.to_owned(), stroke(0)), (second.name.to_owned(), stroke(side))];
    let title = format!("Costs so far: {} and {}", first.name, second.name);
    format!("{}{}", legend(&key), picture(&title, lane.base, &format!("{}{}", lane.with(&drawn), span.axis(lane.base))))
}

/// Returns what was spent so far, in dollars, up to a time: nothing more after the end.
fn spent(report: &Report, until: Seconds) -> Vec<(Seconds, f64)> {
    let mut spent: Vec<_> = report.moments.iter().map(|moment| (moment.at, number(moment.spent.micros()) / MICROS)).collect();
    spent.extend(spent.last().filter(|(at, _)| *at < until).map(|(_, all)| (until, *all)));
    spent
}

/// Returns `: A` after a title, where there are several reports.
fn suffix(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(": {name}") }
}

/// Returns the names of the sides beside their keys.
fn names(drawn: &[Drawn<'_>]) -> String {
    let items: Vec<_> = drawn.iter().enumerate().map(|(side, one)| (one.name.to_owned(), stroke(side))).collect();
    if drawn.len() > 1 { legend(&items) } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::report::test_report::small_report;

    #[test]
    fn who_ends_earlier_has_spent_the_same_until_the_other_ends() {
        let report = small_report();
        let all = |until: u64| spent(&report, Seconds(until));
        let (longer, own) = (all(99_999), all(0));
        let last = own.last().expect("moments").1;
        assert_eq!((longer.len(), longer.last()), (own.len() + 1, Some(&(Seconds(99_999), last))));
    }

    #[test]
    fn the_curve_of_waits_ends_at_the_longest_and_at_all_pods() {
        let report = small_report();
        let waits = report.waits.as_ref().expect("pods waited");
        let lane = Lane { unit: "%", top: 0.0, base: 100.0, scale: Scale::up_to(100.0, true) };
        let path = WaitAxis::new(waits.max).curve(&lane, waits);
        assert!(path.starts_with("M58.0 100.0L") && path.ends_with("L736.0 0.0"), "{path}");
        // Half of the two pods waited 30 s at most.
        let axis = WaitAxis::new(waits.max);
        assert!(path.contains(&format!("L{:.1} 50.0", axis.x(Seconds(30)))), "{path}");
    }
}
