//! A session: a token, the URLs of the services, and single requests to them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::{Client, Method, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{Mutex, OnceCell};

use super::catalog::{self, RegionUrls};
use super::http::{RawAnswer, SendError, client, send};
use super::keystone::{self, Grant, SignedIn};
use super::microversion::{Microversion, UnderstoodVersions, newest};
use super::options::MagnumOptions;
use super::retry::send_until_answered;
use super::service::Service;
use super::settings::CloudSettings;
use super::sources;
use super::surroundings::SignInSurroundings;
use crate::cloud::magnum::error::{MagnumError, RequestError, ServerWords};
use crate::server_clock::ServerClock;

/// A token that was renewed after a 401 and is refused again before this time is over is refused
/// for another reason than its age: no token lives that short.
const CERTAINLY_VALID: Duration = Duration::from_mins(5);

/// The header that carries the version of an API.
const VERSION_HEADER: &str = "openstack-api-version";

/// A project of a cloud that a run is signed in to, in one region.
#[derive(Clone)]
pub struct Session(Arc<SharedSession>);

/// What the copies of a session share.
struct SharedSession {
    client: Client,
    settings: CloudSettings,
    project: String,
    region: String,
    services: BTreeMap<Service, ServiceUrl>,
    token: Mutex<HeldToken>,
    clock: ServerClock,
}

/// Where a service is, and the version of its API that is requested.
struct ServiceUrl {
    url: Url,
    /// `None` when the API has one version alone.
    version: OnceCell<Option<Microversion>>,
}

/// A token, and since when it is held.
#[derive(Clone)]
struct HeldToken {
    grant: Grant,
    since: Instant,
    /// How many sign-ins there were before this one.
    number: u64,
}

impl fmt::Debug for Session {
    /// Leaves out the token and the settings.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("project", &self.0.project).field("region", &self.0.region).finish_non_exhaustive()
    }
}

impl Session {
    /// Signs in: finds the settings, gets a token and the URLs of the services, and finds out which
    /// versions of Magnum's API there are.
    ///
    /// # Errors
    /// When a setting is missing or wrong, when the cloud does not accept them, or when Magnum is
    /// too old.
    pub async fn sign_in(options: &MagnumOptions) -> Result<Self, MagnumError> {
        let written = sources::find(options, &SignInSurroundings::of_the_process())?;
        Self::with_settings(CloudSettings::from_written(&written, options)?).await
    }

    /// Signs in with settings that were found.
    ///
    /// # Errors
    /// As [`Session::sign_in`].
    pub(super) async fn with_settings(settings: CloudSettings) -> Result<Self, MagnumError> {
        let client = client(&settings.certificates)?;
        let clock = ServerClock::default();
        let SignedIn { grant, project, catalog } = keystone::sign_in(&client, &settings, &clock).await?;
        let RegionUrls { region, urls } = catalog::choose(&catalog, &settings)?;
        let services = urls.into_iter().map(|(service, url)| (service, ServiceUrl { url, version: OnceCell::new() })).collect();
        let token = Mutex::new(HeldToken { grant, since: Instant::now(), number: 0 });
        let session = Self(Arc::new(SharedSession { client, settings, project, region, services, token, clock }));
        let magnum = session.service(Service::ContainerInfra)?;
        session.version(Service::ContainerInfra, magnum).await?;
        Ok(session)
    }

    /// Returns the id of the project.
    #[must_use]
    pub fn project(&self) -> &str {
        &self.0.project
    }

