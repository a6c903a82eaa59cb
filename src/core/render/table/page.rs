//! The page: its width, its colours, and the parts that it is made of.

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, Color, ContentArrangement, Table};

use crate::plain_text::escaped;

/// In narrower terminals no column is readable: longer lines do less harm.
const LEAST_WIDTH: u16 = 60;

/// The page: its width, and whether it is in colour.
pub(in crate::render) struct Page {
    width: Option<u16>,
    colour: bool,
}

/// The subject of a line, which decides its colour and sign; in the order in which a reader wants
/// to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::render) enum Tone {
    More,
    Less,
    Warning,
    Plain,
}

impl Tone {
    pub(in crate::render) fn sign(self) -> &'static str {
        match self {
            Self::More => "+",
            Self::Less => "−",
            Self::Warning => "!",
            Self::Plain => " ",
        }
    }

    fn colour(self) -> Option<Color> {
        match self {
            Self::More => Some(Color::Green),
            Self::Less => Some(Color::Red),
            Self::Warning => Some(Color::Yellow),
            Self::Plain => None,
        }
    }
}

impl Page {
    pub(in crate::render) fn new(width: Option<u16>, colour: bool) -> Self {
        Self { width: width.map(|width| width.max(LEAST_WIDTH)), colour }
    }

    /// Makes the first line bold.
    pub(in crate::render) fn bold(&self, line: &str) -> String {
        let line = escaped(line);
        if self.colour { format!("\u{1b}[1m{line}\u{1b}[0m\n") } else { format!("{line}\n") }
    }

    /// Returns how many columns the page has; `None` where nothing is folded.
    pub(in crate::render) fn columns(&self) -> Option<usize> {
        self.width.map(usize::from)
    }

    /// Returns a table of the width of the page.
    pub(in crate::render) fn table(&self) -> Table {
        let mut table = self.unfolded_table();
        if let Some(width) = self.width {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        table
    }

    /// Returns a table that is as wide as what it holds.
    pub(in crate::render) fn unfolded_table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(NOTHING);
        table.set_content_arrangement(ContentArrangement::Disabled);
        match self.colour {
            true => table.enforce_styling(),
            false => table.force_no_tty(),
        };
        table
    }

    /// Returns a first cell: the sign and the name.
    pub(in crate::render) fn name(&self, tone: Tone, name: &str) -> Cell {
        self.names(tone, [name])
    }

    /// Returns a first cell of several names, one per line. The sign stands before the first; the
    /// others keep its margin.
    pub(in crate::render) fn names(&self, tone: Tone, names: impl IntoIterator<Item = impl AsRef<str>>) -> Cell {
        let signs = std::iter::once(tone.sign()).chain(std::iter::repeat(" "));
        self.cell_of_lines(tone, signs.zip(names).map(|(sign, name)| format!("{sign} {}", name.as_ref())))
    }

    /// Returns a cell. Text that others wrote stays within it: its line breaks and control
    /// characters are escaped.
    pub(in crate::render) fn cell(&self, tone: Tone, text: impl ToString) -> Cell {
        self.cell_of_lines(tone, [text])
    }

    /// Returns a cell of several lines, each of them as in [`Page::cell`].
    pub(in crate::render) fn cell_of_lines(&self, tone: Tone, lines: impl IntoIterator<Item = impl ToString>) -> Cell {
        let lines: Vec<String> = lines.into_iter().map(|line| escaped(&line.to_string()).into_owned()).collect();
        let cell = Cell::new(lines.join("\n"));
        match tone.colour().filter(|_| self.colour) {
            Some(colour) => cell.fg(colour),
            None => cell,
        }
    }
}

/// Adds a part of the page, and leaves it out when it has no lines.
pub(in crate::render) fn section(text: &mut String, title: Option<&str>, table: &Table) {
    if table.row_count() == 0 {
        return;
    }
    text.push('\n');
    if let Some(title) = title {
        text.push_str(title);
        text.push('\n');
    }
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

/// Returns the finished table, without a margin on the left.
pub(in crate::render) fn finished(mut table: Table) -> Table {
    if let Some(names) = table.column_mut(0) {
        names.set_padding((0, 1));
    }
    table
}
