//! How many volumes of each CSI driver a new node takes, according to the drivers of its siblings,
//! or else by the formula of its group.

use std::collections::BTreeMap;

use super::formula;
use crate::plan::fleet::{Fleet, GroupEntry};
use crate::plan::report::FactSource;
use crate::snapshot::LaunchOption;

/// Limits on volumes, with their source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CsiLimits {
    pub(crate) limits: BTreeMap<String, i32>,
    pub(crate) source: FactSource,
}

impl CsiLimits {
    /// Returns the smallest limit of each driver that the siblings show. For machine types without
    /// a sibling the formula counts as well; a driver that no sibling has is not in the cluster.
    pub(super) fn of(fleet: &Fleet<'_>, group: &GroupEntry<'_>, options: &[LaunchOption]) -> Self {
        let mut limits: BTreeMap<String, i32> = BTreeMap::new();
        let mut nodes: u32 = 0;
        for own in fleet.nodes_of(group.siblings.all()).into_iter().filter_map(|sibling| fleet.csi_node(&sibling.name)) {
            nodes += 1;
            for (driver, limit) in &own.limits {
                let least = limits.entry(driver.clone()).or_insert(*limit);
                *least = (*least).min(*limit);
            }
        }
        let mut source = FactSource::LiveNodes { nodes };
        let is_shown = |option: &&LaunchOption| {
            let siblings = fleet.nodes_of(group.siblings.of_type(&option.machine_type));
            siblings.iter().any(|sibling| fleet.csi_node(&sibling.name).is_some())
        };
        for option in options.iter().filter(|option| !is_shown(option)) {
            let machine = fleet.machine_type(&group.id().region, &option.machine_type);
            let (driver, limit) = formula::volume_limit(group.group.node_formula, machine, option);
            let shown = limits.get(driver);
            if shown.is_some_and(|shown| limit < *shown) || (shown.is_none() && nodes == 0) {
                limits.insert(driver.to_owned(), limit);
                source = FactSource::Formula;
            }
        }
        Self { limits, source }
    }
}

#[cfg(test)]
mod tests {
    use crate::plan::report::FactSource;
    use crate::plan::template::test_group::SampleGroup;
    use crate::snapshot::{Attachments, CsiNode};
    use crate::well_known::drivers::EBS;

    fn csi_node(name: &str, limits: &[(&str, i32)]) -> CsiNode {
        CsiNode { name: name.into(), limits: limits.iter().map(|(driver, limit)| ((*driver).to_owned(), *limit)).collect() }
    }

    #[test]
    fn the_smallest_limit_of_the_siblings_holds() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["m5.large"]);
        sample.add_group("other", &["m5.large"]);
        for name in ["n1", "n2", "n3"] {
            sample.node(name, "m5.large", "us-west-2a");
        }
        sample.node_of(1, "stranger", "m5.large", "us-west-2a");
        sample.snapshot.csi_nodes = vec![
            csi_node("n1", &[("disk.csi.example.com", 25), ("files.csi.example.com", 9)]),
            csi_node("n2", &[("disk.csi.example.com", 24)]),
            csi_node("stranger", &[("disk.csi.example.com", 3)]),
        ];
        let template = sample.template().expect("a template");
        let limits: Vec<_> = template.csi_limits.iter().map(|(driver, limit)| (driver.as_str(), *limit)).collect();
        assert_eq!(limits, [("disk.csi.example.com", 24), ("files.csi.example.com", 9)]);
        assert_eq!(template.sources.csi_limits, FactSource::LiveNodes { nodes: 2 });
    }

    fn limits(sample: &SampleGroup) -> Vec<(String, i32)> {
        sample.template().expect("a template").csi_limits.into_iter().collect()
    }

    fn disks(limit: i32) -> Vec<(String, i32)> {
        vec![(EBS.to_owned(), limit)]
    }

    #[test]
    fn without_siblings_the_formula_counts() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["m5.large"]);
        sample.add_group("other", &["m5.large"]);
        sample.node_of(1, "stranger", "m5.large", "us-west-2a");
        sample.snapshot.csi_nodes = vec![csi_node("stranger", &[(EBS, 3)])];
        assert_eq!(limits(&sample), disks(25));
        assert_eq!(sample.template().expect("a template").sources.csi_limits, FactSource::Formula);
        sample.snapshot.machine_types[0].details.attachments = Some(Attachments { most: 20, with_interfaces: true });
        assert_eq!(limits(&sample), disks(18));
    }

    #[test]
    fn a_sibling_that_takes_more_than_the_formula_says_is_believed() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["m5.large"]);
        sample.node("n1", "m5.large", "us-west-2a");
        sample.snapshot.csi_nodes = vec![csi_node("n1", &[(EBS, 38)])];
        assert_eq!(limits(&sample), disks(38));
    }

    #[test]
    fn a_type_without_a_sibling_may_take_fewer() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["m5.large", "p3.2xlarge"]);
        sample.node("n1", "m5.large", "us-west-2a");
        sample.snapshot.csi_nodes = vec![csi_node("n1", &[(EBS, 38)])];
        assert_eq!(limits(&sample), disks(25));
        sample.snapshot.csi_nodes = vec![csi_node("n1", &[])];
        assert_eq!(limits(&sample), [], "the driver is not in the cluster");
    }
}
