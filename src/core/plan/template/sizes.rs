//! Machine types of one group that differ so much that the plan wastes the larger ones, since it
//! counts on the least of them.

use std::collections::BTreeMap;

use super::Template;
use crate::snapshot::{CPU, MEMORY, Resources};

/// Types up to this many times the size of another are similar enough.
const ALIKE: i64 = 2;

/// How far the types of a group differ in one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spread {
    pub(crate) resource: String,
    /// The smallest type and what it offers.
    pub(crate) least: (String, i64),
    /// The largest.
    pub(crate) most: (String, i64),
}

impl Template {
    /// Returns the resource in which the types differ most, when their sizes are very different: in
    /// processors, memory or devices.
    pub(crate) fn spread(&self) -> Option<Spread> {
        let offers: BTreeMap<&str, &Resources> =
            self.variants.iter().map(|variant| (variant.machine_type.as_str(), &variant.allocatable)).collect();
        let is_device = |name: &str| name.contains('/');
        let mut names: Vec<&str> = offers.values().flat_map(|offer| offer.iter()).map(|(name, _)| name).collect();
        names.retain(|name| [CPU, MEMORY].contains(name) || is_device(name));
        names.sort_unstable();
        names.dedup();
        let spreads = names.into_iter().filter_map(|name| spread(&offers, name));
        let wide = spreads.filter(|spread| spread.most.1 > ALIKE.saturating_mul(spread.least.1));
        // The sizes are compared in thousandths of the largest. The first name wins a tie.
        wide.min_by_key(|spread| i128::from(spread.least.1) * 1000 / i128::from(spread.most.1))
    }
}

fn spread(offers: &BTreeMap<&str, &Resources>, name: &str) -> Option<Spread> {
    let amounts = || offers.iter().map(|(machine_type, offer)| (offer.get(name), *machine_type));
    let (least, smallest) = amounts().min()?;
    let (most, largest) = amounts().max_by_key(|(amount, _)| *amount)?;
    Some(Spread { resource: name.to_owned(), least: (smallest.to_owned(), least), most: (largest.to_owned(), most) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::template::test_group::SampleGroup;

    fn spread_of(machine_types: &[&str], cpu: i64, gpus: i64) -> Option<(String, i64, i64)> {
        let mut sample = SampleGroup::new(&["us-west-2a"], machine_types);
        for machine_type in machine_types {
            let is_second = machine_type == &"p3.2xlarge";
            let node = sample.node(machine_type, machine_type, "us-west-2a");
            node.allocatable.set(CPU, if is_second { cpu } else { 2000 });
            node.allocatable.set("nvidia.com/gpu", if is_second { gpus } else { 1 });
        }
        let spread = sample.template().expect("a template").spread()?;
        Some((spread.resource, spread.least.1, spread.most.1))
    }

    #[test]
    fn types_that_differ_by_more_than_twice_are_told() {
        let types = ["m5.large", "p3.2xlarge"];
        for (cpu, gpus, expected) in [
            (4000, 2, None),
            (4001, 1, Some((CPU, 2000, 4001))),
            (500, 1, Some((CPU, 500, 2000))),
            (9000, 8, Some(("nvidia.com/gpu", 1, 8))),
            (9000, 0, Some(("nvidia.com/gpu", 0, 1))),
        ] {
            let expected = expected.map(|(name, least, most)| (name.to_owned(), least, most));
            assert_eq!(spread_of(&types, cpu, gpus), expected, "{cpu} {gpus}");
        }
        assert_eq!(spread_of(&types[..1], 0, 0), None);
    }
}
