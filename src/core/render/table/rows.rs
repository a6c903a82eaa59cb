//! Rows of a few short cells and a sentence each. Cells are never squeezed: where they leave too
//! little room for the sentences, these stand below, and where they have none themselves, the names
//! stand above.

use comfy_table::{CellAlignment, ColumnConstraint, Table, Width};

use super::page::{Page, Tone};
use super::shortened::{SharedAnswer, merged, shortened};

/// Beside their cells sentences are at least as wide as this.
const LEAST_SENTENCE: usize = 32;
/// What stands below or beneath something is this far in.
const INDENT: usize = 4;

/// A row.
#[derive(Debug, Clone)]
pub(in crate::render) struct Row {
    /// The sign and colour of the cells.
    pub(in crate::render) tone: Tone,
    /// The short cells, the name first; none where the row is only a sentence.
    pub(in crate::render) cells: Vec<String>,
    /// The rest of it.
    pub(in crate::render) sentence: String,
    /// The colour of the sentence.
    pub(in crate::render) sentence_tone: Tone,
    /// What rows have in common that are only counted among many; absent where each counts.
    pub(in crate::render) answer: Option<SharedAnswer>,
}

impl Row {
    /// Returns a row that is a sentence.
    pub(in crate::render) fn sentence(tone: Tone, sentence: &(impl ToString + ?Sized)) -> Self {
        Self { tone, cells: Vec::new(), sentence: sentence.to_string(), sentence_tone: tone, answer: None }
    }

    /// Returns a row of a name and a sentence, of which only the name has a colour.
    pub(in crate::render) fn named(tone: Tone, name: &(impl ToString + ?Sized), sentence: &str) -> Self {
        let (cells, sentence) = (vec![name.to_string()], sentence.to_owned());
        Self { tone, cells, sentence, sentence_tone: Tone::Plain, answer: None }
    }
}

/// Rows below each other.
#[derive(Debug, Clone)]
pub(in crate::render) struct Rows {
    /// The headings of the cells and of the sentence; none where the title says enough.
    pub(in crate::render) header: Vec<&'static str>,
    /// The columns of numbers.
    pub(in crate::render) numbers: &'static [usize],
    pub(in crate::render) list: Vec<Row>,
}

impl Rows {
    /// Returns rows without headings.
    pub(in crate::render) fn new(rows: impl IntoIterator<Item = Row>) -> Self {
        Self { header: Vec::new(), numbers: &[], list: rows.into_iter().collect() }
    }

    /// Returns the lines. With a limit, of many rows those of one answer are counted, and the last
    /// ones.
    pub(in crate::render) fn lines(self, page: &Page, most_lines: Option<usize>) -> Vec<String> {
        let Self { header, numbers, list } = self;
        let rows = if most_lines.is_some() { merged(list) } else { list };
        if rows.is_empty() {
            return Vec::new();
        }
        let (head, blocks) = Layout { page, header: &header, numbers, rows: &rows }.laid_out();
        let blocks = match most_lines {
            Some(most) => shortened(blocks, most),
            None => blocks,
        };
        head.into_iter().chain(blocks.into_iter().flatten()).map(|line| line.trim_end().to_owned()).collect()
    }
}

/// Where the sentences stand.
enum SentencePlace {
    Beside,
    /// Below their cells, but for those that fit beside them.
    Below,
    /// Below, and the names above the other cells.
    BelowNames,
}

/// The rows of a page with their columns.
struct Layout<'r> {
    page: &'r Page,
    header: &'r [&'static str],
    numbers: &'r [usize],
    rows: &'r [Row],
}

