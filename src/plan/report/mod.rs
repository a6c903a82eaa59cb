//! One line for every input: what the plan says of each pending pod, node, instance and group.

mod finding;
mod group;
mod instance;
mod node;
mod pod;

pub use finding::{Finding, FindingCode};
pub use group::{GroupReport, NewNode, TemplateReport, TemplateSource, UpcomingNode};
pub use instance::{InstanceReport, InstanceState};
pub use node::{Hold, NodeDecision, NodeReport, NodeState};
pub use pod::{PodReport, PodVerdict, Ruling};
