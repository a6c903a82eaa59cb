//! A JSON text that is read value by value.

use serde::de::{DeserializeSeed, Error as _, IgnoredAny};
use serde_json::Error;

/// A JSON text, and how far it was read.
#[derive(Clone, Copy)]
pub(super) struct JsonText<'t> {
    pub(super) text: &'t str,
    pub(super) place: usize,
}

impl<'t> JsonText<'t> {
    /// Reads the value that begins here, and passes it.
    pub(super) fn value<S: DeserializeSeed<'t>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let mut json = serde_json::Deserializer::from_str(&self.text[self.place..]);
        let value = seed.deserialize(&mut json)?;
        self.place += json.into_iter::<IgnoredAny>().byte_offset();
        Ok(value)
    }

    /// Passes a sign if it comes next, and the blanks before it; returns whether it does.
    pub(super) fn passes(&mut self, sign: u8) -> bool {
        self.skip_blanks();
        let is_next = self.text.as_bytes().get(self.place) == Some(&sign);
        self.place += usize::from(is_next);
        is_next
    }

    /// Passes a sign that has to come next.
    pub(super) fn expect(&mut self, sign: u8) -> Result<(), Error> {
        if self.passes(sign) { Ok(()) } else { Err(Error::custom("another sign is expected")) }
    }

    pub(super) fn skip_blanks(&mut self) {
        let rest = &self.text.as_bytes()[self.place..];
        self.place += rest.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')).count();
    }

    /// Whether nothing follows.
    pub(super) fn is_at_end(mut self) -> bool {
        self.skip_blanks();
        self.place == self.text.len()
    }
}
