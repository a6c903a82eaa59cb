//! Reads documents from JSON. Each is read by the same reader, whatever it comes from: what serde
//! derives is compiled for each type and reader, and was a tenth of this package's build.

use serde::de::{DeserializeOwned, Error as _};
use serde_json::{Error, Result, Value};

/// Reads a document from its text.
pub(crate) fn from_text<T: DeserializeOwned>(text: &[u8]) -> Result<T> {
    match str::from_utf8(text) {
        Ok(text) => serde_json::from_str(text),
        // This reader states where the text is none.
        Err(error) => Err(serde_json::from_slice::<Value>(text).err().unwrap_or_else(|| Error::custom(error))),
    }
}

/// Reads a document that is JSON already.
pub(crate) fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T> {
    from_text(&serde_json::to_vec(value)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_stated_with_its_place() {
        let error = |text: &[u8]| from_text::<Vec<String>>(text).expect_err("no list of texts").to_string();
        assert_eq!(error(b"[\"a\",\n 3]"), "invalid type: integer `3`, expected a string at line 2 column 2");
        assert_eq!(error(b"[\"a\",\n \"\xff\"]"), "invalid unicode code point at line 2 column 3");
    }

    #[test]
    fn a_value_is_read_as_its_text_is() {
        let value = serde_json::json!([0.1, 1e300, 3.0]);
        assert_eq!(from_value::<Vec<f64>>(&value).expect("numbers"), [0.1, 1e300, 3.0]);
    }
}
