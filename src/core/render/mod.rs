//! A plan for people and for programs. Both come from the same document, so that they cannot
//! disagree.

mod codes;
mod comparison;
mod difference;
mod drift;
mod explain_gang;
mod explain_group;
mod explain_node;
mod explain_pod;
mod explain_room;
mod explanation;
mod html;
mod json;
mod markdown;
mod simulation;
mod simulation_why;
mod suggestions;
mod sweep;
mod table;

pub use codes::{explain_code, list_of_codes, manual_of_codes};
pub use comparison::comparison;
pub use difference::difference;
pub use drift::{ReviewedPlan, drift};
pub use explain_gang::explain_gang;
pub use explain_group::explain_group;
pub use explain_node::explain_node;
pub use explain_pod::explain_pod;
pub use explain_room::{explain_buffer, explain_request};
pub use html::{comparison_html, plan_html, simulation_html, sweep_html};
pub use json::{json, write_json};
pub use markdown::{markdown, markdown_by_owner};
pub use simulation::simulation;
pub use suggestions::suggestions;
pub use sweep::sweep;
pub use table::{PodOwners, TableStyle, summary, table, table_by_owner};
