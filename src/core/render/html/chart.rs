//! The frame of a chart: axes, ticks and the position of a value. Sizes are in units of the
//! picture.

use jiff::Timestamp;

use super::markup::escaped;
use super::scale::{Scale, number, times};
use crate::duration::Seconds;

const WIDTH: f64 = 760.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 24.0;
const BOTTOM: f64 = 62.0;
/// Room above the first lane for its unit and for the numbers of marks.
pub(super) const TOP: f64 = 26.0;
/// The labels of a longer axis contain the day, not only the time of day.
const ONE_DAY: Seconds = Seconds::minutes(24 * 60);

/// From this share of the width on, a label ends at its tick.
const EDGE: f64 = 0.95;
/// The width of a sign of a label.
const SIGN: f64 = 6.5;

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

    /// Returns the time of day of a moment, with the day where there are several.
    pub(super) fn clock(self, at: Seconds) -> String {
        let clock = if self.lasted > ONE_DAY { "%b %d %H:%M" } else { "%H:%M" };
        at.after(self.from).strftime(clock).to_string()
    }

    /// Draws the axis below a base.
    pub(super) fn axis(self, base: f64) -> String {
        let times = times(self.lasted);
        let last = times.last().map(|at| self.x(*at)).filter(|x| is_at_edge(*x));
        let tick = |at: Seconds| {
            let (x, clock) = (self.x(at), self.clock(at));
            let mark = format!("<path class=\"axis\" d=\"M{x:.1} {base}v5\"/>");
            let room = 1.5 * SIGN * number(clock.len() as u64) + SIGN;
            if last.is_some_and(|last| x < last && last - x < room) {
                return format!("{mark}\n");
            }
            // A label in the middle of the edge would be cut off.
            let anchor = if is_at_edge(x) { "end" } else { "middle" };
            let elapsed = if at.0 == 0 { "0".to_owned() } else { format!("+{at}") };
            format!(
                "{mark}<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>\
                 <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{clock}</text>\n",
                base + 18.0,
                escaped(&elapsed),
                base + 33.0,
            )
        };
        let ticks: String = times.iter().copied().map(tick).collect();
        format!("{ticks}{}", axis_words(base, "time since the begin, and time of day in UTC"))
    }
}

/// Whether a label ends at its tick there. One before it that reaches so far is left out.
fn is_at_edge(x: f64) -> bool {
    x > across(EDGE)
}

/// Returns a position from a share: 0 at the left and 1 at the right.
pub(super) fn across(share: f64) -> f64 {
    LEFT + share * (WIDTH - LEFT - RIGHT)
}

/// Writes the title of the horizontal axis below a base.
pub(super) fn axis_words(base: f64, words: &str) -> String {
    format!("<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n", across(0.5), base + 56.0, escaped(words))
}

/// Draws a tick of a horizontal axis and its label.
pub(super) fn tick(x: f64, base: f64, label: &str) -> String {
    format!(
        "<path class=\"axis\" d=\"M{x:.1} {base}v5\"/><text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n",
        base + 18.0,
        escaped(label)
    )
}

/// A strip of a picture with a vertical axis of its own.
pub(super) struct Lane<'a> {
    /// The unit of the vertical axis.
    pub(super) unit: &'a str,
    /// The upper edge.
    pub(super) top: f64,
    /// The lower edge, where the value is 0.
    pub(super) base: f64,
    /// The scale of the vertical axis.
    pub(super) scale: Scale,
}

impl Lane<'_> {
    /// Returns the position of a value.
    pub(super) fn y(&self, value: f64) -> f64 {
        self.base - value / self.scale.top * (self.base - self.top)
    }

    /// Draws the grid, the unit and what is drawn on them.
    pub(super) fn with(&self, drawn: &str) -> String {
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
        format!(
            "<text x=\"4.0\" y=\"{:.1}\">{}</text>\n{grid}{drawn}<path class=\"axis\" d=\"M{LEFT} {:.1}H{:.1}\"/>\n",
            self.top - 12.0,
            escaped(self.unit),
            self.base,
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
}

/// Returns straight lines from place to place.
pub(super) fn line(places: impl Iterator<Item = (f64, f64)>) -> String {
    let mut places: Vec<String> = places.map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
    places.dedup();
    if places.is_empty() { String::new() } else { format!("M{}", places.join("L")) }
}

/// Returns a picture whose last lane ends at a base, with what is drawn in it. The title is a
/// sentence for those who cannot see it.
pub(super) fn picture(title: &str, base: f64, drawn: &str) -> String {
    let (title, height) = (escaped(title), base + BOTTOM);
    format!(
        "<div class=\"wide\"><svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{title}\">\n\
         <title>{title}</title>\n{drawn}</svg></div>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(days: u64) -> Vec<String> {
        let span = Span { from: Timestamp::UNIX_EPOCH, lasted: Seconds(days * 24 * 3600) };
        let axis = span.axis(0.0);
        let clocks = axis.lines().filter(|line| line.starts_with("<path")).filter_map(|line| {
            let (_, clock) = line.rsplit_once("\">").filter(|_| line.contains("<text"))?;
            clock.strip_suffix("</text>")
        });
        clocks.map(str::to_owned).collect()
    }

    /// The last of seven days ends at the edge, and its label goes back from there.
    #[test]
    fn a_label_that_the_last_one_would_be_written_over_is_left_out() {
        assert_eq!(labels(7).iter().rev().take(2).map(String::as_str).collect::<Vec<_>>(), ["Jan 08 00:00", "Jan 06 00:00"]);
        assert_eq!(labels(7).len(), 7, "of the eight ticks");
        assert_eq!(labels(3).last().map(String::as_str), Some("Jan 04 00:00"));
    }
}
