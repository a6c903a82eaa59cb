//! Machines that are to end, on a proof that the test holds in place of a second look.

use ec2_autoscale::cloud::{ChangeAnswer, Cloud, Removal, RemovalAnswer, Share};
use ec2_autoscale::snapshot::GroupId;

/// One machine that is to end.
#[derive(Clone)]
pub(super) struct Victim {
    machine: String,
    share: Share,
    is_fresh: bool,
}

impl Victim {
    /// Its share of the group goes with it.
    pub(super) fn leaving(machine: &str) -> Self {
        Self { machine: machine.to_owned(), share: Share::Goes, is_fresh: true }
    }

    /// Another machine is to come in its place.
    pub(super) fn replaced(machine: &str) -> Self {
        Self { share: Share::Stays, ..Self::leaving(machine) }
    }

    /// Too much time has passed since it was looked at.
    pub(super) fn seen_long_ago(machine: &str) -> Self {
        Self { is_fresh: false, ..Self::leaving(machine) }
    }
}

impl Removal for Victim {
    fn instance(&self) -> &str {
        &self.machine
    }

    fn share(&self) -> Share {
        self.share
    }

    fn is_fresh(&self) -> bool {
        self.is_fresh
    }
}

/// Has one machine end.
pub(super) async fn remove(cloud: &Cloud, group: &GroupId, victim: Victim) -> RemovalAnswer {
    cloud.remove(group, victim).await
}

/// Has machines end as a run does: together where the cloud wants that, else one after the other.
/// Returns the first answer that is no acceptance.
pub(super) async fn remove_all(cloud: &Cloud, group: &GroupId, machines: &[String]) -> RemovalAnswer {
    let victims: Vec<Victim> = machines.iter().map(|machine| Victim::leaving(machine)).collect();
    if cloud.removes_together() {
        return cloud.remove_together(group, victims).await;
    }
    for victim in victims {
        let answer = remove(cloud, group, victim).await;
        if answer != accepted() {
            return answer;
        }
    }
    accepted()
}

/// Returns the answer to a request that was accepted.
pub(super) fn accepted() -> RemovalAnswer {
    RemovalAnswer::Answered(ChangeAnswer::Accepted)
}
