//! The policy file: what flags say, what holds for single groups, and what holds at given times.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schedule::Schedule;
use super::{BadAmount, FlagValue, GroupPolicy, GroupRule, NamedLimit, PodQuota, Policy, Setting};
use crate::calendar::{Cron, zone_named};
use crate::did_you_mean::{did_you_mean, near};
use crate::duration::Seconds;

/// A policy file, in YAML or JSON.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PolicyFile {
    /// Flags by their long names without dashes, such as `idle-threshold: 20m`: what they are where
    /// neither the command line nor a variable gives them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub flags: BTreeMap<String, FlagValue>,
    /// What holds for single groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupRule>,
    /// How large parts of the cluster may become; each name once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<NamedLimit>,
    /// How much some pods may use before no more is bought for them; each name once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quotas: Vec<PodQuota>,
    /// What holds at given times.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schedules: Vec<ScheduleInFile>,
}

/// A schedule as it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ScheduleInFile {
    /// What it is called in plans; each name once.
    pub name: String,
    /// When it begins: the five fields of a crontab, such as `0 20 * * MON-FRI`.
    pub begins: String,
    /// For how long it holds, such as `10h`.
    pub lasts: String,
    /// The zone whose clocks count, such as `Europe/Berlin`; UTC without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Flags of the planner, which outweigh the command line while it holds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub flags: BTreeMap<String, FlagValue>,
    /// What holds for single groups meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupRule>,
    /// Limits that hold meanwhile; one replaces that of the same name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<NamedLimit>,
    /// Quotas that hold meanwhile, likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quotas: Vec<PodQuota>,
}

/// Why a policy file is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFileError {
    /// A schedule changes what is no setting of the planner.
    #[error("{place}: {flag:?} is no setting that a schedule can change{}", meant(.near))]
    NoSetting {
        /// Where it stands.
        place: String,
        /// What stands there.
        flag: String,
        /// The settings that may be meant.
        near: Vec<String>,
    },
    /// A value is not understood.
    #[error("{place}: {name}: {value:?}: {why}")]
    Value {
        /// Where it stands.
        place: String,
        /// Of what.
        name: String,
        /// The value.
        value: String,
        /// What would be understood.
        why: String,
    },
    /// Two schedules, two limits or two quotas have one name.
    #[error("two {kind} are called {name:?}: give each a name of its own")]
    Twice {
        /// What they are.
        kind: &'static str,
        /// The name.
        name: String,
    },
}

fn meant(near: &[String]) -> String {
    did_you_mean(near).map(|question| format!("; {question}")).unwrap_or_default()
}

/// Returns the settings most like an unknown one, of those that stand in some place.
fn near_settings(unknown: &str, stands: impl Fn(&Setting) -> bool) -> Vec<String> {
    let names = Policy::SETTINGS.iter().filter(|setting| stands(setting)).map(|setting| setting.flag().to_owned());
    near(unknown, names)
}

impl PolicyFile {
    /// Checks everything but the names of `flags`, which are those of the command line, and returns
    /// the schedules.
    ///
    /// # Errors
    /// Names the place, the value and what would be understood.
    pub fn schedules(&self) -> Result<Vec<Schedule>, PolicyFileError> {
        check_rules("", &self.groups)?;
        check_limits("", &self.limits)?;
        check_quotas("", &self.quotas)?;
        let schedules: Vec<Schedule> = self.schedules.iter().map(ScheduleInFile::read).collect::<Result<_, _>>()?;
        once("schedules", schedules.iter().map(|schedule| schedule.name.as_str()))?;
        Ok(schedules)
    }
}

