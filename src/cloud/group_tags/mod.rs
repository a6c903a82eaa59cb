//! What the tags of groups state about their nodes, in whichever cloud a group has them.

mod device_tag;
mod node_template_key;
pub(crate) mod tags;
pub(crate) mod taint_tag;
