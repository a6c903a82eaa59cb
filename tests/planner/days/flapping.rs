//! Flapping: a node is removed, and soon one of the same shape is bought.
//!
//! The strict rule would be that nothing of the shape is bought within `--idle-threshold` of a
//! removal. A planner without foresight cannot keep it when work arrives in between: the removed
//! node would have been needed. So it may buy as many nodes of the shape as there were
//! unforeseeable events since the removal: each pod that came from outside and that the shape
//! admits, and each failure. One pod may be the reason for one node and no more: it needs that
//! node, or took the place on which another had counted. A pod that we evicted did not come from
//! outside: the planner should have foreseen whatever it takes.
//!
//! One case is left open, since the planner does not foresee it today: a drain is proven by places
//! that the planner finds, and the scheduler finds others. Where the scheduler spreads small pods
//! over the room of a larger one, that one finds no place. So each pod that we evicted lately is
//! the reason for one node, too; how often that is needed is counted, and is seldom (in four of the
//! first sixty seeds once, and twice in the twenty that are simulated here).
//!
//! In the quiet stretches of a day, and in its evening, nothing arrives: then every such purchase
//! but that one is a fault.

use ec2_autoscale_core::plan::{Action, Plan};
use ec2_autoscale_core::snapshot::{Group, GroupId, Labels, PodSpec, Resources, Snapshot, SpecId, Taint};

use super::scheduler::{is_admitted, is_within, requests};
use super::surprise::Surprise;

#[derive(Default)]
pub(super) struct Flapping {
    removals: Vec<Removal>,
    surprises: Vec<(u32, Surprise)>,
    /// The specifications of pods that we evicted, each with the minute.
    evicted: Vec<(u32, SpecId)>,
    /// Purchases that only the open case explains.
    pub(super) excused: u32,
}

/// A removed node, and how many of its shape were bought since.
struct Removal {
    minute: u32,
    node: String,
    shape: Shape,
    bought: u32,
}

/// The properties that make new nodes interchangeable.
#[derive(Clone, PartialEq)]
struct Shape {
    machine_type: Option<String>,
    labels: Labels,
    taints: Vec<Taint>,
    offer: Resources,
}

impl Shape {
    fn of(group: &Group) -> Self {
        Self {
            machine_type: group.launch_options.first().map(|option| option.machine_type.clone()),
            labels: group.tags.labels.clone(),
            taints: group.tags.taints.clone(),
            offer: group.tags.resources.clone(),
        }
    }

    fn admits(&self, spec: &PodSpec) -> bool {
        is_admitted(spec, &self.labels, &self.taints) && is_within(&requests(spec), &self.offer)
    }
}

impl Flapping {
    pub(super) fn hear_of(&mut self, surprises: Vec<Surprise>, minute: u32) {
        self.surprises.extend(surprises.into_iter().map(|surprise| (minute, surprise)));
    }

    /// Checks the purchases of a plan against the removals before it, and remembers its own
    /// removals.
    pub(super) fn judge(&mut self, plan: &Plan, snapshot: &Snapshot, minute: u32) {
        let window = u32::try_from(plan.policy.idle_threshold.0 / 60).expect("a short while");
        self.removals.retain(|removal| removal.minute + window >= minute);
        self.surprises.retain(|(at, _)| at + window >= minute);
        self.evicted.retain(|(at, _)| at + window >= minute);
        for action in &plan.actions {
            match action {
                Action::SetDesired { group, nodes, .. } | Action::Launch { group, nodes, .. } => {
                    self.bought(&shape_of(group, snapshot), *nodes, snapshot);
                }
                Action::Terminate { node, group, .. } => {
                    let (node, shape) = (node.name.clone(), shape_of(group, snapshot));
                    self.removals.push(Removal { minute, node, shape, bought: 0 });
                }
                Action::Evict { pods, .. } => {
                    let spec = |uid: &str| snapshot.pods.iter().find(|pod| pod.uid == uid).expect("the plan names a pod").spec;
                    self.evicted.extend(pods.iter().map(|eviction| (minute, spec(&eviction.uid))));
                }
                _ => {}
            }
        }
    }

    fn bought(&mut self, shape: &Shape, nodes: u32, snapshot: &Snapshot) {
        let evicted = self.evicted.iter().filter(|(_, spec)| shape.admits(&snapshot.pod_specs[spec])).count();
        for removal in self.removals.iter_mut().filter(|removal| removal.shape == *shape) {
            removal.bought += nodes;
            let counts = |surprise: &Surprise| match surprise {
                Surprise::Pod(spec) => shape.admits(&snapshot.pod_specs[spec]),
                Surprise::Failure => true,
            };
            let unforeseen = self.surprises.iter().filter(|(at, surprise)| *at > removal.minute && counts(surprise)).count();
            let Removal { minute, node, bought, .. } = removal;
            self.excused += u32::from(usize::try_from(*bought).is_ok_and(|bought| bought > unforeseen));
            assert!(
                usize::try_from(*bought).is_ok_and(|bought| bought <= unforeseen + evicted),
                "flapping: {node} went in minute {minute}, and {bought} of its shape were bought since, \
                 for {unforeseen} surprises and {evicted} pods that were evicted"
            );
        }
    }
}

fn shape_of(id: &GroupId, snapshot: &Snapshot) -> Shape {
    Shape::of(snapshot.groups.iter().find(|group| group.id == *id).expect("the plan names a group"))
}
