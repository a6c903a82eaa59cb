//! A text that must not be seen.

use std::fmt;

/// A password, a secret or a token: its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Hidden(String);

impl Hidden {
    /// Returns the text, for what sends it to the cloud.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Hidden {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden(…)")
    }
}