impl Layout<'_> {
    /// Returns the line of headings, and the lines of each row.
    fn laid_out(&self) -> (Option<String>, Vec<Vec<String>>) {
        if self.rows.iter().all(|row| row.cells.is_empty()) {
            return (None, self.rows.iter().map(|row| self.folded_name(row.tone, &row.sentence)).collect());
        }
        let columns = self.columns(0);
        let wide = total_width(&columns);
        let mut lines = columns.lines().collect::<Vec<_>>().into_iter();
        let head = (!self.header.is_empty()).then(|| lines.next()).flatten();
        match self.place(wide) {
            SentencePlace::BelowNames => self.below_names(),
            SentencePlace::Beside => {
                let head = head.map(|head| format!("{head} {}", self.header.last().unwrap_or(&"")));
                (head, self.rows.iter().zip(lines).map(|(row, cells)| self.beside(row, &cells, wide)).collect())
            }
            SentencePlace::Below => {
                let left = self.left_beside(wide);
                let why = self.header.last().filter(|why| left.is_none_or(|left| why.len() <= left));
                let head = head.map(|head| format!("{head} {}", why.unwrap_or(&"")));
                let fits = |row: &Row| left.is_none_or(|left| row.sentence.chars().count() <= left);
                let block = |(row, cells): (&Row, String)| match fits(row) {
                    true => self.beside(row, &cells, wide),
                    false => self.below(row, [cells]),
                };
                (head, self.rows.iter().zip(lines).map(block).collect())
            }
        }
    }

    fn below_names(&self) -> (Option<String>, Vec<Vec<String>>) {
        let names = |row: &Row| row.cells.first().map_or_else(Vec::new, |name| self.folded_name(row.tone, name));
        if self.rows.iter().all(|row| row.cells.len() <= 1) {
            return (None, self.rows.iter().map(|row| self.below(row, names(row))).collect());
        }
        let columns = self.columns(1);
        let mut lines = columns.lines().map(|line| format!("{:INDENT$}{line}", "")).collect::<Vec<_>>().into_iter();
        let head = (!self.header.is_empty()).then(|| lines.next()).flatten();
        let blocks = self.rows.iter().zip(lines);
        (head, blocks.map(|(row, cells)| self.below(row, names(row).into_iter().chain([cells]))).collect())
    }

    fn place(&self, wide: usize) -> SentencePlace {
        match self.left_beside(wide) {
            Some(0) => SentencePlace::BelowNames,
            Some(left) if left < LEAST_SENTENCE || left < self.longest_word() => SentencePlace::Below,
            _ => SentencePlace::Beside,
        }
    }

    fn longest_word(&self) -> usize {
        let words = self.rows.iter().flat_map(|row| row.sentence.split(' '));
        words.map(|word| word.chars().count()).max().unwrap_or(0)
    }

    /// Returns the width of sentences beside the cells; `None` where nothing is folded.
    fn left_beside(&self, wide: usize) -> Option<usize> {
        self.page.columns().map(|width| width.saturating_sub(wide + 2))
    }

    /// Returns the cells of all rows from a column on, none of which is folded.
    fn columns(&self, from: usize) -> Table {
        let mut table = self.page.unfolded_table();
        if let Some((_, header)) = self.header.split_last() {
            table.set_header(header.iter().skip(from).copied());
        }
        for row in self.rows {
            let cells = row.cells.iter().enumerate().skip(from);
            table.add_row(cells.map(|(place, cell)| match place {
                0 => self.page.name(row.tone, cell),
                _ => self.page.cell(row.tone, cell),
            }));
        }
        for column in self.numbers.iter().filter_map(|number| number.checked_sub(from)) {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        if let Some(first) = table.column_mut(0) {
            first.set_padding((0, 1));
        }
        table
    }

    fn beside(&self, row: &Row, cells: &str, wide: usize) -> Vec<String> {
        let left = self.left_beside(wide);
        let sentences = self.folded(row.sentence_tone, &row.sentence, left);
        let beside = |(place, sentence): (usize, String)| match place {
            0 => format!("{cells} {sentence}"),
            _ => format!("{:wide$} {sentence}", ""),
        };
        sentences.into_iter().enumerate().map(beside).collect()
    }

    fn below(&self, row: &Row, above: impl IntoIterator<Item = String>) -> Vec<String> {
        let left = self.page.columns().map(|width| width.saturating_sub(INDENT + 1));
        let sentences = self.folded(row.sentence_tone, &row.sentence, left);
        let sentences = sentences.into_iter().map(|sentence| format!("{:INDENT$}{sentence}", ""));
        above.into_iter().chain(sentences).filter(|line| !line.trim().is_empty()).collect()
    }

    /// Folds a text with its sign to the width of the page.
    fn folded_name(&self, tone: Tone, name: &str) -> Vec<String> {
        let mut table = self.page.table();
        table.add_row([self.page.name(tone, name)]);
        only_column(table, 1)
    }

    /// Folds a sentence to lines of a width.
    fn folded(&self, tone: Tone, sentence: &str, width: Option<usize>) -> Vec<String> {
        let mut table = self.page.table();
        table.add_row([self.page.cell(tone, sentence)]);
        if let (Some(width), Some(column)) = (width.and_then(|width| u16::try_from(width).ok()), table.column_mut(0)) {
            column.set_constraint(ColumnConstraint::UpperBoundary(Width::Fixed(width)));
        }
        only_column(table, 0)
    }
}

/// Returns the lines of a table of one column, with a margin on the right.
fn only_column(mut table: Table, right: u16) -> Vec<String> {
    if let Some(column) = table.column_mut(0) {
        column.set_padding((0, right));
    }
    table.lines().collect()
}

