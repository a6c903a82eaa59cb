//! How selectors, terms, tolerations and labels match one node: code that both the working copy and
//! the filters need.

mod host_ports;
mod node_terms;
mod tolerations;
mod volume_places;

pub(super) use host_ports::clashes;
pub use host_ports::ports_of;
pub(super) use node_terms::{is_selected, matches, reaches};
pub use tolerations::discouragements;
pub(super) use tolerations::{first_untolerated, tolerates, tolerates_all};
pub(super) use volume_places::{elsewhere, has_place};
