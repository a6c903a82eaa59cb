//! The charts of a report, or of two.

use super::chart::{BAR_LABELS, Chart, Span, across, axis_words};
use super::markup::escaped;
use super::scale::Scale;
use crate::duration::Seconds;
use crate::simulate::Report;
use crate::simulate::report::{Moment, WaitBin};

/// So many groups have a colour of their own; what is more shares one.
const COLOURS: usize = 7;
const MICROS: f64 = 1_000_000.0;

/// A report that is drawn, and what it is called where there are two.
#[derive(Clone, Copy)]
pub(super) struct Drawn<'a> {
    pub(super) name: &'a str,
    pub(super) report: &'a Report,
}

/// The time that all of them take, so that they can be laid side by side.
fn span(drawn: &[Drawn<'_>]) -> Span {
    let lasted = drawn.iter().map(|one| one.report.lasted).max().unwrap_or_default();
    Span { from: drawn[0].report.started_at, lasted }
}

/// The layers of nodes, from the bottom up: groups by their place, then what is not Ready yet.
struct Layer {
    name: String,
    colour: String,
    /// Nodes of this layer and those below it.
    height: fn(&Moment, &[usize]) -> u32,
    groups: Vec<usize>,
}

/// Nodes by group, on top of each other. The scale is that of all reports, so that two charts compare.
pub(super) fn nodes(one: Drawn<'_>, all: &[Drawn<'_>]) -> String {
    let most = all.iter().flat_map(|one| &one.report.moments).map(Moment::instances).max().unwrap_or(0);
    let title = format!("Nodes by group over time{}", of(one.name));
    let chart = Chart { title: &title, unit: "nodes", scale: Scale::up_to(most.into(), true) };
    let span = span(all);
    let layers = layers(one.report);
    // From the highest down: each covers all but what is its own of the one before.
    let paint = |layer: &Layer| {
        let points = one.report.moments.iter().map(|moment| (moment.at, f64::from((layer.height)(moment, &layer.groups))));
        let name = escaped(&layer.name);
        format!("<path fill=\"var(--{})\" d=\"{}\"><title>{name}</title></path>\n", layer.colour, chart.area(span, points))
    };
    let painted: String = layers.iter().rev().map(paint).collect();
    let items: Vec<(String, String)> = layers.iter().rev().map(|layer| (layer.name.clone(), block(&layer.colour))).collect();
    format!("{}{}", legend(&items), chart.over(span, &painted))
}

fn layers(report: &Report) -> Vec<Layer> {
    let seen: Vec<usize> = (0..report.groups.len()).filter(|place| report.groups[*place].account.instances > 0).collect();
    // A colour for each, or for the largest where there are too many.
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
        layers.push(Layer { name, colour: "s7".to_owned(), height: ready, groups: seen.clone() });
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

/// How a value over time is drawn.
pub(super) enum Curve {
    /// Each value holds until the next.
    Steps,
    /// It grows evenly in between.
    Straight,
}

/// What a chart of lines shows.
pub(super) struct Lines<'a> {
    pub(super) title: &'a str,
    pub(super) unit: &'a str,
    pub(super) curve: Curve,
    pub(super) value: fn(&Moment) -> f64,
    /// Whether there is nothing between two whole numbers.
    pub(super) whole: bool,
}

