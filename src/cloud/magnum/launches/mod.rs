//! What a new node of a group is: its flavor, its volume and its zone.

pub(crate) mod flavors;
pub(crate) mod zones;
