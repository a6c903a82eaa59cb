//! Which groups a run may touch at all (`--only-group`).

use super::Policy;

impl Policy {
    /// Whether `--only-group` lets this run touch a group of that name.
    #[must_use]
    pub fn may_touch(&self, group: &str) -> bool {
        self.only_groups.is_empty() || self.only_groups.iter().any(|name| name == group)
    }
}
