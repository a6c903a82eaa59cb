//! Text that others wrote, made safe to show.
//!
//! Names, annotations, messages and the answers of APIs are data: anyone who may create a pod
//! writes them. On a terminal a control character moves the cursor, rewrites what stands above or
//! fills the clipboard, a line break begins a line that looks like ours, and a bidirectional
//! override shows a name that is not the name. Such characters are shown by their number.
//!
//! Values are escaped where they enter a page (a cell, a headline, a note), since a finished page
//! has colours and line breaks of its own.

mod json;
mod lasting_words;
mod redaction;
mod status_words;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;

pub use json::write_json;
pub use redaction::redacted;
pub use status_words::{cut, for_status};

/// Whether a character is shown by its number: it has no glyph of its own, and changes how others
/// are shown.
#[must_use]
pub fn is_hidden(letter: char) -> bool {
    // C0 with the line break, DEL and C1.
    letter.is_control() || is_format(letter) || is_blank_letter(letter)
}

/// Whether a character is one of Unicode's format characters (general category Cf) or separators of
/// lines and paragraphs: among them the bidirectional embeddings, overrides and isolates, the
/// joiners, the characters without width, and the tags that carry invisible text.
fn is_format(letter: char) -> bool {
    matches!(
        u32::from(letter),
        0xad | 0x600..=0x605
            | 0x61c
            | 0x6dd
            | 0x70f
            | 0x890..=0x891
            | 0x8e2
            | 0x180e
            | 0x200b..=0x200f
            | 0x2028..=0x202e
            | 0x2060..=0x206f
            | 0xfeff
            | 0xfff0..=0xfffb
            | 0x110bd
            | 0x110cd
            | 0x13430..=0x1343f
            | 0x1bca0..=0x1bca3
            | 0x1d173..=0x1d17a
            | 0xe0000..=0xe0fff
    )
}

/// Whether a letter is drawn as nothing: with such letters two names look the same.
fn is_blank_letter(letter: char) -> bool {
    matches!(letter, '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}')
}

/// Returns a value as it is shown within a line: `\n`, `\r`, `\t`, and `\u{1b}` for other hidden
/// characters.
#[must_use]
pub fn escaped(text: &str) -> Cow<'_, str> {
    replaced(text, |letter| is_hidden(letter).then(|| shown(letter)))
}

/// Returns visible characters that stand for a hidden one.
#[must_use]
pub fn shown(letter: char) -> String {
    match letter {
        '\n' => r"\n".to_owned(),
        '\r' => r"\r".to_owned(),
        '\t' => r"\t".to_owned(),
        _ => letter.escape_unicode().to_string(),
    }
}

/// Passes JSON on, with hidden characters in the escapes of JSON. Outside of strings JSON has none
/// but line breaks, which stay, as do those at the ends of log lines.
#[derive(Debug)]
pub struct JsonWriter<W>(pub W);

impl<W: io::Write> io::Write for JsonWriter<W> {
    /// Takes whole pieces of text, as `serde_json` and the log write them.
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        match std::str::from_utf8(piece) {
            Ok(text) => self.0.write_all(json_escaped(text).as_bytes())?,
            Err(_) => self.0.write_all(piece)?,
        }
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn json_escaped(json: &str) -> Cow<'_, str> {
    let escape = |letter: char| {
        let mut escape = String::new();
        for unit in letter.encode_utf16(&mut [0; 2]) {
            // Writing to a String cannot fail.
            let _ = write!(escape, "\\u{unit:04x}");
        }
        escape
    };
    replaced(json, |letter| (letter != '\n' && is_hidden(letter)).then(|| escape(letter)))
}

/// Whether all characters are printable ones of ASCII, none of which is hidden. It looks at all of
/// them instead of stopping at the first that is not, so that it takes many at a time.
fn is_plain_ascii(text: &str) -> bool {
    text.bytes().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~'))
}

/// Returns the text with some of its characters replaced, which are hidden ones. Nearly every text
/// has none of them.
fn replaced(text: &str, replacement: impl Fn(char) -> Option<String>) -> Cow<'_, str> {
    if is_plain_ascii(text) {
        return Cow::Borrowed(text);
    }
    let Some(first) = text.find(|letter| replacement(letter).is_some()) else { return Cow::Borrowed(text) };
    let mut whole = text[..first].to_owned();
    for letter in text[first..].chars() {
        match replacement(letter) {
            Some(replacement) => whole.push_str(&replacement),
            None => whole.push(letter),
        }
    }
    Cow::Owned(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_picture_is_shown_by_its_number() {
        for (nasty, plain) in [
            ("data\u{1b}[2J\u{1b}[H", r"data\u{1b}[2J\u{1b}[H"),
            ("\u{1b}]52;c;cm0=\u{7}", r"\u{1b}]52;c;cm0=\u{7}"),
            ("a\nnote: b\r\nc\td", r"a\nnote: b\r\nc\td"),
            ("del\u{7f} nul\u{0} back\u{8}", r"del\u{7f} nul\u{0} back\u{8}"),
            ("csi\u{9b}2J next\u{85}line", r"csi\u{9b}2J next\u{85}line"),
            ("\u{202e}gnp.exe\u{202c} \u{2066}x\u{2069}", r"\u{202e}gnp.exe\u{202c} \u{2066}x\u{2069}"),
            ("left\u{200e}right\u{200f}arabic\u{61c}", r"left\u{200e}right\u{200f}arabic\u{61c}"),
            ("no\u{200b}width\u{feff}joined\u{2060}soft\u{ad}", r"no\u{200b}width\u{feff}joined\u{2060}soft\u{ad}"),
            ("line\u{2028}paragraph\u{2029}", r"line\u{2028}paragraph\u{2029}"),
            ("tag\u{e0041} filler\u{3164}", r"tag\u{e0041} filler\u{3164}"),
        ] {
            assert_eq!(escaped(nasty), plain, "{nasty:?}");
            assert!(!escaped(nasty).chars().any(is_hidden), "{nasty:?}");
        }
    }

    #[test]
    fn what_has_a_picture_stays() {
        for text in ["", "ml/train-0", "−2 nodes → 5 ü “quoted” \\ \"x\" 'y'", "日本語 한국어 עברית العربية", "é e\u{301} 🙂"]
        {
            assert!(matches!(escaped(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn json_has_escapes_of_its_own() {
        assert_eq!(json_escaped("\"\u{9b}\u{e0041}\"\n"), "\"\\u009b\\udb40\\udc41\"\n");
    }
}
