//! Which node group an Auto Scaling Group belongs to.

use crate::cloud::group_tags::tags::Tags;
use crate::snapshot::Group;

const CLUSTER_TAG: &str = "eks:cluster-name";
const NODE_GROUP_TAG: &str = "eks:nodegroup-name";

/// A node group of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NodeGroupName {
    pub(crate) cluster: String,
    pub(crate) node_group: String,
}

impl NodeGroupName {
    /// Returns the node group of a group, by the tags that EKS gives it.
    pub(crate) fn of(tags: &Tags) -> Option<Self> {
        let named = |key: &str| tags.get(key).filter(|name| is_name(name)).cloned();
        Some(Self { cluster: named(CLUSTER_TAG)?, node_group: named(NODE_GROUP_TAG)? })
    }
}

/// Whether the tags of an empty group say all that EKS could: labels as well as taints. Of a group
/// with nodes EKS alone says whether it is being updated.
pub(crate) fn says_enough(group: &Group) -> bool {
    let states_labels = group.tags.labels.keys().any(|label| !group.tags.label_tags.contains_key(label));
    group.desired == 0 && group.instances.is_empty() && states_labels && !group.tags.taints.is_empty()
}

/// Whether a text may be a name in EKS. It becomes a part of an address.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_tags_make_a_name() {
        let tags = |pairs: &[(&str, &str)]| pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let both: Tags = tags(&[(CLUSTER_TAG, "prod"), (NODE_GROUP_TAG, "gpu_1")]);
        let expected = NodeGroupName { cluster: "prod".into(), node_group: "gpu_1".into() };
        assert_eq!(NodeGroupName::of(&both), Some(expected));
        for pairs in [vec![(CLUSTER_TAG, "prod")], vec![(CLUSTER_TAG, "../x"), (NODE_GROUP_TAG, "gpu")]] {
            assert_eq!(NodeGroupName::of(&tags(&pairs)), None, "{pairs:?}");
        }
    }
}
