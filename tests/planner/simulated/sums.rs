//! A history has its facts twice, in the stories of pods and instances and in samples over time,
//! and both must agree.

use ec2_autoscale_core::simulate::{GroupCost, History, InstanceStory, WorldSample};
use ec2_autoscale_core::snapshot::{CPU, UsdPerHour};
use ec2_autoscale_core::trace::Trace;

/// Returns what does not add up.
pub(super) fn wrong(history: &History, trace: &Trace) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut same = |what: &str, a: u64, b: u64| {
        if a != b {
            wrong.push(format!("{what}: {a} and {b}"));
        }
    };
    let over_time = |of: &dyn Fn(&WorldSample) -> u64| -> u64 {
        let ends = history.samples.iter().skip(1).map(|next| next.at.0).chain([history.lasted.0]);
        history.samples.iter().zip(ends).map(|(sample, end)| of(sample) * (end - sample.at.0)).sum()
    };
    let until = |machine: &InstanceStory| machine.ended.map_or(history.lasted.0, |(at, _)| at.0);
    let lived = |machine: &InstanceStory| until(machine) - machine.launched_at.0;
    let paid = history.instances.iter().map(|machine| machine.price.map_or(0, UsdPerHour::micros) * lived(machine)).sum();
    same("what was paid", over_time(&|sample| sample.rate.micros()), paid);
    for group in 0..history.groups.len() {
        let price = |machine: &InstanceStory| machine.price.map_or(0, UsdPerHour::micros);
        let mine = || history.instances.iter().filter(|machine| machine.group == group);
        let of_group = |of: &dyn Fn(&GroupCost) -> UsdPerHour| over_time(&|sample| of(&sample.costs[group]).micros());
        same("what a group cost", of_group(&|cost| cost.rate), mine().map(|machine| price(machine) * lived(machine)).sum());
        let idle = mine().map(|machine| price(machine) * (lived(machine) - machine.busy.0)).sum();
        same("what was paid for idle machines", of_group(&|cost| cost.idle_rate), idle);
        let own = || history.instances.iter().filter(|machine| machine.group == group);
        let ready = own().filter_map(|machine| Some(until(machine) - machine.ready_at?.0)).sum();
        same("Ready nodes", over_time(&|sample| u64::from(sample.nodes[group])), ready);
    }
    for pod in &history.pods {
        same("a wait by cause", pod.waited.0, pod.wait_parts.iter().map(|part| part.time.0).sum());
    }
    let failed = history.failures.iter().map(|failure| u64::from(failure.launches)).sum();
    same("failed launches", history.failed_launches.iter().map(|launches| u64::from(*launches)).sum(), failed);
    let waited = history.pods.iter().map(|pod| pod.waited.0).sum();
    same("waiting pods", over_time(&|sample| u64::from(sample.waiting)), waited);
    for (pod, ended_at) in history.pods.iter().filter_map(|pod| Some((pod, pod.ended_at?))) {
        let work = trace.work.iter().find(|work| pod.pod.name.starts_with(&format!("{}-", work.pod.name)));
        let duration = work.and_then(|work| work.duration).expect("what ended has a duration");
        same("a pod's life", ended_at.0 - pod.came_at.0, pod.waited.0 + pod.sat.0 + duration.0 + pod.lost_work.0);
    }
    let ordered = history.samples.windows(2).all(|pair| pair[0].at <= pair[1].at);
    same("samples in order", 1, u64::from(ordered));
    let done = history.pods.iter().filter(|pod| pod.ended_at.is_some()).count();
    let most: u32 = trace.work.iter().filter(|work| work.duration.is_some()).map(|work| work.completions).sum();
    same("no more ends than work", 1, u64::from(done <= most as usize));
    for machine in &history.instances {
        let (life, since) = (lived(machine), machine.ready_at.unwrap_or(machine.launched_at));
        let in_order = machine.launched_at <= since && since.0 <= until(machine) && machine.busy.0 <= life;
        same("an instance's life", 1, u64::from(in_order));
        // No pod was placed on a later machine before the scheduler saw its resources.
        let most = machine.offers.get(CPU).saturating_mul(i64::try_from(life).expect("a short life"));
        let is_new = machine.launched_at.0 > 0;
        same("no more is used than there is", 1, u64::from(!is_new || machine.used.get(CPU) <= most));
    }
    wrong
}
