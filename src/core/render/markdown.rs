//! A plan in Markdown, for the comments of a review.

use super::table::summary::summary_line;
use super::table::{PodOwners, Row, Rows, TableStyle, parts};
use crate::plain_text::escaped;
use crate::plan::Plan;

/// Renders a plan of which nothing else is known. Every row is shown with `all`, as in the table.
#[must_use]
pub fn markdown(plan: &Plan, all: bool) -> String {
    markdown_by_owner(plan, &PodOwners::default(), all)
}

/// Renders a plan, with the pods of one controller together.
#[must_use]
pub fn markdown_by_owner(plan: &Plan, owners: &PodOwners, all: bool) -> String {
    let style = TableStyle { all, each_pod: all, ..TableStyle::default() };
    let mut text = vec![format!("### {}\n", plain(&summary_line(plan)))];
    for (title, rows, most_rows) in parts(plan, owners, style) {
        if rows.list.is_empty() {
            continue;
        }
        text.push(title.map_or_else(|| "\n".to_owned(), |title| format!("\n**{}**\n\n", sentence_case(title))));
        text.push(part(&rows, most_rows));
    }
    text.concat()
}

fn part(rows: &Rows, most_rows: Option<usize>) -> String {
    let shown = most_rows.unwrap_or(usize::MAX).min(rows.list.len());
    let list = &rows.list[..shown];
    let more = match rows.list.len() - shown {
        0 => String::new(),
        more => format!("\n… and {more} more (`--all`)\n"),
    };
    let columns = list.iter().map(|row| row.cells.len()).max().unwrap_or(0);
    if columns == 0 {
        let items = list.iter().map(|row| format!("- {} {}\n", row.tone.sign(), plain(&row.sentence)));
        return items.collect::<String>() + &more;
    }
    let header = (0..=columns).map(|column| rows.header.get(column).map_or("", |heading| heading.trim()));
    let header: Vec<&str> = std::iter::once("").chain(header).collect();
    let rule = " --- |".repeat(header.len());
    let body: String = list.iter().map(|row| line(row, columns)).collect();
    format!("| {} |\n|{rule}\n{body}{more}", header.join(" | "))
}

fn line(row: &Row, columns: usize) -> String {
    let cells = (0..columns).map(|column| row.cells.get(column).map_or_else(String::new, |cell| code(cell)));
    let cells: Vec<String> = std::iter::once(row.tone.sign().to_owned()).chain(cells).chain([plain(&row.sentence)]).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// Returns a title such as `Nodes`.
fn sentence_case(title: &str) -> String {
    let lower = title.to_lowercase();
    let mut letters = lower.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Returns a name as code, in which nothing is markup and nobody is mentioned.
fn code(name: &str) -> String {
    match name {
        "" => String::new(),
        name => format!("`{}`", escaped(name).replace('`', "'").replace('|', "\\|")),
    }
}

/// Returns a text of others without markup. A comment behind an at sign keeps it from notifying
/// somebody.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in escaped(text).chars() {
        if matches!(letter, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '!' | '&') {
            out.push('\\');
        }
        out.push(letter);
        if letter == '@' {
            out.push_str("<!-- -->");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::plan;
    use crate::policy::Policy;

    #[test]
    fn groups_are_a_table_and_findings_a_list() {
        let mut plan = plan(&crate::demo::snapshot(), &Policy::default());
        plan.groups[0].group.name = "a|b`c".into();
        plan.groups[0].message = "@everyone <img src=x> [x](y)".into();
        let text = markdown(&plan, true);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("### 2 groups change: +6 nodes, −1 node"), "{text}");
        assert_eq!(lines[2], "|  | GROUP | REGION | NODES | MIN | MAX | WHY |");
        assert_eq!(lines[3], "| --- | --- | --- | --- | --- | --- | --- |");
        let hostile = "`a\\|b'c`";
        assert!(text.contains(hostile) && text.contains("@<!-- -->everyone \\<img src=x\\> \\[x\\](y)"), "{text}");
        assert!(text.contains("\n**Nodes**\n\n|  |  |  |  |\n"), "{text}");
        let columns = |line: &&&str| line.replace("\\|", "").matches('|').count();
        let of_groups: Vec<usize> = lines[2..].iter().take_while(|line| !line.is_empty()).map(|line| columns(&line)).collect();
        assert!(of_groups.iter().all(|columns| *columns == 8), "{of_groups:?} {text}");
    }
}
