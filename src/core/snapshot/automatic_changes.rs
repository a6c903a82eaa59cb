//! What changes a group without this run, by settings that people made in the cloud.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::duration::Seconds;

/// What changes a group without this run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AutomaticChanges {
    /// The scheduled changes of its sizes that are still to come.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scheduled: Vec<ScheduledChange>,
    /// The policies by which the cloud itself sets the desired capacity.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<ScalingPolicy>,
    /// The instances that are kept ready for it; absent where it keeps none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_pool: Option<WarmPool>,
    /// Whether the cloud ends spot instances that are at risk, once others are there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub replaces_at_risk: bool,
    /// The age at which the cloud replaces an instance; absent where it lets them grow old.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_instance_lifetime: Option<Seconds>,
    /// How many instances there are while the cloud replaces some; absent where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub while_replacing: Option<WhileReplacing>,
    /// What happens to it when a zone is given up for a while; absent where nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zonal_shift: Option<ZonalShift>,
}

impl AutomaticChanges {
    /// Whether nothing changes it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the zones that are given up at present, as far as that is known.
    #[must_use]
    pub fn zones_given_up(&self) -> &[String] {
        self.zonal_shift.as_ref().and_then(|shift| shift.away_from.as_deref()).unwrap_or_default()
    }
}

/// A scheduled change of a group's sizes. Those that it does not name stay as they are then.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ScheduledChange {
    /// Its name.
    pub name: String,
    /// The least capacity that it sets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// The most capacity that it sets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    /// The desired capacity that it sets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desired: Option<i64>,
    /// When it happens; the earliest moment of one that recurs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// The last moment at which one that recurs happens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// When it recurs, as the five fields of a crontab.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recurrence: Option<String>,
    /// The time zone of the recurrence, such as `Europe/Berlin`; UTC where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
}

impl ScheduledChange {
    /// Returns the capacity that the group has left at most once it has happened, if it names one.
    #[must_use]
    pub fn most(&self) -> Option<i64> {
        self.max.into_iter().chain(self.desired).min()
    }
}

impl fmt::Display for ScheduledChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes = [("min", self.min), ("max", self.max), ("desired", self.desired)];
        let named = sizes.into_iter().filter_map(|(name, size)| Some(format!("{name} {}", size?)));
        f.write_str(&named.collect::<Vec<_>>().join(", "))
    }
}

/// A policy by which the cloud itself sets the desired capacity of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScalingPolicy {
    /// Its name.
    pub name: String,
    /// The cloud's name for its kind, such as `TargetTrackingScaling`.
    pub kind: String,
}

/// The pool of instances from which a group launches first. They are among its instances, in the
/// state [`Lifecycle::Warm`](super::Lifecycle::Warm).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WarmPool {
    /// The cloud's name for the state in which it keeps them, such as `Stopped`.
    pub keeps: String,
    /// How many it keeps at least.
    pub min: i64,
    /// How many there are at most, those in service included; the group's maximum where it is
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<i64>,
    /// Whether instances go back to it instead of ending.
    #[serde(default)]
    pub takes_back: bool,
    /// Whether the pool itself is being deleted.
    #[serde(default)]
    pub leaving: bool,
}

/// How many instances a group has while the cloud replaces some of them, in percent of its desired
/// capacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhileReplacing {
    /// The least.
    pub least_percent: i64,
    /// The most.
    pub most_percent: i64,
}

impl WhileReplacing {
    /// Whether a live capacity is within the bounds, though it is not the desired one.
    #[must_use]
    pub fn allows(self, live: i64, desired: i64) -> bool {
        let percent = |capacity: i64, share: i64| capacity.saturating_mul(share);
        percent(desired, self.least_percent) <= percent(live, 100) && percent(live, 100) <= percent(desired, self.most_percent)
    }
}

/// What happens to a group when a zone is given up for a while, since something is wrong there. A
/// zone that is given up is not among the zones in which the group launches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ZonalShift {
    /// The zones that are given up at present, most often none; absent where that is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub away_from: Option<Vec<String>>,
    /// Whether the cloud replaces what is unhealthy in such a zone.
    pub replaces_unhealthy: bool,
}

/// A kind of automatic change, which a list of the cloud shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeSource {
    /// Scheduled changes of sizes.
    ScheduledActions,
    /// Policies by which the cloud sets desired capacities.
    Policies,
    /// The instances of warm pools.
    WarmPools,
    /// The zones that are given up for a while.
    ZonalShifts,
}

impl fmt::Display for ChangeSource {
    /// Writes what could not be read, and what follows from that.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ScheduledActions => {
                "the scheduled actions could not be read, so a group may grow right before one of them makes it smaller"
            }
            Self::Policies => "the scaling policies could not be read, so nobody is warned of one that sets the same sizes",
            Self::WarmPools => "a warm pool could not be read, so a Ready node of an instance in it may be counted on",
            Self::ZonalShifts => {
                "the zonal shifts could not be read, so a group may be expected to launch in a zone that is given up"
            }
        })
    }
}
