//! A Kubernetes API server that is read from.

use crate::server_clock::ServerClock;

/// One Kubernetes API server.
#[derive(Clone, Copy)]
pub struct ApiServer<'a> {
    /// Talks to it.
    pub client: &'a kube::Client,
    /// Where it is, for messages.
    pub url: &'a str,
    /// Learns what time it is there.
    pub clock: &'a ServerClock,
}
