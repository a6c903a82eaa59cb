//! A session, and the cluster as it was read last.

use std::sync::{Arc, PoisonError, RwLock};

use super::error::MagnumError;
use super::groups::described::JoinedCluster;
use super::sign_in::options::MagnumOptions;
use super::sign_in::session::Session;
use crate::snapshot::{MachineCheck, MachineHealth};

/// A project that a run is signed in to, and the one cluster of the run, once that was read. Clones
/// share it.
#[derive(Debug, Clone)]
pub struct MagnumClient {
    session: Session,
    /// Steps look groups and servers up by what the reading found.
    seen: Arc<RwLock<Option<Arc<JoinedCluster>>>>,
}

impl MagnumClient {
    /// Signs in.
    ///
    /// # Errors
    /// When a setting is missing or wrong, or when the cloud does not accept them.
    pub async fn connect(options: &MagnumOptions) -> Result<Self, MagnumError> {
        Ok(Self { session: Session::sign_in(options).await?, seen: Arc::default() })
    }

    /// Returns the session.
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Returns the name of the one region.
    pub(crate) fn region(&self) -> &str {
        self.session.region()
    }

    /// Remembers the cluster.
    pub(crate) fn remember(&self, cluster: JoinedCluster) {
        *self.seen.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(cluster));
    }

    /// Returns the cluster as it was read last.
    pub(crate) fn seen(&self) -> Option<Arc<JoinedCluster>> {
        self.seen.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns a check of one server, and of the Ready node that was looked up, if it was one.
    pub(crate) fn check(&self, instance: &str, node: Option<&str>, health: MachineHealth) -> MachineCheck {
        let group = self.seen().and_then(|seen| seen.group_of(instance).map(str::to_owned));
        let (instance, region, node) = (instance.to_owned(), self.region().to_owned(), node.map(str::to_owned));
        MachineCheck { instance, region, node, group, health }
    }
}
