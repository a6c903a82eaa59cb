//! Two simulations side by side, for a terminal.

use comfy_table::Table;

use super::explanation::{align_right, facts, headline, keep_whole, readable_page};
use super::simulation::summary;
use super::table::{Page, Tone, finished, section};
use crate::simulate::Comparison;
use crate::simulate::report::{Amount, Difference, FigureLine, Unit, Wish};

/// Renders a comparison. `width` is that of the terminal in columns.
#[must_use]
pub fn comparison(comparison: &Comparison, width: Option<u16>, colour: bool) -> String {
    let page = readable_page(width, colour);
    let mut text = headline(&page, &headline_words(comparison));
    let sides = [("A", &comparison.a), ("B", &comparison.b)];
    section(&mut text, None, &facts(&page, sides.map(|(name, side)| (name, flags(&side.flags)))));
    section(&mut text, None, &differences(comparison, &page));
    section(&mut text, None, &facts(&page, sides.map(|(name, side)| (name, summary(&side.report)))));
    text
}

/// Returns the flags of a side as they are shown.
pub(super) fn flags(flags: &str) -> String {
    if flags.trim().is_empty() { "no further flags".to_owned() } else { flags.to_owned() }
}

/// Returns a sentence such as `B costs $3.10 less (−12.1 %) and lets pods wait 2m longer at p95`.
pub(super) fn headline_words(comparison: &Comparison) -> String {
    use crate::simulate::report::Figure::{Cost, WaitMax, WaitP50, WaitP95, WaitP99};
    let of = |figure| comparison.differences.iter().find(|difference| difference.figure == figure);
    let change = |difference: &Difference| {
        let amount = Amount { unit: difference.unit, number: difference.difference? };
        Some((amount.number, Amount { number: amount.number.saturating_abs(), ..amount }.to_string()))
    };
    let cost = of(Cost).and_then(|difference| {
        let (sign, amount) = change(difference)?;
        let percent = percent(difference).map(|percent| format!(" ({percent})")).unwrap_or_default();
        Some(match sign {
            0 => "costs the same".to_owned(),
            1.. => format!("costs {amount} more{percent}"),
            _ => format!("costs {amount} less{percent}"),
        })
    });
    // If most pods wait as long as before, others may not.
    let waits = [(WaitP95, "at p95"), (WaitP50, "at p50"), (WaitP99, "at p99"), (WaitMax, "at most")];
    let mut waits = waits.into_iter().filter_map(|(figure, at)| Some((at, change(of(figure)?)?))).peekable();
    let as_long = waits.peek().map(|_| "pods wait as long".to_owned());
    let wait = waits.find(|(_, (sign, _))| *sign != 0).map(|(at, (sign, amount))| match sign {
        1.. => format!("{at} pods wait {amount} longer"),
        _ => format!("{at} pods wait {amount} less"),
    });
    let wait = wait.or(as_long);
    let words: Vec<String> = cost.into_iter().chain(wait).collect();
    match words.is_empty() {
        true => "A and B side by side".to_owned(),
        false => format!("B against A: {}", words.join("; ")),
    }
}

/// Returns a line of the table, also for HTML: the figure, A, B, the difference, and the difference
/// in percent.
pub(super) fn row(difference: &Difference) -> [String; 5] {
    let Difference { figure, resource, unit, a, b, difference: change, .. } = difference;
    let shown =
        |number: &Option<i64>| number.map_or_else(|| "–".to_owned(), |number| Amount { unit: *unit, number }.to_string());
    let name = FigureLine { figure: *figure, resource: resource.clone(), amount: None }.to_string();
    [
        name,
        shown(a),
        shown(b),
        change.map_or_else(String::new, |number| signed(*unit, number)),
        percent(difference).unwrap_or_default(),
    ]
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

fn percent(difference: &Difference) -> Option<String> {
    let number = difference.difference_per_mille.filter(|number| *number != 0 && difference.unit != Unit::PerMille)?;
    let plus = if number > 0 { "+" } else { "" };
    Some(format!("{plus}{}", Amount { unit: Unit::PerMille, number }))
}

/// Returns how a reader should see the difference: [`Tone::More`] where B is better.
pub(super) fn tone(difference: &Difference) -> Tone {
    let Some(change) = difference.difference.filter(|change| *change != 0) else { return Tone::Plain };
    match (difference.figure.wish(), change > 0) {
        (Wish::Indifferent, _) => Tone::Plain,
        (Wish::Less, false) | (Wish::More, true) => Tone::More,
        (Wish::Less, true) | (Wish::More, false) => Tone::Less,
    }
}

fn differences(comparison: &Comparison, page: &Page) -> Table {
    let mut table = page.table();
    table.set_header(["  FIGURE", "A", "B", "B − A", ""]);
    for difference in &comparison.differences {
        let [name, a, b, change, percent] = row(difference);
        let tone = tone(difference);
        table.add_row([
            page.name(Tone::Plain, &name),
            page.cell(Tone::Plain, a),
            page.cell(Tone::Plain, b),
            page.cell(tone, change),
            page.cell(tone, percent),
        ]);
    }
    align_right(&mut table, 1..5);
    keep_whole(&mut table, 0);
    finished(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::Side;
    use crate::simulate::report::test_report;

    #[test]
    fn sides_stand_beside_each_other() {
        let (a, mut b) = (test_report::small_report(), test_report::small_report());
        b.total.cost = Some(crate::simulate::report::Usd::from_micros(480_000));
        b.waits.as_mut().expect("pods waited").p95 = crate::duration::Seconds(420);
        let side = |flags: &str, report| Side { flags: flags.to_owned(), report };
        let both = Comparison::new(side("--idle-threshold 3300", a), side("", b));
        let text = comparison(&both, Some(80), false);
        assert!(text.starts_with("B against A: costs $0.36 less (−42.9 %); at p95 pods wait 2m longer\n"), "{text}");
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        assert!(text.contains("\n  wait, p95                           5m      7m     +2m  +40.0 %\n"), "{text}");
        assert!(text.contains("\n  of that spot                     $0.12   $0.12       =\n"), "{text}");
    }
}
