//! What happened over time: costs, nodes, waiting pods and failed launches below each other, on one
//! axis of time, with outages and what stands out marked through all of them.

use super::chart::{Lane, Span, TOP, across, picture};
use super::markup::escaped;
use super::palette::{COLOURS, Palette, block, legend};
use super::scale::{Scale, number};
use crate::duration::Seconds;
use crate::plan::count;
use crate::simulate::Report;
use crate::simulate::report::{Moment, OutagePeriod};

/// The heights of lanes and the room between them.
const TALL: f64 = 170.0;
const LOW: f64 = 90.0;
const GAP: f64 = 34.0;
/// At most this many marks have a number; more would cover each other.
const MOST_MARKS: usize = 9;
/// The radius of the circle around a number.
const RADIUS: f64 = 8.0;
/// The first circle is no further to the left, where the unit of the first lane is.
const UNIT_ENDS: f64 = 74.0;
const MICROS: f64 = 1_000_000.0;

/// Scales that several timelines share, so that they compare.
#[derive(Clone, Copy)]
pub(super) struct SharedScales {
    cost: Option<Scale>,
    nodes: Scale,
    waiting: Scale,
    failed: Option<Scale>,
}

impl SharedScales {
    pub(super) fn new(reports: &[&Report]) -> Self {
        let moments = || reports.iter().flat_map(|report| &report.moments);
        let most = |of: &dyn Fn(&Moment) -> u64| moments().map(of).max().unwrap_or(0);
        let has_prices = reports.iter().any(|report| report.total.cost.is_some());
        let failed = reports.iter().flat_map(|report| &report.failed_launches).map(|failed| failed.launches).max();
        Self {
            cost: has_prices.then(|| Scale::up_to(number(most(&|moment| moment.rate.micros())) / MICROS, false)),
            nodes: Scale::up_to(number(most(&|moment| moment.instances().into())), true),
            waiting: Scale::up_to(number(most(&|moment| moment.waiting.into())), true),
            failed: failed.map(|most| Scale::up_to(most.into(), true)),
        }
    }
}

/// A moment or a period that a reader should see in all lanes.
struct Mark {
    from: Seconds,
    until: Option<Seconds>,
    words: String,
}

/// Draws the timeline of a report, with the legend and the list of marks.
pub(super) fn timeline(report: &Report, name: &str, palette: &Palette, scales: SharedScales, lasted: Seconds) -> String {
    let span = Span { from: report.started_at, lasted };
    let colours: Vec<usize> = report.groups.iter().map(|group| palette.of(&group.group)).collect();
    let drawing = Drawing { report, span, colours };
    let (mut drawn, mut top) = (String::new(), TOP);
    let mut next = |height: f64| {
        let lane = (top, top + height);
        top += height + GAP;
        lane
    };
    if let Some(scale) = scales.cost {
        let (top, base) = next(TALL);
        drawn.push_str(&drawing.costs(&Lane { unit: "$ an hour", top, base, scale }));
    }
    let (upper, base) = next(TALL);
    drawn.push_str(&drawing.nodes(&Lane { unit: "nodes", top: upper, base, scale: scales.nodes }));
    let (upper, base) = next(LOW);
    drawn.push_str(&drawing.waiting(&Lane { unit: "pods waiting", top: upper, base, scale: scales.waiting }));
    let mut last = base;
    if let Some(scale) = scales.failed {
        let (top, base) = next(LOW);
        drawn.push_str(&drawing.failures(&Lane { unit: "failed launches", top, base, scale }));
        last = base;
    }
    let marks = marks(report, span);
    let behind: String = marks.iter().filter_map(|mark| period(span, mark, last)).collect();
    let before = flags(span, &marks, last);
    let suffix = if name.is_empty() { String::new() } else { format!(": {name}") };
    let title = format!("Costs, nodes, waiting pods and failed launches over time{suffix}");
    let all = format!("{behind}{drawn}{before}{}", span.axis(last));
    format!("{}{}{}", keys(palette, scales), picture(&title, last, &all), list(&marks))
}

