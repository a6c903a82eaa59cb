//! What changes a group without this run.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::duration::{Seconds, moment};
use crate::plan::amounts::small;
use crate::plan::reason::count;
use crate::plan::schedule::scheduled_runs;
use crate::snapshot::{Group, Lifecycle, ScalingPolicy, WarmPool, WhileReplacing, ZonalShift};

/// Something that changes a group without this run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum AutomaticFact {
    /// A scheduled change of its sizes.
    Scheduled {
        /// Its name.
        name: String,
        /// The sizes that it sets.
        sets: String,
        /// When it happens next.
        at: Timestamp,
        /// When it recurs, as the five fields of a crontab.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recurrence: Option<String>,
        /// The time zone of the recurrence.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        time_zone: Option<String>,
        /// `taken_at` of the snapshot.
        now: Timestamp,
    },
    /// A policy by which the cloud sets its desired capacity.
    Policy {
        /// Its name.
        name: String,
        /// The cloud's name for its kind.
        policy: String,
    },
    /// The pool of instances from which it launches first.
    WarmPool {
        /// The pool.
        pool: WarmPool,
        /// How many instances are in it.
        instances: u32,
    },
    /// The cloud ends spot instances that are at risk, once others are there.
    ReplacesAtRisk,
    /// The cloud replaces instances of an age.
    MaxLifetime {
        /// The age.
        limit: Seconds,
    },
    /// How many instances there are while the cloud replaces some.
    WhileReplacing {
        /// The bounds, in percent of the desired capacity.
        bounds: WhileReplacing,
    },
    /// What happens when a zone is given up for a while.
    ZonalShift {
        /// The zones, and what becomes of what is unhealthy there.
        shift: ZonalShift,
    },
}

impl AutomaticFact {
    /// Returns a word or two for what it is.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Scheduled { .. } => "scheduled",
            Self::Policy { .. } => "policy",
            Self::WarmPool { .. } => "warm pool",
            Self::ReplacesAtRisk | Self::MaxLifetime { .. } | Self::WhileReplacing { .. } => "replaces",
            Self::ZonalShift { .. } => "zonal shift",
        }
    }
}

/// Returns all that changes a group without this run.
pub(super) fn automatic_facts(group: &Group, now: Timestamp) -> Vec<AutomaticFact> {
    let scheduled = scheduled_runs(group, now).into_iter().map(|run| AutomaticFact::Scheduled {
        name: run.change.name.clone(),
        sets: run.change.to_string(),
        at: run.at,
        recurrence: run.change.recurrence.clone(),
        time_zone: run.change.time_zone.clone(),
        now,
    });
    let policy = |it: &ScalingPolicy| AutomaticFact::Policy { name: it.name.clone(), policy: it.kind.clone() };
    let policies = group.automatic.policies.iter().map(policy);
    let instances = group.instances.iter().filter(|instance| instance.lifecycle == Lifecycle::Warm).count();
    let pool = |pool: &WarmPool| AutomaticFact::WarmPool { pool: pool.clone(), instances: small(instances) };
    let at_risk = group.automatic.replaces_at_risk.then_some(AutomaticFact::ReplacesAtRisk);
    let old = group.automatic.max_instance_lifetime.map(|limit| AutomaticFact::MaxLifetime { limit });
    let bounds = group.automatic.while_replacing.map(|bounds| AutomaticFact::WhileReplacing { bounds });
    let listed = scheduled.chain(policies).chain(group.automatic.warm_pool.as_ref().map(pool));
    let shift = |shift: &ZonalShift| AutomaticFact::ZonalShift { shift: shift.clone() };
    let shift = group.automatic.zonal_shift.as_ref().map(shift);
    listed.chain(at_risk).chain(old).chain(bounds).chain(shift).collect()
}

impl fmt::Display for AutomaticFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scheduled { name, sets, at, recurrence, time_zone, now } => {
                write!(f, "{name} sets {sets} at {}", moment(*at, *now))?;
                let Some(recurrence) = recurrence else { return Ok(()) };
                write!(f, " ({recurrence}, {})", time_zone.as_deref().unwrap_or("UTC"))
            }
            Self::Policy { name, policy } => write!(f, "{name} sets the desired capacity as well ({policy})"),
            Self::ReplacesAtRisk => f.write_str("spot instances at risk, once others are there"),
            Self::MaxLifetime { limit } => write!(f, "instances that are {limit} old"),
            Self::WhileReplacing { bounds: WhileReplacing { least_percent, most_percent } } => {
                write!(f, "{least_percent} to {most_percent} % of desired live meanwhile")
            }
            Self::ZonalShift { shift } => write_shift(f, shift),
            Self::WarmPool { pool, instances } => write_pool(f, pool, *instances),
        }
    }
}

fn write_pool(f: &mut fmt::Formatter<'_>, pool: &WarmPool, instances: u32) -> fmt::Result {
    let WarmPool { keeps, min, most, takes_back, leaving } = pool;
    write!(f, "{} {keeps}, at least {min}", count(u64::from(instances), "instance"))?;
    if let Some(most) = most {
        write!(f, ", with those in service at most {most}")?;
    }
    f.write_str("; the group launches from it first")?;
    if *takes_back {
        f.write_str(", and what goes returns to it")?;
    }
    if *leaving {
        f.write_str("; it is being deleted")?;
    }
    Ok(())
}

fn write_shift(f: &mut fmt::Formatter<'_>, shift: &ZonalShift) -> fmt::Result {
    match shift.away_from.as_deref() {
        None => f.write_str("whether a zone is given up at present is unknown")?,
        Some([]) => f.write_str("no zone is given up at present")?,
        Some(zones) => write!(f, "away from {}: the group launches in its other zones", zones.join(", "))?,
    }
    match shift.replaces_unhealthy {
        true => f.write_str("; what is unhealthy in such a zone is replaced"),
        false => f.write_str("; what is unhealthy in such a zone stays"),
    }
}
