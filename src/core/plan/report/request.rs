//! The report on a ProvisioningRequest.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::places::ExpectedPlaces;
use crate::duration::{Seconds, moment};
use crate::snapshot::{ForeignAutoscaler, ObjectName, RequestClass, RequestConditionKind};

/// The report on a ProvisioningRequest that is served here and not over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RequestReport {
    /// The request.
    #[serde(flatten)]
    pub request: ObjectName,
    /// Its class.
    pub class: RequestClass,
    /// How many pods it is for.
    pub pods: u32,
    /// How many pods that use its room are bound to nodes.
    #[serde(default)]
    pub bound: u32,
    /// Where the others are expected. Those that are bound count as pods on nodes that are there.
    #[serde(flatten)]
    pub places: ExpectedPlaces,
    /// How far it has come.
    #[serde(flatten)]
    pub state: RequestState,
    /// The conditions that `apply` writes into its status.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<DueCondition>,
    /// The API version in which the object was read.
    pub api_version: String,
    /// The version of the object over which they are written.
    pub resource_version: String,
    /// The whole report as one sentence.
    pub message: String,
}

/// How far a ProvisioningRequest has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum RequestState {
    /// Nodes that are Ready have room for all its pods.
    Provisioned,
    /// All its pods have a place, some on nodes that are not Ready yet.
    Coming {
        /// When these nodes are Ready at the latest, or count as failed; absent where it is only
        /// waited for a node to be opened.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Timestamp>,
    },
    /// Not all its pods have a place, so that none gets one.
    WithoutRoom {
        /// Why not.
        why: String,
    },
    /// Its room is held.
    Booked {
        /// Until when.
        until: Timestamp,
        /// How many of its pods had room and have none now.
        #[serde(default)]
        lost: u32,
        /// `taken_at` of the snapshot, from which distances are counted.
        now: Timestamp,
    },
    /// Its room is held no longer.
    BookingEnds {
        /// Why not.
        end: BookingEnd,
    },
    /// It can never be served.
    Fails {
        /// Why not.
        failure: RequestFailure,
    },
    /// It is not known what its pods are like, so that nothing is done about it.
    Unknown,
    /// Another autoscaler is active that serves such requests, so that it is left alone.
    LeftToAnother {
        /// That autoscaler.
        autoscaler: ForeignAutoscaler,
    },
}

/// Why the room of a request is held no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BookingEnd {
    /// It was held for ten minutes.
    TimeOver,
    /// All its pods are bound to nodes.
    Used,
}

/// Why a request can never be served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "because")]
pub enum RequestFailure {
    /// A PodTemplate that it names is not there.
    TemplateMissing {
        /// The name.
        template: String,
    },
    /// A PodTemplate that it names holds something that this version does not understand.
    TemplateNotUnderstood {
        /// The name.
        template: String,
        /// What that is.
        problem: String,
    },
    /// One of its parameters has a value that means nothing.
    UnknownValue {
        /// The parameter.
        parameter: String,
        /// The value.
        value: String,
    },
    /// It is for more pods than one object may be for.
    TooManyPods {
        /// How many it is for.
        pods: u32,
        /// At most so many are served.
        most: u32,
    },
    /// There was no room in time.
    NotInTime {
        /// The time.
        limit: Seconds,
    },
    /// There is no room now, and it is to be looked for once only.
    NoRoom {
        /// Why there is none.
        why: String,
    },
}

/// A condition that a request gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DueCondition {
    /// What it is about.
    #[serde(rename = "type")]
    pub kind: RequestConditionKind,
    /// Whether it holds.
    pub holds: bool,
    /// Its reason, one word.
    pub reason: String,
    /// Its sentence.
    pub message: String,
}

impl fmt::Display for BookingEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TimeOver => "The room for the pods of the request was held for ten minutes",
            Self::Used => "All pods of the request are on nodes",
        })
    }
}

impl fmt::Display for RequestFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TemplateMissing { template } => write!(f, "PodTemplate {template} is not there"),
            Self::TemplateNotUnderstood { template, problem } => write!(f, "PodTemplate {template}: {problem}"),
            Self::UnknownValue { parameter, value } => write!(f, "The parameter {parameter} cannot be {value:?}"),
            Self::TooManyPods { pods, most } => {
                write!(f, "The request is for {pods} pods, and one for more than {most} is not served")
            }
            Self::NotInTime { limit } => write!(f, "There was no room for all pods of the request within {limit}"),
            Self::NoRoom { why } => f.write_str(why.trim_end_matches('.')),
        }
    }
}

impl fmt::Display for RequestState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provisioned => f.write_str("Ready nodes have room for all its pods"),
            Self::Coming { by: Some(by) } => {
                write!(f, "waits for nodes, Ready by {} at the latest", by.strftime("%F %H:%M UTC"))
            }
            Self::Coming { by: None } => f.write_str("waits for nodes that become schedulable again"),
            Self::WithoutRoom { why } => f.write_str(why.trim_end_matches('.')),
            Self::Booked { until, lost, now } => {
                write!(f, "its room is held until {}", moment(*until, *now))?;
                if *lost > 0 { write!(f, "; {lost} of its pods have none any more") } else { Ok(()) }
            }
            Self::BookingEnds { end } => write!(f, "its booking ends: {end}"),
            Self::Fails { failure } => write!(f, "fails: {failure}"),
            Self::Unknown => f.write_str("it is not known yet what its pods are like, so nothing is done about it"),
            Self::LeftToAnother { autoscaler } => write!(f, "is left to {autoscaler}, which is active"),
        }
    }
}