    /// Returns the name of the region.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.0.region
    }

    /// Returns the clock of the cloud.
    #[must_use]
    pub fn clock(&self) -> &ServerClock {
        &self.0.clock
    }

    /// Whether the catalog has a service in this region.
    #[must_use]
    pub fn has(&self, service: Service) -> bool {
        self.0.services.contains_key(&service)
    }

    /// Gets a document. The path begins with `/` and counts from the URL in the catalog, which
    /// ends in the version: `/clusters/k8s`. It is sent again a few times where that may help.
    ///
    /// # Errors
    /// When there is no usable answer.
    pub async fn get<T: DeserializeOwned>(&self, service: Service, path_and_query: &str) -> Result<T, RequestError> {
        let call = Call { service, method: Method::GET, path: path_and_query, body: None };
        parsed(&call, &self.answer(&call).await?)
    }

    /// Gets the page that the `next` link of another page names. Only the path and the query of the
    /// link are used, so that the token stays with the service, and a link with the address that
    /// the service has behind a proxy leads there, too.
    ///
    /// # Errors
    /// When there is no usable answer, or when the link names no page of this service.
    pub async fn get_next<T: DeserializeOwned>(&self, service: Service, link: &str) -> Result<T, RequestError> {
        let base = &self.service(service)?.url;
        let path = path_of_link(base, link).ok_or_else(|| RequestError::Unreachable {
            service,
            call: "the next page".to_owned(),
            reason: "its link does not lead to this service".to_owned(),
        })?;
        self.get(service, &path).await
    }

    /// Posts a document. It is sent once; only a token that is not accepted any more, which the
    /// service checks before anything else, makes it sent again with a new one.
    ///
    /// # Errors
    /// When there is no usable answer. [`RequestError::may_have_been_done`] shows whether it may
    /// have been carried out all the same.
    pub async fn post<T: DeserializeOwned>(
        &self,
        service: Service,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, RequestError> {
        let call = |body| Call { service, method: Method::POST, path, body: Some(body) };
        let body = serde_json::to_vec(body).map_err(|error| RequestError::Unreachable {
            service,
            call: format!("POST {path}"),
            reason: error.to_string(),
        })?;
        let call = call(body);
        parsed(&call, &self.answer(&call).await?)
    }

    fn service(&self, service: Service) -> Result<&ServiceUrl, RequestError> {
        self.0.services.get(&service).ok_or(RequestError::NoService { service })
    }

    /// Returns the answer to a request, once it is a success.
    async fn answer(&self, call: &Call<'_>) -> Result<RawAnswer, RequestError> {
        let service = self.service(call.service)?;
        let version = self.version(call.service, service).await?;
        let mut held = self.0.token.lock().await.clone();
        let mut answer = self.send(call, &service.url, version, &held.grant).await?;
        if answer.status.as_u16() == 401
            && let Some(renewed) = self.renewed(call.service, &held).await?
        {
            answer = self.send(call, &service.url, version, &renewed.grant).await?;
            held = renewed;
        }
        if answer.status.is_success() { Ok(answer) } else { Err(refused(call, &answer, &held.grant)) }
    }

    async fn send(
        &self,
        call: &Call<'_>,
        base: &Url,
        version: Option<Microversion>,
        grant: &Grant,
    ) -> Result<RawAnswer, RequestError> {
        let mut request = self.0.client.request(call.method.clone(), format!("{base}{}", call.path));
        request = request.header("x-auth-token", grant.token.clone()).header(http::header::ACCEPT, "application/json");
        if let Some(version) = version {
            request = request.header(VERSION_HEADER, format!("{} {version}", call.service.official_type()));
        }
        let outcome = match &call.body {
            None => send_until_answered(&request, &self.0.clock).await,
            Some(body) => {
                let request = request.header(http::header::CONTENT_TYPE, "application/json").body(body.clone());
                send(request, &self.0.clock).await
            }
        };
        match outcome {
            Ok(answer) => {
                let (status, request_id) = (answer.status.as_u16(), answer.request_id());
                tracing::debug!(service = %call.service, call = call.words(), status, request_id, "answered");
                Ok(answer)
            }
            Err(error) => Err(unanswered(call, error)),
        }
    }

    /// Returns another token than the one that was refused; `None` when that is so new that another
    /// one would be refused as well.
    async fn renewed(&self, service: Service, refused: &HeldToken) -> Result<Option<HeldToken>, RequestError> {
        let mut held = self.0.token.lock().await;
        // Another request has renewed it meanwhile.
        if held.number != refused.number {
            return Ok(Some(held.clone()));
        }
        if held.number > 0 && held.since.elapsed() < CERTAINLY_VALID {
            return Ok(None);
        }
        let signed_in = keystone::sign_in(&self.0.client, &self.0.settings, &self.0.clock).await;
        let SignedIn { grant, .. } =
            signed_in.map_err(|error| RequestError::SignedOut { service, reason: error.to_string() })?;
        *held = HeldToken { grant, since: Instant::now(), number: held.number + 1 };
        Ok(Some(held.clone()))
    }

    /// Returns the version to request of a service. It is found out once, without a token, which
    /// an application credential with access rules would make a 401.
    async fn version(&self, service: Service, at: &ServiceUrl) -> Result<Option<Microversion>, RequestError> {
        let Some(understood) = UnderstoodVersions::of(service) else { return Ok(None) };
        let find = async || {
            let request = self.0.client.get(versions_url(service, &at.url)).header(http::header::ACCEPT, "application/json");
            let call = Call { service, method: Method::GET, path: "its versions", body: None };
            let answer = send_until_answered(&request, &self.0.clock).await.map_err(|error| unanswered(&call, error))?;
            let Some(newest) = newest(&answer.body) else { return Ok(Some(understood.unless_known(service))) };
            let too_old =
                |least: Microversion| RequestError::TooOld { service, newest: newest.to_string(), least: least.to_string() };
            understood.choose(newest).map(Some).map_err(too_old)
        };
        at.version.get_or_try_init(find).await.copied()
    }
}

/// A request to a service.
struct Call<'c> {
    service: Service,
    method: Method,
    path: &'c str,
    /// A request with a body changes something and is sent once.
    body: Option<Vec<u8>>,
}

