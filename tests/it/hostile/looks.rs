//! The reads of a step right before it acts, from the truth of that moment; what AWS shows of a
//! group may be a little old.

use ec2_autoscale::apply::proof::{BoundPod, Expected, InstanceNames, PodsNow};
use ec2_autoscale::apply::steady::SteadyTime;
use ec2_autoscale::cloud::{GroupNow, InstanceNow};
use ec2_autoscale::plan::NodeRef;
use ec2_autoscale::snapshot::{Group, GroupId, MachineHealth, Node, Snapshot};

use super::run::Run;
use super::sights::Sight;
use super::truth::Truth;

/// Returns a group as AWS shows it.
pub(super) fn group(run: &Run, truth: &mut Truth, id: &GroupId) -> Option<GroupNow> {
    let earlier = if truth.dice.once_in(6) { truth.earlier() } else { None };
    let groups = match (run.sight, &earlier) {
        (Sight::OtherAccount(_), _) => &truth.others_groups,
        (Sight::Right | Sight::OtherCluster(_), Some(earlier)) => &earlier.groups,
        (Sight::Right | Sight::OtherCluster(_), None) => &truth.world.snapshot.groups,
    };
    groups.iter().find(|group| group.id == *id).map(group_now)
}

fn group_now(group: &Group) -> GroupNow {
    let instance = |instance: &ec2_autoscale::snapshot::Instance| InstanceNow {
        id: instance.id.clone(),
        lifecycle: instance.lifecycle,
        weight: instance.weight.get(),
        protected: instance.protected,
    };
    GroupNow {
        min: group.min,
        max: group.max,
        desired: group.desired,
        cannot: group.cannot.clone(),
        launches_protected: group.launches_protected,
        instances: group.instances.iter().map(instance).collect(),
    }
}

/// Returns the names of an instance according to EC2.
pub(super) fn names(run: &Run, truth: &Truth, id: &str) -> InstanceNames {
    let groups = match run.sight {
        Sight::OtherAccount(_) => &truth.others_groups,
        Sight::Right | Sight::OtherCluster(_) => &truth.world.snapshot.groups,
    };
    let instance = groups.iter().flat_map(|group| &group.instances).find(|instance| instance.id == id);
    let addresses = instance.map(|instance| instance.addresses.clone()).unwrap_or_default();
    InstanceNames { id: id.to_owned(), addresses }
}

/// Returns every Node of the cluster that the run looks at. Of somebody else's it sees what the
/// plan saw.
pub(super) fn nodes(run: &Run, truth: &Truth) -> Vec<Node> {
    match run.sight {
        Sight::OtherCluster(_) => run.seen.nodes.clone(),
        Sight::Right | Sight::OtherAccount(_) => truth.world.snapshot.nodes.clone(),
    }
}

pub(super) fn node(run: &Run, truth: &Truth, node: &NodeRef) -> Option<Node> {
    nodes(run, truth).into_iter().find(|known| known.name == node.name)
}

fn cluster<'t>(run: &'t Run, truth: &'t Truth) -> &'t Snapshot {
    match run.sight {
        Sight::OtherCluster(_) => &run.seen,
        Sight::Right | Sight::OtherAccount(_) => &truth.world.snapshot,
    }
}

/// Returns the pods of a node at this moment.
pub(super) fn pods(run: &Run, truth: &Truth, node: &str) -> PodsNow {
    let snapshot = cluster(run, truth);
    let pods = snapshot.pods.iter().filter(|pod| pod.node.as_deref() == Some(node)).cloned().collect();
    PodsNow { asked_at: truth.steady(), pods, specs: snapshot.pod_specs.clone() }
}

/// Returns every pod that is bound.
pub(super) fn bound(run: &Run, truth: &Truth) -> (Vec<BoundPod>, SteadyTime) {
    let pods = cluster(run, truth).pods.iter();
    let bound = pods.filter_map(|pod| Some(BoundPod { pod: pod.id(), node: pod.node.as_ref()?.to_string() }));
    (bound.collect(), truth.steady())
}

/// Returns the pods that count on a node.
pub(super) fn expected(run: &Run, truth: &Truth, node: &str) -> Expected {
    let snapshot = cluster(run, truth);
    let claims = snapshot.claims.iter().filter(|claim| claim.selected_node.as_deref() == Some(node));
    let claim = |claim: &ec2_autoscale::snapshot::Claim| {
        ec2_autoscale::snapshot::ObjectName::new(claim.namespace.clone(), claim.name.clone())
    };
    let nominated = snapshot.pods.iter().filter(|pod| pod.node.is_none() && pod.nominated_node.as_deref() == Some(node));
    Expected {
        nominated: nominated.map(ec2_autoscale::snapshot::Pod::id).collect(),
        claims: claims.map(claim).collect(),
        users: snapshot.pods.clone(),
    }
}

/// Returns the health of an instance according to EC2.
pub(super) fn health(run: &Run, truth: &Truth, id: &str) -> MachineHealth {
    let machine = truth.machines.get(id).filter(|_| !matches!(run.sight, Sight::OtherAccount(_)));
    machine.map_or(MachineHealth::NotFound, |machine| machine.health)
}
