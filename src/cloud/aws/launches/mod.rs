//! What a group launches, from its launch template or configuration to machine types.

pub(crate) mod all_types;
pub(crate) mod choices;
pub(crate) mod images;
pub(crate) mod listed_types;
pub(crate) mod machine_types;
mod named_placement;
pub(crate) mod options;
pub(crate) mod placement;
pub(crate) mod problem;
pub(crate) mod requirements;
pub(crate) mod source_reading;
pub(crate) mod sources;
pub(crate) mod subnets;
mod template_versions;
mod volumes;
pub(crate) mod zone_choice;
pub(crate) mod zone_ids;
