//! A page for a terminal, or for a file that a person reads.

use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table, Width};

use super::blocks::{PageBlock, SpanStyle, StyledText, linked_page, plain};
use super::fill::{Word, fill};
use super::row_list::row_list;

/// Lines for people are not longer than this, however wide the terminal.
const WIDEST: usize = 100;
/// Columns where there is no terminal.
const USUAL: usize = 80;
/// In narrower terminals nothing is readable: longer lines do less harm.
const LEAST: usize = 40;
/// A column whose cells are all as short as this is not folded.
const SHORT_CELL: usize = 16;
/// The margins of a column.
const GAP: usize = 2;
/// The margin of what belongs to a list or is an example.
const INDENT: usize = 2;

/// The form of a page.
#[derive(Debug, Clone, Copy)]
pub(in crate::run) struct TerminalPage {
    columns: usize,
    colour: bool,
}

impl TerminalPage {
    /// Returns the form for a terminal that has so many columns, or for none.
    pub(in crate::run) fn new(width: Option<u16>, colour: bool) -> Self {
        let columns = width.map_or(USUAL, |width| usize::from(width).clamp(LEAST, WIDEST));
        Self { columns, colour }
    }

    /// Returns the page.
    pub(in crate::run) fn render(self, blocks: &[PageBlock]) -> String {
        let mut page = String::new();
        for block in blocks {
            if !page.is_empty() {
                page.push('\n');
            }
            page.push_str(&self.block(block, 0));
        }
        page
    }

    fn block(self, block: &PageBlock, indent: usize) -> String {
        match block {
            PageBlock::Heading(level, text) => self.heading(*level, &plain(text)),
            PageBlock::Paragraph(text) => fill(&self.words(text), self.columns, indent, indent),
            PageBlock::Code(text) => indented(text, indent + INDENT),
            PageBlock::List { first, items } => self.list(*first, items, indent),
            PageBlock::Table { header, rows } => self.table(header, rows, indent),
        }
    }

    fn heading(self, level: u8, text: &str) -> String {
        let text = if level == 1 { text.to_uppercase() } else { text.to_owned() };
        format!("{}\n", self.styled(&text, SpanStyle::Strong))
    }

    fn list(self, first: Option<u64>, items: &[Vec<PageBlock>], indent: usize) -> String {
        let mut list = String::new();
        for (number, item) in (first.unwrap_or_default()..).zip(items) {
            let sign = if first.is_some() { format!("{number}. ") } else { "- ".to_owned() };
            let inner = indent + sign.chars().count();
            for (place, block) in item.iter().enumerate() {
                if place > 0 {
                    list.push('\n');
                }
                let text = self.block(block, inner);
                match place {
                    0 => {
                        list.push_str(&" ".repeat(indent));
                        list.push_str(&sign);
                        list.push_str(text.trim_start_matches(' '));
                    }
                    _ => list.push_str(&text),
                }
            }
        }
        list
    }

    fn table(self, header: &[Vec<StyledText>], rows: &[Vec<Vec<StyledText>>], indent: usize) -> String {
        let columns = (0..header.len()).map(|place| longest_word(&texts(header, rows, place)) + GAP);
        if columns.sum::<usize>() > self.columns.saturating_sub(indent) {
            return self.block(&row_list(header, rows), indent);
        }
        let tight = self.rows(header, rows, indent, "");
        // Where a row takes several lines, nothing else shows where the next one begins.
        let is_folded = tight.lines().count() > rows.len() + 1;
        if is_folded { self.rows(header, rows, indent, "\n") } else { tight }
    }

    /// Lays a table out, with this at the end of each row.
    fn rows(self, header: &[Vec<StyledText>], rows: &[Vec<Vec<StyledText>>], indent: usize, end: &str) -> String {
        let mut table = Table::new();
        table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        match self.colour {
            true => table.enforce_styling(),
            false => table.force_no_tty(),
        };
        table.set_width(u16::try_from(self.columns.saturating_sub(indent)).unwrap_or(u16::MAX));
        let heading = |cell: &Vec<StyledText>| Cell::new(plain(cell).to_uppercase()).add_attribute(Attribute::Bold);
        table.set_header(header.iter().map(heading));
        for (number, row) in rows.iter().enumerate() {
            let end = if number + 1 < rows.len() { end } else { "" };
            table.add_row(row.iter().map(|cell| self.cell(cell, end)));
        }
        fit_columns(&mut table, header, rows);
        let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
        indented(&lines.join("\n"), indent)
    }

    /// Returns a cell. What is typed has no quotes where it is all of the cell.
    fn cell(self, spans: &[StyledText], end: &str) -> Cell {
        match spans {
            [code] if code.style == SpanStyle::Code => {
                let cell = Cell::new(format!("{}{end}", code.text));
                if self.colour { cell.fg(Color::Cyan) } else { cell }
            }
            _ => Cell::new(spans.iter().map(quoted).collect::<String>() + end),
        }
    }

