//! The frame of a chart: axes, ticks and the position of a value. Sizes are in units of the
//! picture.

use jiff::Timestamp;

use super::markup::escaped;
use super::scale::{Scale, number, times};
use crate::duration::Seconds;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 270.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 62.0;
/// The labels of a longer axis contain the day, not only the time of day.
const ONE_DAY: Seconds = Seconds::minutes(24 * 60);

/// From this share of the width on, a label ends at its tick.
const EDGE: f64 = 0.95;

/// A chart: its title and the height of its scale.
pub(super) struct Chart<'a> {
    /// A sentence for those who cannot see the chart.
    pub(super) title: &'a str,
    /// The unit of the vertical axis.
    pub(super) unit: &'a str,
    /// The scale of the vertical axis.
    pub(super) scale: Scale,
}

/// The horizontal axis of time.
#[derive(Clone, Copy)]
pub(super) struct Span {
    pub(super) from: Timestamp,
    pub(super) lasted: Seconds,
}

impl Span {
    /// Returns the position of a moment.
    pub(super) fn x(self, at: Seconds) -> f64 {
        across(number(at.0) / number(self.lasted.0.max(1)))
    }

    fn axis(self) -> String {
        let clock = if self.lasted > ONE_DAY { "%b %d %H:%M" } else { "%H:%M" };
        let tick = |at: Seconds| {
            let (x, base) = (self.x(at), HEIGHT - BOTTOM);
            // A label in the middle of the edge would be cut off.
            let anchor = if x > across(EDGE) { "end" } else { "middle" };
            let elapsed = if at.0 == 0 { "0".to_owned() } else { format!("+{at}") };
            format!(
                "<path class=\"axis\" d=\"M{x:.1} {base}v5\"/>\
                 <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>\
                 <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>\n",
                base + 18.0,
                escaped(&elapsed),
                base + 33.0,
                at.after(self.from).strftime(clock),
            )
        };
        let ticks: String = times(self.lasted).into_iter().map(tick).collect();
        format!("{ticks}{}", axis_words("time since the begin, and time of day in UTC"))
    }
}

/// Returns a position from a share: 0 at the left and 1 at the right.
pub(super) fn across(share: f64) -> f64 {
    LEFT + share * (WIDTH - LEFT - RIGHT)
}

/// Writes the title of the horizontal axis.
pub(super) fn axis_words(words: &str) -> String {
    format!("<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n", across(0.5), HEIGHT - 6.0, escaped(words))
}

/// The position of the labels of bars.
pub(super) const BAR_LABELS: f64 = HEIGHT - BOTTOM + 18.0;

impl Chart<'_> {
    /// Returns the position of a value.
    pub(super) fn y(&self, value: f64) -> f64 {
        let base = HEIGHT - BOTTOM;
        base - value / self.scale.top * (base - TOP)
    }

    /// Returns the picture over time, with what is drawn on it.
    pub(super) fn over(&self, span: Span, drawn: &str) -> String {
        self.picture(drawn, &span.axis())
    }

    /// Returns the picture, with what is drawn on it and below it.
    pub(super) fn picture(&self, drawn: &str, below: &str) -> String {
        let line = |(value, label): (f64, String)| {
            let y = self.y(value);
            format!(
                "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{:.1}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>\n",
                WIDTH - RIGHT,
                LEFT - 8.0,
                y + 4.0,
            )
        };
        let grid: String = self.scale.ticks().into_iter().map(line).collect();
        let title = escaped(self.title);
        format!(
            "<div class=\"wide\"><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{title}\">\n\
             <title>{title}</title>\n<text x=\"{:.1}\" y=\"12\">{}</text>\n{grid}{drawn}\
             <path class=\"axis\" d=\"M{LEFT} {:.1}H{:.1}\"/>\n{below}</svg></div>\n",
            4.0,
            escaped(self.unit),
            HEIGHT - BOTTOM,
            WIDTH - RIGHT,
        )
    }

    /// Returns a line of steps: each value holds until the next, the last one until `until`.
    pub(super) fn steps(&self, span: Span, until: Seconds, points: impl Iterator<Item = (Seconds, f64)>) -> String {
        let mut path = Vec::new();
        let mut before: Option<String> = None;
        for (at, value) in points {
            let (x, y) = (span.x(at), format!("{:.1}", self.y(value)));
            match &before {
                None => path.push(format!("M{x:.1} {y}")),
                Some(before) if *before == y => continue,
                Some(_) => path.push(format!("H{x:.1}V{y}")),
            }
            before = Some(y);
        }
        path.extend(before.map(|_| format!("H{:.1}", span.x(until))));
        path.concat()
    }

    /// Returns the area below such a line.
    pub(super) fn area(&self, span: Span, until: Seconds, points: impl Iterator<Item = (Seconds, f64)>) -> String {
        let path = self.steps(span, until, points);
        if path.is_empty() { path } else { format!("{path}V{:.1}H{LEFT}Z", self.y(0.0)) }
    }

    /// Returns straight lines from point to point.
    pub(super) fn line(&self, span: Span, points: impl Iterator<Item = (Seconds, f64)>) -> String {
        let place = |(at, value)| format!("{:.1} {:.1}", span.x(at), self.y(value));
        let mut places: Vec<String> = points.map(place).collect();
        places.dedup();
        if places.is_empty() { String::new() } else { format!("M{}", places.join("L")) }
    }
}