/// A report that is drawn on an axis.
struct Drawing<'a> {
    report: &'a Report,
    span: Span,
    /// The colour of each group.
    colours: Vec<usize>,
}

impl Drawing<'_> {
    /// Returns a path below the sum of values.
    fn area(&self, lane: &Lane<'_>, fill: &str, title: &str, value: impl Fn(&Moment) -> f64) -> String {
        let points = self.report.moments.iter().map(|moment| (moment.at, value(moment)));
        let path = lane.area(self.span, self.report.lasted, points);
        format!("<path fill=\"{fill}\" d=\"{path}\"><title>{}</title></path>\n", escaped(title))
    }

    /// Adds up the groups of colours below a height.
    fn sum(&self, below: usize, of: impl Fn(usize) -> u64) -> u64 {
        self.colours.iter().enumerate().filter(|(_, colour)| **colour < below).map(|(group, _)| of(group)).sum()
    }

    /// Returns which colours the report has, from the top of a stack down.
    fn downwards(&self) -> impl Iterator<Item = usize> {
        let seen = |colour: &usize| {
            let groups = self.report.groups.iter().zip(&self.colours);
            groups.into_iter().any(|(group, own)| own == colour && group.account.instances > 0)
        };
        (0..COLOURS).rev().filter(seen)
    }

    /// Stacks what groups cost: of each what is busy, and on top of that what is idle. From the
    /// highest down each area covers all of the one before except what that adds.
    fn costs(&self, lane: &Lane<'_>) -> String {
        let rate = |moment: &Moment, below: usize| self.sum(below, |group| moment.rates[group].micros());
        let idle_of = |moment: &Moment, colour: usize| {
            let idle = |below| self.sum(below, |group| moment.idle_rates[group].micros());
            idle(colour + 1) - idle(colour)
        };
        let painted = self.downwards().map(|colour| {
            let with_idle =
                self.area(lane, &format!("url(#h{colour})"), "idle", |moment| number(rate(moment, colour + 1)) / MICROS);
            let busy = self.area(lane, &format!("var(--s{colour})"), "busy", |moment| {
                number(rate(moment, colour + 1) - idle_of(moment, colour)) / MICROS
            });
            with_idle + &busy
        });
        lane.with(&painted.collect::<String>())
    }

    /// Stacks the nodes of groups, and those that are not Ready yet on top of all.
    fn nodes(&self, lane: &Lane<'_>) -> String {
        let all = self.area(lane, "var(--rest)", "starting, not Ready yet", |moment| f64::from(moment.instances()));
        let painted = self.downwards().map(|colour| {
            self.area(lane, &format!("var(--s{colour})"), "Ready", |moment| {
                number(self.sum(colour + 1, |group| moment.nodes[group].into()))
            })
        });
        lane.with(&std::iter::once(all).chain(painted).collect::<String>())
    }

    fn waiting(&self, lane: &Lane<'_>) -> String {
        lane.with(&self.area(lane, "var(--wait)", "pods waiting for a node", |moment| f64::from(moment.waiting)))
    }

    /// Draws failed launches as bars, those of a time on top of each other.
    fn failures(&self, lane: &Lane<'_>) -> String {
        let bar = |failed: &crate::simulate::report::FailedLaunches| {
            let (x, y) = (self.span.x(failed.at), lane.y(failed.launches.into()));
            format!(
                "<rect x=\"{:.1}\" y=\"{y:.1}\" width=\"3\" height=\"{:.1}\" fill=\"var(--bad)\"><title>{}</title></rect>\n",
                x - 1.5,
                lane.base - y,
                escaped(&format!(
                    "{}: {} failed, {}",
                    failed.group,
                    count(failed.launches.into(), "launch"),
                    self.span.clock(failed.at)
                ))
            )
        };
        lane.with(&self.report.failed_launches.iter().map(bar).collect::<String>())
    }
}

