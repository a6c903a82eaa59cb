//! A plan for people and for programs. Both come from the same document, so that they cannot disagree.

mod explain_group;
mod json;
mod table;

pub use explain_group::explain_group;
pub use json::json;
pub use table::table;
