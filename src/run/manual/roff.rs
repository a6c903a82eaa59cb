//! A page for `man`.

use clap_mangen::roff::{Inline, Roff, bold, italic, roman};

use super::blocks::{PageBlock, SpanStyle, StyledText, linked_page, plain};
use super::row_list::row_list;
use super::topics::Topic;

/// The columns of a line on a terminal of 80, without its margins.
const LINE: usize = 70;
/// The columns between those of a table.
const GAP: usize = 3;
/// The margin of the items of a list.
const ITEM: &str = "4";

/// Returns the page of a topic or of a format of files.
pub(in crate::run) fn described_page(name: &str, section: u8, about: &str, parts: &[PageBlock]) -> String {
    let mut page = title(name, section);
    page.control("SH", ["NAME"]).text([roman(format!("{name} - {about}"))]);
    if !matches!(parts, [PageBlock::Heading(1, _), PageBlock::Heading(2, _), ..]) {
        page.control("SH", ["DESCRIPTION"]);
    }
    add(&mut page, parts);
    page.control("SH", ["SEE ALSO"]).text([bold("ec2-autoscale"), roman("(1)")]);
    finished(&page.render())
}

/// Returns a finished page. tbl runs where the first line states it, which it does where there is a
/// table.
pub(super) fn finished(roff: &str) -> String {
    let tables = if roff.lines().any(|line| line == ".TS") { "'\\\" t\n" } else { "" };
    format!("{tables}{roff}")
}

/// Begins a page: name, section of the manual, and the version that it describes.
pub(super) fn title(name: &str, section: u8) -> Roff {
    let mut page = Roff::new();
    let version = format!("ec2-autoscale {}", env!("CARGO_PKG_VERSION"));
    // The third word is a date, which the version stands for.
    let words = [name.to_uppercase(), section.to_string(), "\"\"".to_owned(), version];
    page.control("TH", words.iter().map(String::as_str));
    // Long words, as of paths, would leave lines that cannot be stretched to the margin.
    page.control("ad", ["l"]);
    page
}

/// Adds parts of a page. Headings of the second level are sections, and those of the first are left
/// out: the page has its title.
pub(super) fn add(page: &mut Roff, blocks: &[PageBlock]) {
    for block in blocks {
        match block {
            PageBlock::Heading(1, _) => {}
            PageBlock::Heading(2, text) => {
                page.control("SH", [plain(text).to_uppercase().as_str()]);
            }
            PageBlock::Heading(_, text) => {
                page.control("SS", [plain(text).as_str()]);
            }
            PageBlock::Paragraph(text) => {
                page.control("PP", []).text(inlines(text));
            }
            PageBlock::Code(text) => example(page, text),
            PageBlock::List { first, items } => list(page, *first, items),
            PageBlock::Table { header, rows } => table(page, header, rows),
        }
    }
}

/// Adds lines that stay as they are.
pub(super) fn example(page: &mut Roff, text: &str) {
    page.control("PP", []).control("RS", [ITEM]).control("nf", []);
    for line in text.lines() {
        page.text([roman(line)]);
    }
    page.control("fi", []).control("RE", []);
}

fn list(page: &mut Roff, first: Option<u64>, items: &[Vec<PageBlock>]) {
    for (number, item) in (first.unwrap_or_default()..).zip(items) {
        let sign = if first.is_some() { format!("{number}.") } else { "•".to_owned() };
        page.control("IP", [sign.as_str(), ITEM]);
        let Some((text, rest)) = item.split_first() else { continue };
        match text {
            PageBlock::Paragraph(text) => {
                page.text(inlines(text));
            }
            other => add(page, std::slice::from_ref(other)),
        }
        if !rest.is_empty() {
            page.control("RS", [ITEM]);
            add(page, rest);
            page.control("RE", []);
        }
    }
}

/// Adds a table of tbl, or a list where lines would be too long: tbl folds no cell well.
fn table(page: &mut Roff, header: &[Vec<StyledText>], rows: &[Vec<Vec<StyledText>>]) {
    let all = || rows.iter().map(Vec::as_slice).chain([header]);
    let width = |place: usize| all().filter_map(|row| row.get(place)).map(|cell| plain(cell).chars().count()).max();
    let widths: usize = (0..header.len()).filter_map(width).map(|width| width + GAP).sum();
    if widths > LINE + GAP {
        add(page, &[row_list(header, rows)]);
        return;
    }
    page.control("PP", []).control("TS", []);
    let columns = |column: &str| vec![column; header.len()].join(" ");
    page.text([roman("tab(\t);")]).text([roman(columns("lb"))]).text([roman(format!("{}.", columns("l")))]);
    for row in std::iter::once(header).chain(rows.iter().map(Vec::as_slice)) {
        let cells = row.iter().enumerate().flat_map(|(place, cell)| {
            let tab = (place > 0).then(|| roman("\t"));
            tab.into_iter().chain(inlines(cell))
        });
        page.text(cells.collect::<Vec<_>>());
    }
    page.control("TE", []);
}

fn inlines(spans: &[StyledText]) -> Vec<Inline> {
    spans.iter().filter_map(inline).collect()
}

fn inline(span: &StyledText) -> Option<Inline> {
    let text = span.text.as_str();
    Some(match span.style {
        SpanStyle::Plain => roman(text),
        SpanStyle::Strong | SpanStyle::Code => bold(text),
        SpanStyle::Emphasis => italic(text),
        SpanStyle::Target => match linked_page(text) {
            Some(page) => {
                let section = Topic::find(page).map_or(7, Topic::section);
                roman(format!(" (ec2-autoscale-{page}({section}))"))
            }
            None if text.contains("://") => roman(format!(" ({text})")),
            None => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::super::blocks::blocks;
    use super::*;

    fn rendered(markdown: &str) -> Vec<String> {
        let mut page = Roff::new();
        add(&mut page, &blocks(markdown));
        page.to_roff().lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_page_begins_with_its_title() {
        let roff = title("ec2-autoscale-gangs", 7).to_roff();
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(roff, format!(".TH EC2-AUTOSCALE-GANGS 7 \"\" \"ec2-autoscale {version}\"\n.ad l\n"));
    }

    #[test]
    fn parts_become_requests_of_man() {
        assert_eq!(rendered("# T\n\n## So it is\n\nA `b` *c*.\n"), [".SH \"SO IT IS\"", ".PP", r"A \fBb\fR \fIc\fR."]);
        assert_eq!(rendered("- a\n- [b](money.md)\n"), [".IP • 4", "a", ".IP • 4", r"b (ec2\-autoscale\-money(7))"]);
        assert_eq!(rendered("```\n.x  y\n```\n"), [".PP", ".RS 4", ".nf", r"\&.x  y", ".fi", ".RE"]);
    }

    #[test]
    fn a_table_is_one_of_tbl_where_it_fits() {
        let lines = rendered("| a | b |\n|---|---|\n| 1 | `c` |\n");
        assert_eq!(lines, [".PP", ".TS", "tab(\t);", "lb lb", "l l.", "a\tb", "1\t\\fBc\\fR", ".TE"]);
        let long = "a cell that is rather long to read on a line of a terminal that has 80 columns";
        assert_eq!(rendered(&format!("| a | b |\n|---|---|\n| 1 | {long} |\n")), [".IP • 4".to_owned(), format!("1: {long}")]);
    }
}
