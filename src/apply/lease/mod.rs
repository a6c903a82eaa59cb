//! The Lease that keeps two applies apart.
//!
//! A Lease is a promise between runs, not a lock of the API: its holder must stop in time by
//! itself. So a run renews it every [`RENEW_EVERY`], and no step changes anything when the last
//! renewal is older than [`LAPSES_AFTER`], or was at any time since the step's first look. Another
//! run takes it over when its renewal is [`ABANDONED_AFTER`] old *and* it was seen unchanged for
//! [`WATCHED_FOR`] by that run's own steady clock: the wall clocks of two machines may differ by
//! minutes.
//!
//! Installations that keep their Leases in different namespaces exclude each other, too: a run that
//! has claimed one looks for others.

mod claim;
mod elsewhere;
mod held;
mod notes;
mod standing;
mod takeover;
mod tenure;

use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease;
use kube::api::GetParams;
use kube::core::Request;
use kube::{Api, Resource as _};

pub use claim::{LeaseClaim, claim, release_unfinished_claim};
pub use held::HeldLease;
pub use takeover::{ABANDONED_AFTER, WATCHED_FOR};
pub use tenure::Tenure;

use crate::duration::Seconds;
use crate::kubernetes::reading::leases::{LEASE_NAME, NotesError};
use crate::kubernetes::retry::fetch;

/// The duration that the Lease states: how long it is held without a renewal.
pub const DURATION: Seconds = Seconds(30);
/// The interval between renewals.
pub const RENEW_EVERY: Duration = Duration::from_secs(10);
/// This long after its last renewal nothing is changed any more under it.
pub const LAPSES_AFTER: Duration = Duration::from_secs(30);

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
    /// Our credentials may not read it.
    #[error("reading the Lease {namespace}/{LEASE_NAME}: {words}")]
    Forbidden {
        /// Its namespace.
        namespace: String,
        /// The API's words.
        words: String,
    },
    /// Other writers changed it again and again.
    #[error("the Lease {namespace}/{LEASE_NAME} was changed by others at every attempt; try again")]
    Contended {
        /// Its namespace.
        namespace: String,
    },
    /// It belongs to another run.
    #[error("the Lease {namespace}/{LEASE_NAME} was taken over by {holder}")]
    Lost {
        /// Its namespace.
        namespace: String,
        /// Who holds it now.
        holder: String,
    },
    /// Its notes of earlier requests cannot be read, and a write would lose them.
    #[error(transparent)]
    Notes(#[from] NotesError),
    /// There is no more room for notes on it.
    #[error("annotation {annotation} of the Lease is full: {left_out} found no room; remove it, and it is written anew")]
    Full {
        /// The annotation.
        annotation: &'static str,
        /// How many notes found no room, in words.
        left_out: String,
    },
}

/// The API of the Lease, with its namespace for error messages.
struct LeaseStore {
    client: kube::Client,
    api: Api<Lease>,
    namespace: String,
}

impl LeaseStore {
    fn new(client: kube::Client, namespace: &str) -> Self {
        let api = Api::namespaced(client.clone(), namespace);
        Self { client, api, namespace: namespace.to_owned() }
    }

    /// Reads the Lease as it is, with retries where they may help.
    async fn read(&self) -> Result<Option<Lease>, LeaseError> {
        let request = Request::new(Lease::url_path(&(), Some(&self.namespace))).get(LEASE_NAME, &GetParams::default());
        let request = request.map_err(|error| self.error("reading", error.to_string()))?;
        match fetch(&self.client, &request).await {
            Ok(lease) => Ok(Some(lease)),
            Err(error) if error.code() == Some(404) => Ok(None),
            Err(error) if error.code() == Some(403) => {
                Err(LeaseError::Forbidden { namespace: self.namespace.clone(), words: error.to_string() })
            }
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
