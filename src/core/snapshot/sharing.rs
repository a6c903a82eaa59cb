//! Names and labels that are the same share their memory while a document, or a page of one, is
//! read.

use super::{labels, name};

/// Does work in which equal names and labels that this thread reads share their memory.
pub fn sharing<T>(work: impl FnOnce() -> T) -> T {
    name::sharing(|| labels::sharing(work))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Labels;

    fn read(text: &str) -> Labels {
        serde_json::from_str(text).expect("labels")
    }

    #[test]
    fn equal_ones_share_their_memory_while_a_document_is_read() {
        let text = r#"{"app":"web","zone":"a"}"#;
        sharing(|| {
            let (one, other, third) = (read(text), read(text), read(r#"{"app":"web"}"#));
            assert!(one.is_copy_of(&other) && !one.is_copy_of(&third));
            assert!(one["app"].is_copy_of(&third["app"]));
        });
        assert!(!read(text).is_copy_of(&read(text)), "nothing outlives the reading");
    }
}
