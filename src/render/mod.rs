//! A plan for people and for programs. Both come from the same document, so that they cannot disagree.

mod json;
mod table;

pub use json::json;
pub use table::table;
