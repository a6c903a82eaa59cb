//! Which node groups are ours: workers that have a maximum, and those that a flag names.
//!
//! Cluster Autoscaler's `--node-group-auto-discovery magnum:role=worker` finds the same ones.

use crate::cloud::group_tags::tags::Tags;
use crate::cloud::magnum::api::{ClusterAnswer, NodeGroupAnswer, StackLabels};
use crate::snapshot::{GroupTag, Membership, NamedGroup, Rejection};

/// The role of groups of workers where nobody chose another.
const WORKER: &str = "worker";
/// The role that Magnum itself resizes no group of.
const MASTER: &str = "master";
/// The label that puts another autoscaler in charge: one in the cluster, or one beside it.
const AUTO_SCALING: &str = "auto_scaling_enabled";
const ENABLED: &str = "ec2-autoscale/enabled";

/// What makes a group ours, according to the flags.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct GroupWishes {
    pub(crate) group_tags: Vec<GroupTag>,
    pub(crate) named: Vec<NamedGroup>,
}

impl GroupWishes {
    /// Returns the `--group` of that name.
    pub(crate) fn named(&self, name: &str) -> Option<&NamedGroup> {
        self.named.iter().find(|named| named.name == name)
    }

    /// Decides whether a group is managed, and by which rule, or why not.
    pub(crate) fn judge(&self, cluster: &ClusterAnswer, group: &NodeGroupAnswer) -> Result<Membership, Rejection> {
        let role = group.role.as_deref().unwrap_or_default();
        let other_role = || Rejection::OtherRole { role: format!("role={role}") };
        if role == MASTER {
            return Err(other_role());
        }
        // The label may stand at the cluster alone, and its Lease in a cluster that we never see.
        if [&cluster.labels, &group.labels].iter().any(|labels| labels.is_on(AUTO_SCALING)) {
            return Err(Rejection::OtherAutoscaler { label: format!("{AUTO_SCALING}=true") });
        }
        let membership = self.membership(group, role).ok_or_else(other_role)?;
        if is_opted_out(&group.labels) {
            return Err(Rejection::OptedOut);
        }
        let named_max = self.named(&group.name).and_then(|named| named.max);
        match group.max_node_count.or(named_max) {
            Some(_) => Ok(membership),
            None => Err(Rejection::NoMaximum),
        }
    }

    fn membership(&self, group: &NodeGroupAnswer, role: &str) -> Option<Membership> {
        let facts = tags_of(group);
        let has =
            |tag: &GroupTag| facts.get(&tag.key).is_some_and(|found| tag.value.as_ref().is_none_or(|value| value == found));
        if role == WORKER {
            Some(Membership::RoleAndMaximum)
        } else if !self.group_tags.is_empty() && self.group_tags.iter().all(has) {
            Some(Membership::GroupTag)
        } else if self.named(&group.name).is_some() {
            Some(Membership::Named)
        } else {
            None
        }
    }
}

/// Returns what `--group-tag` is compared with: the labels of the group, and its role.
fn tags_of(group: &NodeGroupAnswer) -> Tags {
    let role = group.role.clone().map(|role| ("role".to_owned(), role));
    group.labels.0.clone().into_iter().chain(role).collect()
}

fn is_opted_out(labels: &StackLabels) -> bool {
    labels.get(ENABLED).is_some_and(|value| value.trim().eq_ignore_ascii_case("false"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> StackLabels {
        StackLabels(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }

    fn group(name: &str, role: &str, max: Option<i64>) -> NodeGroupAnswer {
        NodeGroupAnswer { name: name.into(), role: Some(role.into()), max_node_count: max, ..NodeGroupAnswer::default() }
    }

    fn judge(flags: &[&str], group: &NodeGroupAnswer) -> Result<Membership, Rejection> {
        let named = flags.iter().map(|flag| flag.parse().expect("a group")).collect();
        GroupWishes { group_tags: Vec::new(), named }.judge(&ClusterAnswer::default(), group)
    }

    #[test]
    fn a_worker_with_a_maximum_is_ours() {
        assert_eq!(judge(&[], &group("a", "worker", Some(5))), Ok(Membership::RoleAndMaximum));
        assert_eq!(judge(&[], &group("a", "worker", None)), Err(Rejection::NoMaximum));
        assert_eq!(judge(&["a"], &group("a", "worker", None)), Err(Rejection::NoMaximum));
        assert_eq!(judge(&["a:0:9"], &group("a", "worker", None)), Ok(Membership::RoleAndMaximum));
    }

    #[test]
    fn other_roles_are_ours_by_name_or_by_tag_and_masters_never() {
        let other = |role: &str| Err(Rejection::OtherRole { role: format!("role={role}") });
        assert_eq!(judge(&[], &group("a", "gpu", Some(5))), other("gpu"));
        assert_eq!(judge(&["a"], &group("a", "gpu", Some(5))), Ok(Membership::Named));
        assert_eq!(judge(&["a:0:9"], &group("a", "master", Some(5))), other("master"));
        let wishes = GroupWishes { group_tags: vec!["role=gpu".parse().expect("a tag")], named: Vec::new() };
        assert_eq!(wishes.judge(&ClusterAnswer::default(), &group("a", "gpu", Some(5))), Ok(Membership::GroupTag));
        assert_eq!(wishes.judge(&ClusterAnswer::default(), &group("a", "db", Some(5))), other("db"));
    }

    #[test]
    fn what_another_autoscaler_manages_is_left_alone_also_where_it_is_named() {
        let on = labels(&[("auto_scaling_enabled", "True")]);
        let wishes = GroupWishes { group_tags: Vec::new(), named: vec!["a:0:9".parse().expect("a group")] };
        let rejection = Err(Rejection::OtherAutoscaler { label: "auto_scaling_enabled=true".into() });
        let cluster = ClusterAnswer { labels: on.clone(), ..ClusterAnswer::default() };
        assert_eq!(wishes.judge(&cluster, &group("a", "worker", Some(5))), rejection);
        let own = NodeGroupAnswer { labels: on, ..group("a", "worker", Some(5)) };
        assert_eq!(wishes.judge(&ClusterAnswer::default(), &own), rejection);
    }

    #[test]
    fn a_label_takes_a_group_out() {
        let out = NodeGroupAnswer { labels: labels(&[("ec2-autoscale/enabled", "False")]), ..group("a", "worker", Some(5)) };
        assert_eq!(judge(&[], &out), Err(Rejection::OptedOut));
    }
}
