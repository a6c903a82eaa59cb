//! Which groups are ours: those that a flag names, and those that carry the tags of the cluster.

use std::collections::BTreeSet;

use crate::cloud::group_tags::tags::Tags;
use crate::snapshot::{GroupTag, Membership, NamedGroup, Rejection};
use crate::well_known::tags::{CLUSTER, ROLE, WORKER};

const ROLE_KEYS: [&str; 2] = [ROLE, "Role"];
const ROLES: [&str; 3] = [WORKER, "kubernetes-minion", "minion"];
/// The tag that kops sets on the groups of its nodes, with the value `1`.
const KOPS_NODE_ROLE: &str = "k8s.io/role/node";
/// Roles of groups that nobody wants scaled. The first four are kops's.
const OTHER_ROLES: [&str; 6] = ["master", "control-plane", "apiserver", "bastion", "etcd", "kubernetes-master"];
const KOPS_ROLES: &str = "k8s.io/role/";
const CLUSTER_AUTOSCALER: &str = "k8s.io/cluster-autoscaler/";
const OWNER: &str = "kubernetes.io/cluster/";
const ENABLED: &str = "ec2-autoscale/enabled";

/// What makes a group ours, according to the flags.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Discovery<'a> {
    pub(crate) cluster: &'a str,
    pub(crate) group_tags: &'a [GroupTag],
    pub(crate) named: &'a [NamedGroup],
}

impl Discovery<'_> {
    /// Decides whether a group is managed, and by which rule, or why not.
    pub(crate) fn judge(&self, name: &str, tags: &Tags) -> Result<Membership, Rejection> {
        match self.membership(name, tags) {
            Some(_) if is_opted_out(tags) => Err(Rejection::OptedOut),
            Some(membership) => Ok(membership),
            None => Err(self.rejection(tags)),
        }
    }

    fn membership(&self, name: &str, tags: &Tags) -> Option<Membership> {
        let has =
            |tag: &GroupTag| tags.get(&tag.key).is_some_and(|found| tag.value.as_ref().is_none_or(|value| value == found));
        if self.has_cluster_tag(tags) && has_accepted_role(tags) {
            Some(Membership::ClusterTag)
        } else if self.has_cluster_autoscaler_tags(tags) {
            Some(Membership::ClusterAutoscalerTags)
        } else if !self.group_tags.is_empty() && self.group_tags.iter().all(has) {
            Some(Membership::GroupTag)
        } else if self.named(name).is_some() {
            Some(Membership::Named)
        } else {
            None
        }
    }

    /// Returns the `--group` of that name.
    pub(crate) fn named(&self, name: &str) -> Option<&NamedGroup> {
        self.named.iter().find(|named| named.name == name)
    }

    fn has_cluster_tag(&self, tags: &Tags) -> bool {
        tags.get(CLUSTER).is_some_and(|cluster| cluster == self.cluster)
    }

    /// Whether the group has Cluster Autoscaler's tags. Only the keys count, as in Cluster
    /// Autoscaler.
    fn has_cluster_autoscaler_tags(&self, tags: &Tags) -> bool {
        let has = |name: &str| tags.contains_key(&format!("{CLUSTER_AUTOSCALER}{name}"));
        has("enabled") && has(self.cluster)
    }

    fn rejection(&self, tags: &Tags) -> Rejection {
        if self.has_cluster_tag(tags) {
            let other = other_role(tags).map(|role| Rejection::OtherRole { role });
            return other.unwrap_or_else(|| Rejection::NoRoleTag { found: roles(tags) });
        }
        let own = |cluster: &String| cluster == self.cluster;
        let seen = clusters(tags);
        match seen.iter().next() {
            Some(cluster) if !seen.iter().any(own) => Rejection::OtherCluster { cluster: cluster.clone() },
            _ => Rejection::NoClusterTag,
        }
    }

    /// Returns the other cluster that a `kubernetes.io/cluster/<name>` tag names.
    pub(crate) fn foreign_cluster(&self, tags: &Tags) -> Option<String> {
        tags.keys().filter_map(|key| key.strip_prefix(OWNER)).find(|name| *name != self.cluster).map(str::to_owned)
    }
}

