//! The services of a cloud that are used, and their names in the catalog.

use std::fmt;

/// A service of an OpenStack cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// Magnum.
    ContainerInfra,
    /// Nova.
    Compute,
    /// Heat.
    Orchestration,
}

impl Service {
    /// Returns the names that the catalog may have for it, the official one first
    /// (service-types.openstack.org).
    pub(crate) fn types(self) -> &'static [&'static str] {
        match self {
            Self::ContainerInfra => &["container-infra", "container-infrastructure", "container-infrastructure-management"],
            Self::Compute => &["compute"],
            Self::Orchestration => &["orchestration"],
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ContainerInfra => "Magnum",
            Self::Compute => "Nova",
            Self::Orchestration => "Heat",
        })
    }
}
