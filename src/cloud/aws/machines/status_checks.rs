//! The health of the instances whose nodes are not Ready, according to EC2.

use std::collections::BTreeSet;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{InstanceStateName, InstanceStatus, InstanceStatusSummary, SummaryStatus};
use futures::future::join_all;

use crate::snapshot::{Gap, MachineCheck, MachineHealth, MissingFact, Node, Region, is_zone_of};

use super::instances;
use crate::cloud::aws::error::AwsError;
use crate::cloud::aws::sign_in::clients::AwsClients;

const ACTION: &str = "ec2:DescribeInstanceStatus";
/// EC2 takes at most this many ids in one call
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceStatus.html>).
const BATCH: usize = 100;

/// Checks the machine of every node that is not Ready, in the regions that could be read. It makes
/// no call where all nodes are Ready.
pub(crate) async fn check_machines(clients: &AwsClients, regions: &[Region], nodes: &[Node]) -> (Vec<MachineCheck>, Vec<Gap>) {
    let readable = regions.iter().filter(|region| region.unreadable.is_none());
    let asked = readable.map(|region| (region.name.as_str(), silent_instances(nodes, &region.name)));
    let asked = asked.filter(|(_, ids)| !ids.is_empty());
    let answers = join_all(asked.map(|(region, ids)| async move { (region, check_region(clients, region, &ids).await) })).await;
    let (mut checks, mut gaps) = (Vec::new(), Vec::new());
    for (region, (told, error)) in answers {
        checks.extend(told);
        let fact = || MissingFact::MachineChecks { region: region.to_owned() };
        gaps.extend(error.map(|error| Gap { fact: fact(), error: error.to_string() }));
    }
    (checks, gaps)
}

/// Returns the instances of a region whose nodes are not Ready, each once.
fn silent_instances(nodes: &[Node], region: &str) -> Vec<String> {
    let places = nodes.iter().filter(|node| !node.is_ready()).filter_map(Node::place_in_cloud);
    let ids: BTreeSet<&str> = places.filter(|(zone, _)| is_zone_of(zone, region)).map(|(_, id)| id).collect();
    ids.into_iter().map(str::to_owned).collect()
}

async fn check_region(clients: &AwsClients, region: &str, ids: &[String]) -> (Vec<MachineCheck>, Option<AwsError>) {
    match clients.of(region) {
        Ok(clients) => check(&clients.ec2, region, ids).await,
        Err(error) => (Vec::new(), Some(error)),
    }
}

/// Returns the health of one instance at this moment, if EC2 reports it.
///
/// # Errors
/// When it could not be read.
pub(crate) async fn health_of(clients: &AwsClients, region: &str, instance: &str) -> Result<Option<MachineHealth>, AwsError> {
    match check_region(clients, region, &[instance.to_owned()]).await {
        (_, Some(error)) => Err(error),
        (checks, None) => Ok(checks.first().map(|check| check.health)),
    }
}

/// Returns the health of each of these instances, by id. Instances whose health could not be read
/// are missing.
async fn check(client: &Client, region: &str, ids: &[String]) -> (Vec<MachineCheck>, Option<AwsError>) {
    let seen = match instances::describe(client, region, ids).await {
        Ok(seen) => seen,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let is_up = |id: &&String| seen.state(id).is_some_and(|state| of_state(state).is_none());
    let up: Vec<String> = ids.iter().filter(is_up).cloned().collect();
    let (impaired, error) = match impaired(client, region, &up).await {
        Ok(impaired) => (Some(impaired), None),
        Err(error) => (None, Some(error)),
    };
    let health = |id: &String| match seen.state(id) {
        None => Some(MachineHealth::NotFound),
        Some(state) => of_state(state).or_else(|| {
            let is_impaired = impaired.as_ref()?.contains(id);
            Some(if is_impaired { MachineHealth::Impaired } else { MachineHealth::Running })
        }),
    };
    let check = |id: &String| {
        let group = seen.group(id).map(str::to_owned);
        Some(MachineCheck { instance: id.clone(), region: region.to_owned(), node: None, group, health: health(id)? })
    };
    (ids.iter().filter_map(check).collect(), error)
}

/// Returns what the state alone shows; nothing for one that is up, since its status checks show
/// more.
pub(crate) fn of_state(state: &InstanceStateName) -> Option<MachineHealth> {
    match state {
        InstanceStateName::Stopping | InstanceStateName::Stopped => Some(MachineHealth::Stopped),
        InstanceStateName::ShuttingDown => Some(MachineHealth::Ending),
        InstanceStateName::Terminated => Some(MachineHealth::Terminated),
        // Pending, running, and states that EC2 may add one day.
        _ => None,
    }
}

/// Returns the instances of which a status check fails. One that EC2 does not list has had no check
/// yet.
async fn impaired(client: &Client, region: &str, ids: &[String]) -> Result<BTreeSet<String>, AwsError> {
    let mut impaired = BTreeSet::new();
    for batch in ids.chunks(BATCH) {
        let answer = client.describe_instance_status().set_instance_ids(Some(batch.to_vec())).send().await;
        let answer = answer.map_err(|error| AwsError::of(ACTION, region, &error))?;
        let failing = answer.instance_statuses().iter().filter(|status| is_impaired(status));
        impaired.extend(failing.filter_map(|status| status.instance_id.clone()));
    }
    Ok(impaired)
}

fn is_impaired(status: &InstanceStatus) -> bool {
    let fails = |summary: Option<&InstanceStatusSummary>| {
        summary.and_then(|summary| summary.status.as_ref()).is_some_and(|status| *status == SummaryStatus::Impaired)
    };
    fails(status.instance_status()) || fails(status.system_status())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failing_check_is_enough() {
        let summary = |status| InstanceStatusSummary::builder().status(status).build();
        for (machine, below, expected) in [
            (SummaryStatus::Ok, SummaryStatus::Ok, false),
            (SummaryStatus::Impaired, SummaryStatus::Ok, true),
            (SummaryStatus::InsufficientData, SummaryStatus::Impaired, true),
            (SummaryStatus::Initializing, SummaryStatus::InsufficientData, false),
        ] {
            let status =
                InstanceStatus::builder().instance_status(summary(machine.clone())).system_status(summary(below.clone()));
            assert_eq!(is_impaired(&status.build()), expected, "{machine:?} {below:?}");
        }
    }

    #[test]
    fn a_state_is_the_last_word_unless_the_machine_is_up() {
        for (state, expected) in [
            (InstanceStateName::Pending, None),
            (InstanceStateName::Running, None),
            (InstanceStateName::Stopping, Some(MachineHealth::Stopped)),
            (InstanceStateName::Stopped, Some(MachineHealth::Stopped)),
            (InstanceStateName::ShuttingDown, Some(MachineHealth::Ending)),
            (InstanceStateName::Terminated, Some(MachineHealth::Terminated)),
        ] {
            assert_eq!(of_state(&state), expected, "{state:?}");
        }
    }
}
