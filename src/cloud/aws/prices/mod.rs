//! What machines cost.

pub(crate) mod price_list;
pub(crate) mod spot;
