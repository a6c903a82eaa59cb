//! InstanceGroups of kops (<https://kops.sigs.k8s.io/instance_groups>): `kops create -f`.

use std::fmt::Write as _;

use super::facts::SnippetFacts;
use super::text::{list, quoted};
use crate::snapshot::Market;
use crate::suggest::SuggestedGroup;
use crate::well_known::labels::NAMES_OF_GROUPS;

pub(super) fn write(groups: &[SuggestedGroup], facts: &SnippetFacts) -> String {
    let documents: Vec<String> = groups.iter().map(|group| document(group, facts)).collect();
    documents.join("---\n")
}

fn document(group: &SuggestedGroup, facts: &SnippetFacts) -> String {
    let mut text = String::from("# kops create -f FILE && kops update cluster --yes; subnets are named as their zones\n");
    if group.efa_interfaces > 0 {
        let _ =
            writeln!(text, "# add {} EFA interfaces to its launch template: kops has no field for them", group.efa_interfaces);
    }
    let mut line = |words: String| {
        let _ = writeln!(text, "{words}");
    };
    line("apiVersion: kops.k8s.io/v1alpha2".to_owned());
    line("kind: InstanceGroup".to_owned());
    line("metadata:".to_owned());
    line(format!("  name: {}", quoted(&group.group.name)));
    line(format!("  labels:\n    kops.k8s.io/cluster: {}", quoted(&facts.cluster)));
    line("spec:".to_owned());
    line("  role: Node".to_owned());
    line(format!("  machineType: {}", quoted(group.machine_types.first().map_or("", String::as_str))));
    if group.market == Market::Spot || group.machine_types.len() > 1 {
        let on_demand = if group.market == Market::Spot { 0 } else { 100 };
        line("  mixedInstancesPolicy:".to_owned());
        line(format!("    instances: {}", list(&group.machine_types)));
        line("    onDemandBase: 0".to_owned());
        line(format!("    onDemandAboveBase: {on_demand}"));
        line("    spotAllocationStrategy: price-capacity-optimized".to_owned());
    }
    line("  minSize: 0".to_owned());
    line(format!("  maxSize: {}", group.max));
    line(format!("  subnets: {}", list(&group.zones)));
    if let Some(size) = group.root_volume_gib {
        line(format!("  rootVolumeSize: {size}"));
    }
    // kops itself gives nodes the name of their group.
    let mut labels = group.labels.clone();
    labels.retain(|key, _| !NAMES_OF_GROUPS.contains(&key.as_str()));
    if !labels.is_empty() {
        line("  nodeLabels:".to_owned());
        labels.iter().for_each(|(key, value)| line(format!("    {}: {}", quoted(key), quoted(value))));
    }
    if !group.taints.is_empty() {
        let taints: Vec<String> = group.taints.iter().map(ToString::to_string).collect();
        line(format!("  taints: {}", list(&taints)));
    }
    line("  cloudLabels:".to_owned());
    facts.tags(group).iter().for_each(|(key, value)| line(format!("    {}: {}", quoted(key), quoted(value))));
    text
}
