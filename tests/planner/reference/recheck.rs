//! Puts the placements of a plan into its cluster one by one, in the planner's order, and runs
//! every filter each time.

use std::collections::BTreeMap;

use ec2_autoscale_core::plan::Plan;
use ec2_autoscale_core::policy::Policy;
use ec2_autoscale_core::snapshot::{GroupId, Labels, ObjectName, Snapshot, Taint};

use super::daemons::{add_missing, daemon_pods};
use super::nominated::nominations;
use super::predicates::volume_binding::{Binding, bindings};
use super::predicates::{ask, why_not};
use super::published::{Place, Published, UpcomingNode};
use super::template::{Shape, shapes};
use super::world::{World, WorldNode, WorldPod};

/// Returns the objections of the filters to the placements of a plan.
pub(crate) fn recheck(snapshot: &Snapshot, policy: &Policy, plan: &Plan) -> Vec<String> {
    objections(snapshot, policy, Published::of(plan))
}

/// Returns the same for the content of a plan's file.
pub(crate) fn objections(snapshot: &Snapshot, policy: &Policy, published: Published) -> Vec<String> {
    Stage::carried_out(snapshot, policy, published).wrong
}

/// Filters whose result does not depend on what else is on a node.
const STATIC: [&str; 5] = ["NodeAffinity", "TaintToleration", "NodeResourcesFit", "VolumeBinding", "VolumeZone"];

/// Returns the refusals without a reason: the pod would fit an empty new node of the group in every
/// shape that it may have. Returns also how many refusals were checked.
pub(crate) fn unfounded_refusals(snapshot: &Snapshot, policy: &Policy, plan: &Plan) -> (Vec<String>, usize) {
    let stage = Stage::carried_out(snapshot, policy, Published::of(plan));
    let mut wrong = Vec::new();
    let mut asked = 0;
    for (pod, refusal) in stage.published.misfits() {
        let Some(misfit) = refusal.misfit.as_ref().filter(|misfit| STATIC.contains(&misfit.plugin.as_str())) else { continue };
        asked += 1;
        let pod = stage.pod(pod);
        let says_no = |shape: &Shape| {
            let mut world = stage.world.clone();
            let node = add_node(&mut world, "<empty>", shape, snapshot);
            ask(&misfit.plugin, &world, &stage.world.pods[pod], node).is_some()
        };
        if !stage.shapes(&refusal.group).iter().any(says_no) {
            wrong.push(format!("{} refused {}: {}", refusal.group, stage.world.pods[pod].pod.id(), misfit.plugin));
        }
    }
    (wrong, asked)
}

/// The cluster as the placements change it.
struct Stage<'a> {
    snapshot: &'a Snapshot,
    policy: &'a Policy,
    published: Published,
    /// The possible shapes of new nodes of each group.
    shapes: BTreeMap<GroupId, Vec<Shape>>,
    world: World,
    /// The positions of the upcoming and the new nodes in the world.
    coming: BTreeMap<Place, usize>,
    /// Labels that a node may have instead of its own.
    alternatives: BTreeMap<usize, Vec<Labels>>,
    wrong: Vec<String>,
}

impl<'a> Stage<'a> {
    fn carried_out(snapshot: &'a Snapshot, policy: &'a Policy, published: Published) -> Self {
        let mut stage = Self {
            snapshot,
            policy,
            shapes: published.groups().iter().map(|group| (group.id.clone(), shapes(snapshot, policy, &group.id))).collect(),
            published,
            world: World::of(snapshot, policy),
            coming: BTreeMap::new(),
            alternatives: BTreeMap::new(),
            wrong: Vec::new(),
        };
        stage.place_nominated();
        stage.uncordon();
        stage.add_upcoming();
        for node in 0..stage.world.nodes.len() {
            add_missing(&mut stage.world, node, snapshot);
        }
        let (placements, wrong) = stage.published.placements();
        stage.wrong.extend(wrong);
        for (pod, place) in placements {
            stage.try_placement(&pod, &place);
        }
        stage
    }

    /// Places the pods for which room is being made before all others.
    fn place_nominated(&mut self) {
        let nominations = nominations(&self.world);
        for (pod, node) in self.published.nominated() {
            let known = (self.pod(&pod), self.world.node_named(&node).unwrap_or(usize::MAX));
            if !nominations.contains(&known) {
                self.wrong.push(format!("{pod} is nominated to {node} in vain"));
            }
        }
        for (pod, node) in nominations {
            self.world.pods[pod].node = Some(node);
        }
    }

    fn uncordon(&mut self) {
        for name in self.published.uncordoned() {
            let node = self.world.node_named(name).expect("the plan speaks of nodes that are there");
            let node = &mut self.world.nodes[node];
            node.unschedulable = false;
            node.taints.retain(|taint| taint.key != "node.kubernetes.io/unschedulable");
        }
    }

    fn add_upcoming(&mut self) {
        let mut found: Vec<(GroupId, u32, Option<String>, String)> = Vec::new();
        for group in self.published.groups() {
            for (number, UpcomingNode { node, zone }) in (1..).zip(&group.upcoming_nodes) {
                found.push((group.id.clone(), number, node.clone(), zone.clone()));
            }
        }
        for (group, number, node, zone) in found {
            let node = node.map(|name| self.world.node_named(&name).expect("the plan speaks of nodes that are there"));
            let place = Place::Upcoming(group.clone(), number);
            match node {
                Some(node) => {
                    let in_zone = self.shapes(&group).into_iter().find(|shape| shape.zone == zone);
                    self.grow_up(node, &in_zone.expect("a shape in every zone"));
                    self.coming.insert(place, node);
                }
                None => self.add_coming(place, &group, &zone),
            }
        }
    }

