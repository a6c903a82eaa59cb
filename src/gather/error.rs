//! Why there is no snapshot: one line for each reason, with the way out.

use std::collections::BTreeSet;

use crate::cloud::CloudError;
use crate::kubernetes::KubernetesError;

/// Why there is no snapshot.
#[derive(Debug, thiserror::Error)]
pub enum GatherError {
    /// The cluster could not be read.
    #[error(transparent)]
    Kubernetes(#[from] KubernetesError),
    /// The groups could not be read.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// `--cluster-name` is missing.
    #[error("--cluster-name is missing{}", seen_names(seen))]
    NoClusterName {
        /// The names of clusters that the groups of the regions state.
        seen: BTreeSet<String>,
    },
}

fn seen_names(seen: &BTreeSet<String>) -> String {
    if seen.is_empty() {
        return "; no cluster is seen there (an Auto Scaling Group names its own by the tag KubernetesCluster=NAME)".to_owned();
    }
    let names: Vec<&str> = seen.iter().map(String::as_str).collect();
    format!("; the groups there are of {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_cluster_name_lists_those_seen() {
        let error = |names: &[&str]| {
            let seen = names.iter().map(|&name| name.to_owned()).collect();
            GatherError::NoClusterName { seen }.to_string()
        };
        assert!(error(&["b", "a"]).ends_with("are of a, b"));
        assert!(error(&[]).ends_with("by the tag KubernetesCluster=NAME)"));
    }
}
