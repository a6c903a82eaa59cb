//! A table that does not fit, as a list with an item for each row.

use super::blocks::{PageBlock, SpanStyle, StyledText, plain};

/// Returns the rows as items: the first cell, and the others behind the names of their columns. A
/// row without a first cell is about the one above.
pub(super) fn row_list(header: &[Vec<StyledText>], rows: &[Vec<Vec<StyledText>>]) -> PageBlock {
    let mut subject: &[StyledText] = &[];
    let mut items = Vec::new();
    for row in rows {
        let Some((first, cells)) = row.split_first() else { continue };
        if !first.is_empty() {
            subject = first;
        }
        items.push(vec![PageBlock::Paragraph(sentence(subject, header.get(1..).unwrap_or_default(), cells))]);
    }
    PageBlock::List { first: None, items }
}

fn sentence(subject: &[StyledText], names: &[Vec<StyledText>], cells: &[Vec<StyledText>]) -> Vec<StyledText> {
    let mut text = subject.to_vec();
    let named = names.iter().zip(cells).filter(|(_, cell)| !cell.is_empty());
    for (place, (name, cell)) in named.enumerate() {
        let name = if names.len() > 1 { format!("{}: ", plain(name)) } else { String::new() };
        let sign = if place == 0 { ": " } else { "; " };
        text.push(StyledText::new(format!("{sign}{name}"), SpanStyle::Plain));
        text.extend_from_slice(cell);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::blocks::blocks;
    use super::*;

    fn items(markdown: &str) -> Vec<String> {
        let PageBlock::Table { header, rows } = blocks(markdown).remove(0) else { panic!("a table") };
        let PageBlock::List { items, .. } = row_list(&header, &rows) else { panic!("a list") };
        let text = |item: &Vec<PageBlock>| match &item[..] {
            [PageBlock::Paragraph(text)] => plain(text),
            other => panic!("{other:?}"),
        };
        items.iter().map(text).collect()
    }

    #[test]
    fn cells_stand_behind_the_names_of_their_columns() {
        let table = "| flag | default | meaning |\n|---|---|---|\n| `-a` | 1 | x |\n| `-b` | | y |\n| | 2 | z |\n";
        assert_eq!(items(table), ["-a: default: 1; meaning: x", "-b: meaning: y", "-b: default: 2; meaning: z"]);
        assert_eq!(items("| code | meaning |\n|---|---|\n| 0 | done |\n"), ["0: done"]);
    }
}
