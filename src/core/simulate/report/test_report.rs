//! Small histories for tests.

use super::Report;
use crate::duration::Seconds;
use crate::policy::Policy;
use crate::simulate::{Departure, GroupCost, History, InstanceStory, PodStory, Settings, WaitCause, WaitPart, WorldSample};
use crate::snapshot::{CPU, GroupId, MEMORY, ObjectName, Resources, UsdPerHour};

/// Returns the history of one group in which nothing happened.
pub(crate) fn history() -> History {
    History {
        held_for_buffers: None,
        started_at: "2026-11-22T00:00:00Z".parse().expect("a timestamp"),
        lasted: Seconds(0),
        is_whole: true,
        groups: vec![group("us-west-2", "cpu")],
        pods: Vec::new(),
        gangs: Vec::new(),
        instances: Vec::new(),
        samples: Vec::new(),
        failed_launches: vec![0],
        failures: Vec::new(),
        held_back: std::collections::BTreeMap::new(),
        outages: Vec::new(),
        runs: 0,
    }
}

pub(crate) fn group(region: &str, name: &str) -> GroupId {
    GroupId { region: region.to_owned(), name: name.to_owned() }
}

/// Returns the state of a world of one group.
pub(crate) fn at(at: u64, nodes: u32, waiting: u32, micros: u64) -> WorldSample {
    let rate = UsdPerHour::from_micros(micros);
    WorldSample {
        at: Seconds(at),
        nodes: vec![nodes],
        starting: vec![0],
        waiting,
        running: 0,
        rate,
        costs: [cost(micros)].into(),
    }
}

/// Returns what a group costs of whose instances half are idle.
fn cost(micros: u64) -> GroupCost {
    GroupCost { rate: UsdPerHour::from_micros(micros), idle_rate: UsdPerHour::from_micros(micros / 2) }
}

/// Returns a pod that waited, and ran until the given time.
pub(crate) fn pod(came_at: u64, waited: u64, ended_at: Option<u64>) -> PodStory {
    PodStory {
        pod: ObjectName { namespace: "batch".into(), name: format!("p-{came_at}").into() },
        came_at: Seconds(came_at),
        first_bound_at: Some(Seconds(came_at + waited)),
        waited: Seconds(waited),
        wait_parts: vec![WaitPart { cause: WaitCause::Boot, time: Seconds(waited), ruling: None }],
        ended_at: ended_at.map(Seconds),
        evictions: 0,
        losses: 0,
        sat: Seconds(0),
        lost_work: Seconds(0),
        group: Some(0),
    }
}

/// Returns an on-demand instance of the first group with 4 cores and 8 GiB.
pub(crate) fn instance(launched_at: u64, ended: Option<u64>, busy: u64, price: Option<&str>) -> InstanceStory {
    InstanceStory {
        id: format!("i-{launched_at}"),
        group: 0,
        zone: "us-west-2a".into(),
        machine_type: "m5.xlarge".into(),
        spot: false,
        reserved: false,
        worth: None,
        price: price.map(|price| price.parse().expect("a price")),
        launched_at: Seconds(launched_at),
        ready_at: Some(Seconds(launched_at)),
        ended: ended.map(|at| (Seconds(at), Departure::ScaledIn)),
        offers: [(CPU, 4000), (MEMORY, 8 << 30)].into_iter().collect(),
        for_torn_gangs: Seconds(0),
        busy: Seconds(busy),
        used: Resources::default(),
    }
}

/// Returns two hours: an instance at $0.36 for all of them, busy for one; a spot instance at $0.12
/// from 1800 s to 5400 s, busy for 3000 s.
pub(crate) fn two_hours() -> History {
    let mut history = history();
    history.lasted = Seconds(7200);
    history.groups.push(group("us-east-1", "spot"));
    history.failed_launches = vec![1, 2];
    let mut standing = instance(0, None, 3600, Some("0.36"));
    standing.used = [(CPU, 2000 * 3600), (MEMORY, (4 << 30) * 3600)].into_iter().collect();
    let mut spot = instance(1800, Some(5400), 3000, Some("0.12"));
    (spot.group, spot.spot) = (1, true);
    spot.ended = Some((Seconds(5400), Departure::Interrupted));
    spot.offers.set("nvidia.com/gpu", 2);
    spot.used = [(CPU, 4000 * 3000), ("nvidia.com/gpu", 3000)].into_iter().collect();
    history.instances = vec![standing, spot];
    history.pods = vec![pod(60, 30, Some(3000)), pod(600, 300, Some(6600)), pod(1200, 90, None)];
    history.pods[1].group = Some(1);
    (history.pods[1].losses, history.pods[1].lost_work) = (1, Seconds(500));
    (history.pods[2].first_bound_at, history.pods[2].group) = (None, None);
    for (at, nodes, waiting) in [(0, [1, 0], 0), (60, [1, 0], 1), (1800, [1, 1], 2), (5400, [1, 0], 1)] {
        let mut sample = self::at(at, 0, waiting, if at == 1800 { 480_000 } else { 360_000 });
        (sample.nodes, sample.starting) = (nodes.to_vec(), vec![0, 0]);
        sample.costs = [cost(360_000), cost(if at == 1800 { 120_000 } else { 0 })].into();
        history.samples.push(sample);
    }
    history
}

/// Returns the report of those two hours.
pub(crate) fn small_report() -> Report {
    Report::new(&two_hours(), Policy::default(), Settings::default())
}