/// Returns how wide a table is, with its margins.
fn total_width(table: &Table) -> usize {
    let widths = table.column_max_content_widths();
    let margins = (widths.len() * 2).saturating_sub(1);
    widths.into_iter().map(usize::from).sum::<usize>() + margins
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str = "We currently do not have sufficient p3.16xlarge capacity in the Availability Zone you requested";

    fn row(name: &str, sentence: &str) -> Row {
        Row {
            cells: vec![name.to_owned(), "us-west-2".to_owned(), "7".to_owned()],
            ..Row::named(Tone::Warning, name, sentence)
        }
    }

    fn laid_out(list: Vec<Row>, width: Option<u16>, most_lines: Option<usize>) -> Vec<String> {
        let header = vec!["  GROUP", "REGION", "NODES", "WHY"];
        Rows { header, numbers: &[2], list }.lines(&Page::new(width, false), most_lines)
    }

    #[test]
    fn sentences_stand_beside_their_cells_while_they_have_room() {
        let lines = laid_out(vec![row("web", "no change"), row("p3", LONG)], Some(80), None);
        assert_eq!(
            lines,
            [
                "  GROUP  REGION     NODES  WHY",
                "! web    us-west-2      7  no change",
                "! p3     us-west-2      7  We currently do not have sufficient p3.16xlarge",
                "                           capacity in the Availability Zone you requested",
            ]
        );
    }

    #[test]
    fn a_long_name_moves_long_sentences_below() {
        let lines = laid_out(vec![row(&"g".repeat(40), "no change"), row("p3", LONG)], Some(80), None);
        let cells = |name: &str| format!("! {name:40}  us-west-2      7");
        assert_eq!(lines[1], format!("{}  no change", cells(&"g".repeat(40))));
        assert_eq!(lines[2], cells("p3"));
        assert_eq!(
            lines[3..],
            ["    We currently do not have sufficient p3.16xlarge capacity in the", "    Availability Zone you requested"]
                .map(str::to_owned)
        );
    }

    #[test]
    fn names_without_room_stand_above_and_stay_whole() {
        let name = format!("eks-{}", "a1b2-".repeat(12));
        let lines = laid_out(vec![row(&name, "no change")], Some(60), None);
        assert!(lines[1].starts_with("! eks-a1b2"), "{lines:?}");
        assert_eq!(lines.last().map(String::as_str), Some("    no change"), "{lines:?}");
        assert!(lines.iter().any(|line| line.trim() == "us-west-2      7"), "{lines:?}");
    }

    #[test]
    fn a_word_that_has_no_room_beside_the_cells_is_not_torn() {
        let word = format!("{}-nodes", "w".repeat(50));
        let lines = laid_out(vec![row("web", &format!("no room in {word}"))], Some(80), None);
        assert_eq!(lines[1..], ["! web    us-west-2      7".to_owned(), format!("    no room in {word}")]);
    }

    #[test]
    fn nothing_is_folded_without_a_terminal() {
        let lines = laid_out(vec![row(&"g".repeat(300), LONG)], None, None);
        assert!(lines.len() == 2 && lines[1].ends_with(LONG), "{lines:?}");
    }

    #[test]
    fn many_rows_of_one_answer_are_counted_and_others_are_not() {
        let answer = |code: &str| Some(SharedAnswer { of: "us-west-2".into(), code: code.into() });
        let full =
            (0..20).map(|number| Row { answer: answer("at-max"), ..row(&format!("g{number}"), &format!("at {number}")) });
        let own = Row { answer: None, ..row("own", "in backoff") };
        let lines = laid_out(full.clone().chain([own.clone()]).collect(), None, Some(30));
        assert_eq!(
            lines[1..],
            ["! g0 and 19 more  us-west-2      7  at 0 (the others alike)", "! own             us-west-2      7  in backoff"]
        );
        assert_eq!(laid_out(full.clone().chain([own]).collect(), None, None).len(), 22, "--all");
        assert_eq!(laid_out(full.take(12).collect(), None, Some(30)).len(), 13, "a few");
    }

    #[test]
    fn the_last_of_many_lines_are_counted() {
        let rows = |number: usize| (0..number).map(|number| row(&format!("g{number}"), "no change")).collect::<Vec<_>>();
        let lines = laid_out(rows(40), None, Some(10));
        assert!(lines.len() == 12 && lines[11] == "  and 30 more (--all)", "{lines:?}");
        assert_eq!(laid_out(rows(12), None, Some(10)).len(), 13, "two lines more are no reason to leave them out");
        assert_eq!(laid_out(rows(40), None, None).len(), 41);
        let one_long = laid_out(vec![row("a", &"word ".repeat(300)), row("b", "no change")], Some(80), Some(10));
        assert!(one_long[1].starts_with("! a") && one_long.last().is_some_and(|line| line.ends_with("and 1 more (--all)")));
    }
}
