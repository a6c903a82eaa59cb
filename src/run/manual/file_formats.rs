//! The files that the program reads and writes. Their pages are parts of topics, so that each fact
//! stands once, and the fields that a schema lists.

use super::blocks::{PageBlock, SpanStyle, StyledText, blocks};
use super::fields::fields;
use super::topics::Topic;

/// A format of files.
#[derive(Debug, Clone, Copy)]
pub(in crate::run) struct FileFormat {
    /// Its name.
    pub(in crate::run) name: &'static str,
    /// What such a file holds.
    pub(in crate::run) about: &'static str,
    /// The topic that describes it, and the headings there.
    described: (&'static str, &'static [&'static str]),
}

/// The formats without a topic of their own; the policy file has one.
pub(in crate::run) const FILE_FORMATS: [FileFormat; 4] = [
    FileFormat { name: "plan", about: "a plan of plan --out: steps, and why", described: ("snapshots", &["JSON"]) },
    FileFormat {
        name: "prices",
        about: "what machines cost an hour",
        described: ("money", &["The file of prices", "Own rates"]),
    },
    FileFormat {
        name: "snapshot",
        about: "what was seen of a cluster and its groups",
        described: ("snapshots", &["Snapshots and bug reports", "JSON"]),
    },
    FileFormat { name: "trace", about: "work that comes in a simulation", described: ("simulation", &["Traces"]) },
];

impl FileFormat {
    /// Returns the format of a name such as `plan.5`.
    pub(in crate::run) fn find(name: &str) -> Option<Self> {
        let name = name.strip_suffix(".5")?;
        FILE_FORMATS.into_iter().find(|format| format.name == name)
    }

    /// Returns its page. `schema` is the text of its schema, where it has one.
    pub(in crate::run) fn page(self, schema: Option<&str>) -> Vec<PageBlock> {
        let (topic, headings) = self.described;
        let described = Topic::find(topic).map(Topic::page).unwrap_or_default();
        let title = format!("Files: {}", self.name);
        let mut page = vec![PageBlock::Heading(1, vec![StyledText::new(title, SpanStyle::Plain)])];
        page.extend(headings.iter().flat_map(|heading| under(&described, heading).to_vec()));
        if let Some(schema) = schema {
            page.extend(fields(schema));
            let all = format!("`ec2-autoscale schema {}` prints all of it as JSON Schema.", self.name);
            page.extend(blocks(&all));
        }
        page
    }
}

/// Returns a heading of the second level with what is below it.
fn under<'a>(page: &'a [PageBlock], heading: &str) -> &'a [PageBlock] {
    let is_section = |block: &PageBlock| matches!(block, PageBlock::Heading(2, _));
    let is_it = |block: &PageBlock| matches!(block, PageBlock::Heading(2, text) if super::blocks::plain(text) == heading);
    let Some(begin) = page.iter().position(is_it) else { return &[] };
    let rest = &page[begin + 1..];
    let length = rest.iter().position(is_section).unwrap_or(rest.len());
    &page[begin..=begin + length]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_is_described_where_it_claims_to_be() {
        for format in FILE_FORMATS {
            let (topic, headings) = format.described;
            let page = Topic::find(topic).expect(topic).page();
            for heading in headings {
                assert!(under(&page, heading).len() > 1, "{topic} has no section {heading:?}");
            }
        }
    }

    #[test]
    fn a_section_ends_before_the_next_one() {
        let page = blocks("# T\n\n## A\n\na\n\n### B\n\nb\n\n## C\n\nc\n");
        assert_eq!(under(&page, "A"), &page[1..5]);
        assert_eq!(under(&page, "C"), &page[5..]);
        assert_eq!(under(&page, "D"), &[]);
    }
}
