//! What nodes look like that are not there yet: from the published template and the labels every node gets.

use ec2_autoscale::policy::Policy;
use ec2_autoscale::snapshot::{Group, GroupId, Labels, Node, Resources, Snapshot, Taint};

use super::published::TemplateEntry;

/// One way a new node of a group may turn out.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) zone: String,
    pub(crate) labels: Labels,
    pub(crate) taints: Vec<Taint>,
    pub(crate) allocatable: Resources,
    pub(crate) csi_limits: Vec<(String, i64)>,
}

/// Every way a new node of a group may turn out: one for each zone and machine type.
pub(crate) fn shapes(snapshot: &Snapshot, policy: &Policy, group: &GroupId, template: &TemplateEntry) -> Vec<Shape> {
    let known = snapshot.groups.iter().find(|known| known.id == *group).expect("the plan speaks of groups that are there");
    let mut shapes = Vec::new();
    for machine_type in &template.machine_types {
        for zone in &template.zones {
            shapes.push(Shape {
                zone: zone.clone(),
                labels: labels(snapshot, policy, known, machine_type, zone),
                taints: template.taints.clone(),
                allocatable: template.allocatable.clone(),
                csi_limits: if std::env::var("CSI").is_ok() { csi_limits(snapshot, policy, known) } else { vec![] },
            });
        }
    }
    shapes
}

fn labels(snapshot: &Snapshot, policy: &Policy, group: &Group, machine_type: &str, zone: &str) -> Labels {
    let mut labels = common_labels(&siblings(snapshot, policy, group, Some(machine_type)));
    let mut say = |key: &str, value: &str| labels.insert(key.to_owned(), value.to_owned());
    let machine = |name: &str| {
        let known = snapshot.machine_types.iter();
        known.clone().find(|machine| machine.region == group.id.region && machine.name == name)
    };
    for (stable, beta, value) in [
        ("kubernetes.io/os", "beta.kubernetes.io/os", "linux"),
        ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type", machine_type),
        ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone", zone),
        ("topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region", group.id.region.as_str()),
    ] {
        say(stable, value);
        say(beta, value);
    }
    say("topology.ebs.csi.aws.com/zone", zone);
    if let Some(machine) = machine(machine_type) {
        say("kubernetes.io/arch", machine.architecture.label());
        say("beta.kubernetes.io/arch", machine.architecture.label());
    }
    labels.extend(group.tags.labels.clone());
    labels
}

/// The nodes of a group that are what they will be, of one machine type if given.
fn siblings<'a>(snapshot: &'a Snapshot, policy: &Policy, group: &Group, machine_type: Option<&str>) -> Vec<&'a Node> {
    let of_group = |node: &&Node| {
        let mut members = group.instances.iter().filter(|instance| instance.lifecycle.is_live());
        members.any(|instance| {
            node.instance_id() == Some(instance.id.as_str()) && machine_type.is_none_or(|name| name == instance.machine_type)
        })
    };
    let is_settled = |node: &&Node| node.is_ready() && !node.taints.iter().any(|taint| policy.is_startup_taint(taint));
    snapshot.nodes.iter().filter(of_group).filter(is_settled).collect()
}

/// Labels that all of them have, but those that tell one from the other.
fn common_labels(siblings: &[&Node]) -> Labels {
    let Some(first) = siblings.first() else { return Labels::new() };
    let mut labels = first.labels.clone();
    labels.retain(|key, value| {
        let own = ["kubernetes.io/hostname", "topology.k8s.aws/zone-id"].contains(&key.as_str());
        !own && siblings.iter().all(|node| node.labels.get(key) == Some(value))
    });
    labels
}

/// For each driver the least that a node of the group takes.
fn csi_limits(snapshot: &Snapshot, policy: &Policy, group: &Group) -> Vec<(String, i64)> {
    let mut limits: Vec<(String, i64)> = Vec::new();
    for node in siblings(snapshot, policy, group, None) {
        for csi in snapshot.csi_nodes.iter().filter(|csi| csi.name == node.name) {
            for (driver, most) in &csi.limits {
                let most = i64::from(*most);
                match limits.iter_mut().find(|(known, _)| known == driver) {
                    Some((_, least)) => *least = most.min(*least),
                    None => limits.push((driver.clone(), most)),
                }
            }
        }
    }
    limits
}
