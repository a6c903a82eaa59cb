//! Old-style spot requests, which launch configurations with a spot price make.

use serde_json::{Value, json};

/// A request that waits for capacity.
pub(crate) struct SpotRequest {
    pub(crate) group: &'static str,
    pub(crate) region: &'static str,
    pub(crate) zone: &'static str,
    pub(crate) instance_type: &'static str,
    pub(crate) price: &'static str,
    /// The status code, e.g. `capacity-not-available` or `price-too-low`.
    pub(crate) code: &'static str,
    pub(crate) message: &'static str,
    pub(crate) at: jiff::Timestamp,
}

impl SpotRequest {
    pub(super) fn wish(&self) -> Value {
        json!({
            "group": self.group, "region": self.region, "zone": self.zone,
            "instance_type": self.instance_type, "price": self.price,
            "code": self.code, "message": self.message, "at": self.at.to_string(),
        })
    }
}
