//! A launch in a place that is named, which the cloud answers with what came of it.

/// A request to launch machines in one place of a group. It adds to the desired capacity, so that
/// two of them are two launches unless they are alike and have the same token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchRequest {
    /// The name of this request: 1 to 64 letters of ASCII, digits, `-`, `_` and `/`. AWS answers a
    /// request that comes again within 8 hours as it answered it the first time, also when that
    /// failed; after that time it launches anew.
    pub token: String,
    /// The capacity, at least 1, in the group's own unit. AWS launches at most 100 machines.
    pub units: i64,
    /// The zone; may be absent where the group has only one.
    pub zone: Option<String>,
    /// The subnet, where the group has several in the zone.
    pub subnet: Option<String>,
}

/// The outcome of a request to launch machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LaunchAnswer {
    /// The cloud launched machines, or none, and states what kept the others away. Both lists may
    /// be empty. The machines are on their way, and their group may not show them yet.
    Launched {
        /// The machines.
        instances: Vec<LaunchedInstance>,
        /// What could not be launched.
        failures: Vec<LaunchFailure>,
    },
    /// An earlier request with this token is not over: the same one is to be sent again later.
    InProgress,
    /// The cloud does not launch in this way for this group, in plain words. Nothing is known to
    /// have been launched. Another way is to be used, after the group has been read anew.
    NotPossible(String),
    /// The caller lacks a permission, which the words name. Nothing was launched.
    Denied(String),
    /// There were too many calls, and the cloud did not look at this one.
    Throttled(String),
    /// The machines may have been launched: the answer was lost, or does not show the outcome. The
    /// same request is to be sent again, or its token to be looked up.
    Unclear(String),
}

/// A machine that was launched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchedInstance {
    /// Its id.
    pub id: String,
    /// Its machine type.
    pub machine_type: String,
    /// Its zone.
    pub zone: String,
    /// Whether it is a spot instance.
    pub spot: bool,
}

/// What kept machines away, in one zone and of one machine type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchFailure {
    /// What it means.
    pub code: LaunchFailureCode,
    /// The zone in which the launch was tried; absent when neither answer nor request names one.
    pub zone: Option<String>,
    /// The machine type that was tried; absent when the answer names none.
    pub machine_type: Option<String>,
    /// The cloud's code and words.
    pub words: String,
}

/// What the failure of a launch means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LaunchFailureCode {
    /// The zone has no more machines of the type.
    NoCapacity,
    /// The zone has no more room for the group, whatever the type: its subnet has no more
    /// addresses.
    NoRoom,
    /// The placement group of the group has no more room in the zone, whatever the type.
    PlacementFull,
    /// The zone does not have the type at all.
    NotOffered,
    /// A limit of the account is reached, or a highest price too low: in every zone.
    LimitReached,
    /// The caller lacks a permission.
    Denied,
    /// Something else, such as a machine image that does not exist: in every zone.
    Other,
}

impl LaunchFailureCode {
    /// Whether another zone of the group may do.
    #[must_use]
    pub fn is_about_zone(self) -> bool {
        match self {
            Self::NoCapacity | Self::NoRoom | Self::PlacementFull | Self::NotOffered => true,
            Self::LimitReached | Self::Denied | Self::Other => false,
        }
    }

    /// Whether another machine type may do in the same zone.
    #[must_use]
    pub fn is_about_type(self) -> bool {
        match self {
            Self::NoCapacity | Self::NotOffered => true,
            Self::NoRoom | Self::PlacementFull | Self::LimitReached | Self::Denied | Self::Other => false,
        }
    }

    /// Whether capacity is missing or a limit is reached, as opposed to a fault that a person has
    /// to mend.
    #[must_use]
    pub fn is_about_capacity(self) -> bool {
        match self {
            Self::NoCapacity | Self::NoRoom | Self::PlacementFull | Self::LimitReached => true,
            Self::NotOffered | Self::Denied | Self::Other => false,
        }
    }
}
