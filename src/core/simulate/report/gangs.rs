//! What became of the gangs, and what was paid for those that could not start.

use schemars::JsonSchema;
use serde::Serialize;

use super::waits::Waits;
use crate::duration::Seconds;
use crate::simulate::History;

/// What became of the gangs of the trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GangFigures {
    /// How many came.
    pub came: u32,
    /// How many never ran.
    pub never_started: u32,
    /// How long those that ran waited for that with pods: all of it, also after an interruption.
    /// Absent where none ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits: Option<Waits>,
    /// How long pods had a node and waited there for others of their gang, in all.
    pub sat: Seconds,
    /// The time of instances that were there for gangs that could not start. A gang cannot start
    /// when it does not run, and fewer of its pods have a node or a place in the plan of the latest
    /// run than start together. An instance that was launched in the simulation is there for one
    /// while no pod works on it, and pods of such a gang sit there, or it is Ready and empty, was
    /// launched for one, and nobody is expected on it. Where no pod has worked on it before, that
    /// counts from its launch on.
    pub instance_time: Seconds,
}

impl GangFigures {
    /// Returns the figures of a history; `None` where no gang came.
    pub(super) fn from_history(history: &History) -> Option<Self> {
        let gangs = &history.gangs;
        let never = gangs.iter().filter(|gang| gang.first_ran_at.is_none()).count();
        let sum = |times: &mut dyn Iterator<Item = Seconds>| Seconds(times.map(|time| time.0).sum());
        (!gangs.is_empty()).then(|| Self {
            came: u32::try_from(gangs.len()).unwrap_or(u32::MAX),
            never_started: u32::try_from(never).unwrap_or(u32::MAX),
            waits: Waits::from_waits(gangs.iter().filter(|gang| gang.first_ran_at.is_some()).map(|gang| gang.waited)),
            sat: sum(&mut history.pods.iter().map(|pod| pod.sat)),
            instance_time: sum(&mut history.instances.iter().map(|instance| instance.for_torn_gangs)),
        })
    }
}
