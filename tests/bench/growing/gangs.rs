//! Gangs of eight pods that wait.

use ec2_autoscale_core::snapshot::{Gang, GangKind, GangName, Snapshot, SpecId};

use super::made::{MIB, add_spec, amounts, bind, cluster_of, empty_cluster, pod, whole};
use crate::small_pods::{now, spec};

/// How many pods start together.
pub(super) const PODS: usize = 8;
/// Of so many gangs in [`few_with_room`] one has room.
pub(super) const ONE_IN: usize = 10;
/// So many nodes have the same value of the label in [`in_blocks`], which is room for five gangs.
const BLOCK: usize = 10;
const BLOCK_LABEL: &str = "example.com/block";

/// Returns gangs of five sizes on a third as many nodes, of which they fill three quarters.
pub(super) fn with_room(gangs: usize) -> Snapshot {
    let mut made = cluster_of(gangs * 640 / 1_875);
    let specs = specs(&mut made, 300);
    for number in 0..gangs {
        add_gang(&mut made, number, specs[number % 5], None);
    }
    made
}

/// Returns gangs of which each needs four new nodes, and room for one in ten of them.
pub(super) fn few_with_room(gangs: usize) -> Snapshot {
    let mut made = empty_cluster();
    made.groups[0].max = 4 * whole(gangs / ONE_IN);
    let specs = specs(&mut made, 7_500);
    for number in 0..gangs {
        add_gang(&mut made, number, specs[number % 5], None);
    }
    made
}

/// Returns gangs that stay together in a block of nodes, of which each has room for five: there is
/// room for all.
pub(super) fn in_blocks(gangs: usize) -> Snapshot {
    let mut made = cluster_of(2 * gangs);
    for (number, node) in made.nodes.iter_mut().enumerate() {
        node.labels.extend([(BLOCK_LABEL.to_owned(), format!("b{:04}", number / BLOCK))]);
    }
    let asked = add_spec(&mut made, spec(amounts(3_900, 256 * MIB)));
    for number in 0..gangs {
        add_gang(&mut made, number, asked, Some(BLOCK_LABEL));
    }
    made
}

/// Returns gangs of which half the pods run, on half as many nodes, with room for the others.
pub(super) fn half_running(gangs: usize) -> Snapshot {
    let mut made = cluster_of(gangs / 2);
    let specs = specs(&mut made, 300);
    let nodes = made.nodes.len();
    for number in 0..gangs {
        let first = made.pods.len();
        add_gang(&mut made, number, specs[number % 5], None);
        for (member, running) in made.pods.split_off(first).into_iter().enumerate() {
            match member < PODS / 2 {
                true => bind(&mut made, running, (number * PODS / 2 + member) % nodes),
                false => made.pods.push(running),
            }
        }
    }
    made
}

/// Adds specifications of five sizes, from so many millicores on.
fn specs(made: &mut Snapshot, least: i64) -> [SpecId; 5] {
    [0, 1, 2, 3, 4].map(|size| add_spec(made, spec(amounts(least + 100 * size, 256 * MIB))))
}

fn add_gang(made: &mut Snapshot, number: usize, asked: SpecId, same: Option<&str>) {
    let id = GangName { kind: GangKind::PodGroup, name: format!("g{number:06}").into() };
    for member in 0..PODS {
        let mut pod = pod(format!("g{number:06}-{member}"), asked, &[]);
        pod.gang = Some(Box::new(id.clone()));
        made.pods.push(pod);
    }
    let min = u32::try_from(PODS).expect("a few");
    let same = same.map(str::to_owned);
    made.gangs.push(Gang { namespace: "batch".into(), id, min, same, total: None, priority: None, created_at: now() });
}