fn has_accepted_role(tags: &Tags) -> bool {
    let has_role = ROLE_KEYS.iter().filter_map(|key| tags.get(*key)).any(|role| ROLES.contains(&role.as_str()));
    has_role || tags.get(KOPS_NODE_ROLE).is_some_and(|value| value == "1")
}

/// Returns a role that is certainly no worker's, as `key=value`.
fn other_role(tags: &Tags) -> Option<String> {
    let by_kops = |(key, value): &(&String, &String)| {
        *value == "1" && key.strip_prefix(KOPS_ROLES).is_some_and(|role| OTHER_ROLES.contains(&role))
    };
    let by_role =
        |(key, value): &(&String, &String)| ROLE_KEYS.contains(&key.as_str()) && OTHER_ROLES.contains(&value.as_str());
    let (key, value) = tags.iter().find(|tag| by_kops(tag) || by_role(tag))?;
    Some(format!("{key}={value}"))
}

/// Returns the tags that state a role, as `key=value`.
fn roles(tags: &Tags) -> Vec<String> {
    let is_role = |key: &str| ROLE_KEYS.contains(&key) || key.starts_with(KOPS_ROLES);
    tags.iter().filter(|(key, _)| is_role(key)).map(|(key, value)| format!("{key}={value}")).collect()
}

fn is_opted_out(tags: &Tags) -> bool {
    tags.get(ENABLED).is_some_and(|value| value.trim().eq_ignore_ascii_case("false"))
}