/// Returns what is marked, in the order of time: outages, and when most pods waited.
fn marks(report: &Report, span: Span) -> Vec<Mark> {
    let mut marks: Vec<Mark> = report.outages.iter().map(|outage| outage_mark(outage, span)).collect();
    let peak = report.moments.iter().max_by_key(|moment| (moment.waiting, std::cmp::Reverse(moment.at)));
    if let Some(peak) = peak.filter(|peak| peak.waiting > 0) {
        let words = format!("{}: most pods waiting, {}", span.clock(peak.at), peak.waiting);
        marks.push(Mark { from: peak.at, until: None, words });
    }
    let most = report.moments.iter().max_by_key(|moment| (moment.instances(), std::cmp::Reverse(moment.at)));
    if let Some(most) = most.filter(|most| most.instances() > 0) {
        let words = format!("{}: most nodes, {}", span.clock(most.at), most.instances());
        marks.push(Mark { from: most.at, until: None, words });
    }
    marks.sort_by_key(|mark| mark.from);
    marks.dedup_by(|later, earlier| {
        let is_same = later.until.is_none() && earlier.until.is_none() && later.from == earlier.from;
        if is_same {
            let words = later.words.split_once(": ").map_or("", |(_, words)| words);
            earlier.words = format!("{}; {words}", earlier.words);
        }
        is_same
    });
    marks
}

fn outage_mark(outage: &OutagePeriod, span: Span) -> Mark {
    let place = [&outage.group, &outage.zone, &outage.region];
    let place: Vec<&str> = place.into_iter().flatten().map(String::as_str).collect();
    let place = if place.is_empty() { "all groups".to_owned() } else { place.join(", ") };
    let words = format!("{} to {}: no launches for {place}", span.clock(outage.from), span.clock(outage.until));
    Mark { from: outage.from, until: Some(outage.until), words }
}

/// Draws a period behind all lanes.
fn period(span: Span, mark: &Mark, base: f64) -> Option<String> {
    let (left, right) = (span.x(mark.from), span.x(mark.until?));
    Some(format!(
        "<rect class=\"outage\" x=\"{left:.1}\" y=\"{TOP}\" width=\"{:.1}\" height=\"{:.1}\"><title>{}</title></rect>\n",
        (right - left).max(1.0),
        base - TOP,
        escaped(&mark.words)
    ))
}

/// Draws the line of each mark through all lanes, and its number above them: at the side of the
/// line where another number or the unit of the first lane is in the way.
fn flags(span: Span, marks: &[Mark], base: f64) -> String {
    let mut free_from = UNIT_ENDS;
    let flag = |(number, mark): (usize, &Mark)| {
        let x = span.x(mark.from).min(across(1.0));
        let circle = x.max(free_from);
        free_from = circle + 2.0 * RADIUS + 2.0;
        format!(
            "<g class=\"mark\"><title>{}</title><path d=\"M{circle:.1} 17L{x:.1} 24V{base:.1}\"/>\
             <circle cx=\"{circle:.1}\" cy=\"9\" r=\"{RADIUS}\"/>\
             <text x=\"{circle:.1}\" y=\"13\" text-anchor=\"middle\">{number}</text></g>\n",
            escaped(&mark.words),
        )
    };
    (1..=MOST_MARKS).zip(marks).map(flag).collect()
}

/// Lists the marks.
fn list(marks: &[Mark]) -> String {
    let item = |mark: &Mark| format!("<li>{}</li>\n", escaped(&mark.words));
    let items: String = marks.iter().map(item).collect();
    if items.is_empty() { items } else { format!("<ol class=\"marks\">\n{items}</ol>\n") }
}

