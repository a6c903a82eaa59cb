//! The facts of a cluster that snippets need, and the tags of its groups.

use crate::snapshot::Snapshot;
use crate::suggest::SuggestedGroup;
use crate::well_known::tags;

/// The name of a cluster that is not known.
const UNKNOWN_CLUSTER: &str = "CLUSTER";
/// The label of the nodes of a managed node group.
const MANAGED: &str = "eks.amazonaws.com/nodegroup";
const DISCOVERY: &str = "k8s.io/cluster-autoscaler/";

/// What a snippet has to know of the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnippetFacts {
    /// The name of the cluster.
    pub cluster: String,
    /// Whether it has managed node groups, so that new ones are of the same kind.
    pub has_managed_groups: bool,
}

impl SnippetFacts {
    /// Returns what a snapshot shows.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Self {
        let name = snapshot.cluster.name.as_str();
        Self {
            cluster: if name.is_empty() { UNKNOWN_CLUSTER.to_owned() } else { name.to_owned() },
            has_managed_groups: snapshot.nodes.iter().any(|node| node.labels.contains_key(MANAGED)),
        }
    }

    /// Returns the tags by which a group is found, and by which its nodes are known before it has
    /// any.
    pub(super) fn tags(&self, group: &SuggestedGroup) -> Vec<(String, String)> {
        let discovery =
            [(format!("{DISCOVERY}enabled"), "true".to_owned()), (format!("{DISCOVERY}{}", self.cluster), "owned".to_owned())];
        discovery.into_iter().chain(node_template_tags(group)).collect()
    }
}

/// Returns the tags that state labels, taints and amounts of the nodes of a group.
pub(super) fn node_template_tags(group: &SuggestedGroup) -> impl Iterator<Item = (String, String)> {
    let labels = group.labels.iter().map(|(key, value)| (format!("{}{key}", tags::LABEL), value.to_string()));
    let taints = group
        .taints
        .iter()
        .map(|taint| (format!("{}{}", tags::TAINT, taint.key), format!("{}:{:?}", taint.value, taint.effect)));
    let names = group.resources.iter().map(|(name, _)| name);
    let amounts = names.map(|name| (format!("{}{name}", tags::RESOURCE), group.resources.quantity(name)));
    labels.chain(taints).chain(amounts)
}
