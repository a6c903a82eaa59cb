//! The Lease that keeps two applies apart.
//!
//! A Lease is a promise between runs, not a lock of the API: who holds it must stop in time by itself. So a run renews it every
//! [`RENEW_EVERY`], another takes it over only long after, and no step changes anything unless the last renewal is younger than
//! [`FRESH_FOR`], which leaves a request in flight time to end before anybody else begins.

mod claim;
mod held;
mod rules;

use k8s_openapi::api::coordination::v1::Lease;
use kube::api::GetParams;
use kube::core::Request;
use kube::{Api, Resource as _};

pub use claim::{Claim, claim, let_go};
pub use held::HeldLease;

use crate::duration::Seconds;
use crate::gather::kubernetes::leases::{LEASE_NAME, NotesError};
use crate::gather::kubernetes::retry::fetch;

/// What the Lease says of itself: how long it is held without a renewal.
pub const DURATION: Seconds = Seconds(60);
/// How often it is renewed.
pub const RENEW_EVERY: Seconds = Seconds(15);
/// How old the last renewal may be when a step changes something.
pub const FRESH_FOR: Seconds = Seconds(45);
/// How long after its last renewal a Lease may be taken over by who did not watch it: three times its duration, since the two
/// clocks may differ.
pub const ABANDONED_AFTER: Seconds = Seconds(180);

/// Why the Lease could not be claimed, renewed or written.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// The API refused, or could not be reached.
    #[error("{doing} the Lease {namespace}/{LEASE_NAME}: {words}")]
    Api {
        /// `reading`, `creating` or `updating`.
        doing: &'static str,
        /// Its namespace.
        namespace: String,
        /// The API's words, or those of the connection.
        words: String,
    },
    /// Others changed it again and again.
    #[error("the Lease {namespace}/{LEASE_NAME} was changed by others at every attempt; try again")]
    Contended {
        /// Its namespace.
        namespace: String,
    },
    /// It is another's.
    #[error("the Lease {namespace}/{LEASE_NAME} was taken over by {holder}")]
    Lost {
        /// Its namespace.
        namespace: String,
        /// Who holds it now.
        holder: String,
    },
    /// Its notes of what was asked for earlier cannot be read, and writing over them would lose them.
    #[error(transparent)]
    Notes(#[from] NotesError),
}

/// The API of the Lease, with its namespace for error messages.
struct Store {
    client: kube::Client,
    api: Api<Lease>,
    namespace: String,
}

impl Store {
    fn new(client: kube::Client, namespace: &str) -> Self {
        let api = Api::namespaced(client.clone(), namespace);
        Self { client, api, namespace: namespace.to_owned() }
    }

    /// The Lease as it is; asked again while that may help.
    async fn read(&self) -> Result<Option<Lease>, LeaseError> {
        let request = Request::new(Lease::url_path(&(), Some(&self.namespace))).get(LEASE_NAME, &GetParams::default());
        let request = request.map_err(|error| self.error("reading", error.to_string()))?;
        match fetch(&self.client, &request).await {
            Ok(lease) => Ok(Some(lease)),
            Err(error) if error.code() == Some(404) => Ok(None),
            Err(error) => Err(self.error("reading", error.to_string())),
        }
    }

    fn error(&self, doing: &'static str, words: String) -> LeaseError {
        LeaseError::Api { doing, namespace: self.namespace.clone(), words }
    }

    fn contended(&self) -> LeaseError {
        LeaseError::Contended { namespace: self.namespace.clone() }
    }
}