impl ScheduleInFile {
    fn read(&self) -> Result<Schedule, PolicyFileError> {
        let place = format!("schedule {}", self.name);
        let wrong = |name: &str, value: &str, why: &str| {
            let (place, why) = (place.clone(), why.to_owned());
            PolicyFileError::Value { place, name: name.to_owned(), value: value.to_owned(), why }
        };
        let crontab = "write the five fields of a crontab, such as 0 20 * * MON-FRI";
        let begins = Cron::read(&self.begins).ok_or_else(|| wrong("begins", &self.begins, crontab))?;
        let lasts = self.lasts.parse::<Seconds>().ok().filter(|lasts| lasts.0 > 0);
        let lasts = lasts.ok_or_else(|| wrong("lasts", &self.lasts, "write a duration, such as 10h or 1h30m"))?;
        let zone = self.time_zone.as_deref();
        let names = "write a name of the time zone database, such as Europe/Berlin";
        let zone = zone_named(zone).ok_or_else(|| wrong("time-zone", zone.unwrap_or_default(), names))?;
        check_rules(&format!("{place}, "), &self.groups)?;
        check_limits(&format!("{place}, "), &self.limits)?;
        check_quotas(&format!("{place}, "), &self.quotas)?;
        let settings = self.flags.iter().map(|(flag, value)| setting(&place, flag, value)).collect::<Result<_, _>>()?;
        Ok(Schedule {
            name: self.name.clone(),
            begins,
            zone,
            lasts,
            settings,
            groups: self.groups.clone(),
            limits: self.limits.clone(),
            quotas: self.quotas.clone(),
        })
    }
}

/// Refuses a name that comes twice.
fn once<'n>(kind: &'static str, names: impl Iterator<Item = &'n str>) -> Result<(), PolicyFileError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(PolicyFileError::Twice { kind, name: name.to_owned() });
        }
    }
    Ok(())
}

/// Checks the limits on parts of the cluster; `place` is where they stand.
fn check_limits(place: &str, limits: &[NamedLimit]) -> Result<(), PolicyFileError> {
    for limit in limits {
        limit.amounts().map_err(|bad| bad_amount(format!("{place}limit {}", limit.name), bad))?;
    }
    once("limits", limits.iter().map(|limit| limit.name.as_str()))
}

/// Checks the quotas on pods; `place` is where they stand.
fn check_quotas(place: &str, quotas: &[PodQuota]) -> Result<(), PolicyFileError> {
    for quota in quotas {
        quota.amounts().map_err(|bad| bad_amount(format!("{place}quota {}", quota.name), bad))?;
    }
    once("quotas", quotas.iter().map(|quota| quota.name.as_str()))
}

fn bad_amount(place: String, BadAmount { of, value, expected }: BadAmount) -> PolicyFileError {
    PolicyFileError::Value { place, name: of, value, why: expected.to_owned() }
}

/// Returns the setting of a flag, with a value that it understands.
fn setting(place: &str, flag: &str, value: &FlagValue) -> Result<(&'static Setting, String), PolicyFileError> {
    let known = Policy::SETTINGS.iter().find(|setting| setting.flag() == flag || setting.alias() == Some(flag));
    let Some(setting) = known else {
        let near = near_settings(flag, |_| true);
        return Err(PolicyFileError::NoSetting { place: place.to_owned(), flag: flag.to_owned(), near });
    };
    let value = value.to_string();
    setting.read(&mut Policy::default(), &value).map_err(|why| {
        let (place, name, value) = (place.to_owned(), flag.to_owned(), value.clone());
        PolicyFileError::Value { place, name, value, why }
    })?;
    Ok((setting, value))
}

