//! The errors of OpenStack, each as one line with the way out and never with a credential.

use crate::cloud::error_words::any_of;
use crate::cloud::magnum::sign_in::service::Service;
use crate::snapshot::GroupId;

/// Why a cloud with Magnum could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MagnumError {
    /// No place has settings.
    #[error(
        "no settings of an OpenStack cloud: there is neither OS_AUTH_URL nor a clouds.yaml in {folders}; source the project's \
         openrc file, set OS_CLOUD, or name Cluster Autoscaler's file with --cloud-config"
    )]
    NoSettings {
        /// The folders that were searched.
        folders: String,
    },
    /// A file that a flag or a setting names cannot be read.
    #[error("{setting} names {file}, which cannot be read: {reason}")]
    UnreadableFile {
        /// The flag, the variable or the setting with its place.
        setting: String,
        /// The file.
        file: String,
        /// The words of the operating system.
        reason: String,
    },
    /// A file is written wrongly.
    #[error("{file} {problem}")]
    BadFile {
        /// The file.
        file: String,
        /// A sentence about it without its subject.
        problem: String,
    },
    /// `OS_CLOUD` names a cloud that no file has.
    #[error("OS_CLOUD is {name:?}, a cloud that {files} does not have; the clouds there: {}", any_of(.known))]
    NoSuchCloud {
        /// The value of the variable.
        name: String,
        /// The files that were searched.
        files: String,
        /// The clouds that are there.
        known: Vec<String>,
    },
    /// A file has several clouds, and none is named.
    #[error("{file} has several clouds; name one of them with OS_CLOUD: {}", any_of(.known))]
    WhichCloud {
        /// The file.
        file: String,
        /// Its clouds.
        known: Vec<String>,
    },
    /// A setting is missing.
    #[error("{setting} is missing in {place}; {remedy}")]
    MissingSetting {
        /// The name of the setting, or the names of several that would do.
        setting: String,
        /// Where the other settings are.
        place: String,
        /// What to write there.
        remedy: &'static str,
    },
    /// A setting has a value that cannot be right. Its value is shown only when it is no secret.
    #[error("{setting} in {place} {problem}")]
    BadSetting {
        /// The name of the setting.
        setting: String,
        /// Where it is.
        place: String,
        /// A sentence about it without its subject.
        problem: String,
    },
    /// There is more than one region.
    #[error("--regions names {}; a Magnum cluster is in one region: name that one", any_of(.regions))]
    SeveralRegions {
        /// The regions that were given.
        regions: Vec<String>,
    },
    /// No region is named, and the catalog has several.
    #[error("no OpenStack region is named, and the cloud has Magnum in {}; name one: --regions {}", any_of(.known), .known.first().map_or("NAME", String::as_str))]
    NoRegion {
        /// The regions that have Magnum.
        known: Vec<String>,
    },
    /// The catalog has no such region.
    #[error("{name:?} is not a region of this cloud; its regions: {}", any_of(.known))]
    NoSuchRegion {
        /// What was given.
        name: String,
        /// The regions of the catalog.
        known: Vec<String>,
    },
    /// The catalog of the region has no Magnum.
    #[error(
        "the catalog of the cloud has no {interface} URL of Magnum (container-infra) in the region {region}; check the region, and \
         set OS_INTERFACE when its URLs have another interface"
    )]
    NoMagnum {
        /// The interface.
        interface: &'static str,
        /// The region.
        region: String,
    },
    /// Keystone does not accept the credentials.
    #[error("Keystone does not accept {credentials} of {place}: {detail}{}; {remedy}", request_words(.request_id.as_deref()))]
    NotAccepted {
        /// What was sent: an application credential, or the password of a user.
        credentials: &'static str,
        /// Where the settings are.
        place: String,
        /// Keystone's words.
        detail: String,
        /// The id under which the cloud's log has the request.
        request_id: Option<String>,
        /// What to check.
        remedy: &'static str,
    },
    /// Keystone gave no usable answer.
    #[error("{url} is no Keystone that can be used: {reason}; check {setting}, the network, the proxy and the certificates")]
    NoKeystone {
        /// The URL that was called.
        url: String,
        /// The name of the setting with the URL.
        setting: String,
        /// What came instead of a token.
        reason: String,
    },
    /// The token is for no project.
    #[error("Keystone gave a token without {missing}; name a project in {place} that the user has a role in")]
    NoProject {
        /// What the token lacks.
        missing: &'static str,
        /// Where the settings are.
        place: String,
    },
    /// No HTTPS client can be made.
    #[error(
        "no HTTPS connection is possible: {reason}; install the system's certificates, or name a file of them with OS_CACERT"
    )]
    NoClient {
        /// The causes.
        reason: String,
    },
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
    /// 401 for a new token.
    #[error("{words}; {}", why_unauthorized(.words, *.kind))]
    Unauthorized {
        /// The answer.
        words: ServerWords,
        /// What the token was given for.
        kind: TokenKind,
    },
    /// The token is not accepted any more, and there is no other one.
    #[error("{service} does not accept the token any more, and no new one was to be had: {reason}")]
    SignedOut {
        /// The service.
        service: Service,
        /// Why the sign-in failed.
        reason: String,
    },
    /// 429 until the attempts were used up, or for a request that is sent once.
    #[error("{0}; run again later, or less often")]
    Throttled(ServerWords),
    /// Any other status that is no success.
    #[error("{0}")]
    Refused(ServerWords),
    /// The catalog has no such service.
    #[error("the catalog of the cloud has no {service} in this region")]
    NoService {
        /// The service.
        service: Service,
    },
    /// The service is older than what is needed.
    #[error("{service} of this cloud has the API {newest} at most, and {least} is needed; {}", since(*.service))]
    TooOld {
        /// The service.
        service: Service,
        /// The newest version that it has.
        newest: String,
        /// The oldest version that would do.
        least: String,
    },
    /// Nothing was sent: no connection came about, or a link leads nowhere.
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
    #[error("the answer of {service} to {call} was lost: {reason}")]
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

