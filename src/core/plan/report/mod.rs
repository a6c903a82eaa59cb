//! The reports of a plan: one entry for each pending pod, node, instance and group.

pub(super) mod added;
mod fact_source;
mod finding;
mod finding_facts;
mod finding_parts;
mod finding_words;
mod group;
mod hold;
mod instance;
mod node;
mod not_emptied;
mod pod;
pub(super) mod pod_list;
mod proof;
mod replay;
mod shared_words;
mod sibling_difference;
mod state_table;
mod template_difference;
mod unlike;

pub use added::{AddedReport, NotPlaced, OnNewNodes};
pub use fact_source::FactSource;
pub use finding::{Finding, FindingCode};
pub use finding_parts::{Clock, Unhelpful};
pub use group::{GroupReport, NewNode, TemplateReport, UpcomingNode};
pub use hold::Hold;
pub use instance::{InstanceReport, InstanceState};
pub use node::{Leftover, NodeDecision, NodeReport, NodeState, Utilization};
pub use not_emptied::NotEmptied;
pub use pod::{PodReport, PodVerdict, Ruling};
pub use proof::{Proof, ProofReport};
pub use replay::Replay;
pub use sibling_difference::SiblingDifference;
pub(crate) use state_table::StateTrait;
pub use template_difference::TemplateDifference;
pub use unlike::Unlike;
