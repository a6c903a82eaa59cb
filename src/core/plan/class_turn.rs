//! When the turn of pods comes to get a node.

use std::cmp::Reverse;

use super::absent_pods::AbsentTurn;
use super::fleet::Fleet;
use super::gangs::GangIx;
use crate::snapshot::PodSpec;

/// When the turn of pods comes: the highest priority first, and of one priority the gangs before
/// other pods, since they have fewer places to go. Some pods that are not in the API come before
/// or after all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ClassTurn {
    line: AbsentTurn,
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
    /// Returns the turn of a pod, by its index in [`Fleet::unbound`], where some gangs are served
    /// on their own.
    pub(super) fn of(fleet: &Fleet<'_>, pod: usize, is_alone: &dyn Fn(GangIx) -> bool) -> Self {
        let line = fleet.absent_places.at(pod).map_or(AbsentTurn::InTurn, |absent| fleet.absent[absent].turn);
        let pod = fleet.unbound[pod];
        let Some(gang) = fleet.gangs.of(pod) else { return Self { line, ..Self::of_spec(fleet.spec(pod)) } };
        Self {
            line,
            priority: Reverse(fleet.gangs.entry(gang).priority),
            gang: if is_alone(gang) { GangOrNone::Alone(gang) } else { GangOrNone::Any },
        }
    }

    /// Returns the turn of pods of a specification that belong to no gang.
    pub(crate) fn of_spec(spec: &PodSpec) -> Self {
        Self { line: AbsentTurn::InTurn, priority: Reverse(spec.priority), gang: GangOrNone::None }
    }

    /// Returns the gang of these pods, if it is served on its own.
    pub(crate) fn gang(self) -> Option<GangIx> {
        match self.gang {
            GangOrNone::Alone(gang) => Some(gang),
            GangOrNone::Any | GangOrNone::None => None,
        }
    }

    /// Whether it comes when pods that are there have what they get without a purchase, or later.
    pub(crate) fn is_put_off(self) -> bool {
        match self.line {
            AbsentTurn::First | AbsentTurn::InTurn => false,
            AbsentTurn::IfRoomIsLeft | AbsentTurn::Last => true,
        }
    }

    /// Whether it comes after all pods that are there.
    pub(crate) fn is_last(self) -> bool {
        self.line == AbsentTurn::Last
    }

    /// Whether these pods belong to gangs.
    pub(crate) fn is_of_gang(self) -> bool {
        self.gang != GangOrNone::None
    }
}
