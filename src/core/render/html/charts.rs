//! The charts of a report, or of two.

use super::chart::{BAR_LABELS, Chart, Span, across, axis_words};
use super::markup::escaped;
use super::scale::{Scale, number};
use crate::duration::Seconds;
use crate::plan::count;
use crate::simulate::Report;
use crate::simulate::report::{Moment, WaitBin};

/// This many groups have a colour of their own; the others share one.
const COLOURS: usize = 7;
const MICROS: f64 = 1_000_000.0;

/// A report that is drawn, and its name where there are two.
#[derive(Clone, Copy)]
pub(super) struct Drawn<'a> {
    pub(super) name: &'a str,
    pub(super) report: &'a Report,
}

/// Returns the time that the longest of them takes, so that they can be compared side by side.
fn span(drawn: &[Drawn<'_>]) -> Span {
    let lasted = drawn.iter().map(|one| one.report.lasted).max().unwrap_or_default();
    Span { from: drawn[0].report.started_at, lasted }
}

/// A layer of nodes, from the bottom up: groups by their place, then nodes that are not Ready yet.
struct Layer {
    name: String,
    colour: String,
    /// Nodes of this layer and those below it.
    height: fn(&Moment, &[usize]) -> u32,
    groups: Vec<usize>,
}

/// Draws nodes by group, on top of each other. The scale is that of all reports, so that two charts
/// compare.
pub(super) fn nodes(one: Drawn<'_>, all: &[Drawn<'_>]) -> String {
    let most = all.iter().flat_map(|one| &one.report.moments).map(Moment::instances).max().unwrap_or(0);
    let title = format!("Nodes by group over time{}", title_suffix(one.name));
    let chart = Chart { title: &title, unit: "nodes", scale: Scale::up_to(most.into(), true) };
    let span = span(all);
    let layers = layers(one.report);
    // From the highest down: each layer covers all of the one before except what that adds.
    let paint = |layer: &Layer| {
        let points = one.report.moments.iter().map(|moment| (moment.at, f64::from((layer.height)(moment, &layer.groups))));
        let name = escaped(&layer.name);
        format!(
            "<path fill=\"var(--{})\" d=\"{}\"><title>{name}</title></path>\n",
            layer.colour,
            chart.area(span, one.report.lasted, points)
        )
    };
    let painted: String = layers.iter().rev().map(paint).collect();
    let items: Vec<(String, String)> = layers.iter().rev().map(|layer| (layer.name.clone(), block(&layer.colour))).collect();
    format!("{}{}", legend(&items), chart.over(span, &painted))
}

fn layers(report: &Report) -> Vec<Layer> {
    let seen: Vec<usize> = (0..report.groups.len()).filter(|place| report.groups[*place].account.instances > 0).collect();
    // Each group has a colour, or only the largest ones where there are too many.
    let mut by_size = seen.clone();
    by_size.sort_by_key(|place| std::cmp::Reverse(report.groups[*place].account.time));
    let shown = if seen.len() > COLOURS { &by_size[..COLOURS - 1] } else { &by_size[..] };
    let (mut layers, mut below) = (Vec::new(), Vec::new());
    for place in seen.iter().filter(|place| shown.contains(place)) {
        below.push(*place);
        let group = &report.groups[*place].group;
        let colour = format!("s{}", layers.len());
        layers.push(Layer { name: group.to_string(), colour, height: ready, groups: below.clone() });
    }
    if seen.len() > shown.len() {
        let name = format!("{} smaller groups", seen.len() - shown.len());
        layers.push(Layer { name, colour: "s6".to_owned(), height: ready, groups: seen.clone() });
    }
    layers.push(Layer { name: "starting, not Ready yet".to_owned(), colour: "rest".to_owned(), height: all, groups: seen });
    layers
}

fn ready(moment: &Moment, groups: &[usize]) -> u32 {
    groups.iter().map(|group| moment.nodes[*group]).sum()
}

fn all(moment: &Moment, _: &[usize]) -> u32 {
    moment.instances()
}