fn keys(palette: &Palette, scales: SharedScales) -> String {
    let mut items: Vec<(String, String)> =
        palette.entries().into_iter().map(|(colour, name)| (name, block(&format!("var(--s{colour})")))).collect();
    if scales.cost.is_some() && !items.is_empty() {
        items.push(("hatched: idle".to_owned(), block("url(#h0)")));
    }
    items.push(("starting, not Ready yet".to_owned(), block("var(--rest)")));
    items.push(("pods waiting".to_owned(), block("var(--wait)")));
    if scales.failed.is_some() {
        items.push(("failed launches".to_owned(), block("var(--bad)")));
    }
    legend(&items)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::report::{FailedLaunches, test_report};

    fn drawn(report: &Report) -> String {
        let palette = Palette::new([report].into_iter());
        timeline(report, "", &palette, SharedScales::new(&[report]), report.lasted)
    }

    /// Returns the values of an attribute of each element that begins so.
    fn numbers(html: &str, element: &str, attribute: &str) -> Vec<f64> {
        let number = |rest: &str| rest.split_once(&format!(" {attribute}=\""))?.1.split('"').next()?.parse().ok();
        html.split(element).skip(1).filter_map(number).collect()
    }

    #[track_caller]
    fn assert_near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 0.06, "{found} is not {expected}");
    }

    /// The picture is 678 wide from 58 on, and the two hours have most nodes after half an hour.
    #[test]
    fn marks_are_where_the_data_is() {
        let mut report = test_report::small_report();
        report.failed_launches = vec![FailedLaunches { at: Seconds(3600), group: report.groups[0].group.clone(), launches: 2 }];
        report.outages = vec![OutagePeriod { from: Seconds(720), until: Seconds(1440), region: None, group: None, zone: None }];
        let html = drawn(&report);
        let x = |at: f64| 58.0 + 678.0 * at / 7200.0;
        assert_near(numbers(&html, "<rect class=\"outage\"", "x")[0], x(720.0));
        assert_near(numbers(&html, "<rect class=\"outage\"", "width")[0], x(1440.0) - x(720.0));
        let circles = numbers(&html, "<circle", "cx");
        assert_eq!(circles.len(), 2, "{html}");
        assert_near(circles[0], x(720.0));
        // Most pods wait and most nodes are there from 1800 s on.
        assert_near(circles[1], x(1800.0));
        assert!(html.contains("<li>00:30: most pods waiting, 2; most nodes, 2</li>"), "{html}");
        let bar = html.split("<rect x=").nth(1).expect("a bar of failed launches");
        assert_near(bar[1..].split('"').next().and_then(|x| x.parse().ok()).expect("a number"), x(3600.0) - 1.5);
        assert!(html.contains("<li>00:12 to 00:24: no launches for all groups</li>"), "{html}");
    }

    #[test]
    fn numbers_of_marks_that_are_close_stand_side_by_side() {
        let mut report = test_report::small_report();
        let outage =
            |from: u64| OutagePeriod { from: Seconds(from), until: Seconds(1440), region: None, group: None, zone: None };
        report.outages = vec![outage(0), outage(10), outage(3600)];
        let html = drawn(&report);
        let circles = numbers(&html, "<circle", "cx");
        let marks: Vec<f64> = circles.iter().copied().filter(|x| *x < 120.0).collect();
        assert_eq!(marks, [74.0, 92.0], "{circles:?}");
        assert!(html.contains("L58.0 24V") && html.contains("L58.9 24V"), "the lines are where the data is");
    }

    /// At 1800 s two pods wait: the lane is 90 high and its scale ends at 2.
    #[test]
    fn the_area_of_waiting_pods_has_their_number_as_its_height() {
        let html = drawn(&test_report::small_report());
        let path = html.split("var(--wait)\" d=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an area");
        let base = TOP + 2.0 * TALL + LOW + 2.0 * GAP;
        assert_eq!(
            path,
            format!(
                "M58.0 {base:.1}H63.6V{:.1}H227.5V{:.1}H566.5V{:.1}H736.0V{base:.1}H58Z",
                base - 45.0,
                base - 90.0,
                base - 45.0
            )
        );
    }

    /// Half of what groups cost in the test is idle: the busy area of the lowest ends halfway.
    #[test]
    fn idle_costs_are_on_top_of_the_busy_ones_of_their_group() {
        let html = drawn(&test_report::small_report());
        let first_y = |before: &str| -> f64 {
            let path = html.split(before).nth(1).expect("an area");
            path.split(['H', '"']).next().and_then(|begin| begin.split(' ').nth(1)?.parse().ok()).expect("a number")
        };
        let base = TOP + TALL;
        let (all, busy) = (first_y("url(#h0)\" d=\""), first_y("var(--s0)\" d=\""));
        assert_near((base - busy) * 2.0, base - all);
    }
}
