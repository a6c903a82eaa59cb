//! Whether the nodes of the cluster are machines of this account.
//!
//! Where some Ready node is a member of a managed group that was read, that is known. Otherwise a
//! few Ready nodes are looked up: with credentials of another account, or the kubeconfig of another
//! cluster, none of them is found.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use futures::future::join_all;

use crate::snapshot::{Gap, Group, Lifecycle, MachineCheck, MachineHealth, MissingFact, Node, Region, is_zone_of};

use super::instances::{self, AddressKind, Seen};
use super::status_checks::of_state;
use crate::cloud::aws::error::AwsError;
use crate::cloud::aws::sign_in::clients::AwsClients;
use crate::well_known::labels;

/// At most this many nodes are looked up: one that is found is enough, and each region takes three
/// calls for all of them.
const MOST_NODES: usize = 20;

/// One Ready node, and what EC2 may know it by.
#[derive(Debug)]
struct WantedNode<'a> {
    node: &'a Node,
    by: NodeKey<'a>,
}

/// What EC2 may know a node by.
#[derive(Debug, PartialEq, Eq)]
enum NodeKey<'a> {
    /// The id in its provider id.
    Id(&'a str),
    /// Its addresses, where its provider id does not come from EC2.
    Addresses(Vec<IpAddr>),
}

/// Looks up some Ready nodes in the regions that could be read, unless one of them is a member of a
/// group. Each node that is found gives one entry; one that is not found gives one for each region
/// that was searched.
pub(crate) async fn check_belonging(
    clients: &AwsClients,
    regions: &[Region],
    groups: &[Group],
    nodes: &[Node],
) -> (Vec<MachineCheck>, Vec<Gap>) {
    let (mut checks, mut gaps) = (Vec::new(), Vec::new());
    if is_any_a_member(groups, nodes) {
        return (checks, gaps);
    }
    let readable: Vec<&str> =
        regions.iter().filter(|region| region.unreadable.is_none()).map(|region| region.name.as_str()).collect();
    let wanted = wanted(&readable, nodes);
    let asked = readable.iter().filter(|region| wanted.iter().any(|it| it.may_be_in(region)));
    let wanted = &wanted;
    let answers = join_all(asked.map(|region| async move { (*region, look_up(clients, region, wanted).await) })).await;
    let mut seen = BTreeMap::new();
    for (region, answer) in answers {
        match answer {
            Ok(known) => drop(seen.insert(region, known)),
            Err(error) => {
                let fact = MissingFact::MachineChecks { region: region.to_owned() };
                gaps.push(Gap { fact, error: error.to_string() });
            }
        }
    }
    checks.extend(wanted.iter().flat_map(|it| it.checks(&seen)));
    (checks, gaps)
}

/// Whether some Ready node is an instance of a group: by the id in its provider id, or by an
/// address where the provider id does not come from EC2.
fn is_any_a_member(groups: &[Group], nodes: &[Node]) -> bool {
    let instances = groups.iter().flat_map(|group| &group.instances).filter(|it| it.lifecycle != Lifecycle::Warm);
    let (mut ids, mut addresses) = (BTreeSet::new(), BTreeSet::new());
    for instance in instances {
        ids.insert(instance.id.as_str());
        addresses.extend(instance.addresses.iter().map(String::as_str));
    }
    let mut ready = nodes.iter().filter(|node| node.is_ready());
    ready.any(|node| {
        let by_id = node.instance_id().is_some_and(|id| ids.contains(id));
        let mut names = node.addresses.iter().chain([&node.name]);
        by_id || node.is_known_by_address() && names.any(|name| addresses.contains(name.as_str()))
    })
}

/// Returns the nodes to look up. Those whose id is known come first, as an address may belong to
/// another machine in another account.
fn wanted<'a>(regions: &[&str], nodes: &'a [Node]) -> Vec<WantedNode<'a>> {
    let ready = nodes.iter().filter(|node| node.is_ready());
    let mut wanted: Vec<WantedNode<'a>> = ready
        .filter_map(|node| Some(WantedNode { node, by: NodeKey::of(node)? }))
        .filter(|it| regions.iter().any(|region| it.may_be_in(region)))
        .collect();
    wanted.sort_by_key(|it| (matches!(it.by, NodeKey::Addresses(_)), &it.node.name));
    wanted.truncate(MOST_NODES);
    wanted
}

impl<'a> NodeKey<'a> {
    /// Returns the key of a node, or `None` for a node that EC2 cannot know, such as one of
    /// Fargate.
    fn of(node: &'a Node) -> Option<Self> {
        if let Some((_, id)) = node.place_in_cloud() {
            return Some(Self::Id(id));
        }
        let addresses: Vec<IpAddr> = node.addresses.iter().filter_map(|address| address.parse().ok()).collect();
        (node.is_known_by_address() && !addresses.is_empty()).then_some(Self::Addresses(addresses))
    }
}

