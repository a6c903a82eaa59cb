//! The health of the servers whose nodes are not Ready, according to Nova.

use std::fmt::Display;

use futures::{StreamExt as _, stream};

use super::lifecycle::is_ending;
use super::lookup::find_server;
use crate::cloud::magnum::api::ServerAnswer;
use crate::cloud::magnum::client::MagnumClient;
use crate::cloud::magnum::error::MagnumError;
use crate::snapshot::{Gap, MachineCheck, MachineHealth, MissingFact, Node, Region};

/// At most this many servers are looked up at a time.
const PARALLEL: usize = 8;

/// Checks the server of every node that is not Ready. It makes no call where all nodes are Ready or
/// where nothing could be read.
pub(crate) async fn check_machines(client: &MagnumClient, regions: &[Region], nodes: &[Node]) -> (Vec<MachineCheck>, Vec<Gap>) {
    if regions.iter().any(|region| region.unreadable.is_some()) {
        return (Vec::new(), Vec::new());
    }
    let mut ids: Vec<&str> = nodes.iter().filter(|node| !node.is_ready()).filter_map(Node::instance_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let checks = ids.into_iter().map(|id| async move { (id, health_of(client, id).await) }).collect::<Vec<_>>();
    let answers: Vec<_> = stream::iter(checks).buffered(PARALLEL).collect().await;
    let (mut checks, mut gaps) = (Vec::new(), Vec::new());
    for (id, answer) in answers {
        match answer {
            Ok(health) => checks.push(client.check(id, None, health)),
            Err(error) => gaps.push(missing(client, &error)),
        }
    }
    gaps.dedup();
    (checks, gaps)
}

/// Returns the gap that an unread server leaves.
pub(super) fn missing(client: &MagnumClient, error: &impl Display) -> Gap {
    Gap { fact: MissingFact::MachineChecks { region: client.region().to_owned() }, error: error.to_string() }
}

/// Returns the health of one server at this moment.
///
/// # Errors
/// When it could not be read.
pub(crate) async fn health_of(client: &MagnumClient, id: &str) -> Result<MachineHealth, MagnumError> {
    Ok(find_server(client.session(), id).await?.map_or(MachineHealth::NotFound, |server| health(&server)))
}

/// Returns what Nova reports of a server.
pub(crate) fn health(server: &ServerAnswer) -> MachineHealth {
    if is_ending(server) {
        return MachineHealth::Ending;
    }
    match server.status.as_str() {
        "SHUTOFF" | "SUSPENDED" | "PAUSED" | "SHELVED" | "SHELVED_OFFLOADED" => MachineHealth::Stopped,
        "DELETED" | "SOFT_DELETED" => MachineHealth::Terminated,
        // A server may run on in ERROR: an action on it failed.
        "ERROR" | "UNKNOWN" => MachineHealth::Impaired,
        _ => MachineHealth::Running,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_run_is_told_from_what_may() {
        let of = |status: &str| health(&ServerAnswer { status: status.into(), ..ServerAnswer::default() });
        assert_eq!(of("ACTIVE"), MachineHealth::Running);
        assert_eq!(of("SHUTOFF"), MachineHealth::Stopped);
        assert_eq!(of("DELETED"), MachineHealth::Terminated);
        assert_eq!(of("ERROR"), MachineHealth::Impaired);
        let ending = ServerAnswer { task_state: Some("deleting".into()), status: "ACTIVE".into(), ..ServerAnswer::default() };
        assert_eq!(health(&ending), MachineHealth::Ending);
    }
}
