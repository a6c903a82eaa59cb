//! Whom a line is for, and how Slack is told.

use std::fmt;

/// The receiver of a line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Receiver {
    /// The channel of the webhook.
    Channel,
    /// The person in the label `owner` of a pod.
    Person { owner: String },
}

impl fmt::Display for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Channel => f.write_str("the channel of --slack-hook"),
            Self::Person { owner } => write!(f, "owner {owner}"),
        }
    }
}

/// Returns the channel of an owner. Slack takes the id of a member. It takes names with an @, which
/// the predecessor sent, from old workspaces at best.
pub(super) fn channel(owner: &str) -> String {
    let is_id = owner.len() >= 9
        && owner.starts_with(['U', 'W'])
        && owner.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if is_id { owner.to_owned() } else { format!("@{owner}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn member_ids_are_used_as_they_are() {
        assert_eq!(channel("U012AB3CDE"), "U012AB3CDE");
        assert_eq!(channel("W012AB3CDE"), "W012AB3CDE");
        for name in ["ada", "Ursula", "U", "UNI"] {
            assert_eq!(channel(name), format!("@{name}"));
        }
    }
}
