//! A page as the parts that it is made of, read from Markdown. Both forms of a page, that for a
//! terminal and that for `man`, are made of these.

use std::mem::take;

use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag};

/// A part of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::run) enum PageBlock {
    /// A heading; the page's own has level 1.
    Heading(u8, Vec<StyledText>),
    /// A paragraph.
    Paragraph(Vec<StyledText>),
    /// Lines that stay as they are.
    Code(String),
    /// A list.
    List {
        /// The number of the first item, where items are numbered.
        first: Option<u64>,
        /// The items.
        items: Vec<Vec<PageBlock>>,
    },
    /// A table.
    Table {
        /// The names of the columns.
        header: Vec<Vec<StyledText>>,
        /// The rows.
        rows: Vec<Vec<Vec<StyledText>>>,
    },
}

/// A text of one style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::run) struct StyledText {
    pub(super) text: String,
    pub(super) style: SpanStyle,
}

/// How a text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::run) enum SpanStyle {
    /// As what is around it.
    Plain,
    /// Strong.
    Strong,
    /// Stressed.
    Emphasis,
    /// What is typed.
    Code,
    /// Where the text before it leads: a file of the manual or an address.
    Target,
}

impl StyledText {
    pub(super) fn new(text: impl Into<String>, style: SpanStyle) -> Self {
        Self { text: text.into(), style }
    }
}

/// Reads a page.
pub(in crate::run) fn blocks(markdown: &str) -> Vec<PageBlock> {
    Reader { events: Parser::new_ext(markdown, Options::ENABLE_TABLES) }.blocks()
}

/// Returns a text without its styles.
pub(super) fn plain(spans: &[StyledText]) -> String {
    spans.iter().filter(|span| span.style != SpanStyle::Target).map(|span| span.text.as_str()).collect()
}

/// Returns the page of the manual that a link leads to, if it leads to one.
pub(super) fn linked_page(target: &str) -> Option<&str> {
    let (file, _) = target.split_once('#').unwrap_or((target, ""));
    file.strip_suffix(".md").filter(|page| !page.is_empty() && !page.contains('/'))
}

struct Reader<'a> {
    events: Parser<'a>,
}

impl Reader<'_> {
    /// Reads the parts up to the end of what holds them.
    fn blocks(&mut self) -> Vec<PageBlock> {
        let (mut blocks, mut loose) = (Vec::new(), Vec::new());
        while let Some(event) = self.events.next() {
            let block = match event {
                Event::End(_) => break,
                Event::Start(Tag::Paragraph) => Some(PageBlock::Paragraph(self.spans())),
                Event::Start(Tag::Heading { level, .. }) => Some(PageBlock::Heading(number(level), self.spans())),
                Event::Start(Tag::CodeBlock(_)) => Some(PageBlock::Code(plain(&self.spans()))),
                Event::Start(Tag::List(first)) => Some(PageBlock::List { first, items: self.items() }),
                Event::Start(Tag::Table(_)) => Some(self.table()),
                Event::Start(Tag::BlockQuote(_)) => {
                    blocks.extend(self.blocks());
                    None
                }
                // The items of a tight list hold their text without a paragraph around it.
                other => {
                    self.add(other, SpanStyle::Plain, &mut loose);
                    None
                }
            };
            if let Some(block) = block {
                flush(&mut loose, &mut blocks);
                blocks.push(block);
            }
        }
        flush(&mut loose, &mut blocks);
        blocks
    }

    fn items(&mut self) -> Vec<Vec<PageBlock>> {
        let mut items = Vec::new();
        while let Some(Event::Start(_)) = self.events.next() {
            items.push(self.blocks());
        }
        items
    }

    fn table(&mut self) -> PageBlock {
        let (mut header, mut rows) = (Vec::new(), Vec::new());
        while let Some(Event::Start(part)) = self.events.next() {
            let mut cells = Vec::new();
            while let Some(Event::Start(_)) = self.events.next() {
                cells.push(self.spans());
            }
            match part {
                Tag::TableHead => header = cells,
                _ => rows.push(cells),
            }
        }
        PageBlock::Table { header, rows }
    }

    /// Reads a text up to the end of what holds it.
    fn spans(&mut self) -> Vec<StyledText> {
        let mut spans = Vec::new();
        self.add_all(SpanStyle::Plain, &mut spans);
        spans
    }

    fn add_all(&mut self, style: SpanStyle, spans: &mut Vec<StyledText>) {
        while let Some(event) = self.events.next() {
            match event {
                Event::End(_) => break,
                other => self.add(other, style, spans),
            }
        }
    }

    fn add(&mut self, event: Event<'_>, style: SpanStyle, spans: &mut Vec<StyledText>) {
        let mut push = |text: CowStr<'_>, style| spans.push(StyledText::new(text.into_string(), style));
        match event {
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => push(text, style),
            Event::Code(text) => push(text, SpanStyle::Code),
            Event::SoftBreak | Event::HardBreak => push(" ".into(), style),
            Event::Start(Tag::Strong) => self.add_all(SpanStyle::Strong, spans),
            Event::Start(Tag::Emphasis) => self.add_all(SpanStyle::Emphasis, spans),
            Event::Start(Tag::Link { dest_url, .. }) => {
                let before = spans.len();
                self.add_all(style, spans);
                if plain(&spans[before..]) != *dest_url {
                    spans.push(StyledText::new(dest_url.into_string(), SpanStyle::Target));
                }
            }
            Event::Start(_) => self.add_all(style, spans),
            _ => {}
        }
    }
}

