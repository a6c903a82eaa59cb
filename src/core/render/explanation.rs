//! What all explanations have in common on paper.

use comfy_table::{CellAlignment, ColumnConstraint, Table};

use super::table::{Page, Tone, finished};

/// Lines that a person reads are not longer than this, however wide the terminal.
const WIDEST: u16 = 100;

/// The paper of an explanation: folded even without a terminal, as it is for people and JSON is for programs.
pub(super) fn readable_page(width: Option<u16>, colour: bool) -> Page {
    Page::new(Some(width.unwrap_or(WIDEST).min(WIDEST)), colour)
}

/// The first sentence, on as many lines as it takes.
pub(super) fn headline(page: &Page, sentence: &str) -> String {
    let mut table = page.table();
    table.add_row([page.cell(Tone::Plain, sentence)]);
    finished(table).lines().map(|line| page.bold(line.trim_end())).collect()
}

/// Names and what is to be said of them.
pub(super) fn facts<'a>(page: &Page, lines: impl IntoIterator<Item = (&'a str, String)>) -> Table {
    let mut table = page.table();
    for (name, value) in lines {
        table.add_row([page.name(Tone::Plain, name), page.cell(Tone::Plain, value)]);
    }
    keep_whole(&mut table, 0);
    finished(table)
}

/// A column of names is not folded.
pub(super) fn keep_whole(table: &mut Table, column: usize) {
    if let Some(names) = table.column_mut(column) {
        names.set_constraint(ColumnConstraint::ContentWidth);
    }
}

/// Columns of numbers are read from the right.
pub(super) fn align_right(table: &mut Table, columns: impl IntoIterator<Item = usize>) {
    for number in columns {
        if let Some(column) = table.column_mut(number) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// The first names of a list, and how many more there are.
pub(super) fn first_of(names: &[String], shown: usize) -> String {
    let first = names.iter().take(shown).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(shown) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

/// The first names of a list as a line each, and a line that counts the others.
pub(super) fn first_lines(names: &[String], shown: usize) -> Vec<String> {
    let more = names.len().saturating_sub(shown);
    names.iter().take(shown).cloned().chain((more > 0).then(|| format!("and {more} more"))).collect()
}
