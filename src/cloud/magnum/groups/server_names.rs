//! The names that drivers give to the servers of a group: what shows the group of a server that is
//! not a node yet.

use crate::cloud::magnum::api::{ClusterAnswer, NodeGroupAnswer};
use crate::cloud::magnum::driver::{Driver, SHORT_ID};

/// So many characters of the cluster's name are at least in the name of a stack.
const SHORTEST_BEGINNING: usize = 20;

/// Returns the group that a server's name means; nothing where it could be several ones'.
pub(crate) fn group_of<'a>(
    server_name: &str,
    driver: Driver,
    cluster: &ClusterAnswer,
    groups: &'a [NodeGroupAnswer],
) -> Option<&'a NodeGroupAnswer> {
    match driver {
        Driver::Heat => {
            let mut named = groups.iter().filter(|group| is_of_heat(server_name, cluster, group));
            let only = named.next()?;
            named.next().is_none().then_some(only)
        }
        // `gpu` and `gpu-large` may be two groups: the longest name is the group's.
        Driver::CapiHelm | Driver::ClusterApi => {
            let named = groups.iter().filter(|group| is_of_cluster_api(server_name, cluster, group));
            named.max_by_key(|group| group.name.len())
        }
        Driver::Unknown => None,
    }
}

/// Returns the name of the stack that a server of Heat is in, by its own name.
pub(super) fn stack_of(server_name: &str) -> Option<&str> {
    server_name.rsplit_once("-node-").map(|(stack, _)| stack)
}

/// Whether stacks of two clusters with these names may be called the same but for their ids.
pub(crate) fn may_be_confused(one: &str, other: &str) -> bool {
    let [one, other] = [one, other].map(|name| beginning_of(name, SHORTEST_BEGINNING).replace(['_', '.'], "-"));
    one.eq_ignore_ascii_case(&other)
}

/// Whether a server is `<stack>-node-<number>`. The stack of a default group is called
/// `<cluster, 30>-<id>`, that of another one `<cluster, 20>-<group, 9>-<id>`, with hyphens for
/// underscores and dots (`_create_stack` in `magnum/drivers/heat/driver.py` of Magnum 22.0.0).
fn is_of_heat(server_name: &str, cluster: &ClusterAnswer, group: &NodeGroupAnswer) -> bool {
    let beginning = match group.is_default {
        true => beginning_of(&cluster.name, 30),
        false => format!("{}-{}", beginning_of(&cluster.name, SHORTEST_BEGINNING), beginning_of(&group.name, 9)),
    };
    let beginning = beginning.replace(['_', '.'], "-");
    let Some((stack, number)) = server_name.rsplit_once("-node-") else { return false };
    let id = strip_prefix_in_any_case(stack, &beginning).and_then(|rest| rest.strip_prefix('-'));
    // The masters of the default stack are called otherwise.
    let is_worker = group.role.as_deref() != Some("master");
    is_worker
        && is_number(number)
        && id.is_some_and(|id| id.len() == SHORT_ID && id.bytes().all(|it| it.is_ascii_alphanumeric()))
}

/// Whether a server is `<stack>-<group>-…`.
fn is_of_cluster_api(server_name: &str, cluster: &ClusterAnswer, group: &NodeGroupAnswer) -> bool {
    let stack = group.stack_id.as_deref().or(cluster.stack_id.as_deref()).filter(|stack| !stack.is_empty());
    let Some(stack) = stack else { return false };
    let rest = strip_prefix_in_any_case(server_name, &format!("{stack}-{}-", group.name));
    rest.is_some_and(|rest| !rest.is_empty())
}

fn beginning_of(name: &str, most: usize) -> String {
    name.chars().take(most).collect()
}

fn strip_prefix_in_any_case<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let beginning = text.get(..prefix.len())?;
    beginning.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str, is_default: bool) -> NodeGroupAnswer {
        let role = if name == "default-master" { "master" } else { "worker" };
        NodeGroupAnswer { name: name.into(), is_default, role: Some(role.into()), ..NodeGroupAnswer::default() }
    }

    fn found(server: &str, driver: Driver, stack_id: &str) -> Option<String> {
        let cluster = ClusterAnswer { name: "K8s".into(), stack_id: Some(stack_id.into()), ..ClusterAnswer::default() };
        let groups =
            [group("default-master", true), group("default-worker", true), group("gpu", false), group("gpu-large", false)];
        group_of(server, driver, &cluster, &groups).map(|group| group.name.clone())
    }

    #[test]
    fn heat_numbers_the_servers_of_a_stack() {
        for (server, expected) in [
            ("k8s-a1b2c3d4e5f6-node-0", Some("default-worker")),
            ("k8s-gpu-a1b2c3d4e5f6-node-12", Some("gpu")),
            ("k8s-gpu-large-a1b2c3d4e5f6-node-3", Some("gpu-large")),
            ("k8s-a1b2c3d4e5f6-master-0", None),
            ("k8s-a1b2c3d4e5f6-node-x", None),
            ("k8s-short-node-0", None),
            ("other-a1b2c3d4e5f6-node-0", None),
        ] {
            assert_eq!(found(server, Driver::Heat, "").as_deref(), expected, "{server}");
        }
    }

    #[test]
    fn heat_shortens_names_so_that_one_may_be_two_groups() {
        let cluster = ClusterAnswer { name: "k8s".into(), ..ClusterAnswer::default() };
        let groups = [group("workers-a-east", false), group("workers-a-west", false)];
        assert_eq!(group_of("k8s-workers-a-a1b2c3d4e5f6-node-0", Driver::Heat, &cluster, &groups), None);
    }

    #[test]
    fn heat_writes_hyphens_for_underscores_and_dots() {
        let cluster = ClusterAnswer { name: "my_k8s.1".into(), ..ClusterAnswer::default() };
        let groups = [group("default-worker", true), group("gpu_a", false)];
        for (server, expected) in [("my-k8s-1-a1b2c3d4e5f6-node-0", 0), ("my-k8s-1-gpu-a-a1b2c3d4e5f6-node-0", 1)] {
            assert_eq!(group_of(server, Driver::Heat, &cluster, &groups), Some(&groups[expected]));
        }
    }

    #[test]
    fn names_of_clusters_are_shortened_too() {
        assert!(may_be_confused("k8s", "K8S") && !may_be_confused("k8s", "k8s-2"));
        assert!(may_be_confused("my_k8s.1", "my-k8s-1"));
        assert!(may_be_confused("production-of-the-west-1", "production-of-the-west-2"));
    }

    #[test]
    fn cluster_api_names_the_group_in_full() {
        for driver in [Driver::CapiHelm, Driver::ClusterApi] {
            assert_eq!(found("kube-abcde-gpu-x1y2z-3abcd", driver, "kube-abcde").as_deref(), Some("gpu"));
            assert_eq!(found("kube-abcde-gpu-large-x1y2z-3abcd", driver, "kube-abcde").as_deref(), Some("gpu-large"));
            assert_eq!(found("kube-other-gpu-x1y2z-3abcd", driver, "kube-abcde"), None);
            assert_eq!(found("gpu-x1y2z-3abcd", driver, ""), None);
        }
        assert_eq!(found("kube-abcde-gpu-x1y2z-3abcd", Driver::Unknown, "kube-abcde"), None);
    }
}
