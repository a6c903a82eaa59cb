//! The layout that all explanations share.

use comfy_table::{CellAlignment, ColumnConstraint, Table};

use super::table::{Page, Tone, finished};

/// Lines for people are not longer than this, however wide the terminal.
const WIDEST: u16 = 100;

/// Returns the page of an explanation. It is folded even without a terminal, since it is for people
/// and JSON is for programs.
pub(super) fn readable_page(width: Option<u16>, colour: bool) -> Page {
    Page::new(Some(width.unwrap_or(WIDEST).min(WIDEST)), colour)
}

/// Folds the first sentence.
pub(super) fn headline(page: &Page, sentence: &str) -> String {
    let mut table = page.table();
    table.add_row([page.cell(Tone::Plain, sentence)]);
    finished(table).lines().map(|line| page.bold(line.trim_end())).collect()
}

/// Lays out names and their facts.
pub(super) fn facts<'a>(page: &Page, lines: impl IntoIterator<Item = (&'a str, String)>) -> Table {
    let mut table = page.table();
    for (name, value) in lines {
        table.add_row([page.name(Tone::Plain, name), page.cell(Tone::Plain, value)]);
    }
    keep_whole(&mut table, 0);
    finished(table)
}

/// Keeps a column of names unfolded.
pub(super) fn keep_whole(table: &mut Table, column: usize) {
    if let Some(names) = table.column_mut(column) {
        names.set_constraint(ColumnConstraint::ContentWidth);
    }
}

/// Aligns columns of numbers to the right.
pub(super) fn align_right(table: &mut Table, columns: impl IntoIterator<Item = usize>) {
    for number in columns {
        if let Some(column) = table.column_mut(number) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// Returns the first names of a list, and how many more there are.
pub(super) fn first_of(names: &[String], shown: usize) -> String {
    let first = names.iter().take(shown).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(shown) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

/// Returns the first names of a list as a line each, and a line that counts the others.
pub(super) fn first_lines(names: &[String], shown: usize) -> Vec<String> {
    let more = names.len().saturating_sub(shown);
    names.iter().take(shown).cloned().chain((more > 0).then(|| format!("and {more} more"))).collect()
}
