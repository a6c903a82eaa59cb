//! Documents as indented JSON, without any hidden character.

use std::io::{self, BufWriter, Write as _};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

use super::json_escaped;

/// Writes a document as indented JSON. JSON itself escapes C0 alone; every other hidden character
/// becomes an escape such as `\u009b`, which is read back as the same character.
///
/// # Errors
/// When `out` cannot be written, or the document has no form in JSON.
pub fn write_json(out: &mut dyn io::Write, document: &impl Serialize) -> serde_json::Result<()> {
    /// A plan is written in millions of pieces.
    const BUFFER: usize = 1 << 16;
    let mut out = BufWriter::with_capacity(BUFFER, out);
    document.serialize(&mut Serializer::with_formatter(&mut out, Indented::default()))?;
    out.flush().map_err(serde_json::Error::io)
}

/// The form of [`serde_json::ser::PrettyFormatter`], with hidden characters as escapes.
#[derive(Default)]
struct Indented {
    level: usize,
    /// Whether the array or object that is written last has anything in it.
    is_filled: bool,
}

/// A line break, and the blanks of as many levels as a plan has at most.
const LINE_BREAK: &[u8] = b"\n                                                                ";

impl Indented {
    fn break_line<W: io::Write + ?Sized>(&self, out: &mut W) -> io::Result<()> {
        let blanks = 2 * self.level;
        match LINE_BREAK.get(..=blanks) {
            Some(line_break) => out.write_all(line_break),
            None => write!(out, "\n{:blanks$}", ""),
        }
    }

    fn begin<W: io::Write + ?Sized>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.level += 1;
        self.is_filled = false;
        out.write_all(bracket)
    }

    fn begin_entry<W: io::Write + ?Sized>(&self, out: &mut W, is_first: bool) -> io::Result<()> {
        if !is_first {
            out.write_all(b",")?;
        }
        self.break_line(out)
    }

    fn end<W: io::Write + ?Sized>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.level -= 1;
        if self.is_filled {
            self.break_line(out)?;
        }
        out.write_all(bracket)
    }
}

impl Formatter for Indented {
    fn begin_array<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"[")
    }

    fn end_array<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"]")
    }

    fn begin_array_value<W: io::Write + ?Sized>(&mut self, out: &mut W, is_first: bool) -> io::Result<()> {
        self.begin_entry(out, is_first)
    }

    fn end_array_value<W: io::Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.is_filled = true;
        Ok(())
    }

    fn begin_object<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"{")
    }

    fn end_object<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"}")
    }

    fn begin_object_key<W: io::Write + ?Sized>(&mut self, out: &mut W, is_first: bool) -> io::Result<()> {
        self.begin_entry(out, is_first)
    }

    fn begin_object_value<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn end_object_value<W: io::Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.is_filled = true;
        Ok(())
    }

    /// Writes a part of a string. Outside of strings JSON has no hidden characters but line breaks.
    fn write_string_fragment<W: io::Write + ?Sized>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        out.write_all(json_escaped(fragment).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::plain_text::is_hidden;

    fn written(document: &impl Serialize) -> String {
        let mut text = Vec::new();
        write_json(&mut text, document).expect("memory takes everything");
        String::from_utf8(text).expect("text")
    }

    #[test]
    fn json_reads_back_the_same_and_has_nothing_hidden_but_line_breaks() {
        let nasty: String = (0..=0x10_ffff).filter_map(char::from_u32).filter(|letter| is_hidden(*letter)).collect();
        let text = written(&[&nasty, "plain"]);
        assert!(!text.chars().any(|letter| letter != '\n' && is_hidden(letter)));
        assert_eq!(text.lines().count(), 4);
        assert_eq!(serde_json::from_str::<Vec<String>>(&text).expect("JSON"), [nasty.as_str(), "plain"]);
    }

    #[test]
    fn the_form_is_the_usual_one() {
        let deep = (0..40).fold(json!(1), |inner, level| if level % 2 == 0 { json!([inner]) } else { json!({ "a": inner }) });
        let nested = json!([[], {}, [[]], { "a": {}, "b": [1, 2.5, null, true, "x\"\\\n"] }, "ü"]);
        for document in [deep, nested, json!({ "a": [] }), json!([{ "a": 1 }, { "b": [2] }]), Value::Null] {
            assert_eq!(written(&document), serde_json::to_string_pretty(&document).expect("JSON"));
        }
    }

    #[test]
    fn an_output_that_fails_is_an_error() {
        struct Broken;
        impl io::Write for Broken {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let error = write_json(&mut Broken, &"x").expect_err("nobody reads");
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::BrokenPipe);
    }
}
