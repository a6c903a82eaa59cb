//! The scheduler's filters, one a file, in the order in which it runs them.

mod dynamic_resources;
mod inter_pod_affinity;
mod node_affinity;
mod node_name;
mod node_ports;
mod node_resources_fit;
mod node_unschedulable;
mod node_volume_limits;
mod pod_topology_spread;
mod taint_toleration;
mod volume_binding;
mod volume_restrictions;
mod volume_zone;

use super::cluster::{Cluster, DemandId, FormsId, NodeId};
use super::{Demand, Misfit, NodeView, PodView, fits};

/// A filter.
enum Predicate {
    /// It reads the pod and the node alone: its result does not change while pods are placed.
    NodeAlone(fn(&PodView<'_>, &NodeView<'_>) -> Option<Misfit>),
    /// It reads what is free on the node.
    WhatIsFree(fn(&PodView<'_>, &[i64]) -> Option<Misfit>),
    /// It reads what pods occupy of a node: one pod occupies what the next one needs, so that one
    /// fits in a row.
    WhatIsTaken {
        /// Whether such pods occupy any of it.
        takes: fn(&Demand<'_>) -> bool,
        refuses: fn(&Cluster<'_>, DemandId, NodeId) -> Option<Misfit>,
    },
    /// It reads the existing pods.
    AmongPods {
        refuses: fn(&Cluster<'_>, DemandId, NodeId) -> Option<Misfit>,
        /// Whether it allows one more. It checks the same as `refuses`, without making a sentence
        /// of a refusal: most results are never read.
        takes: fn(&Cluster<'_>, DemandId, NodeId) -> bool,
        /// How many more it allows in a row.
        room: fn(&Cluster<'_>, DemandId, NodeId) -> u32,
    },
}

use Predicate::{AmongPods, NodeAlone, WhatIsFree, WhatIsTaken};

/// The order is that of the default plugins of kube-scheduler
/// (`pkg/scheduler/apis/config/v1/default_plugins.go`); the first refusal is the reason that is
/// reported.
const PREDICATES: [Predicate; 15] = [
    NodeAlone(node_unschedulable::refuses),
    NodeAlone(node_name::refuses),
    NodeAlone(taint_toleration::refuses),
    NodeAlone(node_affinity::refuses),
    WhatIsTaken { takes: |demand| demand.takes_ports(), refuses: node_ports::refuses },
    WhatIsFree(node_resources_fit::refuses),
    WhatIsTaken { takes: |demand| demand.has_claims(), refuses: volume_restrictions::refuses },
    WhatIsTaken { takes: |demand| demand.has_claims(), refuses: node_volume_limits::refuses },
    NodeAlone(volume_binding::refuses_bound),
    WhatIsTaken { takes: |demand| demand.has_claims(), refuses: volume_binding::refuses_unbound },
    NodeAlone(volume_zone::refuses),
    AmongPods { refuses: pod_topology_spread::refuses, takes: pod_topology_spread::takes, room: pod_topology_spread::room },
    AmongPods { refuses: inter_pod_affinity::refuses, takes: inter_pod_affinity::takes, room: inter_pod_affinity::room },
    NodeAlone(dynamic_resources::refuses),
    WhatIsTaken { takes: |demand| demand.wants_devices(), refuses: dynamic_resources::refuses_unallocated },
];

/// Returns the first filter that refuses whatever else is placed on the node.
#[must_use]
pub fn first_lasting_misfit(pod: &PodView<'_>, node: &NodeView<'_>) -> Option<Misfit> {
    volume_binding::refuses_everywhere(pod).or_else(|| {
        PREDICATES.iter().find_map(|predicate| match predicate {
            NodeAlone(refuses) => refuses(pod, node),
            WhatIsFree(_) | WhatIsTaken { .. } | AmongPods { .. } => None,
        })
    })
}

/// Returns how many such pods fit in what is free.
#[must_use]
pub fn room(pod: &PodView<'_>, free: &[i64]) -> u32 {
    node_resources_fit::room(pod, free)
}

/// Returns the resource of which too little is free, if there is one.
#[must_use]
pub fn shortage(pod: &PodView<'_>, free: &[i64]) -> Option<Misfit> {
    node_resources_fit::refuses(pod, free)
}

/// Returns how many such pods the rules between pods, ports and volumes allow in a row.
fn room_among_pods(cluster: &Cluster<'_>, demand: DemandId, node: NodeId) -> u32 {
    let mut most = u32::MAX;
    for predicate in &PREDICATES {
        most = most.min(match predicate {
            NodeAlone(_) | WhatIsFree(_) => continue,
            WhatIsTaken { takes, .. } if !takes(cluster.demand(demand)) => continue,
            WhatIsTaken { refuses, .. } => u32::from(refuses(cluster, demand, node).is_none()),
            AmongPods { room, .. } => room(cluster, demand, node),
        });
        if most == 0 {
            break;
        }
    }
    most
}

/// Whether the rules between pods, ports and volumes allow one more such pod.
fn is_taken_among_pods(cluster: &Cluster<'_>, demand: DemandId, node: NodeId) -> bool {
    PREDICATES.iter().all(|predicate| match predicate {
        NodeAlone(_) | WhatIsFree(_) => true,
        WhatIsTaken { takes, refuses } => !takes(cluster.demand(demand)) || refuses(cluster, demand, node).is_none(),
        AmongPods { takes, .. } => takes(cluster, demand, node),
    })
}

impl Cluster<'_> {
    /// Whether the node takes one more such pod: whether [`Self::room`] is more than 0, which takes
    /// longer to find.
    #[must_use]
    pub fn takes(&mut self, demand: DemandId, node: NodeId) -> bool {
        fits(self.row(node), &self.demand(demand).requests)
            && self.accepts(demand, self.forms_of(node))
            && (self.demand(demand).is_plain() || is_taken_among_pods(self, demand, node))
    }

    /// Returns how many more such pods the node takes in a row; 0 when it takes none. More may fit
    /// once others have been placed.
    #[must_use]
    pub fn room(&mut self, demand: DemandId, node: NodeId) -> u32 {
        let view = self.demand(demand).view(self.columns(), self.gates());
        // Most nodes are full, and this check is the quickest.
        let room = room(&view, self.row(node));
        if room == 0 || !self.accepts(demand, self.forms_of(node)) {
            return 0;
        }
        if self.demand(demand).is_plain() { room } else { room.min(room_among_pods(self, demand, node)) }
    }

    /// Whether a rule between pods keeps one more such pod out of a domain that the node shares
    /// with others of the same blueprint.
    #[must_use]
    pub fn is_shut_out(&self, demand: DemandId, node: NodeId) -> bool {
        pod_topology_spread::is_shut_out(self, demand, node) || inter_pod_affinity::is_shut_out(self, demand, node)
    }

    /// Returns the first filter that refuses one more such pod, in the scheduler's order. A reason
    /// that keeps a pod from every node comes first: the scheduler finds it before it filters any
    /// node.
    #[must_use]
    pub fn misfit(&self, demand: DemandId, node: NodeId) -> Option<Misfit> {
        let pod = self.demand(demand).view(self.columns(), self.gates());
        let everywhere = volume_binding::refuses_everywhere(&pod);
        everywhere.or_else(|| dynamic_resources::refuses_everywhere(self, demand)).or_else(|| {
            PREDICATES.iter().find_map(|predicate| match predicate {
                NodeAlone(refuses) => self.ways(node).find_map(|way| refuses(&pod, way)),
                WhatIsFree(refuses) => refuses(&pod, self.row(node)),
                WhatIsTaken { refuses, .. } | AmongPods { refuses, .. } => refuses(self, demand, node),
            })
        })
    }

    /// Finds the pods that a filter of devices fails on, on any node that the filters before it
    /// accept: the scheduler gives up such a pod, even where another node has what it claims.
    pub fn find_device_failures(&mut self) {
        for (demand, nodes) in self.device_failures() {
            let fails = |node: NodeId| match self.misfit(demand, node) {
                Some(Misfit::DynamicResources { problem: Some(problem), .. }) if problem.is_everywhere() => Some(problem),
                Some(_) | None => None,
            };
            if let Some(problem) = nodes.into_iter().find_map(fails) {
                self.refuse_devices(demand, problem);
            }
        }
    }

    /// Returns the first filter that keeps such pods off every form that the node may take,
    /// whatever else runs there.
    #[must_use]
    pub fn lasting_misfit(&self, demand: DemandId, forms: FormsId) -> Option<Misfit> {
        let pod = self.demand(demand).view(self.columns(), self.gates());
        self.descriptions_of(forms).find_map(|node| first_lasting_misfit(&pod, node))
    }

    /// Whether such pods fit every form that the node may take, as far as the node alone matters.
    pub fn accepts(&mut self, demand: DemandId, forms: FormsId) -> bool {
        self.remembered(demand, forms).unwrap_or_else(|| {
            let accepted = self.lasting_misfit(demand, forms).is_none();
            self.remember(demand, forms, accepted);
            accepted
        })
    }
}
