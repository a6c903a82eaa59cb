//! Text that may hold anything, as HTML.

use crate::plain_text::{is_hidden, shown};

/// Escapes the characters with a meaning in HTML, within elements and quoted attributes. Hidden
/// characters, some of which HTML forbids, are shown by their number.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(letter),
            _ if is_hidden(letter) => out.push_str(&shown(letter)),
            _ => out.push(letter),
        }
    }
    out
}

/// Renders a table of a class: headings, rows of plain text, and which of their cells is good or
/// bad news.
pub(super) fn table(class: &str, headings: &[&str], rows: &[Vec<(String, Mood)>]) -> String {
    let head: Vec<String> = headings.iter().map(|heading| format!("<th scope=\"col\">{}</th>", escaped(heading))).collect();
    let body: Vec<String> = rows.iter().map(|row| format!("<tr>{}</tr>\n", row.iter().map(cell).collect::<String>())).collect();
    let (head, body) = (head.concat(), body.concat());
    format!(
        "<div class=\"wide\"><table class=\"{class}\">\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table></div>\n"
    )
}

/// Whether a cell is good or bad news.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    Good,
    Bad,
    Plain,
}

impl Mood {
    /// Returns the attribute of an element with such news.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Good => " class=\"good\"",
            Self::Bad => " class=\"bad\"",
            Self::Plain => "",
        }
    }
}

fn cell((text, mood): &(String, Mood)) -> String {
    format!("<td{}>{}</td>", mood.class(), escaped(text))
}

/// Renders names and their facts.
pub(super) fn facts(facts: &[(&str, String)]) -> String {
    let row = |(name, words): &(&str, String)| {
        format!("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", escaped(name), escaped(words))
    };
    format!("<table class=\"words\"><tbody>\n{}</tbody></table>\n", facts.iter().map(row).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_name_is_markup() {
        assert_eq!(
            escaped("<b a=\"x\" c='y'>&\u{1b}[1m\u{0}\u{202e}"),
            r"&lt;b a=&quot;x&quot; c=&#39;y&#39;&gt;&amp;\u{1b}[1m\u{0}\u{202e}"
        );
        assert_eq!(escaped("ä\n−"), "ä\n−");
    }
}
