//! The jobs that the simulated week and day share: what they look like and how long they run.

use std::sync::LazyLock;

use ec2_autoscale_core::snapshot::{CPU, MEMORY, Name, ObjectName, Pod, Resources, SpecId, Toleration, TolerationOperator};
use jiff::Timestamp;

use crate::random::Random;
use crate::small_pods::owner;

pub(crate) static NAMESPACE: LazyLock<Name> = LazyLock::new(|| "batch".into());

/// Returns the Monday on which the work begins.
pub(crate) fn started_at() -> Timestamp {
    "2026-11-23T00:00:00Z".parse().expect("a time")
}

/// Returns the seconds that one of them runs: half for minutes, a third for hours, the others up to
/// twelve hours.
pub(crate) fn duration(random: &mut Random) -> usize {
    match random.below(6) {
        0..=2 => 300 + random.below(1_500),
        3 | 4 => 5_400 + random.below(9_000),
        _ => 21_600 + random.below(21_600),
    }
}

/// Returns the pod of a job.
pub(crate) fn pod(number: usize, spec: SpecId) -> Pod {
    let name = format!("job-{number:06}");
    Pod {
        labels: [("app.kubernetes.io/name", "batch")].into(),
        owner: Some(owner("Job", "batch/v1", &name).into()),
        ..Pod::unseen(ObjectName { namespace: NAMESPACE.clone(), name: name.into() }, spec, started_at())
    }
}

/// Returns requests of processors and memory.
pub(crate) fn amounts(millicores: i64, bytes: i64) -> Resources {
    [(CPU, millicores), (MEMORY, bytes)].into_iter().collect()
}

/// Returns what lets a DaemonSet run on every node.
pub(crate) fn tolerates_everything() -> Toleration {
    Toleration { key: None, operator: TolerationOperator::Exists, value: String::new(), effect: None }
}
