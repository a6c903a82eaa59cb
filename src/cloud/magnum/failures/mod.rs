//! Failed launches. OpenStack keeps no history: there is the last state of each group, and the
//! faults of servers as long as the servers are there.

pub(crate) mod activities;
