//! The compiled binary against both servers over HTTP, with a kubeconfig and AWS variables, as a
//! user has it.
//!
//! Each test asserts the state at the end and the ordered calls that were meant to change
//! something. Nothing sleeps: time passes by moving every time in the cluster back, and a moment in
//! the middle of a run is held at a call of the server.

mod buffers;
mod capacity_quotas;
mod cluster;
mod commands;
mod completing;
mod crash;
mod deadline;
mod drain;
mod failing_writes;
mod few_calls;
mod fifty_ticks;
mod five_hundred_groups;
mod fix;
mod foreign_annotations;
mod gangs;
mod growth;
mod kueue;
mod launching;
mod leftovers;
mod magnum;
mod mistakes;
mod new_nodes;
mod newcomer;
mod notify_events;
mod notify_metrics;
mod notify_slack;
mod notify_status;
mod pauses;
mod placement;
mod question;
mod quiet;
mod races;
mod replay;
mod requests;
mod reserved;
mod saved;
mod scale_in;
mod side_by_side;
mod suggest;
mod telemetry;
mod three_regions;
mod throttled;
mod torn_regions;
mod trouble;
mod until_needed;
mod world;

pub(crate) use notify_metrics::documented as documented_metrics;
