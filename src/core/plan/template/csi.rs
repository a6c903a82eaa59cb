//! How many volumes of each CSI driver a new node takes, according to the drivers of its siblings.

use std::collections::BTreeMap;

use crate::plan::fleet::Fleet;
use crate::plan::report::FactSource;
use crate::snapshot::Node;

/// Limits on volumes, with their source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CsiLimits {
    pub(crate) limits: BTreeMap<String, i32>,
    pub(crate) source: FactSource,
}

impl CsiLimits {
    /// Returns the smallest limit of each driver. A driver that states none on any sibling has no
    /// known limit.
    pub(super) fn of(fleet: &Fleet<'_>, siblings: &[&Node]) -> Self {
        let mut limits: BTreeMap<String, i32> = BTreeMap::new();
        let mut nodes: u32 = 0;
        for sibling in siblings {
            let Some(own) = fleet.csi_node(&sibling.name) else { continue };
            nodes += 1;
            for (driver, limit) in &own.limits {
                let least = limits.entry(driver.clone()).or_insert(*limit);
                *least = (*least).min(*limit);
            }
        }
        Self { limits, source: FactSource::LiveNodes { nodes } }
    }
}

#[cfg(test)]
mod tests {
    use crate::plan::report::FactSource;
    use crate::plan::template::test_group::SampleGroup;
    use crate::snapshot::CsiNode;

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

    #[test]
    fn without_siblings_no_limit_is_known() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["m5.large"]);
        sample.add_group("other", &["m5.large"]);
        sample.node_of(1, "stranger", "m5.large", "us-west-2a");
        sample.snapshot.csi_nodes = vec![csi_node("stranger", &[("disk.csi.example.com", 3)])];
        assert!(sample.template().expect("a template").csi_limits.is_empty());
    }
}
