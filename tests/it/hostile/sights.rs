//! The view of a run: the truth, an old list, or somebody else's account or cluster.

use ec2_autoscale::snapshot::{Group, Lifecycle, MachineCheck, MachineHealth, Node, Pod, Scheduling, Snapshot};
use jiff::{SignedDuration, Timestamp};

use super::truth::Truth;
use crate::support::scenario::run_on;

/// Whose account and whose cluster the runs look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    Right,
    /// Our cluster, and for so many more runs an account that is not its own.
    OtherAccount(usize),
    /// Our account, and for so many more runs somebody else's cluster.
    OtherCluster(usize),
}

impl Sight {
    /// Returns the sight of the next run. It is not lost while a Node is missing whose pods do not
    /// show whose they are.
    pub(super) fn next(self, truth: &mut Truth) -> Self {
        let is_missing = truth.machines.values().any(|machine| machine.missing.is_some());
        match self {
            Self::OtherAccount(left) if left > 0 => Self::OtherAccount(left - 1),
            Self::OtherCluster(left) if left > 0 => Self::OtherCluster(left - 1),
            Self::Right if truth.dice.once_in(120) && !is_missing => {
                let runs = truth.dice.below(80);
                if truth.dice.once_in(2) { Self::OtherAccount(runs) } else { Self::OtherCluster(runs) }
            }
            Self::Right | Self::OtherAccount(_) | Self::OtherCluster(_) => Self::Right,
        }
    }
}

/// Returns one look at everything, by a machine whose clock is so many seconds ahead.
pub(super) fn seen(truth: &mut Truth, sight: Sight, ahead: i64) -> Snapshot {
    let mut seen = truth.world.snapshot.clone();
    if truth.dice.once_in(4)
        && let Some(earlier) = truth.earlier()
    {
        truth.tally.count("old list");
        match truth.dice.below(4) {
            0 => seen.pods = earlier.pods,
            1 => seen.nodes = earlier.nodes,
            2 => seen.groups = earlier.groups,
            _ => seen.claims = earlier.claims,
        }
    }
    match sight {
        Sight::Right => {}
        Sight::OtherAccount(_) => {
            truth.tally.count("other account");
            seen.groups.clone_from(&truth.others_groups);
        }
        Sight::OtherCluster(_) => {
            truth.tally.count("other cluster");
            (seen.nodes, seen.pods) = others_cluster(&seen);
            seen.instance_notes.clone_from(&truth.others_notes);
            seen.growth_notes.clear();
        }
    }
    seen.machine_checks = machine_checks(truth, sight, &seen);
    seen.clocks.machine = Some(ahead);
    seen
}

/// Returns the health, according to EC2, of the machines behind Nodes that are not Ready, and,
/// where no Ready Node is a member of a group, of those that are.
fn machine_checks(truth: &Truth, sight: Sight, seen: &Snapshot) -> Vec<MachineCheck> {
    let is_member = |node: &Node| {
        let mut instances = seen.groups.iter().flat_map(|group| &group.instances);
        instances.any(|instance| node.instance_id() == Some(instance.id.as_str()))
    };
    let has_members = seen.nodes.iter().any(|node| node.is_ready() && is_member(node));
    let asked = seen.nodes.iter().filter(|node| !node.is_ready() || !has_members);
    let check = |node: &Node| {
        let (zone, id) = node.place_in_cloud()?;
        let machine = truth.machines.get(id).filter(|_| sight == Sight::Right);
        let health = machine.map_or(MachineHealth::NotFound, |machine| machine.health);
        let region = zone.trim_end_matches(char::is_alphabetic).to_owned();
        let group = machine.map(|machine| machine.group.clone());
        let named = node.is_ready().then(|| node.name.clone());
        Some(MachineCheck { instance: id.to_owned(), region, node: named, group, health })
    };
    asked.filter_map(check).collect()
}

/// Returns groups of the same names in another account, full of busy machines.
pub(super) fn others_groups(groups: &[Group]) -> Vec<Group> {
    let mut others = groups.to_vec();
    for (number, group) in others.iter_mut().enumerate() {
        let Some(pattern) = groups[0].instances.first() else { continue };
        group.instances = (0..2)
            .map(|serial| {
                let mut instance = pattern.clone();
                instance.id = format!("i-other{number}{serial}");
                instance.lifecycle = Lifecycle::InService;
                instance.addresses = vec![format!("10.200.{number}.{serial}")];
                instance.zone.clone_from(&group.zones[0]);
                instance
            })
            .collect();
        group.desired = 2;
        group.foreign_cluster = None;
    }
    others
}

/// Returns three Ready nodes with a job each, one that has been silent for long, and a pod that
/// waits.
fn others_cluster(seen: &Snapshot) -> (Vec<Node>, Vec<Pod>) {
    let now = seen.taken_at;
    let long_ago = now - SignedDuration::from_hours(5);
    let Some(pattern) = seen.nodes.first() else { return (Vec::new(), Vec::new()) };
    let nodes = (0..4).map(|serial| others_node(pattern, serial, long_ago)).collect();
    let pods = seen.pods.iter().filter(|pod| !pod.is_daemon()).take(4).cloned().enumerate().map(|(place, mut pod)| {
        (pod.name, pod.uid) = (format!("their-{place}").into(), format!("uid-of-their-{place}").into());
        match place {
            0 => {
                pod.node = None;
                pod.scheduling = Scheduling::Unschedulable { since: long_ago };
            }
            _ => run_on(&mut pod, &format!("their-{place}"), long_ago),
        }
        pod
    });
    (nodes, pods.collect())
}

fn others_node(pattern: &Node, serial: u32, long_ago: Timestamp) -> Node {
    let mut node = pattern.clone();
    node.name = format!("their-{serial}");
    node.uid = format!("uid-of-their-{serial}");
    node.provider_id = Some(format!("aws:///us-west-2a/i-their{serial}"));
    node.addresses = vec![format!("10.201.0.{serial}")];
    node.created_at = long_ago;
    (node.unschedulable, node.marks, node.taints) = (false, ec2_autoscale::snapshot::Labels::new(), Vec::new());
    node.ready.since = Some(long_ago);
    node.ready.status = ec2_autoscale::snapshot::ReadyStatus::True;
    if serial == 3 {
        node.ready.status = ec2_autoscale::snapshot::ReadyStatus::Unknown;
    }
    node
}
