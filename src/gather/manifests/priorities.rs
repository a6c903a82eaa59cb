//! The values of priority classes.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::PodSpec;
use k8s_openapi::api::scheduling::v1::PriorityClass;

/// The classes that every cluster has (`pkg/apis/scheduling/types.go`).
const SYSTEM: [(&str, i32); 2] = [("system-cluster-critical", 2_000_000_000), ("system-node-critical", 2_000_001_000)];

/// The classes that the manifests hold, and those that every cluster has.
#[derive(Debug)]
pub(in crate::gather) struct Priorities {
    by_name: BTreeMap<String, i32>,
    default: i32,
    /// Unknown classes, with the first object that names one and how many more do.
    unknown: BTreeMap<String, (String, usize)>,
}

impl Priorities {
    pub(in crate::gather) fn new<'c>(classes: impl Iterator<Item = &'c PriorityClass>) -> Self {
        let mut read =
            Self { by_name: SYSTEM.map(|(name, value)| (name.to_owned(), value)).into(), default: 0, unknown: BTreeMap::new() };
        for class in classes {
            let value = class.value.unwrap_or(0);
            if class.global_default == Some(true) {
                read.default = value;
            }
            read.by_name.extend(class.metadata.name.clone().map(|name| (name, value)));
        }
        read
    }

    /// Fills in the number. One that is written stands: the pod was read from a cluster.
    pub(in crate::gather) fn fill_in(&mut self, spec: &mut PodSpec, object: &str) {
        let class = spec.priority_class_name.as_deref().filter(|class| !class.is_empty());
        let known = class.map(|class| self.by_name.get(class).copied());
        if let (None, Some(None), Some(class)) = (spec.priority, known, class) {
            let entry = self.unknown.entry(class.to_owned());
            entry.and_modify(|(_, more)| *more += 1).or_insert_with(|| (object.to_owned(), 0));
        }
        let value = match known {
            None => self.default,
            Some(known) => known.unwrap_or(0),
        };
        spec.priority.get_or_insert(value);
    }

    /// Returns the notes about assumptions.
    pub(in crate::gather) fn notes(&self) -> impl Iterator<Item = String> {
        self.unknown.iter().map(|(class, (first, more))| {
            let others = if *more == 0 { String::new() } else { format!(" and {more} more") };
            format!(
                "PriorityClass {class} is in none of the files, so {first}{others} has priority 0 here; add its manifest to -f"
            )
        })
    }
}
