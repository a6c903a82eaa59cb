//! Codes and what they mean, for people and as a page of the manual.

use std::fmt::Write as _;

use comfy_table::Table;

use super::explanation::{facts, headline, keep_whole, readable_page};
use super::table::{Page, Tone, finished, section};
use crate::plan::codes::{Code, CodeField, CodeOf};

/// Renders the codes of one name, each with its description and its fields. `width` is that of the
/// terminal in columns.
#[must_use]
pub fn explain_code(codes: &[Code], width: Option<u16>, colour: bool) -> String {
    let page = readable_page(width, colour);
    let mut text = String::new();
    for Code { of, code, meaning, fields } in codes {
        text.push_str(&headline(&page, &format!("{code}: {meaning}")));
        section(&mut text, None, &facts(&page, [("it is", of.to_string()), ("in JSON", format!("{}: {code}", of.field()))]));
        let names = fields.iter().map(|CodeField { name, meaning }| (name.as_str(), meaning.clone()));
        section(&mut text, Some("FIELDS BESIDE IT"), &facts(&page, names));
    }
    text
}

/// Renders a list of codes, one per line. `width` is that of the terminal in columns.
#[must_use]
pub fn list_of_codes(codes: &[Code], width: Option<u16>, colour: bool) -> String {
    let page = readable_page(width, colour);
    let mut text = String::new();
    for same in codes.chunk_by(|one, other| one.of == other.of) {
        section(&mut text, Some(&same[0].of.to_string().to_uppercase()), &lines(&page, same));
    }
    text.trim_start().to_owned()
}

fn lines(page: &Page, codes: &[Code]) -> Table {
    let mut table = page.table();
    for Code { code, meaning, .. } in codes {
        table.add_row([page.name(Tone::Plain, code), page.cell(Tone::Plain, meaning)]);
    }
    keep_whole(&mut table, 0);
    finished(table)
}

/// Renders the page of the manual that lists all codes, as Markdown.
#[must_use]
pub fn manual_of_codes(codes: &[Code]) -> String {
    let mut text =
        "# Codes\n\nEvery code of plans and explanations, with its meaning. `ec2-autoscale explain code NAME` lists the \
                    fields\nbeside one. The texts are those of the JSON Schema (`schema plan`).\n"
            .to_owned();
    for same in codes.chunk_by(|one, other| one.of == other.of) {
        let of: CodeOf = same[0].of;
        let _ = write!(text, "\n## {}\n\nField `{}`.\n\n| code | meaning |\n|---|---|\n", capital(&of.to_string()), of.field());
        for Code { code, meaning, .. } in same {
            let _ = writeln!(text, "| `{code}` | {} |", meaning.replace('|', "\\|"));
        }
    }
    text
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
