//! A what-if: a world in which time is a number, around the very planner that decides for real
//! clusters. Pure: the same start, trace, policy and settings give the same history.

mod history;
pub mod report;
mod rivals;
mod settings;
mod wait_cause;
mod world;

pub use history::{Departure, GangStory, GroupCost, History, InstanceStory, LaunchFailures, PodStory, WorldSample};
pub use report::{Comparison, Report, Side, Sweep};
pub use rivals::{Planner, UnknownPlanner};
pub use settings::{Settings, WorldPart};
pub use wait_cause::{HeldBack, WaitCause, WaitPart};
pub use world::{RunWatcher, simulate, simulate_over_time};
