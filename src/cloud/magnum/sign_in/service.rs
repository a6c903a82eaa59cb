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
    /// Returns its official name (service-types.openstack.org).
    pub(crate) fn official_type(self) -> &'static str {
        match self {
            Self::ContainerInfra => "container-infra",
            Self::Compute => "compute",
            Self::Orchestration => "orchestration",
        }
    }

    /// Returns the other names that a catalog may have for it.
    pub(crate) fn aliases(self) -> &'static [&'static str] {
        match self {
            Self::ContainerInfra => &["container-infrastructure", "container-infrastructure-management"],
            Self::Compute | Self::Orchestration => &[],
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
