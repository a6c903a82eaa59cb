//! Reading: every region side by side, and of each region its groups with all that they launch.

pub(crate) mod all_regions;
pub(crate) mod region;
