//! The drivers that make clusters.

/// Whose rules a cluster follows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum DriverMode {
    /// `k8s_fedora_coreos_v1`: honours names of members, replaces them.
    Heat,
    /// `k8s_capi_helm_v1`: ignores names.
    CapiHelm,
    /// `k8s_cluster_api_*`: marks the machines that are named; a replacement leaves a mark.
    Vexxhost,
}

impl DriverMode {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Heat => "heat",
            Self::CapiHelm => "capi-helm",
            Self::Vexxhost => "vexxhost",
        }
    }
}
