//! What changes a group without its owner.

use serde_json::{Value, json};

use super::account::Account;

impl Account {
    /// Gives a group a scheduled action, with the sizes and times of moto's own spelling.
    pub(crate) fn scheduled_action(&self, region: &str, group: &str, name: &str, action: &Value) {
        self.tell("group/scheduled-action", json!({"region": region, "group": group, "name": name, "action": action}));
    }

    /// Gives a group settings that the emulator only shows, by the API's names in snake case.
    pub(crate) fn settings(&self, region: &str, group: &str, settings: &Value) {
        self.tell("group/settings", json!({"region": region, "group": group, "settings": settings}));
    }

    /// Begins a shift of a group away from the zone of this id; `status` as the API spells it.
    pub(crate) fn zonal_shift(&self, region: &str, group: &str, away_from: &str, status: &str) {
        let wish = json!({"region": region, "group": group, "away_from": away_from, "status": status});
        self.tell("group/zonal-shift", wish);
    }

    /// Gives a group a scaling policy, in the API's own spelling.
    pub(crate) fn scaling_policy(&self, region: &str, group: &str, name: &str, policy: &Value) {
        self.tell("group/scaling-policy", json!({"region": region, "group": group, "name": name, "policy": policy}));
    }
}