    /// Returns the words of a text with their styles.
    fn words(self, spans: &[StyledText]) -> Vec<Word> {
        let mut words: Vec<Word> = Vec::new();
        let mut is_open = false;
        for span in spans {
            let text = if self.colour { unquoted(span) } else { quoted(span) };
            for (place, part) in text.split(char::is_whitespace).enumerate() {
                is_open &= place == 0;
                if part.is_empty() {
                    continue;
                }
                let shown = self.styled(part, span.style);
                match words.last_mut().filter(|_| is_open) {
                    Some(word) => word.join(part, &shown),
                    None => words.push(Word::new(part, &shown)),
                }
                is_open = true;
            }
            is_open &= !text.ends_with(char::is_whitespace);
        }
        words
    }

    fn styled(self, text: &str, style: SpanStyle) -> String {
        let code = match style {
            SpanStyle::Plain | SpanStyle::Target => None,
            SpanStyle::Strong => Some("1"),
            SpanStyle::Emphasis => Some("3"),
            SpanStyle::Code => Some("36"),
        };
        match code.filter(|_| self.colour) {
            Some(code) => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            None => text.to_owned(),
        }
    }
}

/// Returns a text where no style shows what is typed.
fn quoted(span: &StyledText) -> String {
    match span.style {
        SpanStyle::Code => format!("`{}`", span.text),
        _ => unquoted(span),
    }
}

/// Returns a text where a style shows what is typed.
fn unquoted(span: &StyledText) -> String {
    match (span.style, linked_page(&span.text)) {
        (SpanStyle::Target, Some(page)) => format!(" (help {page})"),
        (SpanStyle::Target, None) if span.text.contains("://") => format!(" ({})", span.text),
        // A place of the same page, or a file of the source.
        (SpanStyle::Target, None) => String::new(),
        _ => span.text.clone(),
    }
}

fn indented(text: &str, indent: usize) -> String {
    let margin = " ".repeat(indent);
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("{margin}{line}\n") }).collect()
}

/// Keeps columns of short cells unfolded, and words of others whole.
fn fit_columns(table: &mut Table, header: &[Vec<StyledText>], rows: &[Vec<Vec<StyledText>>]) {
    for place in 0..header.len() {
        let texts = texts(header, rows, place);
        let longest = texts.iter().map(|text| text.chars().count()).max().unwrap_or_default();
        if let Some(column) = table.column_mut(place) {
            let least = Width::Fixed(u16::try_from(longest_word(&texts) + GAP).unwrap_or(u16::MAX));
            column.set_constraint(match longest <= SHORT_CELL {
                true => ColumnConstraint::ContentWidth,
                false => ColumnConstraint::LowerBoundary(least),
            });
        }
    }
}

/// Returns the texts of a column.
fn texts(header: &[Vec<StyledText>], rows: &[Vec<Vec<StyledText>>], place: usize) -> Vec<String> {
    let cells = rows.iter().filter_map(|row| row.get(place)).chain(header.get(place));
    cells.map(|cell| cell.iter().map(quoted).collect()).collect()
}

fn longest_word(texts: &[String]) -> usize {
    let words = texts.iter().flat_map(|text| text.split_whitespace());
    words.map(|word| word.chars().count()).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::blocks::blocks;
    use super::*;

    fn page(markdown: &str, width: u16) -> String {
        TerminalPage::new(Some(width), false).render(&blocks(markdown))
    }

    #[test]
    fn texts_are_folded_and_examples_are_not() {
        let text = page(
            "# A page\n\nSome `code` and *more* of a text that is long.\n\n```\none  two   and so on until the end of it, and more\n```\n",
            40,
        );
        assert_eq!(
            text,
            "A PAGE\n\nSome `code` and more of a text that is\nlong.\n\n  one  two   and so on until the end of it, and more\n"
        );
    }

    #[test]
    fn links_name_the_page_to_look_at() {
        assert_eq!(
            page("See [prices](money.md#own-rates), [below](#x) and [there](https://example.com).", 80),
            "See prices (help money), below and there (https://example.com).\n"
        );
    }

    #[test]
    fn lists_have_their_margin() {
        let text = page("- one two three four five six seven eight nine\n- `b`\n", 40);
        assert_eq!(text, "- one two three four five six seven\n  eight nine\n- `b`\n");
        assert_eq!(page("2. two\n3. three\n", 40), "2. two\n3. three\n");
    }

    #[test]
    fn a_table_fits_the_width() {
        let table =
            "| flag | meaning |\n|---|---|\n| `--all` | every row is shown, however many there are of them |\n| `-o` | x |\n";
        let text = page(table, 40);
        assert!(text.lines().all(|line| line.chars().count() <= 40), "{text}");
        assert!(text.contains(" --all ") && text.contains("\n\n -o"), "rows are apart: {text}");
        assert!(!page(table, 100).contains("\n\n"), "each row has its line");
    }

    #[test]
    fn colours_only_where_they_are_seen() {
        let page = |colour| TerminalPage::new(None, colour).render(&blocks("# A\n\n`b` **c**, d\n"));
        assert_eq!(page(false), "A\n\n`b` c, d\n");
        assert_eq!(page(true), "\u{1b}[1mA\u{1b}[0m\n\n\u{1b}[36mb\u{1b}[0m \u{1b}[1mc\u{1b}[0m, d\n");
    }
}
