//! Why a cloud could not be read.

use super::aws::{AwsError, REGIONS};
use super::magnum::MagnumError;
use crate::snapshot::GroupId;

/// Why a cloud could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CloudError {
    /// AWS.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// OpenStack.
    #[error(transparent)]
    Magnum(#[from] MagnumError),
}

/// A flag or variable that is missing or names something that does not exist, which only a call to
/// a server or a look into a file could show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misnamed<'a> {
    /// No region is named.
    NoRegion,
    /// A region that does not exist.
    Region {
        /// What was named.
        name: &'a str,
        /// The regions there are.
        known: Vec<&'a str>,
    },
    /// A profile that no file has.
    Profile {
        /// What was named.
        name: &'a str,
        /// The profiles there are.
        known: &'a [String],
    },
    /// A cloud that the file of settings does not have.
    CloudSettings {
        /// What was named.
        name: &'a str,
        /// The clouds there are.
        known: &'a [String],
    },
    /// A cluster that the cloud does not have.
    Cluster {
        /// What was named.
        name: &'a str,
        /// The clusters there are.
        known: &'a [String],
    },
    /// A group that no region has.
    Group {
        /// What was named.
        name: &'a str,
        /// The groups there are.
        known: &'a [GroupId],
    },
}

impl CloudError {
    /// Returns what was named and is not there, if that is the reason.
    #[must_use]
    pub fn misnamed(&self) -> Option<Misnamed<'_>> {
        match self {
            Self::Aws(error) => Self::misnamed_in_aws(error),
            Self::Magnum(error) => Self::misnamed_in_magnum(error),
        }
    }

    fn misnamed_in_magnum(error: &MagnumError) -> Option<Misnamed<'_>> {
        match error {
            MagnumError::NoRegion { .. } | MagnumError::SeveralRegions { .. } => Some(Misnamed::NoRegion),
            MagnumError::NoSuchRegion { name, known } => {
                Some(Misnamed::Region { name, known: known.iter().map(String::as_str).collect() })
            }
            MagnumError::NoSuchCloud { name, known, .. } => Some(Misnamed::CloudSettings { name, known }),
            MagnumError::NoSuchCluster { name, known } => Some(Misnamed::Cluster { name, known }),
            MagnumError::UnknownGroup { name, seen } => Some(Misnamed::Group { name, known: seen }),
            MagnumError::NoSettings { .. }
            | MagnumError::UnreadableFile { .. }
            | MagnumError::BadFile { .. }
            | MagnumError::WhichCloud { .. }
            | MagnumError::MissingSetting { .. }
            | MagnumError::BadSetting { .. }
            | MagnumError::NoMagnum { .. }
            | MagnumError::NotAccepted { .. }
            | MagnumError::NoKeystone { .. }
            | MagnumError::NoProject { .. }
            | MagnumError::NoClient { .. }
            | MagnumError::ManyClusters { .. }
            | MagnumError::Request(_) => None,
        }
    }

    /// Whether what is there for AWS is so little, or so odd, that another cloud may be meant.
    #[must_use]
    pub fn may_mean_another_cloud(&self) -> bool {
        matches!(self, Self::Aws(AwsError::NoCredentials { .. } | AwsError::NoRegion | AwsError::NotARegion { .. }))
    }

    fn misnamed_in_aws(error: &AwsError) -> Option<Misnamed<'_>> {
        match error {
            AwsError::NoRegion => Some(Misnamed::NoRegion),
            AwsError::NotARegion { name, .. } => Some(Misnamed::Region { name, known: REGIONS.to_vec() }),
            AwsError::NoSuchProfile { profile, known, .. } => Some(Misnamed::Profile { name: profile, known }),
            AwsError::UnknownGroup { name, seen } => Some(Misnamed::Group { name, known: seen }),
            AwsError::NoCredentials { .. }
            | AwsError::HalfAKey { .. }
            | AwsError::MisshapenCredential { .. }
            | AwsError::ExpiredCredentials { .. }
            | AwsError::InvalidCredentials { .. }
            | AwsError::AccessDenied { .. }
            | AwsError::Unreachable { .. }
            | AwsError::Throttled { .. }
            | AwsError::Other { .. } => None,
        }
    }
}
