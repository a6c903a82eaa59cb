//! A Kubernetes API server that is read from.

use crate::server_clock::ServerClock;

/// One Kubernetes API server.
#[derive(Clone, Copy)]
pub struct ApiServer<'a> {
    /// Its client.
    pub client: &'a kube::Client,
    /// Its address, for messages.
    pub url: &'a str,
    /// Its clock, which learns the time from answers.
    pub clock: &'a ServerClock,
}
