//! Simulations side by side, for a terminal.

use comfy_table::{Cell, Table};

use super::explanation::{align_right, facts, headline, keep_whole, readable_page};
use super::simulation::summary;
use super::table::{Page, Tone, finished, section};
use crate::simulate::Comparison;
use crate::simulate::report::{Amount, ComparedFigure, ComparedValue, Figure, FigureLine, Unit, Wish};

/// The columns of the overview: figures that fit beside each other in 80 columns.
const OVERVIEW: [(Figure, &str); 6] = [
    (Figure::Cost, "COSTS"),
    (Figure::IdleCost, "IDLE"),
    (Figure::WaitP50, "P50"),
    (Figure::WaitP95, "P95"),
    (Figure::WaitMean, "MEAN"),
    (Figure::NeverBound, "NO NODE"),
];
/// A name at the head of a column is not longer than this; the list of sides has all of it.
const LONGEST_NAME: usize = 12;
/// The width between two columns, and the sign before a first cell.
const GAP: usize = 2;

/// Renders a comparison. `width` is that of the terminal in columns.
#[must_use]
pub fn comparison(comparison: &Comparison, width: Option<u16>, colour: bool) -> String {
    let page = readable_page(width, colour);
    let mut text = headline(&page, &headline_words(comparison));
    let named = |words: fn(&crate::simulate::Side) -> String| {
        comparison.sides.iter().map(move |side| (side.name.as_str(), words(side)))
    };
    section(&mut text, None, &facts(&page, named(|side| flags(&side.flags))));
    if comparison.sides.len() <= 2 {
        section(&mut text, None, &two(comparison, &page));
    } else {
        section(&mut text, None, &overview(comparison, &page));
        for columns in blocks(comparison, page.columns().unwrap_or(usize::MAX)) {
            section(&mut text, None, &block(comparison, &columns, &page));
        }
    }
    section(&mut text, None, &facts(&page, named(|side| summary(&side.report))));
    text
}

/// Returns the flags of a side as they are shown.
pub(super) fn flags(flags: &str) -> String {
    if flags.trim().is_empty() { "no further flags".to_owned() } else { flags.to_owned() }
}

/// Returns a sentence such as `B against A: costs $3.10 less (−12.1 %); at p95 pods wait 2m
/// longer`, or, of more than two sides, which of them costs least and lets pods wait least.
pub(super) fn headline_words(comparison: &Comparison) -> String {
    match comparison.sides.as_slice() {
        [a, b] => two_in_words(comparison, &a.name, &b.name),
        sides => many_in_words(comparison, sides.len()),
    }
}

fn many_in_words(comparison: &Comparison, sides: usize) -> String {
    let least = |figure| {
        let known = comparison.figure(figure)?;
        let values = known.values.iter().map(|value| value.value).zip(&comparison.sides);
        let (number, side) = values.filter_map(|(value, side)| Some((value?, side))).min_by_key(|(value, _)| *value)?;
        Some((side.name.as_str(), Amount { unit: known.unit, number }))
    };
    let cost = least(Figure::Cost).map(|(name, cost)| format!("{name} costs least, {cost}"));
    let wait = least(Figure::WaitMean).map(|(name, wait)| format!("with {name} pods wait least, {wait} on average"));
    let words: Vec<String> = cost.into_iter().chain(wait).collect();
    if words.is_empty() {
        format!("{sides} policies side by side")
    } else {
        format!("Of {sides} policies {}", words.join("; "))
    }
}

fn two_in_words(comparison: &Comparison, a: &str, b: &str) -> String {
    use Figure::{Cost, WaitMax, WaitMean, WaitP50, WaitP95, WaitP99};
    let change = |figure| {
        let known = comparison.figure(figure)?;
        let value = known.values.get(1)?;
        let amount = Amount { unit: known.unit, number: value.difference? };
        Some((
            amount.number,
            Amount { number: amount.number.saturating_abs(), ..amount }.to_string(),
            percent(known.unit, *value),
        ))
    };
    let cost = change(Cost).map(|(sign, amount, percent)| {
        let percent = percent.map(|percent| format!(" ({percent})")).unwrap_or_default();
        match sign {
            0 => "costs the same".to_owned(),
            1.. => format!("costs {amount} more{percent}"),
            _ => format!("costs {amount} less{percent}"),
        }
    });
    // If most pods wait as long as before, others may not.
    let waits = [(WaitP95, "at p95"), (WaitP50, "at p50"), (WaitP99, "at p99"), (WaitMax, "at most"), (WaitMean, "on average")];
    let mut waits = waits.into_iter().filter_map(|(figure, at)| Some((at, change(figure)?))).peekable();
    let as_long = waits.peek().map(|_| "pods wait as long".to_owned());
    let wait = waits.find(|(_, (sign, ..))| *sign != 0).map(|(at, (sign, amount, _))| match sign {
        1.. => format!("{at} pods wait {amount} longer"),
        _ => format!("{at} pods wait {amount} less"),
    });
    let wait = wait.or(as_long);
    let words: Vec<String> = cost.into_iter().chain(wait).collect();
    match words.is_empty() {
        true => format!("{a} and {b} side by side"),
        false => format!("{b} against {a}: {}", words.join("; ")),
    }
}

