//! The errors of OpenStack, each as one line with the way out and never with a credential.

use crate::cloud::magnum::sign_in::service::Service;
use crate::snapshot::GroupId;

/// Why a Magnum cluster could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MagnumError {
    /// A request to one of the services failed.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// `--cluster-name` names no cluster of the project.
    #[error("there is no Magnum cluster {name:?} in the project; {}", clusters_of(.known))]
    NoSuchCluster {
        /// What was named.
        name: String,
        /// The clusters there are.
        known: Vec<String>,
    },
    /// Several clusters have the name.
    #[error("several Magnum clusters are called {name:?}; give the UUID of one as --cluster-name")]
    ManyClusters {
        /// The name.
        name: String,
    },
    /// `--group` names a group that the cluster does not have.
    #[error("there is no node group {name:?} in the cluster; it has {}", groups_of(.seen))]
    UnknownGroup {
        /// What was named.
        name: String,
        /// The groups there are.
        seen: Vec<GroupId>,
    },
}

fn clusters_of(known: &[String]) -> String {
    match known {
        [] => "it has none that these credentials may list".to_owned(),
        known => format!("it has {}", known.join(", ")),
    }
}

fn groups_of(seen: &[GroupId]) -> String {
    seen.iter().map(|group| group.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Why one request to a service brought no usable answer. `call` is the method and the path below
/// the URL of the catalog.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// 404: there is no such thing.
    #[error("{0}")]
    NotFound(ServerWords),
    /// 409: it is not possible now, or the name stands for several things.
    #[error("{0}")]
    Conflict(ServerWords),
    /// 403: the role does not allow it.
    #[error("{0}; give the user or the application credential the role reader for plan, or member for apply")]
    Forbidden(ServerWords),
    /// 401 for a new token: an access rule is missing, most often.
    #[error("{0}")]
    Unauthorized(ServerWords),
    /// 429 until the attempts were used up, or for a request that is sent once.
    #[error("{0}; run again later, or less often")]
    Throttled(ServerWords),
    /// Any other status that is no success.
    #[error("{0}")]
    Refused(ServerWords),
    /// The catalog has no such service.
    #[error("the catalog of the cloud has no {service}")]
    NoService {
        /// The service.
        service: Service,
    },
    /// No connection came about, so that nothing was sent.
    #[error("{service} is not reached for {call}: {reason}; check the network, the proxy and the URL in the catalog")]
    Unreachable {
        /// The service.
        service: Service,
        /// Method and path.
        call: String,
        /// The causes.
        reason: String,
    },
    /// The request may have arrived, and its answer was lost.
    #[error("{service} gave no answer to {call}: {reason}")]
    Lost {
        /// The service.
        service: Service,
        /// Method and path.
        call: String,
        /// The causes.
        reason: String,
    },
    /// A success with a body of another form; the request was carried out.
    #[error("the answer of {service} to {call} is not understood: {reason}")]
    Malformed {
        /// The service.
        service: Service,
        /// Method and path.
        call: String,
        /// What is wrong.
        reason: String,
    },
}

/// An error that a service answered with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{service} answered {call} with {status}: {detail}{}", request_words(.request_id.as_deref()))]
pub struct ServerWords {
    /// The service.
    pub service: Service,
    /// Method and path.
    pub call: String,
    /// The HTTP status.
    pub status: u16,
    /// The cloud's words.
    pub detail: String,
    /// The id under which the cloud's log has the request.
    pub request_id: Option<String>,
}

fn request_words(id: Option<&str>) -> String {
    id.map_or_else(String::new, |id| format!(" ({id})"))
}
