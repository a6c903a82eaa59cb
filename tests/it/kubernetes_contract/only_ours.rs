//! The abilities of our server that no real one has: faults, moments, the log, and a cluster to
//! look into.

mod faults;
mod log;
mod moments;
mod objects;
mod size;

use super::client::Client;
use crate::support::kubernetes::{ADMIN_TOKEN, KubernetesServer};

/// Returns a server and an administrator's client.
fn started() -> (KubernetesServer, Client) {
    let server = KubernetesServer::start();
    let client = Client::new(&server.url(), ADMIN_TOKEN);
    (server, client)
}