impl WantedNode<'_> {
    /// Whether the node may be in a region: by the zone of its provider id, by its label, or
    /// because nothing contradicts it.
    fn may_be_in(&self, region: &str) -> bool {
        match self.node.place_in_cloud() {
            Some((zone, _)) => is_zone_of(zone, region),
            None => labels::REGIONS.iter().find_map(|label| self.node.labels.get(label)).is_none_or(|label| label == region),
        }
    }

    fn checks(&self, seen: &BTreeMap<&str, Seen>) -> Vec<MachineCheck> {
        let asked = || seen.iter().filter(|(region, _)| self.may_be_in(region));
        let found = asked().find_map(|(region, seen)| Some((*region, seen, self.id_in(seen)?)));
        if let Some((region, seen, id)) = found {
            let health = seen.state(id).and_then(of_state).unwrap_or(MachineHealth::Running);
            return vec![self.check(region, id, seen.group(id), health)];
        }
        let id = if let NodeKey::Id(id) = self.by { id } else { "" };
        asked().map(|(region, _)| self.check(region, id, None, MachineHealth::NotFound)).collect()
    }

    fn check(&self, region: &str, instance: &str, group: Option<&str>, health: MachineHealth) -> MachineCheck {
        MachineCheck {
            instance: instance.to_owned(),
            region: region.to_owned(),
            node: Some(self.node.name.clone()),
            group: group.map(str::to_owned),
            health,
        }
    }

    /// Returns the id of the node's instance, if EC2 knows the node.
    fn id_in<'s>(&'s self, seen: &'s Seen) -> Option<&'s str> {
        match &self.by {
            NodeKey::Id(id) => seen.state(id).map(|_| *id),
            NodeKey::Addresses(addresses) => addresses.iter().find_map(|address| seen.at_address(&address.to_string())),
        }
    }
}

/// Returns what EC2 knows of the nodes that may be in a region.
async fn look_up(clients: &AwsClients, region: &str, wanted: &[WantedNode<'_>]) -> Result<Seen, AwsError> {
    let client = &clients.of(region)?.ec2;
    let (mut ids, mut v4, mut v6) = (Vec::new(), Vec::new(), Vec::new());
    for it in wanted.iter().filter(|it| it.may_be_in(region)) {
        match &it.by {
            NodeKey::Id(id) => ids.push((*id).to_owned()),
            NodeKey::Addresses(addresses) => {
                let of_v4 = addresses.iter().filter(|address| address.is_ipv4());
                v4.extend(of_v4.map(ToString::to_string));
                v6.extend(addresses.iter().filter(|address| address.is_ipv6()).map(ToString::to_string));
            }
        }
    }
    let mut seen = instances::describe(client, region, &ids).await?;
    seen.extend(instances::describe_at(client, region, AddressKind::V4, &v4).await?);
    seen.extend(instances::describe_at(client, region, AddressKind::V6, &v6).await?);
    Ok(seen)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn node(name: &str, provider_id: Option<&str>, addresses: &[&str]) -> Node {
        let node = json!({
            "name": name, "uid": name, "allocatable": {}, "ready": { "status": "true" }, "created_at": "2026-11-22T00:00:00Z",
            "provider_id": provider_id, "addresses": addresses,
        });
        serde_json::from_value(node).expect("a node")
    }

    fn names<'a>(wanted: &[WantedNode<'a>]) -> Vec<&'a str> {
        wanted.iter().map(|it| it.node.name.as_str()).collect()
    }

    #[test]
    fn by_what_a_node_is_looked_up() {
        let addresses =
            |texts: &[&str]| Some(NodeKey::Addresses(texts.iter().map(|text| text.parse().expect("one")).collect()));
        for (provider_id, expected) in [
            (Some("aws:///us-west-2a/i-0abc"), Some(NodeKey::Id("i-0abc"))),
            (Some("aws:///us-west-2a/0b1c/fargate-ip-10-0-0-1"), None),
            (Some("k3s://n"), addresses(&["10.0.0.1", "2001:db8::1"])),
            (None, addresses(&["10.0.0.1", "2001:db8::1"])),
        ] {
            assert_eq!(NodeKey::of(&node("n", provider_id, &["10.0.0.1", "n", "2001:db8::1"])), expected, "{provider_id:?}");
        }
        assert_eq!(NodeKey::of(&node("n", None, &["n"])), None);
    }

    #[test]
    fn few_nodes_are_looked_up_and_ids_go_first() {
        let mut nodes: Vec<Node> = (0..30).map(|n| node(&format!("k3s-{n:02}"), Some("k3s://x"), &["10.0.0.1"])).collect();
        nodes.push(node("west", Some("aws:///us-west-2a/i-0abc"), &[]));
        nodes.push(node("far", Some("aws:///eu-west-1a/i-0def"), &[]));
        let wanted = wanted(&["us-west-2"], &nodes);
        assert_eq!((wanted.len(), &names(&wanted)[..2]), (MOST_NODES, &["west", "k3s-00"][..]));
    }

    #[test]
    fn a_label_says_where_a_node_is_and_without_one_it_may_be_anywhere() {
        let mut nodes = vec![node("n", None, &["10.0.0.1"])];
        assert_eq!(names(&wanted(&["us-west-2"], &nodes)), ["n"]);
        nodes[0].labels.insert("topology.kubernetes.io/region".into(), "eu-west-1".into());
        assert_eq!(names(&wanted(&["us-west-2"], &nodes)), [""; 0]);
    }
}
