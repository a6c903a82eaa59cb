//! Labels that every node gets after it has started, such as those that mark it as registered. No
//! tag states them, and DaemonSets select by them.

use std::collections::BTreeSet;

use crate::duration::Seconds;
use crate::plan::fleet::Fleet;
use crate::snapshot::{Labels, Name};
use crate::well_known::labels::{
    ARCHITECTURES, HOSTNAME, MACHINE_TYPES, NETWORK_LAYERS, OF_THE_MACHINE, OPERATING_SYSTEMS, REGIONS, ZONE_ID, ZONES,
};

/// Returns the labels that all settled nodes of all groups have with one value, without those that
/// their groups state, or that follow from machine and place.
pub(super) fn of_every_node(fleet: &Fleet<'_>) -> Labels {
    let settled = fleet.nodes.iter().filter_map(|entry| Some((entry, fleet.group_of(entry)?))).filter(|(entry, group)| {
        let ready_for = Seconds::between(entry.node.readiness_since(), fleet.now());
        entry.node.is_ready() && !entry.is_lagging && ready_for >= group.policy.min_node_age
    });
    let mut common: Option<Labels> = None;
    for (entry, _) in settled {
        match &mut common {
            None => common = Some(entry.node.labels.clone()),
            Some(common) => common.retain(|key, value| entry.node.labels.get(key) == Some(value)),
        }
    }
    let mut common = common.unwrap_or_default();
    let groups = fleet.groups.iter().map(|entry| entry.group);
    let stated: BTreeSet<&Name> =
        groups.flat_map(|group| group.tags.labels.keys().chain(group.node_group.labels.keys())).collect();
    common.retain(|key, _| !stated.contains(key) && !follows_from_the_machine(key));
    common
}

fn follows_from_the_machine(key: &str) -> bool {
    let keys = [&ARCHITECTURES[..], &MACHINE_TYPES, &OPERATING_SYSTEMS, &REGIONS, &ZONES, &[HOSTNAME, ZONE_ID]];
    keys.iter().any(|keys| keys.contains(&key))
        || key.starts_with(NETWORK_LAYERS)
        || OF_THE_MACHINE.iter().any(|beginning| key.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::template::test_group::SampleGroup;

    #[test]
    fn only_what_all_settled_nodes_have_and_no_group_states_comes_late() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["m5.large"]);
        sample.add_group("other", &["m5.large"]);
        sample.group().tags.labels.insert("pool".into(), "a".into());
        for (group, name) in [(0, "n1"), (1, "n2")] {
            let labels = &mut sample.node_of(group, name, "m5.large", "us-west-2a").labels;
            labels.extend(["pool", "registered", "kubernetes.io/os"].map(|key| (key.to_owned(), "x".to_owned())));
            labels.insert("own".into(), name.into());
        }
        let fleet = Fleet::join(&sample.snapshot, &sample.policy);
        assert_eq!(of_every_node(&fleet).keys().map(Name::as_str).collect::<Vec<_>>(), ["registered"]);
    }
}