impl Call<'_> {
    fn words(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

fn parsed<T: DeserializeOwned>(call: &Call<'_>, answer: &RawAnswer) -> Result<T, RequestError> {
    serde_json::from_slice(&answer.body).map_err(|error| RequestError::Malformed {
        service: call.service,
        call: call.words(),
        reason: error.to_string(),
    })
}

/// Returns what an answer means that is no success.
fn refused(call: &Call<'_>, answer: &RawAnswer, grant: &Grant) -> RequestError {
    let words = ServerWords {
        service: call.service,
        call: call.words(),
        status: answer.status.as_u16(),
        detail: answer.words(),
        request_id: answer.request_id(),
    };
    match words.status {
        401 => RequestError::Unauthorized { words, kind: grant.kind },
        403 => RequestError::Forbidden(words),
        404 => RequestError::NotFound(words),
        409 => RequestError::Conflict(words),
        429 => RequestError::Throttled(words),
        _ => RequestError::Refused(words),
    }
}

fn unanswered(call: &Call<'_>, error: SendError) -> RequestError {
    let (service, words) = (call.service, call.words());
    match error {
        SendError::NotSent(reason) | SendError::Untrusted(reason) => RequestError::Unreachable { service, call: words, reason },
        SendError::Lost(reason) => RequestError::Lost { service, call: words, reason },
    }
}

/// Returns where a service shows its versions: Magnum above the version of its URL, Nova at it.
/// Nova's URL may go on with the project.
fn versions_url(service: Service, base: &Url) -> Url {
    let mut url = base.clone();
    let segments: Vec<&str> = base.path().split('/').filter(|segment| !segment.is_empty()).collect();
    let version = segments.iter().rposition(|segment| is_version(segment));
    let kept = match (service, version) {
        (Service::ContainerInfra, Some(version)) => version,
        (_, Some(version)) => version + 1,
        (_, None) => segments.len(),
    };
    let path: String = segments.iter().take(kept).flat_map(|segment| ["/", segment]).collect();
    url.set_path(&format!("{path}/"));
    url
}

/// Whether a part of a path is a version, as `v1` or `v2.1`.
fn is_version(segment: &str) -> bool {
    let Some(number) = segment.strip_prefix('v') else { return false };
    number.starts_with(|first: char| first.is_ascii_digit())
        && number.chars().all(|digit| digit.is_ascii_digit() || digit == '.')
}

/// Returns the path and the query of a link below the URL of its service. Behind a proxy the
/// service may know another address and other folders in front of its version.
fn path_of_link(base: &Url, link: &str) -> Option<String> {
    let link = Url::options().base_url(Some(base)).parse(link).ok()?;
    let below = |path: &str| {
        let rest = link.path().split_once(path)?.1;
        rest.starts_with('/').then(|| rest.to_owned())
    };
    let from_version = base.path().split('/').position(is_version).map(|at| {
        let segments: Vec<&str> = base.path().split('/').skip(at).collect();
        format!("/{}", segments.join("/"))
    });
    let rest = link.path().strip_prefix(base.path()).filter(|rest| rest.starts_with('/')).map(str::to_owned);
    let rest = rest.or_else(|| below(&from_version?))?;
    Some(match link.query() {
        Some(query) => format!("{rest}?{query}"),
        None => rest,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    #[test]
    fn versions_are_shown_above_magnum_s_and_at_nova_s() {
        for (service, base, versions) in [
            (Service::ContainerInfra, "https://m:9511/v1", "https://m:9511/"),
            (Service::ContainerInfra, "https://cloud/container-infra/v1", "https://cloud/container-infra/"),
            (Service::Compute, "https://n:8774/v2.1", "https://n:8774/v2.1/"),
            (Service::Compute, "https://cloud/compute/v2.1/0123abcd", "https://cloud/compute/v2.1/"),
            (Service::Compute, "https://cloud/nova", "https://cloud/nova/"),
        ] {
            assert_eq!(versions_url(service, &url(base)).as_str(), versions);
        }
    }

    #[test]
    fn a_link_is_followed_on_the_service_s_own_url() {
        let base = url("https://cloud/container-infra/v1");
        for (link, path) in [
            ("https://cloud/container-infra/v1/clusters?limit=1&marker=x", Some("/clusters?limit=1&marker=x")),
            ("http://10.0.0.1:9511/v1/clusters/c/nodegroups?marker=x", Some("/clusters/c/nodegroups?marker=x")),
            ("/container-infra/v1/clusters", Some("/clusters")),
            ("https://elsewhere/v2/clusters", None),
            ("https://cloud/container-infra/v10/clusters", None),
            ("", None),
        ] {
            assert_eq!(path_of_link(&base, link).as_deref(), path, "{link}");
        }
        let nova = url("https://n:8774/v2.1/p");
        let next = "http://10.0.0.2:8774/v2.1/p/servers/detail?marker=x";
        assert_eq!(path_of_link(&nova, next).as_deref(), Some("/servers/detail?marker=x"));
    }
}