/// Pods that wait.
pub(super) fn waiting(drawn: &[Drawn<'_>]) -> String {
    let value = |moment: &Moment| f64::from(moment.waiting);
    lines(&Lines { title: "Pods waiting for a node over time", unit: "pods", curve: Curve::Steps, value, whole: true }, drawn)
}

/// What is spent an hour.
pub(super) fn rate(drawn: &[Drawn<'_>]) -> String {
    let value = |moment: &Moment| moment.rate.micros() as f64 / MICROS;
    lines(&Lines { title: "Costs an hour over time", unit: "$ an hour", curve: Curve::Steps, value, whole: false }, drawn)
}

/// What has been spent.
pub(super) fn spent(drawn: &[Drawn<'_>]) -> String {
    let value = |moment: &Moment| moment.spent.micros() as f64 / MICROS;
    lines(&Lines { title: "Costs so far over time", unit: "$", curve: Curve::Straight, value, whole: false }, drawn)
}

fn lines(lines: &Lines<'_>, drawn: &[Drawn<'_>]) -> String {
    let most = drawn.iter().flat_map(|one| &one.report.moments).map(lines.value).fold(0.0, f64::max);
    let chart = Chart { title: lines.title, unit: lines.unit, scale: Scale::up_to(most, lines.whole) };
    let span = span(drawn);
    let path = |(place, one): (usize, &Drawn<'_>)| {
        let points = || one.report.moments.iter().map(|moment| (moment.at, (lines.value)(moment)));
        let path = match lines.curve {
            Curve::Steps => chart.steps(span, points()),
            Curve::Straight => chart.line(span, points()),
        };
        let title = escaped(&format!("{}{}", lines.title, of(one.name)));
        format!("<path fill=\"none\" {} d=\"{path}\"><title>{title}</title></path>\n", pen(place))
    };
    let painted: String = drawn.iter().enumerate().map(path).collect();
    format!("{}{}", names(drawn, stroke), chart.over(span, &painted))
}

/// How long pods waited: a bar for each bin that has pods on either side of it.
pub(super) fn waits(drawn: &[Drawn<'_>]) -> String {
    let bins: Vec<&[WaitBin]> =
        drawn.iter().filter_map(|one| Some(one.report.waits.as_ref()?.distribution.as_slice())).collect();
    let Some(last) = bins.iter().filter_map(|bins| bins.iter().rposition(|bin| bin.pods > 0)).max() else {
        return "<p class=\"pale\">No pod got a node.</p>\n".to_owned();
    };
    let most = bins.iter().flat_map(|bins| bins.iter()).map(|bin| bin.pods).max().unwrap_or(0);
    let title = "How many pods waited how long for a node";
    let chart = Chart { title, unit: "pods", scale: Scale::up_to(most.into(), true) };
    let slot = across(1.0 / (last + 1) as f64) - across(0.0);
    let bar_width = (slot * 0.8 / drawn.len() as f64).min(60.0);
    let (mut bars, mut labels) = (String::new(), String::new());
    for place in 0..=last {
        let middle = across(0.0) + slot * (place as f64 + 0.5);
        for (number, one) in drawn.iter().enumerate() {
            let Some(bin) = one.report.waits.as_ref().map(|waits| waits.distribution[place]).filter(|bin| bin.pods > 0) else {
                continue;
            };
            let left = middle + bar_width * (number as f64 - drawn.len() as f64 / 2.0);
            let (y, base) = (chart.y(bin.pods.into()), chart.y(0.0));
            bars.push_str(&format!(
                "<rect x=\"{left:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"var(--s{number})\"><title>{}</title></rect>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n",
                bar_width - 1.0,
                base - y,
                escaped(&format!("{}{}: {} pods", bound(bin.up_to), of(one.name), bin.pods)),
                left + bar_width / 2.0,
                y - 4.0,
                bin.pods,
            ));
        }
        let bin = bins[0][place];
        labels.push_str(&format!(
            "<text x=\"{middle:.1}\" y=\"{BAR_LABELS}\" text-anchor=\"middle\">{}</text>\n",
            bound(bin.up_to)
        ));
    }
    labels.push_str(&axis_words("wait for a node: up to so long, and longer than in the bar before"));
    format!("{}{}", names(drawn, |place| block(&format!("s{place}"))), chart.picture(&bars, &labels))
}

fn bound(up_to: Option<Seconds>) -> String {
    up_to.map_or_else(|| "longer".to_owned(), |up_to| up_to.to_string())
}

/// `: A` after a title, where there are two.
fn of(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(": {name}") }
}

/// Two lines differ by more than their colour.
fn pen(place: usize) -> String {
    let dashes = if place == 0 { "" } else { " stroke-dasharray=\"6 3\"" };
    format!("stroke=\"var(--s{place})\" stroke-width=\"2\" stroke-linejoin=\"round\"{dashes}")
}

/// The key to a line.
fn stroke(place: usize) -> String {
    format!("<svg viewBox=\"0 0 22 12\" aria-hidden=\"true\"><path fill=\"none\" {} d=\"M0 6H22\"/></svg>", pen(place))
}

/// The key to an area.
fn block(colour: &str) -> String {
    format!("<svg viewBox=\"0 0 22 12\" aria-hidden=\"true\"><rect width=\"22\" height=\"12\" fill=\"var(--{colour})\"/></svg>")
}

/// Which of two is which.
fn names(drawn: &[Drawn<'_>], key: impl Fn(usize) -> String) -> String {
    let items: Vec<_> = drawn.iter().enumerate().map(|(place, one)| (one.name.to_owned(), key(place))).collect();
    if drawn.len() > 1 { legend(&items) } else { String::new() }
}

fn legend(items: &[(String, String)]) -> String {
    let items: String = items.iter().map(|(name, key)| format!("<li>{key}{}</li>\n", escaped(name))).collect();
    format!("<ul class=\"legend\">\n{items}</ul>\n")
}
