//! Names that others gave and that rules read: labels, annotations, taints, tags and providerIDs.
//!
//! Each name stands here once. What reads objects keeps by these lists, so that a rule cannot read
//! an annotation that no reader keeps. The independent check of a plan has its own copy of the
//! names it needs.

pub mod annotations;
pub mod buffers;
pub mod capacity_quotas;
pub mod drivers;
pub mod gangs;
pub mod labels;
pub mod provider_id;
pub(crate) mod public;
pub mod requests;
pub mod resources;
pub mod tags;
pub mod taints;
pub(crate) mod vocabulary;

/// How the names of our own labels, annotations, taints and tags begin.
pub const OWN: &str = "ec2-autoscale/";
