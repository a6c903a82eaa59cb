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
        known: &'static [&'static str],
    },
    /// A profile that no file has.
    Profile {
        /// What was named.
        name: &'a str,
        /// The profiles there are.
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
            Self::Magnum(MagnumError::UnknownGroup { name, seen }) => Some(Misnamed::Group { name, known: seen }),
            Self::Magnum(_) => None,
        }
    }

    fn misnamed_in_aws(error: &AwsError) -> Option<Misnamed<'_>> {
        match error {
            AwsError::NoRegion => Some(Misnamed::NoRegion),
            AwsError::NotARegion { name, .. } => Some(Misnamed::Region { name, known: &REGIONS }),
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