/// The shape of a value over time.
pub(super) enum Curve {
    /// Each value holds until the next.
    Steps,
    /// The value changes evenly in between.
    Straight,
}

/// The content of a chart of lines.
pub(super) struct Lines<'a> {
    pub(super) title: &'a str,
    pub(super) unit: &'a str,
    pub(super) curve: Curve,
    pub(super) value: fn(&Moment) -> f64,
    /// Whether there is nothing between two whole numbers.
    pub(super) whole: bool,
}

/// Draws the pods that wait.
pub(super) fn waiting(drawn: &[Drawn<'_>]) -> String {
    let value = |moment: &Moment| f64::from(moment.waiting);
    lines(&Lines { title: "Pods waiting for a node over time", unit: "pods", curve: Curve::Steps, value, whole: true }, drawn)
}

/// Draws the spending per hour.
pub(super) fn rate(drawn: &[Drawn<'_>]) -> String {
    let value = |moment: &Moment| number(moment.rate.micros()) / MICROS;
    lines(&Lines { title: "Costs an hour over time", unit: "$ an hour", curve: Curve::Steps, value, whole: false }, drawn)
}

/// Draws the sum that has been spent.
pub(super) fn spent(drawn: &[Drawn<'_>]) -> String {
    let value = |moment: &Moment| number(moment.spent.micros()) / MICROS;
    lines(&Lines { title: "Costs so far over time", unit: "$", curve: Curve::Straight, value, whole: false }, drawn)
}

fn lines(lines: &Lines<'_>, drawn: &[Drawn<'_>]) -> String {
    let most = drawn.iter().flat_map(|one| &one.report.moments).map(lines.value).fold(0.0, f64::max);
    let chart = Chart { title: lines.title, unit: lines.unit, scale: Scale::up_to(most, lines.whole) };
    let span = span(drawn);
    let path = |(place, one): (usize, &Drawn<'_>)| {
        let points = || one.report.moments.iter().map(|moment| (moment.at, (lines.value)(moment)));
        let path = match lines.curve {
            Curve::Steps => chart.steps(span, one.report.lasted, points()),
            Curve::Straight => chart.line(span, points()),
        };
        let title = escaped(&format!("{}{}", lines.title, title_suffix(one.name)));
        format!("<path fill=\"none\" {} d=\"{path}\"><title>{title}</title></path>\n", pen(place))
    };
    let painted: String = drawn.iter().enumerate().map(path).collect();
    format!("{}{}", names(drawn, stroke), chart.over(span, &painted))
}

/// Draws how long pods waited: bars side by side for each bin up to the last that has pods.
pub(super) fn waits(drawn: &[Drawn<'_>]) -> String {
    let bins: Vec<&[WaitBin]> =
        drawn.iter().filter_map(|one| Some(one.report.waits.as_ref()?.distribution.as_slice())).collect();
    let Some(last) = bins.iter().filter_map(|bins| bins.iter().rposition(|bin| bin.pods > 0)).max() else {
        return "<p class=\"pale\">No pod got a node.</p>\n".to_owned();
    };
    let most = bins.iter().flat_map(|bins| bins.iter()).map(|bin| bin.pods).max().unwrap_or(0);
    let title = "How many pods waited how long for a node";
    let chart = Chart { title, unit: "pods", scale: Scale::up_to(most.into(), true) };
    let slots = Slots::new(last + 1, drawn.len());
    let label = |(place, bin): (usize, &WaitBin)| {
        let middle = slots.middle(place);
        format!("<text x=\"{middle:.1}\" y=\"{BAR_LABELS}\" text-anchor=\"middle\">{}</text>\n", bound(bin.up_to))
    };
    let labels: Vec<String> = bins[0].iter().take(last + 1).enumerate().map(label).collect();
    let below =
        format!("{}{}", labels.concat(), axis_words("wait for a node: up to so long, and longer than in the bar before"));
    let bars: Vec<String> = drawn.iter().enumerate().map(|(number, one)| bars(&chart, slots, number, *one)).collect();
    format!("{}{}", names(drawn, |place| block(&format!("s{place}"))), chart.picture(&bars.concat(), &below))
}

/// The positions of bars.
#[derive(Clone, Copy)]
struct Slots {
    /// The distance from the middle of one bin to that of the next.
    step: f64,
    /// The width of a bar.
    width: f64,
    /// How many bars stand side by side.
    side_by_side: f64,
}

impl Slots {
    /// The share of its room that a bin fills, and the greatest width of a bar.
    const FILLED: f64 = 0.8;
    const WIDEST: f64 = 60.0;

    fn new(bins: usize, side_by_side: usize) -> Self {
        let (bins, side_by_side) = (number(bins as u64), number(side_by_side as u64));
        let step = across(1.0 / bins) - across(0.0);
        Self { step, width: (step * Self::FILLED / side_by_side).min(Self::WIDEST), side_by_side }
    }

    fn middle(self, bin: usize) -> f64 {
        across(0.0) + self.step * (number(bin as u64) + 0.5)
    }

    /// Returns the left side of one of the bars of a bin.
    fn left(self, bin: usize, bar: usize) -> f64 {
        self.middle(bin) + self.width * (number(bar as u64) - self.side_by_side / 2.0)
    }
}

/// Returns the bars of one report.
fn bars(chart: &Chart<'_>, slots: Slots, place: usize, one: Drawn<'_>) -> String {
    let bins = one.report.waits.iter().flat_map(|waits| &waits.distribution).enumerate();
    let bar = |(bin, WaitBin { up_to, pods }): (usize, &WaitBin)| {
        let (left, y) = (slots.left(bin, place), chart.y((*pods).into()));
        format!(
            "<rect x=\"{left:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"var(--s{place})\"><title>{}</title></rect>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{pods}</text>\n",
            slots.width - 1.0,
            chart.y(0.0) - y,
            escaped(&format!("{}{}: {}", bound(*up_to), title_suffix(one.name), count(u64::from(*pods), "pod"))),
            left + slots.width / 2.0,
            y - 4.0,
        )
    };
    bins.filter(|(_, bin)| bin.pods > 0).map(bar).collect::<Vec<_>>().concat()
}

fn bound(up_to: Option<Seconds>) -> String {
    up_to.map_or_else(|| "longer".to_owned(), |up_to| up_to.to_string())
}

/// Returns `: A` after a title, where there are two reports.
fn title_suffix(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(": {name}") }
}

/// Returns the class of a line. Two lines differ by more than their colour.
fn pen(place: usize) -> String {
    let dashes = if place == 0 { "" } else { " stroke-dasharray=\"6 3\"" };
    format!("stroke=\"var(--s{place})\" stroke-width=\"2\" stroke-linejoin=\"round\"{dashes}")
}

/// Returns the key to a line.
fn stroke(place: usize) -> String {
    format!("<svg viewBox=\"0 0 22 12\" aria-hidden=\"true\"><path fill=\"none\" {} d=\"M0 6H22\"/></svg>", pen(place))
}

/// Returns the key to an area.
fn block(colour: &str) -> String {
    format!("<svg viewBox=\"0 0 22 12\" aria-hidden=\"true\"><rect width=\"22\" height=\"12\" fill=\"var(--{colour})\"/></svg>")
}

/// Returns the names of two reports beside their keys.
fn names(drawn: &[Drawn<'_>], key: impl Fn(usize) -> String) -> String {
    let items: Vec<_> = drawn.iter().enumerate().map(|(place, one)| (one.name.to_owned(), key(place))).collect();
    if drawn.len() > 1 { legend(&items) } else { String::new() }
}

fn legend(items: &[(String, String)]) -> String {
    let items: Vec<String> = items.iter().map(|(name, key)| format!("<li>{key}{}</li>\n", escaped(name))).collect();
    format!("<ul class=\"legend\">\n{}</ul>\n", items.concat())
}
