//! Random work for a random cluster: pods like the existing ones.

use ec2_autoscale_core::duration::Seconds;
use ec2_autoscale_core::snapshot::{
    Gang, GangKind, GangName, Market, Owner, Phase, Pod, Price, PriceSource, Scheduling, Snapshot, UsdPerHour,
};
use ec2_autoscale_core::trace::{Outage, Trace, Work};

use crate::support::dice::Dice;

/// Returns the same cluster, where every type has a price.
pub(super) fn priced(mut snapshot: Snapshot) -> Snapshot {
    let mut prices = Vec::new();
    for group in &snapshot.groups {
        let launched = group.launch_options.iter().map(|option| &option.machine_type);
        for machine_type in launched.chain(group.instances.iter().map(|instance| &instance.machine_type)) {
            prices.push(Price {
                region: group.id.region.clone(),
                machine_type: machine_type.clone(),
                market: Market::OnDemand,
                zone: None,
                usd_per_hour: UsdPerHour::from_micros(100_000 + 1000 * machine_type.len() as u64),
                list_usd_per_hour: None,
                source: PriceSource::Table,
            });
        }
    }
    prices.sort();
    prices.dedup();
    snapshot.prices = Some(prices);
    snapshot
}

/// Returns up to eight kinds of work in three hours, like the pods of the cluster, and two outages.
pub(super) fn random_trace(start: &Snapshot, dice: &mut Dice) -> Trace {
    let patterns: Vec<&Pod> = start.pods.iter().filter(|pod| !pod.is_daemon() && !pod.mirror).collect();
    let mut trace = Trace { pod_specs: start.pod_specs.clone(), ..Trace::default() };
    if patterns.is_empty() {
        return trace;
    }
    for number in 0..3 + dice.below(6) {
        let parallelism = u32::try_from(1 + dice.below(4)).expect("a few");
        let completions = parallelism + u32::try_from(dice.below(4)).expect("a few");
        let is_service = dice.once_in(3);
        let pattern = patterns[dice.below(patterns.len())];
        trace.work.push(Work {
            at: Seconds(dice.below(3 * 3600) as u64),
            pod: pod_of(pattern, number, is_service, dice),
            parallelism,
            completions: if is_service { parallelism } else { completions },
            duration: (!is_service).then(|| Seconds(60 + dice.below(3000) as u64)),
            until: None,
        });
    }
    trace.work.sort_by_key(|work| work.at);
    for _ in 0..2 {
        let group = &start.groups[dice.below(start.groups.len())];
        let from = dice.below(3 * 3600) as u64;
        trace.outages.push(Outage {
            region: dice.once_in(2).then(|| group.id.region.clone()),
            group: dice.once_in(2).then(|| group.id.name.clone()),
            zone: dice.once_in(2).then(|| dice.pick(&group.zones)),
            from: Seconds(from),
            until: Seconds(from + 600 + dice.below(5000) as u64),
        });
    }
    trace
}

/// Makes some of the work that ends gangs, of which all pods start together.
pub(super) fn with_gangs(mut trace: Trace, seed: u64) -> Trace {
    let mut dice = Dice::new(seed.wrapping_mul(31));
    let kinds = [GangKind::PodGroup, GangKind::PodGroup, GangKind::Kueue, GangKind::IndexedJob];
    for work in trace.work.iter_mut().filter(|work| work.duration.is_some() && work.parallelism > 1) {
        if dice.once_in(2) {
            continue;
        }
        let id = GangName { kind: dice.pick(&kinds), name: work.pod.name.clone() };
        work.completions = work.parallelism;
        work.pod.gang = Some(Box::new(id.clone()));
        trace.gangs.push(Gang {
            namespace: work.pod.namespace.clone(),
            id,
            min: work.parallelism,
            same: dice.once_in(3).then(|| "topology.kubernetes.io/zone".to_owned()),
            total: None,
            priority: None,
            created_at: work.pod.created_at,
        });
    }
    trace
}

fn pod_of(pattern: &Pod, number: usize, is_service: bool, dice: &mut Dice) -> Pod {
    let kind = if is_service { dice.pick(&["ReplicaSet", "StatefulSet"]) } else { "Job" };
    let name = format!("w{number}");
    let api_version = if is_service { "apps/v1" } else { "batch/v1" };
    let owner =
        Owner { kind: kind.into(), api_version: api_version.into(), name: name.as_str().into(), uid: name.as_str().into() };
    Pod {
        name: name.into(),
        owner: (!dice.once_in(6)).then_some(owner.into()),
        phase: Phase::Pending,
        scheduling: Scheduling::Unseen,
        node: None,
        nominated_node: None,
        deletion_deadline: None,
        volumes: Vec::new(),
        resource_claims: Vec::new(),
        ..pattern.clone()
    }
}
