//! The gangs of which a scheduler binds enough pods at once or none, as kube-scheduler 1.36 does:
//! the first member in the queue pulls the others, nothing is bound before the minimum fits, and a
//! gang that waits holds no room. Of the domains with room for a gang that stays together the first
//! by name is taken, where kube-scheduler prefers the one that takes the most pods.

use std::collections::{BTreeMap, BTreeSet};

use super::World;
use super::ids::{GangId, PodId};
use super::pods::PodPlace;
use crate::snapshot::{Node, SpecId};

/// The gangs that are bound whole and of which pods wait.
#[derive(Debug, Default)]
pub(super) struct ServedWhole {
    of_pods: BTreeMap<PodId, GangId>,
    pub(super) gangs: BTreeMap<GangId, WaitingGang>,
    /// They in the order in which their turns come.
    pub(super) in_turn: Vec<GangId>,
}

/// A gang of which pods wait.
#[derive(Debug)]
pub(super) struct WaitingGang {
    /// How many more of its pods have to get a node at once.
    pub(super) needs: usize,
    /// Its pods that wait, in the order of the queue.
    pub(super) pods: Vec<(SpecId, PodId)>,
    /// Where it may be, in the order in which that is tried: anywhere, or in a domain. None while
    /// too few of its pods exist.
    pub(super) places: Vec<GangPlace>,
}

/// Where the pods of a gang may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum GangPlace {
    Anywhere,
    /// On nodes with this label and value.
    Domain {
        label: String,
        value: String,
    },
}

impl GangPlace {
    /// Whether a node is there.
    pub(super) fn has(&self, node: &Node) -> bool {
        match self {
            Self::Anywhere => true,
            Self::Domain { label, value } => node.labels.get(label).is_some_and(|found| found.as_str() == value),
        }
    }
}

impl ServedWhole {
    /// Returns the gang of a pod that is bound with others or not at all.
    pub(super) fn gang_of(&self, pod: PodId) -> Option<GangId> {
        self.of_pods.get(&pod).copied()
    }
}

impl World<'_> {
    /// Returns the gangs that are bound whole and of which pods wait.
    pub(super) fn served_whole(&self) -> ServedWhole {
        let mut served = ServedWhole::default();
        if !self.gangs.are_any_bound_whole() {
            return served;
        }
        self.queue.go_through(|spec, pod| {
            let is_whole = |gang: &GangId| self.gangs.get(*gang).gang.id.kind.is_bound_whole();
            if let Some(gang) = self.lives[pod].gang.filter(is_whole) {
                served.of_pods.insert(pod, gang);
                let waiting = served.gangs.entry(gang).or_insert_with(|| {
                    served.in_turn.push(gang);
                    self.waiting_gang(gang)
                });
                waiting.pods.push((spec, pod));
            }
            true
        });
        served
    }

    fn waiting_gang(&self, gang: GangId) -> WaitingGang {
        let life = self.gangs.get(gang);
        let min = usize::try_from(life.gang.min).unwrap_or(usize::MAX);
        let bound = usize::try_from(life.bound).unwrap_or(usize::MAX);
        let places = if life.members.len() < min { Vec::new() } else { self.places_of(gang) };
        WaitingGang { needs: min.saturating_sub(bound), pods: Vec::new(), places }
    }

    fn places_of(&self, gang: GangId) -> Vec<GangPlace> {
        let life = self.gangs.get(gang);
        let Some(label) = &life.gang.same else { return vec![GangPlace::Anywhere] };
        let value_on = |host| self.node(host).labels.get(label).map(|value| value.as_str().to_owned());
        let is_bound = |pod: &PodId| match self.lives[*pod].place {
            PodPlace::On { host, .. } => Some(host),
            PodPlace::Waits { .. } | PodPlace::Nowhere => None,
        };
        let values: BTreeSet<String> = match life.members.iter().find_map(is_bound) {
            Some(host) => value_on(host).into_iter().collect(),
            None => self.hosts.ids().filter_map(value_on).collect(),
        };
        values.into_iter().map(|value| GangPlace::Domain { label: label.clone(), value }).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::duration::Seconds;
    use crate::simulate::world::test_world::TestWorld;
    use crate::snapshot::{GangKind, ObjectName};

    /// Zone a has one free node and zone b two. Pods that come later take the free node of zone a,
    /// and a gang of four waits without holding any.
    #[test]
    fn a_gang_gets_the_nodes_of_one_domain_and_one_that_waits_holds_none() {
        for has_rules in [false, true] {
            let mut sample = TestWorld::new();
            sample.group("g", 3, &["a", "b"]);
            for (zone, name) in [("a", "a1"), ("b", "b1"), ("b", "b2")] {
                sample.node("g", zone, name);
            }
            sample.job(0, "four", 4000, 4, 600);
            sample.gang(GangKind::PodGroup, 4);
            sample.job(1, "two", 4000, 2, 600);
            sample.gang(GangKind::PodGroup, 2).same = Some("topology.kubernetes.io/zone".to_owned());
            sample.job(2, "one", 4000, 1, 600);
            if has_rules {
                // Rules between pods are looked at in another way.
                sample.start.pods.push(TestWorld::pod("alone", "Job"));
                let mut spec = TestWorld::spec(9_000);
                spec.topology_spread = vec![
                    serde_json::from_value(serde_json::json!({
                        "max_skew": 1, "topology_key": "zone", "honor_node_affinity": true, "honor_node_taints": false,
                    }))
                    .expect("a constraint"),
                ];
                sample.start.pod_specs.insert(crate::snapshot::SpecId(0), spec);
            }
            sample.settings.longest = Seconds(900);
            let history = sample.lived();
            let bound = |name: &str| {
                let is_it = |pod: &ObjectName| pod.name.starts_with(name);
                let pods = history.pods.iter().filter(|pod| is_it(&pod.pod));
                pods.map(|pod| pod.first_bound_at.map(|at| at.0)).collect::<Vec<_>>()
            };
            assert_eq!((bound("two"), bound("one")), (vec![Some(1); 2], vec![Some(2)]), "{has_rules}");
            assert_eq!(bound("four"), [None; 4], "{has_rules}");
        }
    }
}