/// Returns every cluster that a group's tags name.
pub(crate) fn clusters(tags: &Tags) -> BTreeSet<String> {
    tags.iter().filter_map(|(key, value)| cluster_of(key, value)).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn cluster_of<'a>(key: &'a str, value: &'a str) -> Option<&'a str> {
    if key == CLUSTER {
        return Some(value);
    }
    key.strip_prefix(OWNER).or_else(|| {
        let name = key.strip_prefix(CLUSTER_AUTOSCALER)?;
        (name != "enabled" && !name.contains('/')).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn judge(pairs: &[(&str, &str)]) -> Result<Membership, Rejection> {
        Discovery { cluster: "prod", group_tags: &[], named: &[] }.judge("g", &tags(pairs))
    }

    #[test]
    fn the_cluster_tag_needs_one_of_the_roles() {
        for role in [
            ("KubernetesRole", "worker"),
            ("KubernetesRole", "kubernetes-minion"),
            ("Role", "minion"),
            ("Role", "worker"),
            ("k8s.io/role/node", "1"),
        ] {
            assert_eq!(judge(&[("KubernetesCluster", "prod"), role]), Ok(Membership::ClusterTag), "{role:?}");
        }
    }

    #[test]
    fn the_cluster_tag_without_a_role_is_told_what_was_found() {
        let rejected = |found: &[&str]| Err(Rejection::NoRoleTag { found: found.iter().map(ToString::to_string).collect() });
        assert_eq!(judge(&[("KubernetesCluster", "prod")]), rejected(&[]));
        assert_eq!(
            judge(&[("KubernetesCluster", "prod"), ("Role", "workers"), ("k8s.io/role/node", "true"), ("Name", "x")]),
            rejected(&["Role=workers", "k8s.io/role/node=true"])
        );
    }

    #[test]
    fn a_control_plane_is_no_forgotten_worker() {
        for role in [("k8s.io/role/control-plane", "1"), ("k8s.io/role/master", "1"), ("KubernetesRole", "kubernetes-master")] {
            let rejection = judge(&[("KubernetesCluster", "prod"), role]).expect_err("no worker");
            assert_eq!(rejection, Rejection::OtherRole { role: format!("{}={}", role.0, role.1) });
            assert!(!rejection.looks_like_a_mistake());
        }
    }

    #[test]
    fn cluster_autoscaler_needs_both_tags_whatever_their_values() {
        let both = [("k8s.io/cluster-autoscaler/enabled", "TRUE"), ("k8s.io/cluster-autoscaler/prod", "owned")];
        assert_eq!(judge(&both), Ok(Membership::ClusterAutoscalerTags));
        assert_eq!(judge(&both[..1]), Err(Rejection::NoClusterTag));
        assert_eq!(judge(&both[1..]), Err(Rejection::NoClusterTag));
    }

    #[test]
    fn every_group_tag_is_needed() {
        let flags = ["team=ml".parse().expect("a tag"), "autoscale".parse().expect("a tag")];
        let discovery = Discovery { cluster: "prod", group_tags: &flags, named: &[] };
        for (pairs, managed) in [
            (&[("team", "ml"), ("autoscale", "whatever")][..], true),
            (&[("team", "ml")][..], false),
            (&[("team", "web"), ("autoscale", "")][..], false),
        ] {
            let membership = discovery.judge("g", &tags(pairs));
            assert_eq!(membership.is_ok_and(|rule| rule == Membership::GroupTag), managed, "{pairs:?}");
        }
    }

    #[test]
    fn a_name_is_enough_unless_the_group_opts_out() {
        let named = ["g".parse().expect("a name")];
        let discovery = Discovery { cluster: "prod", group_tags: &[], named: &named };
        assert_eq!(discovery.judge("g", &Tags::new()), Ok(Membership::Named));
        assert_eq!(discovery.judge("g2", &Tags::new()), Err(Rejection::NoClusterTag));
        assert_eq!(discovery.judge("g", &tags(&[("ec2-autoscale/enabled", "False")])), Err(Rejection::OptedOut));
        assert_eq!(discovery.judge("g", &tags(&[("ec2-autoscale/enabled", "true")])), Ok(Membership::Named));
    }

    #[test]
    fn a_group_of_another_cluster_is_named_so() {
        let other = Err(Rejection::OtherCluster { cluster: "stage".to_owned() });
        assert_eq!(judge(&[("KubernetesCluster", "stage"), ("Role", "worker")]), other);
        assert_eq!(judge(&[("k8s.io/cluster-autoscaler/stage", ""), ("k8s.io/cluster-autoscaler/enabled", "")]), other);
        assert_eq!(judge(&[("kubernetes.io/cluster/stage", "owned")]), other);
        assert_eq!(judge(&[("kubernetes.io/cluster/prod", "owned")]), Err(Rejection::NoClusterTag));
        assert_eq!(judge(&[]), Err(Rejection::NoClusterTag));
    }

    #[test]
    fn an_owner_tag_of_another_cluster_is_kept_for_the_planner() {
        let discovery = Discovery { cluster: "prod", group_tags: &[], named: &[] };
        let foreign = |pairs| discovery.foreign_cluster(&tags(pairs));
        assert_eq!(foreign(&[("kubernetes.io/cluster/prod", "owned")]), None);
        assert_eq!(foreign(&[("kubernetes.io/cluster/stage", "shared")]).as_deref(), Some("stage"));
    }

    #[test]
    fn node_template_tags_name_no_cluster() {
        let seen = clusters(&tags(&[
            ("KubernetesCluster", "a"),
            ("k8s.io/cluster-autoscaler/b", "owned"),
            ("k8s.io/cluster-autoscaler/enabled", "true"),
            ("k8s.io/cluster-autoscaler/node-template/label/x", "y"),
            ("kubernetes.io/cluster/c", "owned"),
        ]));
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["a", "b", "c"]);
    }

    #[test]
    fn flags_are_read_or_refused_with_the_form_they_have() {
        let named = |text: &str| text.parse::<NamedGroup>();
        assert_eq!(named("p3:0:20"), Ok(NamedGroup { name: "p3".into(), min: Some(0), max: Some(20) }));
        assert_eq!(named("p3"), Ok(NamedGroup { name: "p3".into(), min: None, max: None }));
        assert_eq!(named("p3::5"), Ok(NamedGroup { name: "p3".into(), min: None, max: Some(5) }));
        for text in ["", ":1:2", "p3:1", "p3:5:1", "0:10:p3", "p3:-1:5", "p3:1:2:3"] {
            assert!(named(text).is_err(), "{text:?}");
        }
        let tag = |text: &str| text.parse::<GroupTag>();
        assert_eq!(tag("a=b=c"), Ok(GroupTag { key: "a".into(), value: Some("b=c".into()) }));
        assert!(tag("=x").is_err() && tag("").is_err());
    }
}
