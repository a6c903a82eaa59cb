//! A group as it is right before a change.

use crate::snapshot::{Cannot, Lifecycle};

/// What a step needs to know of a group at this moment. Numbers are in the group's own unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupNow {
    /// The least capacity.
    pub min: i64,
    /// The most capacity.
    pub max: i64,
    /// The desired capacity.
    pub desired: i64,
    /// What it cannot do at present.
    pub cannot: Cannot,
    /// Whether what it launches from now on is protected from the cloud's own choice.
    pub launches_protected: bool,
    /// Its instances, in every state of their life.
    pub instances: Vec<InstanceNow>,
}

/// One instance of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceNow {
    /// Its id.
    pub id: String,
    /// Where it is in its life.
    pub lifecycle: Lifecycle,
    /// Its share of the group's capacity.
    pub weight: i64,
    /// Whether it is protected from scale-in.
    pub protected: bool,
}

/// What becomes of an instance's share of the desired capacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// It goes with the instance.
    Goes,
    /// It stays, so that the cloud launches another in its place.
    Stays,
}

impl GroupNow {
    /// Returns the live capacity.
    #[must_use]
    pub fn live(&self) -> i64 {
        let live = self.instances.iter().filter(|instance| instance.lifecycle.is_live());
        live.fold(0, |sum, instance| sum.saturating_add(instance.weight))
    }

    /// Returns one of its instances.
    #[must_use]
    pub fn instance(&self, id: &str) -> Option<&InstanceNow> {
        self.instances.iter().find(|instance| instance.id == id)
    }
}
