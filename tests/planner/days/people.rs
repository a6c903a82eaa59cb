//! People with kubectl: they cordon nodes for a while, and sometimes uncordon one that we cordoned.

use std::collections::BTreeMap;

use ec2_autoscale_core::snapshot::Node;

use super::surprise::Surprise;
use crate::support::dice::Dice;
use crate::support::scenario::World;
use ec2_autoscale_core::well_known::annotations;

#[derive(Default)]
pub(super) struct People {
    /// Nodes that they cordoned, and until when.
    cordons: BTreeMap<String, u32>,
}

impl People {
    pub(super) fn go_on(&mut self, world: &mut World, dice: &mut Dice, minute: u32) -> Vec<Surprise> {
        self.give_back(world, minute);
        let mut surprises = Vec::new();
        if dice.once_in(200) {
            let untouched = |node: &Node| !node.unschedulable && !node.marks.contains_key(annotations::CORDONED_AT);
            if let Some(node) = any(world, dice, untouched) {
                world.node(&node).unschedulable = true;
                self.cordons.insert(node, minute + 5 + u32::try_from(dice.below(90)).expect("a short while"));
                surprises.push(Surprise::Failure);
            }
        }
        if dice.once_in(200)
            && let Some(node) = any(world, dice, |node| node.cordoned_by_us().is_some())
        {
            world.node(&node).unschedulable = false;
        }
        surprises
    }

    /// Uncordons all nodes of theirs in the evening.
    pub(super) fn wind_down(&mut self, world: &mut World, minute: u32) {
        self.cordons.values_mut().for_each(|until| *until = minute);
        self.give_back(world, minute);
    }

    /// Whether a person cordoned the node and has not uncordoned it.
    pub(super) fn keep(&self, node: &str) -> bool {
        self.cordons.contains_key(node)
    }

    fn give_back(&mut self, world: &mut World, minute: u32) {
        self.cordons.retain(|name, _| world.snapshot.nodes.iter().any(|node| node.name == *name));
        let due: Vec<String> =
            self.cordons.iter().filter(|(_, until)| **until <= minute).map(|(name, _)| name.clone()).collect();
        for name in &due {
            world.node(name).unschedulable = false;
            self.cordons.remove(name);
        }
    }
}

fn any(world: &World, dice: &mut Dice, wanted: impl Fn(&Node) -> bool) -> Option<String> {
    let fitting: Vec<&String> = world.snapshot.nodes.iter().filter(|node| wanted(node)).map(|node| &node.name).collect();
    (!fitting.is_empty()).then(|| dice.pick(&fitting).clone())
}
