//! The end of instances, with their nodes and pods, and of pods that have to leave.

use super::World;
use super::ids::{MachineId, PodId};
use super::machines::MachineStage;
use super::pods::{Life, Source};
use crate::duration::Seconds;
use crate::simulate::Departure;

impl World<'_> {
    /// Ends an instance that was ending: when the simulation began, or as long as hooks held it.
    pub(super) fn machine_gone(&mut self, machine: MachineId) {
        if self.machines[machine].stage != MachineStage::Gone {
            let why = self.machines[machine].ends_as.unwrap_or(Departure::ScaledIn);
            self.end_machine(machine, why);
        }
    }

    /// Ends an instance. Its node goes with it, as the cloud controller deletes it, and so do the
    /// pods.
    pub(super) fn end_machine(&mut self, machine: MachineId, why: Departure) {
        self.leave_node(machine);
        let story = &self.machines[machine].story;
        self.snapshot.groups[story.group].instances.retain(|instance| instance.id != story.id);
        self.end(machine, why);
    }

    /// Removes the node of an instance, with its pods.
    pub(super) fn leave_node(&mut self, machine: MachineId) {
        self.is_torn_no_more(machine);
        if let Some(host) = self.machines[machine].host.take() {
            self.remove_node(host);
        }
    }

    /// Evicts a pod from a node that is drained.
    pub(super) fn evict(&mut self, pod: PodId) {
        if let Some(Source { story, .. }) = self.lives[pod].source {
            self.record.pods[story].evictions += 1;
        }
        self.leave_in_time(pod, false);
    }

    /// Takes its node away from a pod.
    pub(super) fn lose(&mut self, pod: PodId) {
        if let Some(Source { story, .. }) = self.lives[pod].source {
            self.record.pods[story].losses += 1;
        }
        self.begin_anew(pod);
    }

    /// Makes a pod leave. Its controller makes another, if it has one, and its work begins anew; a
    /// service has nothing to lose.
    pub(super) fn begin_anew(&mut self, pod: PodId) {
        let had_run = self.leave(pod);
        let Life { source, gang, .. } = self.lives[pod];
        if let Some(Source { work, story }) = source
            && self.trace.work[work].duration.is_some()
        {
            let lost = &mut self.record.pods[story].lost_work;
            *lost = Seconds(lost.0 + had_run.0);
        }
        if let Some(gang) = gang {
            self.interrupt_gang(gang);
        }
        let has_controller = (self.pod(pod).owner.is_some() || gang.is_some()) && !self.lives[pod].comes_with_its_node;
        if has_controller && !self.record.leaving.contains(&pod) {
            self.come_again(pod);
            return;
        }
        self.remove(pod);
        if let Some(Source { work, .. }) = source {
            self.is_over_with(work);
        }
    }
}
