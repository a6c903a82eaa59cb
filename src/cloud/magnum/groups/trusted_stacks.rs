//! Whose a server of Heat is that is no node yet: in its name is the id of a stack, which no answer
//! of Magnum has. Another cluster of the project may have the same name, and of one that is long
//! gone servers may be left. A request that names such a server makes Heat end one of the group
//! instead, and as capacity it would count although it is not there.

use std::collections::{BTreeMap, BTreeSet};

use super::group_stack::GroupStack;
use super::server_names::stack_of;

/// The stacks whose servers are a group's.
#[derive(Debug, Default)]
pub(crate) struct TrustedStacks {
    /// Those of each group whose name any server has, in lower case; none where it is unclear which
    /// one it is.
    of_groups: BTreeMap<String, BTreeSet<String>>,
    /// Whether another cluster may have stacks with the same name.
    shares_its_name: bool,
}

/// A server whose name means a group.
pub(crate) struct NamedServer<'s> {
    pub(crate) name: &'s str,
    pub(crate) group: &'s str,
    /// Whether it is a node of this cluster and its label states the same group.
    pub(crate) is_node_of_it: bool,
}

impl TrustedStacks {
    /// Finds the stacks: that of a node is the cluster's. Without any it is the only one that there
    /// is, unless other clusters may have the name.
    pub(crate) fn new<'s>(servers: impl Iterator<Item = NamedServer<'s>>, shares_its_name: bool) -> Self {
        let mut found: BTreeMap<&str, [BTreeSet<&str>; 2]> = BTreeMap::new();
        for server in servers {
            let Some(stack) = stack_of(server.name) else { continue };
            found.entry(server.group).or_default()[usize::from(server.is_node_of_it)].insert(stack);
        }
        let trusted = |[named, of_nodes]: &[BTreeSet<&str>; 2]| {
            let trusted = match (of_nodes.is_empty(), named.len()) {
                (false, _) => Some(of_nodes),
                (true, 1) if !shares_its_name => Some(named),
                (true, _) => None,
            };
            trusted.into_iter().flatten().map(|stack| stack.to_lowercase()).collect()
        };
        let of_groups = found.iter().map(|(group, stacks)| ((*group).to_owned(), trusted(stacks))).collect();
        Self { of_groups, shares_its_name }
    }

    /// Adds the stacks that Heat states: each is its group's, and no other is.
    pub(crate) fn with_known(mut self, stacks: &BTreeMap<String, GroupStack>) -> Self {
        self.of_groups.extend(stacks.iter().map(|(group, stack)| (group.clone(), [stack.name().to_lowercase()].into())));
        self
    }

    /// Whether a server whose name means a group is certainly or most likely the group's. Of a
    /// group that had none the first ones are.
    pub(crate) fn contain(&self, group: &str, server_name: &str) -> bool {
        match (self.of_groups.get(group), stack_of(server_name)) {
            (Some(stacks), Some(stack)) => stacks.contains(&stack.to_lowercase()),
            (None, Some(_)) => !self.shares_its_name,
            (_, None) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "k8s-a1b2c3d4e5f6-node-0";
    const OTHERS: &str = "k8s-f6e5d4c3b2a1-node-0";

    fn trusted(servers: &[(&str, bool)], shares_its_name: bool) -> [bool; 2] {
        let named =
            |(name, is_node_of_it): &(&'static str, bool)| NamedServer { name, group: "g", is_node_of_it: *is_node_of_it };
        let servers: Vec<(&'static str, bool)> =
            servers.iter().map(|(name, is_node)| (if *name == OURS { OURS } else { OTHERS }, *is_node)).collect();
        let stacks = TrustedStacks::new(servers.iter().map(named), shares_its_name);
        [OURS, OTHERS].map(|name| stacks.contain("g", name))
    }

    #[test]
    fn the_stack_of_a_node_is_the_cluster_s() {
        assert_eq!(trusted(&[(OURS, true), (OTHERS, false)], false), [true, false]);
        assert_eq!(trusted(&[(OURS, true), (OTHERS, false)], true), [true, false]);
    }

    #[test]
    fn without_a_node_only_a_stack_that_is_the_only_one_is() {
        assert_eq!(trusted(&[(OURS, false)], false), [true, false]);
        assert_eq!(trusted(&[(OURS, false), (OTHERS, false)], false), [false, false]);
        assert_eq!(trusted(&[(OURS, false)], true), [false, false], "it may be another cluster's");
    }

    #[test]
    fn the_first_servers_of_a_group_are_its_unless_another_cluster_has_the_name() {
        assert_eq!(trusted(&[], false), [true, true]);
        assert_eq!(trusted(&[], true), [false, false]);
    }
}
