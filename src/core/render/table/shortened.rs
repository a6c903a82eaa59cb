//! What is left out of a long page: JSON has it, and so has `--all`.

use std::collections::BTreeMap;

use super::page::Tone;
use super::rows::Row;

/// Up to this many rows each stands for itself.
pub(super) const FEW_ROWS: usize = 12;
/// A part may be longer by this before anything of it is left out.
const TOLERANCE: usize = 2;

/// What rows have in common of which the first one stands for all: the tone, and what decided.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::render) struct SharedAnswer {
    /// What the rows are about together, such as the group of nodes.
    pub(in crate::render) of: String,
    /// What was decided.
    pub(in crate::render) code: String,
}

/// Counts rows of one answer, where there are many rows, in the place of the first.
pub(super) fn merged(rows: Vec<Row>) -> Vec<Row> {
    if rows.len() <= FEW_ROWS {
        return rows;
    }
    let mut merged: Vec<(Row, usize)> = Vec::new();
    let mut places: BTreeMap<(Tone, SharedAnswer), usize> = BTreeMap::new();
    for row in rows {
        let place = row.answer.clone().map(|answer| *places.entry((row.tone, answer)).or_insert(merged.len()));
        match place.and_then(|place| merged.get_mut(place)) {
            Some((first, more)) => {
                *more += 1;
                keep_common(first, &row);
            }
            None => merged.push((row, 0)),
        }
    }
    merged.into_iter().map(|(row, more)| counted(row, more)).collect()
}

/// Empties the cells, but for the name, in which a row differs from the first one.
fn keep_common(first: &mut Row, row: &Row) {
    for (kept, cell) in first.cells.iter_mut().zip(&row.cells).skip(1) {
        if kept != cell {
            kept.clear();
        }
    }
    if first.sentence != row.sentence && !first.sentence.ends_with(AND_ALIKE) {
        first.sentence.push_str(AND_ALIKE);
    }
}

const AND_ALIKE: &str = " (the others alike)";

fn counted(mut row: Row, more: usize) -> Row {
    if let (1.., Some(name)) = (more, row.cells.first_mut()) {
        *name = format!("{name} and {more} more");
    }
    row
}

/// Leaves out the last rows of a long part, and counts them.
pub(super) fn shortened(mut rows: Vec<Vec<String>>, most_lines: usize) -> Vec<Vec<String>> {
    let all: usize = rows.iter().map(Vec::len).sum();
    if all <= most_lines + TOLERANCE {
        return rows;
    }
    let mut lines = 0;
    let fitting = rows.iter().take_while(|row| {
        lines += row.len();
        lines <= most_lines
    });
    let shown = fitting.count().max(1);
    let left = rows.len() - shown;
    rows.truncate(shown);
    if left > 0 {
        rows.push(vec![format!("  and {left} more (--all)")]);
    }
    rows
}