/// Returns the name of a figure, with its resource.
pub(super) fn figure_name(figure: &ComparedFigure) -> String {
    FigureLine { figure: figure.figure, resource: figure.resource.clone(), amount: None }.to_string()
}

/// Returns a value as it is shown.
pub(super) fn shown(unit: Unit, value: Option<i64>) -> String {
    value.map_or_else(|| "–".to_owned(), |number| Amount { unit, number }.to_string())
}

/// Returns the difference from the first side as it is shown.
pub(super) fn change(unit: Unit, value: ComparedValue) -> String {
    value.difference.map_or_else(|| shown(unit, value.value), |number| signed(unit, number))
}

fn signed(unit: Unit, number: i64) -> String {
    if number == 0 {
        return "=".to_owned();
    }
    let plus = if number > 0 { "+" } else { "" };
    let amount = Amount { unit, number }.to_string();
    match unit {
        // The difference between two percentages is in points, not in percent.
        Unit::PerMille => format!("{plus}{} points", amount.trim_end_matches(" %")),
        Unit::Count | Unit::Seconds | Unit::InstanceSeconds | Unit::MicroUsd => format!("{plus}{amount}"),
    }
}

/// Returns the difference in percent, where that has a meaning.
pub(super) fn percent(unit: Unit, value: ComparedValue) -> Option<String> {
    let number = value.difference_per_mille.filter(|number| *number != 0 && unit != Unit::PerMille)?;
    let plus = if number > 0 { "+" } else { "" };
    Some(format!("{plus}{}", Amount { unit: Unit::PerMille, number }))
}

/// Returns how a reader should see a difference: [`Tone::More`] where it is for the better.
pub(super) fn tone(figure: Figure, value: ComparedValue) -> Tone {
    let Some(change) = value.difference.filter(|change| *change != 0) else { return Tone::Plain };
    match (figure.wish(), change > 0) {
        (Wish::Indifferent, _) => Tone::Plain,
        (Wish::Less, false) | (Wish::More, true) => Tone::More,
        (Wish::Less, true) | (Wish::More, false) => Tone::Less,
    }
}

/// Shortens a name for the head of a column.
pub(super) fn short(name: &str) -> String {
    match name.chars().count() > LONGEST_NAME {
        true => name.chars().take(LONGEST_NAME - 1).chain(['…']).collect(),
        false => name.to_owned(),
    }
}

/// Returns the heading of the difference between two sides.
pub(super) fn difference_heading(comparison: &Comparison) -> String {
    let names: Vec<String> = comparison.sides.iter().rev().map(|side| short(&side.name)).collect();
    names.join(" − ")
}

/// Lays out two sides and their difference.
fn two(comparison: &Comparison, page: &Page) -> Table {
    let mut table = page.table();
    let names = comparison.sides.iter().map(|side| short(&side.name));
    let heads: Vec<String> =
        std::iter::once("  FIGURE".to_owned()).chain(names).chain([difference_heading(comparison), String::new()]).collect();
    let columns = heads.len();
    table.set_header(heads);
    for figure in &comparison.figures {
        let mut row = vec![page.name(Tone::Plain, &figure_name(figure))];
        row.extend(figure.values.iter().map(|value| page.cell(Tone::Plain, shown(figure.unit, value.value))));
        let last = figure.values.last().copied().unwrap_or_default();
        let tone = tone(figure.figure, last);
        let difference = last.difference.map_or_else(String::new, |number| signed(figure.unit, number));
        row.push(page.cell(tone, difference));
        row.push(page.cell(tone, percent(figure.unit, last).unwrap_or_default()));
        table.add_row(row);
    }
    align_right(&mut table, 1..columns);
    keep_whole(&mut table, 0);
    finished(table)
}

/// Lays out the sides below each other, with the figures that matter most.
fn overview(comparison: &Comparison, page: &Page) -> Table {
    let known: Vec<(&ComparedFigure, &str)> =
        OVERVIEW.iter().filter_map(|(figure, head)| Some((comparison.figure(*figure)?, *head))).collect();
    let mut table = page.table();
    table.set_header(std::iter::once("  NAME").chain(known.iter().map(|(_, head)| *head)));
    for (place, side) in comparison.sides.iter().enumerate() {
        let cell = |(figure, _): &(&ComparedFigure, &str)| {
            page.cell(tone(figure.figure, figure.values[place]), shown(figure.unit, figure.values[place].value))
        };
        table.add_row(std::iter::once(page.name(Tone::Plain, &short(&side.name))).chain(known.iter().map(cell)));
    }
    align_right(&mut table, 1..=known.len());
    keep_whole(&mut table, 0);
    finished(table)
}