    /// Makes a starting node what its group's nodes are, with the labels that it has.
    fn grow_up(&mut self, node: usize, shape: &Shape) {
        let node = &mut self.world.nodes[node];
        let own = std::mem::replace(&mut node.labels, shape.labels.clone());
        node.labels.extend(own);
        let passes = |taint: &Taint| taint.key.starts_with("node.kubernetes.io/") || self.policy.is_startup_taint(taint);
        node.taints.retain(|taint| !passes(taint));
        node.taints.extend(shape.taints.iter().cloned());
        node.allocatable = shape.allocatable.clone();
    }

    fn add_coming(&mut self, place: Place, group: &GroupId, zone: &str) {
        let mut in_zone = self.shapes(group);
        in_zone.retain(|shape| shape.zone == zone);
        let name = format!("<{place:?}>");
        let first = in_zone.first().unwrap_or_else(|| panic!("{group} launches nothing in {zone}"));
        let node = add_node(&mut self.world, &name, first, self.snapshot);
        let others = in_zone.iter().skip(1).map(|shape| with_hostname(&shape.labels, &name));
        self.alternatives.insert(node, others.collect());
        self.coming.insert(place, node);
    }

    fn shapes(&self, group: &GroupId) -> Vec<Shape> {
        self.shapes.get(group).cloned().unwrap_or_default()
    }

    fn pod(&self, id: &ObjectName) -> usize {
        let found = self.world.pods.iter().position(|pod| pod.pod.id() == *id);
        found.expect("the plan speaks of pods that are there")
    }

    /// Returns the node of a placement. A new one exists from its first pod on.
    fn node_of(&mut self, place: &Place) -> Result<usize, String> {
        if let Some(node) = self.coming.get(place) {
            return Ok(*node);
        }
        match place {
            Place::There(name) if self.published.leaving().contains(&name.as_str()) => Err(format!("{name} is leaving")),
            Place::There(name) if self.is_upcoming(name) => Err(format!("{name} is still starting")),
            Place::There(name) => self.world.node_named(name).ok_or_else(|| format!("there is no node {name}")),
            Place::Upcoming(group, number) => Err(format!("{group} has no upcoming node {number}")),
            Place::New(group, number) => {
                let position = usize::try_from(*number).expect("a small number");
                let new_nodes = &self.published.group(group).new_nodes;
                let node = position.checked_sub(1).and_then(|position| new_nodes.get(position));
                let zone = node.ok_or_else(|| format!("{group} has no new node {number}"))?.zone.clone();
                self.add_coming(place.clone(), group, &zone);
                Ok(self.coming[place])
            }
        }
    }

    fn is_upcoming(&self, name: &str) -> bool {
        self.coming.values().any(|node| self.world.nodes[*node].name == name)
    }

    fn try_placement(&mut self, id: &ObjectName, place: &Place) {
        let pod = self.pod(id);
        let node = match self.node_of(place) {
            Ok(node) => node,
            Err(problem) => return self.wrong.push(format!("{id} on {place:?}: {problem}")),
        };
        if self.world.pods[pod].node.is_some() {
            return self.wrong.push(format!("{id} on {place:?}: it has a node"));
        }
        let why = self.first_objection(&self.world.pods[pod], node);
        self.wrong.extend(why.map(|(plugin, why)| format!("{id} on {place:?}: {plugin}: {why}")));
        bind(&mut self.world, pod, node);
    }

    /// Returns the first objection of the filters to a pod on a node, in any shape that the node
    /// may have.
    fn first_objection(&self, pod: &WorldPod, node: usize) -> Option<(&'static str, String)> {
        why_not(&self.world, pod, node).or_else(|| {
            self.alternatives.get(&node).into_iter().flatten().find_map(|labels| {
                let mut other = self.world.clone();
                other.nodes[node].labels = labels.clone();
                why_not(&other, pod, node)
            })
        })
    }
}

/// Adds a node that does not exist yet, with the daemons that will run on it.
fn add_node(world: &mut World, name: &str, shape: &Shape, snapshot: &Snapshot) -> usize {
    let node = world.nodes.len();
    world.nodes.push(WorldNode {
        name: name.to_owned(),
        labels: with_hostname(&shape.labels, name),
        taints: shape.taints.clone(),
        unschedulable: false,
        allocatable: shape.allocatable.clone(),
        csi_limits: shape.csi_limits.clone(),
    });
    for daemon in daemon_pods(world, node, snapshot) {
        world.pods.push(daemon);
    }
    node
}

/// Returns the labels with a host name: a node that has no name yet is a host of its own all the
/// same.
fn with_hostname(labels: &Labels, name: &str) -> Labels {
    let mut labels = labels.clone();
    labels.insert("kubernetes.io/hostname".into(), name.into());
    labels
}

/// Puts a pod on a node, and keeps or makes its volumes there, as the scheduler does when it has
/// decided.
pub(crate) fn bind(world: &mut World, pod: usize, node: usize) {
    let bound = bindings(world, &world.pods[pod], node).unwrap_or_default();
    for (claim, binding) in bound {
        match binding {
            Binding::Take(name) => {
                let volume = world.volumes.iter_mut().find(|volume| volume.name == name).expect("it was found before");
                volume.claim = Some(claim);
            }
            Binding::Make => {
                let is_it = |known: &&mut ec2_autoscale_core::snapshot::Claim| {
                    claim.namespace == known.namespace && claim.name == known.name
                };
                let selected = world.nodes[node].name.clone();
                world.claims.iter_mut().find(is_it).expect("it was found before").selected_node = Some(selected);
            }
        }
    }
    world.pods[pod].node = Some(node);
}
