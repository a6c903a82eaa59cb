//! Settings that hold at given times.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{GroupRule, InForce, NamedLimit, PodQuota, Policy, Setting};
use crate::calendar::Cron;
use crate::duration::Seconds;

/// Settings that hold from each time that it begins, for as long as it lasts.
#[derive(Debug, Clone)]
pub struct Schedule {
    pub(super) name: String,
    pub(super) begins: Cron,
    pub(super) zone: TimeZone,
    pub(super) lasts: Seconds,
    pub(super) settings: Vec<(&'static Setting, String)>,
    pub(super) groups: Vec<GroupRule>,
    pub(super) limits: Vec<NamedLimit>,
    pub(super) quotas: Vec<PodQuota>,
}

impl Schedule {
    /// Returns a policy with its settings instead.
    pub(super) fn over(&self, base: &Policy) -> Policy {
        let mut policy = base.clone();
        for (setting, value) in &self.settings {
            setting.read(&mut policy, value).expect("it was read before");
        }
        policy.groups.extend(self.groups.iter().cloned());
        policy.limits.retain(|limit| self.limits.iter().all(|own| own.name != limit.name));
        policy.limits.extend(self.limits.iter().cloned());
        policy.quotas.retain(|quota| self.quotas.iter().all(|own| own.name != quota.name));
        policy.quotas.extend(self.quotas.iter().cloned());
        policy
    }

    /// Returns the end of its present time, if it holds at a moment.
    fn ends_at(&self, now: Timestamp) -> Option<Timestamp> {
        let mut begins = self.first_after(self.lasts.before(now)).filter(|begins| *begins <= now)?;
        // It may begin anew before it has ended.
        while let Some(next) = self.first_after(begins).filter(|next| *next <= now) {
            begins = next;
        }
        Some(self.lasts.after(begins))
    }

    fn first_after(&self, moment: Timestamp) -> Option<Timestamp> {
        self.begins.first_after(moment, &self.zone)
    }

    /// Returns when it begins or ends next, after a moment.
    fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let mut end = self.ends_at(now);
        let begins = self.first_after(now);
        // One that begins again by the time it ends goes on.
        let mut next = begins;
        while let (Some(ends), Some(again)) = (end, next.filter(|again| end.is_some_and(|end| *again <= end))) {
            let longer = self.lasts.after(again);
            if longer.duration_since(now) > MOST_AHEAD {
                return None;
            }
            (end, next) = (Some(longer.max(ends)), self.first_after(again));
        }
        end.or(begins)
    }
}

/// What goes on for longer than this without a change is taken to go on for ever.
const MOST_AHEAD: jiff::SignedDuration = jiff::SignedDuration::from_hours(24 * 366);

/// Puts the settings of the schedules that hold at a moment over those of a policy. Of two that
/// hold at the same time the later one in the file counts.
pub(super) fn at(base: &Policy, schedules: &[Schedule], now: Timestamp) -> Policy {
    let holds: Vec<&Schedule> = schedules.iter().filter(|schedule| schedule.ends_at(now).is_some()).collect();
    let mut policy = holds.iter().fold(base.clone(), |policy, schedule| schedule.over(&policy));
    if !schedules.is_empty() {
        let until = schedules.iter().filter_map(|schedule| schedule.next_change(now)).min();
        let names = holds.iter().map(|schedule| schedule.name.clone()).collect();
        policy.in_force = Some(InForce { schedules: names, until, asked_for: None });
    }
    policy
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{PolicyFile, TimedPolicy};

    fn policy(schedules: &serde_json::Value) -> TimedPolicy {
        let file: PolicyFile = serde_json::from_value(serde_json::json!({ "schedules": schedules })).expect("a policy file");
        let mut policy = TimedPolicy::default();
        policy.add(&file).expect("a good one");
        policy
    }

    fn at(policy: &TimedPolicy, moment: &str) -> Policy {
        policy.at(moment.parse().expect("a moment"))
    }

    /// Returns which schedules hold at a moment, and until when.
    fn in_force(policy: &TimedPolicy, moment: &str) -> (Vec<String>, Option<String>) {
        let in_force = at(policy, moment).in_force.expect("there are schedules");
        (in_force.schedules, in_force.until.map(|until| until.to_string()))
    }

    fn nights() -> TimedPolicy {
        policy(&serde_json::json!([{"name": "nights", "begins": "0 20 * * MON-FRI", "lasts": "10h",
            "time-zone": "Europe/Berlin", "flags": {"idle-threshold": "1m"}, "groups": [{"names": ["gpu-*"], "max": 0}]}]))
    }

    #[test]
    fn a_schedule_holds_from_its_beginning_to_its_end() {
        let nights = nights();
        // 2026-11-30 is a Monday, and Berlin an hour ahead.
        for (moment, holds, until) in [
            ("2026-11-30T18:59:59Z", false, "2026-11-30T19:00:00Z"),
            ("2026-11-30T19:00:00Z", true, "2026-12-01T05:00:00Z"),
            ("2026-12-01T04:59:59Z", true, "2026-12-01T05:00:00Z"),
            ("2026-12-01T05:00:00Z", false, "2026-12-01T19:00:00Z"),
            ("2026-12-05T12:00:00Z", false, "2026-12-07T19:00:00Z"),
        ] {
            let names: &[&str] = if holds { &["nights"] } else { &[] };
            let expected = (names.iter().map(|name| (*name).to_owned()).collect(), Some(until.to_owned()));
            assert_eq!(in_force(&nights, moment), expected, "{moment}");
        }
    }

    #[test]
    fn what_it_changes_is_as_before_once_it_ends() {
        let nights = nights();
        let (night, day) = (at(&nights, "2026-11-30T20:00:00Z"), at(&nights, "2026-11-30T12:00:00Z"));
        assert_eq!((night.idle_threshold, night.groups.len()), (Seconds(60), 1));
        assert_eq!((day.idle_threshold, day.groups.len()), (Policy::default().idle_threshold, 0));
    }

    #[test]
    fn of_two_the_later_one_in_the_file_counts() {
        let both = policy(&serde_json::json!([
            {"name": "weekend", "begins": "0 0 * * SAT", "lasts": "2d", "flags": {"max-scale-up": 10, "idle-threshold": "2m"}},
            {"name": "sunday", "begins": "0 0 * * SUN", "lasts": "1d", "flags": {"max-scale-up": 3}}]));
        let sunday = at(&both, "2026-11-29T12:00:00Z");
        assert_eq!((sunday.max_scale_up, sunday.idle_threshold), (3, Seconds(120)));
        assert_eq!(in_force(&both, "2026-11-29T12:00:00Z").0, ["weekend", "sunday"]);
    }

    #[test]
    fn one_that_begins_again_before_it_ends_goes_on() {
        let always = policy(&serde_json::json!([{"name": "always", "begins": "0 * * * *", "lasts": "90m"}]));
        assert_eq!(in_force(&always, "2026-11-30T12:20:00Z"), (vec!["always".to_owned()], None));
        let half = policy(&serde_json::json!([{"name": "half", "begins": "0,30 8-9 * * *", "lasts": "45m"}]));
        let until = Some("2026-11-30T10:15:00Z".to_owned());
        assert_eq!(in_force(&half, "2026-11-30T08:10:00Z"), (vec!["half".to_owned()], until));
    }
}