/// What a token was given for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A password, perhaps with a trust.
    Password,
    /// An application credential that may call everything.
    ApplicationCredential,
    /// An application credential that may call only what its access rules list.
    Narrowed,
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

impl RequestError {
    /// Whether a request that changes something may have been carried out all the same. A gateway
    /// answers 5xx also when the server behind it did its work.
    #[must_use]
    pub fn may_have_been_done(&self) -> bool {
        match self {
            Self::Lost { .. } | Self::Malformed { .. } => true,
            Self::Refused(words) => words.status >= 500,
            Self::NotFound(_)
            | Self::Conflict(_)
            | Self::Forbidden(_)
            | Self::Unauthorized { .. }
            | Self::SignedOut { .. }
            | Self::Throttled(_)
            | Self::NoService { .. }
            | Self::TooOld { .. }
            | Self::Unreachable { .. } => false,
        }
    }
}

fn request_words(id: Option<&str>) -> String {
    id.map_or_else(String::new, |id| format!(" ({id})"))
}

/// Returns the release of OpenStack that is needed.
fn since(service: Service) -> &'static str {
    match service {
        Service::ContainerInfra => "that is OpenStack Wallaby (2021) or newer",
        Service::Compute => "that is OpenStack Pike (2017) or newer",
        Service::Orchestration => "upgrade it",
    }
}

/// Returns what a 401 for a token means that Keystone has just given.
fn why_unauthorized(words: &ServerWords, kind: TokenKind) -> String {
    let service = words.service;
    let unset = format!("set service_type = {} in [keystone_authtoken] of {service}", service.official_type());
    match kind {
        TokenKind::Password => format!("Keystone accepts the token and {service} does not: its operator knows why"),
        TokenKind::ApplicationCredential => {
            format!("Keystone accepts the application credential and {service} does not: its operator knows why")
        }
        TokenKind::Narrowed => format!(
            "the application credential has access rules, and none of them allows this, or the operator of the cloud has to \
             {unset}; the manual page magnum lists the rules that are needed"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(status: u16) -> ServerWords {
        ServerWords {
            service: Service::ContainerInfra,
            call: "GET /clusters/k8s".to_owned(),
            status,
            detail: "no".to_owned(),
            request_id: Some("req-1".to_owned()),
        }
    }

    #[test]
    fn an_answer_is_named_with_its_call_and_the_id_in_the_cloud_s_log() {
        let error = RequestError::Refused(words(500)).to_string();
        assert_eq!(error, "Magnum answered GET /clusters/k8s with 500: no (req-1)");
    }

    #[test]
    fn a_401_with_access_rules_names_both_causes() {
        let narrowed = RequestError::Unauthorized { words: words(401), kind: TokenKind::Narrowed }.to_string();
        assert!(narrowed.contains("access rules") && narrowed.contains("service_type = container-infra"), "{narrowed}");
        let plain = RequestError::Unauthorized { words: words(401), kind: TokenKind::Password }.to_string();
        assert!(!plain.contains("access rules"), "{plain}");
    }

    #[test]
    fn only_a_clear_refusal_did_nothing() {
        let call = || "POST /clusters/k8s/actions/resize".to_owned();
        let (service, reason) = (Service::ContainerInfra, "reset".to_owned());
        assert!(RequestError::Refused(words(502)).may_have_been_done());
        assert!(RequestError::Lost { service, call: call(), reason: reason.clone() }.may_have_been_done());
        assert!(!RequestError::Refused(words(400)).may_have_been_done());
        assert!(!RequestError::Unreachable { service, call: call(), reason }.may_have_been_done());
    }
}
