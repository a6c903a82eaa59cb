//! Places pods on nodes and takes them off.

use super::tally::Tally;
use super::undo::Change;
use super::{Cluster, DemandId, NodeId, Resident};
use crate::scheduler::demand::Demand;
use crate::snapshot::PodVolume;

impl<'a> Cluster<'a> {
    /// Places so many pods on a node. The caller knows from [`Cluster::room`] that they fit.
    pub fn place(&mut self, demand: DemandId, node: NodeId, pods: u32) {
        self.change_free(demand, node, -i64::from(pods));
        self.change_counts(demand, node, |tally, domain| tally.add(domain, pods));
        let ports = &self.demands[demand].ports;
        self.nodes[node].ports.extend(ports);
        if !self.demands[demand].volumes.claims.is_empty() {
            let view = *self.expected(node);
            let Demand { namespace, volumes, .. } = &self.demands[demand];
            self.volumes.place(&self.parts.storage, namespace, volumes, (node, &view));
        }
        self.log.push(Change::Placed { demand, node, pods });
    }

    /// Places as many of so many pods on a node as fit there. Returns how many.
    pub fn fill(&mut self, demand: DemandId, node: NodeId, pods: u32) -> u32 {
        let mut left = pods;
        while left > 0 {
            // Where a rule counts pods, `room` holds for pods that are placed in a row.
            let taken = self.room(demand, node).min(left);
            if taken == 0 {
                break;
            }
            self.place(demand, node, taken);
            left -= taken;
        }
        pods - left
    }

    /// Takes pods of a kind off a node that is to go: they no longer count for the rules of others,
    /// nor keep claims for themselves. The node stays as a domain, but nothing may be placed on it
    /// again, since what is free on it has no meaning any more.
    pub fn evict(&mut self, demand: DemandId, node: NodeId, pods: u32) {
        self.change_counts(demand, node, |tally, domain| tally.take(domain, pods));
        let Demand { namespace, volumes, .. } = &self.demands[demand];
        if !volumes.claims.is_empty() {
            self.volumes.evict(namespace, volumes);
        }
        self.log.push(Change::Evicted { demand, node, pods });
    }

    /// Counts a pod that is expected on a node, with its requests.
    pub fn occupy(&mut self, node: NodeId, requests: &[i64], pod: &Resident<'a>, volumes: &'a [PodVolume]) {
        let places = self.places_of(node);
        for (free, requested) in self.free[places].iter_mut().zip(requests) {
            *free = free.saturating_sub(*requested);
        }
        self.add_resident(node, pod);
        self.add_volumes(node, pod.namespace, volumes);
    }

    /// Changes every count that such a pod on a node is part of.
    pub(super) fn change_counts(&mut self, demand: DemandId, node: NodeId, change: impl Fn(&mut Tally, u32)) {
        for position in 0..self.demands[demand].topology.counted_in.len() {
            let tally = self.demands[demand].topology.counted_in[position];
            self.change_count(tally, node, &change);
        }
    }

    /// Changes every count that a pod on a node is part of.
    pub(super) fn change_counts_of_kind(&mut self, kind: usize, node: NodeId, change: impl Fn(&mut Tally, u32)) {
        for position in 0..self.rules.counts_of_kind(kind).len() {
            let tally = self.rules.counts_of_kind(kind)[position];
            self.change_count(tally, node, &change);
        }
    }

    fn change_count(&mut self, tally: usize, node: NodeId, change: &impl Fn(&mut Tally, u32)) {
        let Some(domain) = self.counting_domain(tally, node) else { return };
        if self.nodes[node].round.is_none() {
            change(&mut self.tallies[tally], domain);
            return;
        }
        let before = self.tallies[tally].at(domain);
        change(&mut self.tallies[tally], domain);
        self.note_in_round(tally, node, domain, before, self.tallies[tally].at(domain));
    }

    pub(super) fn change_free(&mut self, demand: DemandId, node: NodeId, pods: i64) {
        let places = self.places_of(node);
        for (free, requested) in self.free[places].iter_mut().zip(&self.demands[demand].requests) {
            *free = free.saturating_add(requested.saturating_mul(pods));
        }
    }
}
