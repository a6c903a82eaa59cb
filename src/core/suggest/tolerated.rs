//! The taints that a new group should have.

use std::collections::{BTreeMap, BTreeSet};

use super::needs::NodeNeeds;
use crate::policy::Policy;
use crate::snapshot::{PodSpec, Snapshot, Taint, TaintEffect, Toleration, TolerationOperator};

/// Returns the taints that pods tolerate by name and that mean something here: they name a device
/// that the pods request, a label that they select, or a taint that nodes of the cluster have. Such
/// a taint keeps other pods off the nodes that are bought for these.
pub(super) fn tolerated_taints(spec: &PodSpec, needs: &NodeNeeds, snapshot: &Snapshot, policy: &Policy) -> Vec<Taint> {
    let in_use: BTreeSet<&Taint> = taints_in_use(snapshot).collect();
    let mut taints: BTreeMap<&str, Taint> = BTreeMap::new();
    for toleration in &spec.tolerations {
        let Some(key) = toleration.key.as_deref() else { continue };
        let of_nodes = in_use.iter().find(|taint| taint.key == key && tolerates(toleration, taint));
        let label = needs.labels.get(key);
        let is_meant = of_nodes.is_some() || label.is_some() || needs.devices.contains(key);
        if let Some(meant) = stated_by(toleration, key, label).filter(|_| is_meant) {
            taints.entry(key).or_insert_with(|| of_nodes.map_or(meant, |known| (*known).clone()));
        }
    }
    taints.into_values().filter(|taint| policy.is_lasting_taint(taint)).collect()
}

fn taints_in_use(snapshot: &Snapshot) -> impl Iterator<Item = &Taint> {
    let of_groups = snapshot.groups.iter().flat_map(|group| group.tags.taints.iter().chain(&group.node_group.taints));
    of_groups.chain(snapshot.nodes.iter().flat_map(|node| &node.taints))
}

fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    let is_of_the_effect = toleration.effect.is_none_or(|effect| effect == taint.effect);
    is_of_the_effect
        && match toleration.operator {
            TolerationOperator::Exists => true,
            TolerationOperator::Equal => toleration.value == taint.value,
            TolerationOperator::Lt | TolerationOperator::Gt => false,
        }
}

/// Returns the taint that a toleration means; absent where it means a number.
fn stated_by(toleration: &Toleration, key: &str, label: Option<&String>) -> Option<Taint> {
    let value = match toleration.operator {
        TolerationOperator::Equal => toleration.value.clone(),
        TolerationOperator::Exists => label.cloned().unwrap_or_default(),
        TolerationOperator::Lt | TolerationOperator::Gt => return None,
    };
    let effect = toleration.effect.filter(|effect| *effect != TaintEffect::PreferNoSchedule);
    Some(Taint { key: key.to_owned(), value, effect: effect.unwrap_or(TaintEffect::NoSchedule) })
}
