//! Groups whose new nodes come in a zone that the plan chooses.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::fleet::GroupEntry;
use crate::policy::LaunchWay;
use crate::snapshot::{NoZoneChoice, ZoneChoice};

/// Why the cloud chooses the zones of new nodes of a group, and only their number is requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "because")]
pub enum CloudChooses {
    /// `--launch`, or the tag of the group, wants it so.
    SetDesired,
    /// The group does not launch in a zone that is named.
    NotPossible {
        /// Why.
        reason: NoZoneChoice,
    },
    /// Its desired capacity is not its live one: what is to come would come on top, in a zone of
    /// the cloud's choice.
    Unfilled,
    /// Its instances count more than one each, so that it is open how many come.
    Weighted,
    /// The cloud evens out its zones, also those that the plan left uneven.
    EvenedOut,
}

/// Returns why the cloud chooses the zones of new nodes of a group; nothing where the plan does.
pub(crate) fn cloud_chooses(group: &GroupEntry<'_>) -> Option<CloudChooses> {
    let own = group.group;
    if group.policy.launch == LaunchWay::SetDesired {
        return Some(CloudChooses::SetDesired);
    }
    if let ZoneChoice::NotPossible { because } = own.zone_choice {
        return Some(CloudChooses::NotPossible { reason: because });
    }
    if own.launch_options.iter().any(|option| option.weight.get() != 1) {
        return Some(CloudChooses::Weighted);
    }
    if own.rebalances_zones && own.zones.len() > 1 {
        return Some(CloudChooses::EvenedOut);
    }
    (own.desired != own.live_weight()).then_some(CloudChooses::Unfilled)
}

impl fmt::Display for CloudChooses {
    /// Writes the end of "the cloud chooses the zone: …".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SetDesired => f.write_str("--launch set-desired"),
            Self::NotPossible { reason } => reason.fmt(f),
            Self::Unfilled => f.write_str("its desired capacity is not its live one yet"),
            Self::Weighted => f.write_str("its instances count more than one each"),
            Self::EvenedOut => f.write_str("it evens out the zones of the group by itself"),
        }
    }
}
