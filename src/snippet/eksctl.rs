//! A ClusterConfig of eksctl (<https://eksctl.io/usage/schema>): `eksctl create nodegroup -f`.
//!
//! The groups are self-managed, since the tags of a managed node group do not reach its Auto
//! Scaling Group.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::facts::SnippetFacts;
use super::text::{list, quoted};
use crate::snapshot::Market;
use crate::suggest::SuggestedGroup;
use crate::well_known::labels::NAMES_OF_GROUPS;

pub(super) fn write(groups: &[SuggestedGroup], facts: &SnippetFacts) -> String {
    let mut by_region: BTreeMap<&str, Vec<&SuggestedGroup>> = BTreeMap::new();
    for group in groups {
        by_region.entry(&group.group.region).or_default().push(group);
    }
    let documents: Vec<String> = by_region.into_iter().map(|(region, groups)| document(region, &groups, facts)).collect();
    documents.join("---\n")
}

fn document(region: &str, groups: &[&SuggestedGroup], facts: &SnippetFacts) -> String {
    let mut text = String::from("# eksctl create nodegroup -f FILE\napiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\n");
    let _ = writeln!(text, "metadata:\n  name: {}\n  region: {}\nnodeGroups:", quoted(&facts.cluster), quoted(region));
    for group in groups {
        add(&mut text, group, facts);
    }
    text
}

fn add(text: &mut String, group: &SuggestedGroup, facts: &SnippetFacts) {
    let mut line = |words: String| {
        let _ = writeln!(text, "  {words}");
    };
    line(format!("- name: {}", quoted(&group.group.name)));
    match (group.market, group.machine_types.as_slice()) {
        (Market::OnDemand, [machine]) => line(format!("  instanceType: {}", quoted(machine))),
        (market, machines) => {
            let on_demand = if market == Market::Spot { 0 } else { 100 };
            line("  instancesDistribution:".to_owned());
            line(format!("    instanceTypes: {}", list(machines)));
            line("    onDemandBaseCapacity: 0".to_owned());
            line(format!("    onDemandPercentageAboveBaseCapacity: {on_demand}"));
            line("    spotAllocationStrategy: price-capacity-optimized".to_owned());
        }
    }
    line(format!("  availabilityZones: {}", list(&group.zones)));
    line("  minSize: 0".to_owned());
    line("  desiredCapacity: 0".to_owned());
    line(format!("  maxSize: {}", group.max));
    if let Some(size) = group.root_volume_gib {
        line(format!("  volumeSize: {size}"));
    }
    if group.efa_interfaces > 0 {
        line("  efaEnabled: true".to_owned());
    }
    // eksctl itself gives nodes the name of their group.
    let mut labels = group.labels.clone();
    labels.retain(|key, _| !NAMES_OF_GROUPS.contains(&key.as_str()));
    if !labels.is_empty() {
        line("  labels:".to_owned());
        labels.iter().for_each(|(key, value)| line(format!("    {}: {}", quoted(key), quoted(value))));
    }
    if !group.taints.is_empty() {
        line("  taints:".to_owned());
        for taint in &group.taints {
            line(format!("    - key: {}", quoted(&taint.key)));
            line(format!("      value: {}", quoted(&taint.value)));
            line(format!("      effect: {:?}", taint.effect));
        }
    }
    line("  tags:".to_owned());
    facts.tags(group).iter().for_each(|(key, value)| line(format!("    {}: {}", quoted(key), quoted(value))));
}
