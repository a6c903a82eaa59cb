//! Scaling activities: what failed, when, and what was at fault.

pub(crate) mod activities;
pub(crate) mod activity_reading;
pub(crate) mod launch_message;
