//! The facts about a setting besides its field: its flag, its text, how its values are read and
//! written.

use super::{Policy, Takes};

/// One row of the table of settings.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The heading in the help below which its flag stands.
    pub section: &'static str,
    /// The flag as the help shows it: `--no-scale-up, --no-scale` or `--max-scale-up <NODES>`.
    pub(super) usage: &'static str,
    /// The lines of its text, in Markdown.
    pub(super) text: &'static [&'static str],
    /// Whether the tag `ec2-autoscale/<flag>` sets it for one group.
    pub has_tag: bool,
    /// What the flag takes.
    pub takes: Takes,
    pub(super) read: fn(&mut Policy, &str) -> Result<(), String>,
    pub(super) write: fn(&Policy) -> Option<String>,
}

impl Setting {
    /// Returns the flag without its dashes.
    #[must_use]
    pub fn flag(&self) -> &'static str {
        flag_of(self.usage)
    }

    /// Returns another name of the flag, without its dashes.
    #[must_use]
    pub fn alias(&self) -> Option<&'static str> {
        self.usage.split_once(", --").map(|(_, alias)| alias)
    }

    /// Returns the name that the help gives the flag's value.
    #[must_use]
    pub fn value_name(&self) -> Option<&'static str> {
        self.usage.split_once('<').map(|(_, name)| name.trim_end_matches('>'))
    }

    /// Returns its meaning in one sentence without a full stop, in Markdown.
    #[must_use]
    pub fn meaning(&self) -> String {
        joined(self.text.split(|line| line.is_empty()).next().unwrap_or_default())
    }

    /// Returns further explanation for a manual, in whole sentences of Markdown.
    #[must_use]
    pub fn details(&self) -> String {
        joined(self.text.split(|line| line.is_empty()).nth(1).unwrap_or_default())
    }

    /// Reads a value into a policy.
    ///
    /// # Errors
    /// Names what would be understood.
    pub fn read(&self, policy: &mut Policy, value: &str) -> Result<(), String> {
        (self.read)(policy, value)
    }

    /// Returns its value in a policy as it could be given; `None` where there is none. Different
    /// values are written differently.
    #[must_use]
    pub fn written(&self, policy: &Policy) -> Option<String> {
        (self.write)(policy)
    }
}

/// Returns the flag, without its dashes, of a usage such as `--no-scale-up, --no-scale` or
/// `--max-scale-up <NODES>`.
pub(super) fn flag_of(usage: &'static str) -> &'static str {
    let end = usage.find([',', ' ']).unwrap_or(usage.len());
    usage[..end].trim_start_matches("--")
}

fn joined(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn setting(flag: &str) -> &'static Setting {
        Policy::SETTINGS.iter().find(|setting| setting.flag() == flag).expect(flag)
    }

    #[test]
    fn a_row_says_its_flag_as_the_help_shows_it() {
        let (off, most) = (setting("no-scale-up"), setting("max-scale-up"));
        assert_eq!((off.alias(), off.value_name()), (Some("no-scale"), None));
        assert_eq!((most.alias(), most.value_name()), (None, Some("NODES")));
        assert_eq!(most.details(), "Its tag limits the new nodes of that group alone.");
        assert_eq!(off.details(), "");
    }

    #[test]
    fn rows_are_in_order() {
        let mut flags = BTreeSet::new();
        for setting in Policy::SETTINGS {
            let (flag, meaning) = (setting.flag(), setting.meaning());
            assert!(flags.insert(flag), "--{flag} stands twice");
            assert!(setting.usage.starts_with("--") && !meaning.is_empty() && !meaning.ends_with('.'), "--{flag}");
            assert_eq!(setting.value_name().is_none(), setting.takes == Takes::Nothing, "--{flag}: a switch has no value");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let policy = Policy::default();
        for setting in Policy::SETTINGS {
            let mut read = policy.clone();
            if let Some(value) = setting.written(&policy) {
                setting.read(&mut read, &value).expect(&value);
            }
            assert_eq!(read, policy, "{}", setting.usage);
        }
    }
}
