//! What nodes look like that are not there yet: from the published template and the labels every node gets.

use ec2_autoscale::policy::Policy;
use ec2_autoscale::snapshot::{Group, GroupId, Labels, Resources, Snapshot, Taint};

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
pub(crate) fn shapes(snapshot: &Snapshot, _policy: &Policy, group: &GroupId, template: &TemplateEntry) -> Vec<Shape> {
    let known = snapshot.groups.iter().find(|known| known.id == *group).expect("the plan speaks of groups that are there");
    let mut shapes = Vec::new();
    for machine_type in &template.machine_types {
        for zone in &template.zones {
            shapes.push(Shape {
                zone: zone.clone(),
                labels: labels(snapshot, known, machine_type, zone),
                taints: template.taints.clone(),
                allocatable: template.allocatable.clone(),
                csi_limits: csi_limits(snapshot, known),
            });
        }
    }
    shapes
}

fn labels(snapshot: &Snapshot, group: &Group, machine_type: &str, zone: &str) -> Labels {
    let mut labels = Labels::new();
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

/// For each driver the least that a node of the group takes.
fn csi_limits(snapshot: &Snapshot, group: &Group) -> Vec<(String, i64)> {
    let is_member = |id: Option<&str>| id.is_some_and(|id| group.instances.iter().any(|instance| instance.id == id));
    let mut limits: Vec<(String, i64)> = Vec::new();
    for node in snapshot.nodes.iter().filter(|node| node.is_ready() && is_member(node.instance_id())) {
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
