//! Texts between quotes.

/// Returns a text between double quotes, as JSON and YAML read it.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Returns texts as a list that JSON, YAML and HCL read alike.
pub(super) fn list<'a>(texts: impl IntoIterator<Item = &'a String>) -> String {
    let texts: Vec<String> = texts.into_iter().map(|text| quoted(text)).collect();
    format!("[{}]", texts.join(", "))
}

/// Returns a text between double quotes, as HCL reads it: what would begin a template is written
/// twice.
pub(super) fn quoted_for_hcl(text: &str) -> String {
    quoted(text).replace("${", "$${").replace("%{", "%%{")
}

/// Returns a text as one word of a shell.
pub(super) fn word(text: &str) -> String {
    shlex::try_quote(text).map_or_else(|_| "''".to_owned(), std::borrow::Cow::into_owned)
}
