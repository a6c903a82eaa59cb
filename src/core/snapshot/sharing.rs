//! Names, labels and owners that are the same share their memory.

use std::sync::Arc;

use super::lately::Lately;
use super::{Labels, Name, Owner, labels, name, owner};

/// Does work in which equal names, labels and owners that this thread reads share their memory.
pub(super) fn sharing<T>(work: impl FnOnce() -> T) -> T {
    name::sharing(|| labels::sharing(|| owner::sharing(work)))
}

/// Names, labels and owners that were read lately. Equal ones that come from here share their
/// memory, whatever pages they are on.
#[derive(Debug, Clone, Default)]
pub struct Shared {
    names: Lately<Name>,
    labels: Lately<Labels>,
    owners: Lately<Arc<Owner>>,
}

impl Shared {
    /// Returns the name of a text.
    pub fn name(&mut self, text: &str) -> Name {
        name::among(&mut self.names, text)
    }

    /// Returns labels of these pairs; of those with the same key the last one counts.
    pub fn labels<'t>(&mut self, pairs: impl IntoIterator<Item = (&'t str, &'t str)>) -> Labels {
        let pairs = pairs.into_iter().map(|(key, value)| (self.name(key), self.name(value))).collect();
        labels::among(&mut self.labels, pairs)
    }

    /// Returns the owner with these fields, which are names that come from here.
    pub fn owner(&mut self, owner: Owner) -> Arc<Owner> {
        owner::among(&mut self.owners, owner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Pod;

    fn read(text: &str) -> Labels {
        serde_json::from_str(text).expect("labels")
    }

    #[test]
    fn equal_ones_share_their_memory_while_a_document_is_read() {
        let text = r#"{"app":"web","zone":"a"}"#;
        sharing(|| {
            let (one, other, third) = (read(text), read(text), read(r#"{"app":"web"}"#));
            assert!(one.is_copy_of(&other) && !one.is_copy_of(&third));
            assert!(one["app"].is_copy_of(&third["app"]));
        });
        assert!(!read(text).is_copy_of(&read(text)), "nothing outlives the reading");
    }

    #[test]
    fn pods_of_one_owner_on_one_node_share_both() {
        let demo = include_bytes!("../demo/snapshot.json");
        let snapshot: serde_json::Value = serde_json::from_slice(demo).expect("JSON");
        let owned = |pod: &&serde_json::Value| pod["owner"].is_object() && pod["node"].is_string();
        let text = snapshot["pods"].as_array().expect("a list").iter().find(owned).expect("a pod of an owner").to_string();
        sharing(|| {
            let [one, other]: [Pod; 2] = std::array::from_fn(|_| serde_json::from_str(&text).expect("a pod"));
            let owners = one.owner.zip(other.owner).expect("an owner");
            assert!(Arc::ptr_eq(&owners.0, &owners.1));
            let nodes = one.node.zip(other.node).expect("a node");
            assert!(nodes.0.is_copy_of(&nodes.1));
        });
    }

    #[test]
    fn pages_share_what_one_after_the_other_holds() {
        let mut shared = Shared::default();
        let [one, other] = std::array::from_fn(|_| shared.labels([("zone", "a"), ("app", "web"), ("app", "db")]));
        assert!(one.is_copy_of(&other));
        assert_eq!(one, [("app", "db"), ("zone", "a")].into());
        assert!(one["zone"].is_copy_of(&shared.name("a")));
    }
}
