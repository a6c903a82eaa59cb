//! A grid of simulated policies, for a terminal.

use comfy_table::Table;

use super::explanation::{align_right, facts, headline, readable_page};
use super::table::{Page, Tone, finished, section};
use crate::duration::Seconds;
use crate::simulate::Sweep;
use crate::simulate::report::{Figure, SweepPoint};

/// Renders a sweep. `width` is that of the terminal in columns.
#[must_use]
pub fn sweep(sweep: &Sweep, width: Option<u16>, colour: bool) -> String {
    let page = readable_page(width, colour);
    let mut text = headline(&page, &sweep_words(sweep));
    section(&mut text, None, &points(sweep, &page));
    let legend = [("+", "on the frontier: no other is as good in both and better in one".to_owned())];
    section(&mut text, None, &facts(&page, legend));
    text
}

/// Returns a sentence such as `6 policies, 2 on the frontier: $10.00 and 5m of waiting on average
/// to $14.00 and 40s of waiting on average`.
pub(super) fn sweep_words(sweep: &Sweep) -> String {
    let part = sweep.part.map(|part| format!("part {} of {}: ", part.number, part.of)).unwrap_or_default();
    let frontier = frontier(sweep);
    let ends: Vec<String> = match frontier.as_slice() {
        [] => Vec::new(),
        [one] => vec![end(sweep, one)],
        [first, .., last] => vec![end(sweep, first), end(sweep, last)],
    };
    let policies = policies(sweep.points.len());
    match ends.is_empty() {
        true => format!("{part}{policies}"),
        false => format!("{part}{policies}, {} on the frontier: {}", frontier.len(), ends.join(" to ")),
    }
}

fn policies(number: usize) -> String {
    if number == 1 { "1 policy".to_owned() } else { format!("{number} policies") }
}

fn end(sweep: &Sweep, point: &SweepPoint) -> String {
    let money = sweep.money(point);
    let money = if sweep.has_prices() { money.to_string() } else { format!("{money} node-hours") };
    format!("{money} and {} of waiting on average", mean_wait(point))
}

/// Returns how long a pod had no node on average.
pub(super) fn mean_wait(point: &SweepPoint) -> Seconds {
    let pods = u64::from(point.pods);
    Seconds((point.waited.0 + pods / 2).checked_div(pods).unwrap_or(0))
}

/// Returns the points that no other beats, the cheapest first.
pub(super) fn frontier(sweep: &Sweep) -> Vec<&SweepPoint> {
    let mut found: Vec<&SweepPoint> = sweep.points.iter().filter(|point| point.on_frontier).collect();
    found.sort_by_key(|point| (sweep.money(point).number, point.waited, point.place));
    found
}

/// Returns the points in the order in which a reader looks for one: by money, then by waiting.
pub(super) fn by_money(sweep: &Sweep) -> Vec<&SweepPoint> {
    let mut points: Vec<&SweepPoint> = sweep.points.iter().collect();
    points.sort_by_key(|point| (sweep.money(point).number, point.waited, point.place));
    points
}

/// Returns the headings of the table of points, after those of the axes.
pub(super) fn point_headings(sweep: &Sweep) -> [&'static str; 6] {
    [if sweep.has_prices() { "costs" } else { "node-hours" }, "mean wait", "p50", "p95", "no node", "peak"]
}

/// Returns the cells of a point, after those of the axes.
pub(super) fn point_cells(sweep: &Sweep, point: &SweepPoint) -> [String; 6] {
    let shown = |figure| point.amount(figure).map_or_else(|| "–".to_owned(), |amount| amount.to_string());
    [
        sweep.money(point).to_string(),
        mean_wait(point).to_string(),
        shown(Figure::WaitP50),
        shown(Figure::WaitP95),
        shown(Figure::NeverBound),
        shown(Figure::PeakNodes),
    ]
}

fn points(sweep: &Sweep, page: &Page) -> Table {
    let mut table = page.table();
    let mut heads: Vec<String> = sweep.axes.iter().map(|axis| axis.flag.clone()).collect();
    if let Some(first) = heads.first_mut() {
        first.insert_str(0, "  ");
    }
    heads.extend(point_headings(sweep).map(str::to_uppercase));
    let columns = heads.len();
    table.set_header(heads);
    for point in by_money(sweep) {
        let tone = if point.on_frontier { Tone::More } else { Tone::Plain };
        let (first, others) = point.values.split_first().map_or(("", &[][..]), |(first, others)| (first.as_str(), others));
        let cells = others.iter().cloned().chain(point_cells(sweep, point)).map(|text| page.cell(tone, text));
        table.add_row(std::iter::once(page.name(tone, first)).chain(cells));
    }
    align_right(&mut table, sweep.axes.len().max(1)..columns);
    finished(table)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::simulate::report::{SweepAxis, Usd, test_report, values_at};

    /// Returns a sweep of six points, two of which are beaten.
    pub(in crate::render) fn six_points() -> Sweep {
        let axis = |flag: &str, values: &[&str]| SweepAxis {
            flag: flag.to_owned(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        };
        let axes = vec![axis("idle-threshold", &["5m", "10m", "30m"]), axis("expander", &["price", "least-waste"])];
        let numbers = [(10, 50), (20, 40), (20, 45), (30, 40), (40, 10), (10, 50)];
        let point = |((cost, waited), place): ((u64, u64), u32)| {
            let mut report = test_report::small_report();
            report.total.cost = Some(Usd::from_micros(cost * 1_000_000));
            report.pods.waited = Seconds(waited * 3);
            SweepPoint::new(place, values_at(&axes, place), &report)
        };
        let points = numbers.into_iter().zip(0..).map(point).collect();
        let at = "2026-11-22T00:00:00Z".parse().expect("a timestamp");
        Sweep::new("f".to_owned(), at, axes.clone(), None, points)
    }

    #[test]
    fn the_cheapest_come_first_and_the_frontier_is_marked() {
        let text = sweep(&six_points(), Some(80), false);
        assert_eq!(
            text,
            "\
6 policies, 4 on the frontier: $10.00 and 50s of waiting on average to $40.00
and 10s of waiting on average

  idle-threshold  EXPANDER      COSTS  MEAN WAIT  P50  P95  NO NODE  PEAK
+ 5m              price        $10.00        50s  30s   5m        1     2
+ 30m             least-waste  $10.00        50s  30s   5m        1     2
+ 5m              least-waste  $20.00        40s  30s   5m        1     2
  10m             price        $20.00        45s  30s   5m        1     2
  10m             least-waste  $30.00        40s  30s   5m        1     2
+ 30m             price        $40.00        10s  30s   5m        1     2

  +  on the frontier: no other is as good in both and better in one
"
            .replace("EXPANDER    ", "expander    ")
        );
    }
}
