//! When the turn of pods comes to get a node.

use std::cmp::Reverse;

use super::fleet::Fleet;
use super::gangs::GangIx;
use crate::snapshot::{Pod, PodSpec};

/// When the turn of pods comes: the highest priority first, and of one priority the gangs before
/// other pods, since they have fewer places to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ClassTurn {
    priority: Reverse<i32>,
    gang: GangOrNone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum GangOrNone {
    /// This one, which is served on its own.
    Alone(GangIx),
    /// Any that is served like others.
    Any,
    None,
}

impl ClassTurn {
    /// Returns the turn of a pod, where some gangs are served on their own.
    pub(super) fn of(fleet: &Fleet<'_>, pod: &Pod, is_alone: &dyn Fn(GangIx) -> bool) -> Self {
        let Some(gang) = fleet.gangs.of(pod) else { return Self::of_spec(fleet.spec(pod)) };
        Self {
            priority: Reverse(fleet.gangs.entry(gang).priority),
            gang: if is_alone(gang) { GangOrNone::Alone(gang) } else { GangOrNone::Any },
        }
    }

    /// Returns the turn of pods of a specification that belong to no gang.
    pub(crate) fn of_spec(spec: &PodSpec) -> Self {
        Self { priority: Reverse(spec.priority), gang: GangOrNone::None }
    }

    /// Returns the gang of these pods, if it is served on its own.
    pub(crate) fn gang(self) -> Option<GangIx> {
        match self.gang {
            GangOrNone::Alone(gang) => Some(gang),
            GangOrNone::Any | GangOrNone::None => None,
        }
    }

    /// Whether these pods belong to gangs.
    pub(crate) fn is_of_gang(self) -> bool {
        self.gang != GangOrNone::None
    }
}
