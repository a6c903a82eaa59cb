//! The settings of one group: those of the run, except where its tags change them.

use std::fmt;

use super::{GroupPolicy, GroupRule, Policy, spares};
use crate::snapshot::Group;

/// A tag `ec2-autoscale/<flag>` whose value is not understood; the run's own setting applies
/// instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadSetting {
    /// The flag's name.
    pub name: String,
    /// The tag's value.
    pub value: String,
    /// What would be understood.
    pub expected: &'static str,
}

impl fmt::Display for BadSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tag ec2-autoscale/{}={} is ignored: expected {}", self.name, self.value, self.expected)
    }
}

impl Policy {
    /// Returns the policy for one group, and those of its tags that are not understood.
    #[must_use]
    pub fn for_group(&self, group: &Group) -> (GroupPolicy, Vec<BadSetting>) {
        let mut bad = Vec::new();
        let mut own = GroupPolicy::without_tags(self);
        for (name, value) in &group.tags.settings {
            if let Err(expected) = own.set(name, value) {
                bad.push(BadSetting { name: name.to_string(), value: value.to_string(), expected });
            }
        }
        let rules: Vec<&GroupRule> = self.groups.iter().filter(|rule| rule.is_about(&group.id.name)).collect();
        for rule in &rules {
            own.follow(rule);
        }
        let is_set = |name: &str| rules.iter().any(|rule| rule.set.contains_key(name));
        let names = |name: &str| group.tags.settings.contains_key(name) || is_set(name);
        own.type_idle_count = spares(own.type_idle_count, names);
        (own, bad)
    }
}

impl GroupPolicy {
    /// Returns the least capacity that is left of a group, in its own unit.
    #[must_use]
    pub fn least(&self, group: &Group) -> i64 {
        self.min.map_or(group.min, |min| min.max(group.min))
    }

    /// Returns the most capacity that is requested of a group, in its own unit.
    #[must_use]
    pub fn most(&self, group: &Group) -> i64 {
        self.max.map_or(group.max, |max| max.min(group.max))
    }

    /// Takes over what a policy file says of the group.
    fn follow(&mut self, rule: &GroupRule) {
        (self.min, self.max) = (rule.min.or(self.min), rule.max.or(self.max));
        for (flag, value) in &rule.set {
            // What is not understood was refused with the file.
            let _ = self.set(flag, &value.to_string());
        }
    }

    /// Applies one tag; the error names the values that are understood.
    pub(super) fn set(&mut self, name: &str, value: &str) -> Result<(), &'static str> {
        match name {
            "priority" => self.priority = value.parse().map_err(|_| "a whole number")?,
            // Whether the group is managed at all was decided when it was found.
            "enabled" => {}
            flag => self.read(flag, value)?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_takes_what_its_flag_takes() {
        let mut own = GroupPolicy::without_tags(&Policy::default());
        assert_eq!((own.set("backoff", "1h30m"), own.backoff.0), (Ok(()), 5400));
        assert_eq!((own.set("consolidate", "true"), own.consolidate), (Ok(()), true));
        assert_eq!((own.set("max-pods", "30"), own.max_pods), (Ok(()), Some(30)));
        for (flag, value, expected) in [
            ("max-pods", "0", "a whole number, 1 or more"),
            ("over-provision", "-1", "a whole number, 0 or more"),
            ("idle-threshold", "soon", "a duration such as 600, 10m or 1h30m"),
            ("drain-utilization", "1.5", "a number from 0 to 1"),
            ("consolidate", "yes", "true or false"),
            ("seed", "1", "a setting that a group can have; see the table of flags (ec2-autoscale help flags)"),
        ] {
            let before = own.clone();
            assert_eq!((own.set(flag, value), &own), (Err(expected), &before), "{flag}={value}");
        }
    }

    #[test]
    fn the_settings_with_a_tag_are_those_that_a_tag_can_set() {
        for setting in Policy::SETTINGS {
            let mut own = GroupPolicy::without_tags(&Policy::default());
            // A duration, a count and a fraction; and a name.
            let is_set = ["1", "auto"].iter().any(|value| own.set(setting.flag(), value).is_ok());
            assert_eq!(is_set, setting.has_tag, "{}", setting.flag());
        }
    }
}