fn flush(loose: &mut Vec<StyledText>, blocks: &mut Vec<PageBlock>) {
    if !loose.is_empty() {
        blocks.push(PageBlock::Paragraph(take(loose)));
    }
}

fn number(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(text: &str, style: SpanStyle) -> StyledText {
        StyledText::new(text, style)
    }

    #[test]
    fn a_text_keeps_its_styles_and_where_it_leads() {
        let page = "Keep `--all` *here*, **there**,\nor [in money](money.md#own-rates).";
        let PageBlock::Paragraph(spans) = blocks(page).remove(0) else { panic!("a paragraph") };
        let styles: Vec<_> = spans.iter().filter(|span| span.style != SpanStyle::Plain).cloned().collect();
        assert_eq!(
            styles,
            [
                span("--all", SpanStyle::Code),
                span("here", SpanStyle::Emphasis),
                span("there", SpanStyle::Strong),
                span("money.md#own-rates", SpanStyle::Target)
            ]
        );
        assert_eq!(plain(&spans), "Keep --all here, there, or in money.");
    }

    #[test]
    fn lists_hold_what_lists_hold() {
        let page = "- one\n- two\n\n  ```\n  a  b\n  ```\n";
        let PageBlock::List { first: None, items } = blocks(page).remove(0) else { panic!("a list") };
        assert_eq!(items.len(), 2);
        assert_eq!(items[1][1], PageBlock::Code("a  b\n".to_owned()));
        let PageBlock::List { first, items } = blocks("1. one\n2. two `x`\n").remove(0) else { panic!("a list") };
        assert_eq!(first, Some(1));
        assert_eq!(items[1], [PageBlock::Paragraph(vec![span("two ", SpanStyle::Plain), span("x", SpanStyle::Code)])]);
    }

    #[test]
    fn a_table_has_a_header_and_rows() {
        let PageBlock::Table { header, rows } = blocks("| a | b |\n|---|---|\n| 1 | `2` |\n|  | 3 |\n").remove(0) else {
            panic!("a table")
        };
        let texts = |row: &[Vec<StyledText>]| row.iter().map(|cell| plain(cell)).collect::<Vec<_>>();
        assert_eq!(texts(&header), ["a", "b"]);
        assert_eq!(rows.iter().map(|row| texts(row)).collect::<Vec<_>>(), [["1", "2"], ["", "3"]]);
    }

    #[test]
    fn links_lead_to_pages_or_elsewhere() {
        assert_eq!(linked_page("gangs.md"), Some("gangs"));
        assert_eq!(linked_page("money.md#own-rates"), Some("money"));
        for elsewhere in ["#traces", "https://example.com/a.md", "../../README.md"] {
            assert_eq!(linked_page(elsewhere), None, "{elsewhere}");
        }
    }
}
