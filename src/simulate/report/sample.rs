//! Small histories for tests.

use crate::duration::Seconds;
use crate::simulate::{Departure, History, InstanceStory, PodStory, Sample};
use crate::snapshot::{CPU, GroupId, MEMORY, ObjectName, Resources, UsdPerHour};

/// One group in which nothing happened.
pub(crate) fn history() -> History {
    History {
        started_at: "2026-11-22T00:00:00Z".parse().expect("a timestamp"),
        lasted: Seconds(0),
        is_whole: true,
        groups: vec![group("us-west-2", "cpu")],
        pods: Vec::new(),
        instances: Vec::new(),
        samples: Vec::new(),
        failed_launches: vec![0],
        runs: 0,
    }
}

pub(crate) fn group(region: &str, name: &str) -> GroupId {
    GroupId { region: region.to_owned(), name: name.to_owned() }
}

/// How a world of one group stood.
pub(crate) fn at(at: u64, nodes: u32, waiting: u32, micros: u64) -> Sample {
    let rate = UsdPerHour::from_micros(micros);
    Sample { at: Seconds(at), nodes: vec![nodes], starting: vec![0], waiting, running: 0, rate }
}

/// A pod that waited, and ran until then.
pub(crate) fn pod(came_at: u64, waited: u64, ended_at: Option<u64>) -> PodStory {
    PodStory {
        pod: ObjectName { namespace: "batch".into(), name: format!("p-{came_at}").into() },
        came_at: Seconds(came_at),
        first_bound_at: Some(Seconds(came_at + waited)),
        waited: Seconds(waited),
        ended_at: ended_at.map(Seconds),
        evictions: 0,
        losses: 0,
        lost_work: Seconds(0),
        group: Some(0),
    }
}

/// An on-demand instance of the first group with 4 cores and 8 GiB.
pub(crate) fn instance(launched_at: u64, ended: Option<u64>, busy: u64, price: Option<&str>) -> InstanceStory {
    InstanceStory {
        id: format!("i-{launched_at}"),
        group: 0,
        zone: "us-west-2a".into(),
        machine_type: "m5.xlarge".into(),
        spot: false,
        price: price.map(|price| price.parse().expect("a price")),
        launched_at: Seconds(launched_at),
        ready_at: Some(Seconds(launched_at)),
        ended: ended.map(|at| (Seconds(at), Departure::ScaledIn)),
        offers: [(CPU, 4000), (MEMORY, 8 << 30)].into_iter().collect(),
        busy: Seconds(busy),
        used: Resources::default(),
    }
}