/// Checks the rules for single groups; `place` is where they stand.
fn check_rules(place: &str, rules: &[GroupRule]) -> Result<(), PolicyFileError> {
    for rule in rules {
        let place = format!("{place}groups {}", rule.names.join(",")).trim_end().to_owned();
        let wrong = |name: &str, value: String, why: &str| {
            let (place, why) = (place.clone(), why.to_owned());
            Err(PolicyFileError::Value { place, name: name.to_owned(), value, why })
        };
        if rule.names.iter().all(String::is_empty) {
            return wrong("names", String::new(), "name a group, or * for all");
        }
        for (name, limit) in [("min", rule.min), ("max", rule.max)] {
            if let Some(limit) = limit.filter(|limit| *limit < 0) {
                return wrong(name, limit.to_string(), "write a whole number, 0 or more");
            }
        }
        if let (Some(min), Some(max)) = (rule.min, rule.max)
            && min > max
        {
            return wrong("min", min.to_string(), &format!("it is above max, which is {max}"));
        }
        for (flag, value) in &rule.set {
            let value = value.to_string();
            if flag == "enabled" {
                return wrong(flag, value, "whether a group is managed is for its tags, or --group");
            }
            if let Err(expected) = GroupPolicy::without_tags(&Policy::default()).set(flag, &value) {
                let is_known = Policy::SETTINGS.iter().any(|setting| setting.has_tag && setting.flag() == flag);
                let near = if is_known { Vec::new() } else { near_settings(flag, |setting| setting.has_tag) };
                return wrong(flag, value, &format!("expected {expected}{}", meant(&near)));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(file: &serde_json::Value) -> String {
        let file: PolicyFile = serde_json::from_value(file.clone()).expect("its form is right");
        file.schedules().expect_err("it is wrong").to_string()
    }

    fn schedule(changes: &serde_json::Value) -> serde_json::Value {
        let mut schedule = serde_json::json!({"name": "nights", "begins": "0 20 * * *", "lasts": "10h"});
        schedule.as_object_mut().expect("an object").extend(changes.as_object().expect("an object").clone());
        serde_json::json!({"schedules": [schedule]})
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place_and_the_way_out() {
        use serde_json::json;
        for (file, why) in [
            (schedule(&json!({"begins": "20:00"})), "schedule nights: begins: \"20:00\": write the five fields of a crontab"),
            (schedule(&json!({"lasts": "0"})), "schedule nights: lasts: \"0\": write a duration"),
            (
                schedule(&json!({"time-zone": "Berlin"})),
                "schedule nights: time-zone: \"Berlin\": write a name of the time zone",
            ),
            (schedule(&json!({"flags": {"idle-treshold": "1m"}})), "schedule nights: \"idle-treshold\" is no setting"),
            (schedule(&json!({"flags": {"regions": "us-west-2"}})), "schedule nights: \"regions\" is no setting"),
            (schedule(&json!({"flags": {"idle-treshold": "1m"}})), "did you mean idle-threshold?"),
            (
                json!({"groups": [{"names": ["a"], "set": {"idle-treshold": "1m"}}]}),
                "see the table of flags (ec2-autoscale help flags); did you mean idle-threshold?",
            ),
            (schedule(&json!({"flags": {"max-scale-up": -1}})), "schedule nights: max-scale-up: \"-1\""),
            (schedule(&json!({"groups": [{"names": []}]})), "schedule nights, groups: names: \"\": name a group"),
            (json!({"groups": [{"names": ["a"], "min": 3, "max": 2}]}), "groups a: min: \"3\": it is above max, which is 2"),
            (json!({"groups": [{"names": ["a"], "max": -1}]}), "groups a: max: \"-1\": write a whole number"),
            (json!({"groups": [{"names": ["a"], "set": {"enabled": false}}]}), "groups a: enabled: \"false\": whether a group"),
            (
                json!({"groups": [{"names": ["a"], "set": {"seed": 1}}]}),
                "groups a: seed: \"1\": expected a setting that a group",
            ),
        ] {
            let error = refused(&file);
            assert!(error.contains(why), "{error}");
        }
        let twice = json!({"name": "a", "begins": "0 8 * * *", "lasts": "1h"});
        let limit = json!({"limits": [{"name": "part", "most": {"cpu": "x"}}]});
        assert_eq!(refused(&limit), "limit part: cpu: \"x\": write a number of cores");
        let quota = json!({"name": "a", "most": {"usd-per-hour": "much"}});
        let why = "quota a: usd-per-hour: \"much\": write dollars an hour, such as 12.50";
        assert_eq!(refused(&json!({ "quotas": [quota] })), why);
        assert_eq!(refused(&schedule(&json!({ "quotas": [quota] }))), format!("schedule nights, {why}"));
        assert_eq!(
            refused(&json!({"schedules": [twice, twice]})),
            "two schedules are called \"a\": give each a name of its own"
        );
    }
}
