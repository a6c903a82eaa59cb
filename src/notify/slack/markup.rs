//! Text for Slack: without a link, a mention or an emphasis that is not ours.

/// Returns the text without markup. `&`, `<` and `>` are escaped as Slack's documentation wants it,
/// which leaves no link and no mention in angle brackets. For the rest Slack has no escape, so that
/// each character is replaced by one that looks like it: those of emphasis and code, the `@` of
/// mentions, and the colon of an address that Slack would make a link of.
pub(super) fn without_markup(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut before = ' ';
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        let rest = letters.as_str();
        match letter {
            '&' => plain.push_str("&amp;"),
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '*' => plain.push('∗'),
            '~' => plain.push('∼'),
            '`' => plain.push('ˋ'),
            '@' => plain.push('＠'),
            ':' if rest.starts_with("//") => plain.push('∶'),
            // Between letters, as in `my_group`, it is no emphasis.
            '_' if !(before.is_alphanumeric() && rest.starts_with(char::is_alphanumeric)) => plain.push('＿'),
            _ => plain.push_str(&text[at..at + letter.len_utf8()]),
        }
        before = letter;
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_value_is_markup() {
        for (text, plain) in [
            ("<!channel> & <@U012AB3CDE>", "&lt;!channel&gt; &amp; &lt;＠U012AB3CDE&gt;"),
            ("<https://evil.example|sign in>", "&lt;https∶//evil.example|sign in&gt;"),
            ("@here @channel", "＠here ＠channel"),
            ("*SECURITY* _now_ ~not~ `code` ```block```", "∗SECURITY∗ ＿now＿ ∼not∼ ˋcodeˋ ˋˋˋblockˋˋˋ"),
            ("_a __b__ c_", "＿a ＿＿b＿＿ c＿"),
        ] {
            assert_eq!(without_markup(text), plain);
        }
    }

    #[test]
    fn sentences_stay_as_they_are() {
        let text = "scaled up my_group (us-west-2) 3→5 for ml/train-0: at 12:42 UTC, 64 > no";
        assert_eq!(without_markup(text), text.replace('>', "&gt;"));
    }
}