/// Returns which sides stand beside each other, after the first, in each of the tables that fit.
fn blocks(comparison: &Comparison, width: usize) -> Vec<Vec<usize>> {
    let widest = |cells: &mut dyn Iterator<Item = usize>| GAP + cells.max().unwrap_or(0);
    let figures = &comparison.figures;
    let column = |place: usize| {
        let cells = figures.iter().map(|figure| change(figure.unit, figure.values[place]).chars().count());
        widest(&mut cells.chain([short(&comparison.sides[place].name).chars().count()]))
    };
    let names = GAP + widest(&mut figures.iter().map(|figure| figure_name(figure).chars().count()));
    let (fixed, mut blocks, mut used) = (names + column(0), Vec::<Vec<usize>>::new(), usize::MAX);
    for place in 1..comparison.sides.len() {
        let own = column(place);
        match blocks.last_mut().filter(|_| used.saturating_add(own) <= width) {
            Some(block) => block.push(place),
            None => (blocks.push(vec![place]), used = fixed).0,
        }
        used += own;
    }
    blocks
}

/// Lays out all figures of the first side, and how others differ from it.
fn block(comparison: &Comparison, places: &[usize], page: &Page) -> Table {
    let mut table = page.table();
    let names = std::iter::once(&0).chain(places).map(|place| short(&comparison.sides[*place].name));
    table.set_header(std::iter::once("  FIGURE".to_owned()).chain(names));
    for figure in &comparison.figures {
        let first = page.cell(Tone::Plain, shown(figure.unit, figure.values[0].value));
        let cell = |place: &usize| -> Cell {
            let value = figure.values[*place];
            page.cell(tone(figure.figure, value), change(figure.unit, value))
        };
        let row = [page.name(Tone::Plain, &figure_name(figure)), first];
        table.add_row(row.into_iter().chain(places.iter().map(cell)));
    }
    align_right(&mut table, 1..places.len() + 2);
    keep_whole(&mut table, 0);
    finished(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::duration::Seconds;
    use crate::simulate::report::{Usd, test_report};
    use crate::simulate::{Report, Side};

    fn side(name: &str, flags: &str, report: Report) -> Side {
        Side { name: name.to_owned(), flags: flags.to_owned(), report }
    }

    #[test]
    fn two_sides_stand_beside_each_other() {
        let (a, mut b) = (test_report::small_report(), test_report::small_report());
        b.total.cost = Some(Usd::from_micros(480_000));
        b.waits.as_mut().expect("pods waited").p95 = Seconds(420);
        let both = Comparison::new(vec![side("A", "--idle-threshold 3300", a), side("B", "", b)]);
        let text = comparison(&both, Some(80), false);
        assert!(text.starts_with("B against A: costs $0.36 less (−42.9 %); at p95 pods wait 2m longer\n"), "{text}");
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        assert!(text.contains("\n  wait, p95                           5m      7m     +2m  +40.0 %\n"), "{text}");
        assert!(text.contains("\n  of that spot                     $0.12   $0.12       =\n"), "{text}");
    }

    #[test]
    fn two_to_six_sides_fit_80_columns() {
        for sides in 2..=6 {
            let one = |place: u64| {
                let mut report = test_report::small_report();
                report.total.cost = Some(Usd::from_micros(1_234_560_000 + place * 77_000_000));
                report.waits.as_mut().expect("pods waited").max = Seconds(90_061 * (place + 1));
                side(&format!("a policy of a long name {place}"), "--idle-threshold 5m", report)
            };
            let text = comparison(&Comparison::new((0..sides).map(one).collect()), Some(80), false);
            for line in text.lines() {
                assert!(line.chars().count() <= 80, "{sides}: {line}");
            }
            let rows = text.lines().filter(|line| line.starts_with("  wait, longest")).count();
            assert!(rows >= 1 && !text.lines().any(|line| line.trim() == "points"), "{text}");
        }
    }

    #[test]
    fn of_many_sides_the_cheapest_and_the_quickest_are_named() {
        let (a, mut b, mut c) = (test_report::small_report(), test_report::small_report(), test_report::small_report());
        b.total.cost = Some(Usd::from_micros(480_000));
        c.pods.waited = Seconds(30);
        let sides = vec![side("now", "", a), side("cheap", "", b), side("quick", "", c)];
        let text = comparison(&Comparison::new(sides), Some(80), false);
        let first = "Of 3 policies cheap costs least, $0.48; with quick pods wait least, 10s on\naverage\n";
        assert!(text.starts_with(first), "{text}");
    }
}
