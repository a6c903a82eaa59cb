//! What was read of a cluster, as the groups of a snapshot.

use std::collections::{BTreeMap, BTreeSet};

use super::group_stack::GroupStack;
use super::obstacles::cannot;
use super::server_names;
use super::trusted_stacks::{NamedServer, TrustedStacks};
use crate::cloud::facts::CloudFacts;
use crate::cloud::group_tags::tags::{Tags, read_tags};
use crate::cloud::magnum::api::{NodeGroupAnswer, ServerAnswer};
use crate::cloud::magnum::driver::Driver;
use crate::cloud::magnum::failures::activities::activities;
use crate::cloud::magnum::launches::flavors::{device_specs, flavor_of, launch_option, machine_type};
use crate::cloud::magnum::launches::zones::zones_of;
use crate::cloud::magnum::machines::instance::instance;
use crate::cloud::magnum::machines::lifecycle::lifecycle;
use crate::cloud::magnum::reading::whole::ClusterRead;
use crate::cloud::tighter_limits::narrow;
use crate::snapshot::{
    AutomaticChanges, Gap, Group, GroupId, Lifecycle, LifecycleHooks, Membership, MissingFact, NoZoneChoice, Node, NodeFormula,
    NodeGroupFacts, Purchase, Region, RejectedGroup, ReservedUse, TagFacts, ZoneChoice, ZoneStrategy, is_machine,
};

/// A cluster that was read, with the driver and the servers of its groups.
#[derive(Debug)]
pub(crate) struct JoinedCluster {
    pub(crate) read: ClusterRead,
    pub(crate) driver: Driver,
    /// The name of the group of each server that is one's.
    members: BTreeMap<String, String>,
    stacks: TrustedStacks,
    /// Servers of which facts state different groups. A request that names a server of
    /// another group makes a driver choose one of its own, so that nobody touches these.
    in_doubt: BTreeSet<String>,
}

impl JoinedCluster {
    /// Joins a cluster with the Nodes that are known by now; none are at first.
    pub(crate) fn new(read: ClusterRead, nodes: &[Node]) -> Self {
        let stack = read.cluster.stack_id.as_deref();
        let driver = match Driver::find(read.driver.as_deref(), stack) {
            Driver::Unknown => nodes.iter().find_map(|node| Driver::of_node(&node.labels)).map_or(Driver::Unknown, |of| of.0),
            found => found,
        };
        let mut seen =
            Self { read, driver, members: BTreeMap::new(), stacks: TrustedStacks::default(), in_doubt: BTreeSet::new() };
        let (by_node, by_stack) = (seen.members_by_node(nodes), seen.members_by_stack());
        seen.stacks = seen.trusted_stacks(&by_node);
        seen.in_doubt = seen.contradicted(&by_node, &by_stack);
        seen.members = seen.members_by_name();
        seen.members.extend(by_node);
        seen.members.extend(by_stack);
        seen
    }

    /// Returns the servers of which their nodes, their names and the stacks state different groups,
    /// and those that the stack of their group lacks.
    fn contradicted(&self, by_node: &BTreeMap<String, String>, by_stack: &BTreeMap<String, String>) -> BTreeSet<String> {
        let is_contradicted = |server: &&ServerAnswer| {
            let (by_node, by_stack) = (by_node.get(&server.id), by_stack.get(&server.id));
            let stated = [by_stack.map(String::as_str), by_node.map(String::as_str), self.group_meant_by(server)];
            let mut stated = stated.into_iter().flatten();
            let first = stated.next();
            stated.any(|other| Some(other) != first) || by_node.is_some_and(|group| self.stack_lacks(group, server))
        };
        self.read.servers.iter().filter(is_contradicted).map(|server| server.id.clone()).collect()
    }

    /// Whether the stack of a group certainly lacks a server. While the group is being changed the
    /// stack may have been read before that.
    fn stack_lacks(&self, group: &str, server: &ServerAnswer) -> bool {
        let is_at_rest = self.read.groups.iter().any(|known| known.name == group && !known.is_in_progress());
        is_at_rest && self.read.stacks.get(group).is_some_and(|stack| stack.lacks(&server.id))
    }

    fn trusted_stacks(&self, by_node: &BTreeMap<String, String>) -> TrustedStacks {
        let named = self.read.servers.iter().filter_map(|server| {
            let group = self.group_meant_by(server)?;
            let is_node_of_it = by_node.get(&server.id).is_some_and(|stated| stated == group);
            Some(NamedServer { name: &server.name, group, is_node_of_it })
        });
        TrustedStacks::new(named, self.read.shares_its_name).with_known(&self.read.stacks)
    }

    /// Returns the name of the group of a server.
    pub(crate) fn group_of(&self, server: &str) -> Option<&str> {
        self.members.get(server).map(String::as_str)
    }

    /// Returns the stage of a server's life within its group.
    pub(crate) fn lifecycle(&self, server: &ServerAnswer) -> Lifecycle {
        let stage = lifecycle(server);
        if stage.is_live() && self.in_doubt.contains(&server.id) { Lifecycle::Standby } else { stage }
    }

    /// Returns the group of a server that may be younger than the reading.
    pub(crate) fn group_of_server(&self, server: &ServerAnswer) -> Option<&str> {
        self.group_of(&server.id).or_else(|| self.group_named_by(server))
    }

    /// Returns the group of a server by its name.
    fn group_named_by(&self, server: &ServerAnswer) -> Option<&str> {
        let group = self.group_meant_by(server)?;
        // The names of the others have an id that Magnum states.
        (self.driver != Driver::Heat || self.stacks.contain(group, &server.name)).then_some(group)
    }

    /// Returns the group that the name of a server means, whichever cluster it is in.
    fn group_meant_by(&self, server: &ServerAnswer) -> Option<&str> {
        let ClusterRead { cluster, groups, stacks, .. } = &self.read;
        if let Some((group, _)) = stacks.iter().find(|(_, stack)| stack.gives_name(&server.name)) {
            return Some(group);
        }
        server_names::group_of(&server.name, self.driver, cluster, groups).map(|group| group.name.as_str())
    }

    fn members_by_name(&self) -> BTreeMap<String, String> {
        let group = |server: &ServerAnswer| Some((server.id.clone(), self.group_named_by(server)?.to_owned()));
        self.read.servers.iter().filter_map(group).collect()
    }

    /// Returns the groups of the servers that Heat states: where it does, that decides.
    fn members_by_stack(&self) -> BTreeMap<String, String> {
        let of_group = |(group, stack): (&String, &'_ GroupStack)| {
            stack.servers().map(|server| (server.to_owned(), group.clone())).collect::<Vec<_>>()
        };
        self.read.stacks.iter().flat_map(of_group).collect()
    }

    /// Returns the groups of the servers that are nodes: a node's own label decides.
    fn members_by_node(&self, nodes: &[Node]) -> BTreeMap<String, String> {
        let known = |name: &str| self.read.groups.iter().any(|group| group.name == name);
        let labelled = nodes.iter().filter_map(|node| Some((node, Driver::of_node(&node.labels)?.1)));
        let of_ours = labelled.filter(|(_, group)| known(group));
        of_ours.filter_map(|(node, group)| Some((self.server_of(node)?.id.clone(), group.to_owned()))).collect()
    }

    fn server_of(&self, node: &Node) -> Option<&ServerAnswer> {
        match node.instance_id() {
            Some(id) => self.read.servers.iter().find(|server| server.id == id),
            None => self.read.servers.iter().find(|server| is_machine(node, &server.id, &server.names())),
        }
    }

    fn servers_of(&self, group: &str) -> Vec<&ServerAnswer> {
        self.read.servers.iter().filter(|server| self.group_of(&server.id) == Some(group)).collect()
    }

    /// Returns what a run knows of the cluster.
    pub(crate) fn facts(&self) -> CloudFacts {
        let read = &self.read;
        let mut facts = CloudFacts {
            account: Some(read.project.clone()),
            regions: vec![Region { name: read.region.clone(), preference: 0, unreadable: None }],
            quotas: read.room.clone().into_iter().collect(),
            reservations: Vec::new(),
            gaps: read.gaps.clone(),
            ..CloudFacts::default()
        };
        for answer in &read.groups {
            let id = GroupId { region: read.region.clone(), name: answer.name.clone() };
            match read.wishes.judge(&read.cluster, answer) {
                Ok(membership) => {
                    let launch = flavor_of(answer, &read.flavors);
                    if launch.is_none() {
                        facts.gaps.extend(self.no_flavor(answer, &id));
                    }
                    facts.machine_types.extend(launch.map(|flavor| machine_type(&read.region, flavor)));
                    facts.groups.push(self.group(answer, id, membership));
                }
                Err(rejection) => facts.rejected.push(RejectedGroup { id, rejection }),
            }
        }
        facts.machine_types.sort_by(|a, b| a.name.cmp(&b.name));
        facts.machine_types.dedup_by(|a, b| a.name == b.name);
        facts
    }

    /// Returns the gap of a group whose flavor the project does not have; nothing while it has none
    /// at all, which is a gap of its own.
    fn no_flavor(&self, group: &NodeGroupAnswer, id: &GroupId) -> Option<Gap> {
        let flavor = group.flavor_id.as_deref().unwrap_or_default();
        let error = format!("Nova has no flavor with the name or the id {flavor:?} for this project");
        (!self.read.flavors.is_empty()).then(|| Gap { fact: MissingFact::LaunchOptions { group: id.clone() }, error })
    }

    fn group(&self, answer: &NodeGroupAnswer, id: GroupId, managed_by: Membership) -> Group {
        let read = &self.read;
        let own = self.servers_of(&answer.name);
        let of_cluster: Vec<&ServerAnswer> =
            read.servers.iter().filter(|server| self.members.contains_key(&server.id)).collect();
        let role = answer.role.as_deref().unwrap_or_default();
        let mut group = Group {
            id,
            managed_by,
            min: answer.min_node_count.unwrap_or(0),
            max: self.max(answer),
            desired: answer.node_count,
            zones: zones_of(answer, &own, &of_cluster),
            launch_options: flavor_of(answer, &read.flavors).map(|flavor| launch_option(answer, flavor)).into_iter().collect(),
            node_formula: NodeFormula::KubeletDefaults,
            purchase: Purchase::OnDemand,
            instances: own.iter().map(|server| instance(server, self.lifecycle(server))).collect(),
            lowest_spot_price: None,
            activities: activities(answer, &own),
            cannot: cannot(&read.cluster, answer, self.driver),
            rebalances_zones: false,
            zone_strategy: ZoneStrategy::BestEffort,
            zone_choice: ZoneChoice::NotPossible { because: NoZoneChoice::NotOffered },
            reserved: ReservedUse::default(),
            placement: None,
            launches_protected: false,
            advice: Vec::new(),
            hooks: LifecycleHooks::default(),
            automatic: AutomaticChanges::default(),
            tags: self.tags(answer, &own),
            node_group: NodeGroupFacts {
                made_by: Some(self.driver.in_words().to_owned()),
                labels: self.driver.node_labels(&answer.name, role),
                taints: Vec::new(),
            },
            foreign_cluster: None,
        };
        group.instances.sort_by(|a, b| a.id.cmp(&b.id));
        if let Some(named) = read.wishes.named(&answer.name) {
            narrow(&mut group, named);
        }
        group
    }

    /// Returns the most nodes of a group: its own maximum, or that of its `--group`.
    pub(crate) fn max(&self, group: &NodeGroupAnswer) -> i64 {
        let named = || self.read.wishes.named(&group.name).and_then(|named| named.max);
        group.max_node_count.or_else(named).unwrap_or(group.node_count)
    }

    /// Returns what the labels of a group state as the tags of other clouds do, and the devices of
    /// its flavor as long as nothing shows what Kubernetes calls them.
    fn tags(&self, group: &NodeGroupAnswer, own: &[&ServerAnswer]) -> TagFacts {
        let labels: &Tags = &group.labels.0;
        let mut facts = read_tags(labels);
        let flavor = flavor_of(group, &self.read.flavors).filter(|_| own.is_empty() && facts.resources.is_empty());
        if let Some(flavor) = flavor
            && let specs = device_specs(flavor)
            && !specs.is_empty()
        {
            facts.problems.push(format!(
                "its flavor {} has devices ({}) that name no resource of Kubernetes, so that a new node counts as one without \
                 them until a live one shows them",
                flavor.name,
                specs.join(", ")
            ));
        }
        facts
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::cloud::magnum::groups::discovery::GroupWishes;
    use crate::snapshot::{Hindrance, RegionRoom, Rejection};
    use crate::well_known::labels::{CAPI_HELM_GROUP, MAGNUM_GROUP, MAGNUM_ROLE};

    const STACK: &str = "1b4e28ba-2fa1-11d2-883f-0016d3cca427";

    fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
        serde_json::from_value(value).expect("an answer")
    }

    fn server(id: &str, name: &str, status: &str) -> Value {
        json!({
            "id": id, "name": name, "status": status, "created": "2026-11-22T10:00:00Z", "OS-EXT-AZ:availability_zone": "az-1",
            "flavor": { "original_name": "m1.large" }
        })
    }

    /// Returns a cluster of Heat with a master and two groups of workers.
    fn cluster() -> ClusterRead {
        ClusterRead {
            region: "RegionOne".into(),
            project: "p-1".into(),
            wishes: GroupWishes { group_tags: Vec::new(), named: vec!["gpu:1:3".parse().expect("a group")] },
            cluster: read(json!({ "uuid": "c-1", "name": "k8s", "status": "CREATE_COMPLETE", "stack_id": STACK })),
            driver: None,
            groups: read(json!([
                { "uuid": "g-0", "name": "default-master", "role": "master", "is_default": true, "node_count": 1 },
                { "uuid": "g-1", "name": "default-worker", "role": "worker", "is_default": true, "node_count": 2,
                  "flavor_id": "m1.large", "max_node_count": 5, "status": "CREATE_COMPLETE",
                  "labels": { "ec2-autoscale/priority": "10", "boot_volume_size": 50, "kube_tag": "v1.33" } },
                { "uuid": "g-2", "name": "gpu", "role": "worker", "node_count": 0, "flavor_id": "nowhere", "max_node_count": null },
            ])),
            stacks: BTreeMap::new(),
            servers: read(json!([
                server("s-0", "k8s-a1b2c3d4e5f6-node-0", "ACTIVE"),
                server("s-1", "k8s-a1b2c3d4e5f6-node-1", "ERROR"),
                server("s-m", "k8s-a1b2c3d4e5f6-master-0", "ACTIVE"),
                server("s-x", "somebody-s", "ACTIVE"),
            ])),
            flavors: read(json!([{ "id": "4", "name": "m1.large", "vcpus": 4, "ram": 8192, "disk": 80 }])),
            room: Some(RegionRoom { region: "RegionOne".into(), machines: Some(3), cpus: None, memory_mib: None }),
            gaps: Vec::new(),
            shares_its_name: false,
        }
    }

    fn node(id: &str, label: &str, group: &str) -> Node {
        read(json!({
            "name": id, "uid": id, "labels": { label: group }, "provider_id": format!("openstack:///{id}"), "allocatable": {},
            "ready": { "status": "true" }, "created_at": "2026-11-22T10:00:00Z"
        }))
    }

    fn ids(group: &Group) -> Vec<(&str, Lifecycle)> {
        group.instances.iter().map(|instance| (instance.id.as_str(), instance.lifecycle)).collect()
    }

    #[test]
    fn a_group_is_what_its_answer_its_flavor_and_its_servers_say() {
        let facts = JoinedCluster::new(cluster(), &[]).facts();
        let group = &facts.groups[0];
        assert_eq!((group.id.name.as_str(), group.min, group.max, group.desired), ("default-worker", 0, 5, 2));
        assert_eq!(group.zones, ["az-1"]);
        assert_eq!(
            (group.launch_options[0].machine_type.as_str(), group.launch_options[0].root_volume_gib),
            ("m1.large", Some(50))
        );
        assert_eq!(ids(group), [("s-0", Lifecycle::InService), ("s-1", Lifecycle::Terminated)]);
        assert_eq!(group.tags.settings.get("priority").map(|it| &**it), Some("10"));
        assert!(group.tags.labels.is_empty(), "labels of a group are no labels of its nodes");
        let given = [(MAGNUM_GROUP, "default-worker"), (MAGNUM_ROLE, "worker")];
        assert_eq!(group.node_group.labels, given.into());
        assert_eq!((facts.machine_types.len(), facts.machine_types[0].memory_mib), (1, 8192));
        assert_eq!((facts.account.as_deref(), facts.quotas.len()), (Some("p-1"), 1));
    }

    #[test]
    fn a_master_is_rejected_and_a_named_group_has_the_maximum_of_its_flag() {
        let facts = JoinedCluster::new(cluster(), &[]).facts();
        assert_eq!(facts.rejected.len(), 1);
        assert_eq!(facts.rejected[0].rejection, Rejection::OtherRole { role: "role=master".into() });
        let gpu = &facts.groups[1];
        assert_eq!((gpu.min, gpu.max, gpu.zones.as_slice()), (1, 3, &["az-1".to_owned()][..]));
        assert!(matches!(&facts.gaps[..], [Gap { fact: MissingFact::LaunchOptions { group }, .. }] if group.name == "gpu"));
    }

    #[test]
    fn the_label_of_a_node_decides_whose_its_server_is() {
        let nodes =
            [node("s-0", MAGNUM_GROUP, "gpu"), node("s-x", MAGNUM_GROUP, "default-worker"), node("s-m", "other", "gpu")];
        let facts = JoinedCluster::new(cluster(), &nodes).facts();
        assert_eq!(ids(&facts.groups[0]), [("s-1", Lifecycle::Terminated), ("s-x", Lifecycle::InService)]);
        // Its name states another group: neither counts on it, and nobody ends it.
        assert_eq!(ids(&facts.groups[1]), [("s-0", Lifecycle::Standby)]);
        // A group that nobody knows changes nothing.
        let facts = JoinedCluster::new(cluster(), &[node("s-0", MAGNUM_GROUP, "gone")]).facts();
        assert_eq!(ids(&facts.groups[0])[0], ("s-0", Lifecycle::InService));
    }

    #[test]
    fn servers_of_another_cluster_of_that_name_are_nobody_s() {
        let mut shared = cluster();
        shared.servers.push(read(server("s-o", "k8s-f6e5d4c3b2a1-node-0", "ACTIVE")));
        let of_workers = |read: &ClusterRead, nodes: &[Node]| {
            let facts = JoinedCluster::new(read.clone(), nodes).facts();
            ids(&facts.groups[0]).into_iter().map(|(id, _)| id.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(of_workers(&shared, &[]), [""; 0], "nothing shows which of two stacks it is");
        let nodes = [node("s-0", MAGNUM_GROUP, "default-worker")];
        assert_eq!(of_workers(&shared, &nodes), ["s-0", "s-1"]);
        let mut named = cluster();
        named.shares_its_name = true;
        assert_eq!(of_workers(&named, &[]), [""; 0]);
        // One that is younger than the reading is judged alike.
        let late: ServerAnswer = read(server("s-2", "k8s-f6e5d4c3b2a1-node-1", "BUILD"));
        assert_eq!(JoinedCluster::new(shared, &nodes).group_of_server(&late), None);
    }

    /// Returns the cluster with what Heat states of its workers: their servers are these.
    fn with_stack(servers: &[&str], status: &str) -> ClusterRead {
        let mut known = cluster();
        let members: BTreeMap<String, &&str> = servers.iter().enumerate().map(|(place, it)| (place.to_string(), it)).collect();
        let output = json!({ "output_key": "refs_map", "output_value": members });
        let answer = read(json!({ "stack": { "stack_status": status, "outputs": [output] } }));
        known.stacks = [("default-worker".to_owned(), GroupStack::new("k8s-a1b2c3d4e5f6", Some(&answer)))].into();
        for (place, id) in [ONE, OTHER].into_iter().enumerate() {
            known.servers.push(read(server(id, &format!("k8s-a1b2c3d4e5f6-node-{}", 5 + place), "ACTIVE")));
        }
        known.servers.retain(|server| server.id == ONE || server.id == OTHER);
        known
    }

    const ONE: &str = "2b4e28ba-2fa1-11d2-883f-0016d3cca427";
    const OTHER: &str = "3b4e28ba-2fa1-11d2-883f-0016d3cca427";

    #[test]
    fn a_node_that_the_stack_of_its_group_lacks_is_no_capacity_and_nobody_ends_it() {
        let nodes = [node(ONE, MAGNUM_GROUP, "default-worker"), node(OTHER, MAGNUM_GROUP, "default-worker")];
        let of_workers = |read: ClusterRead| {
            let facts = JoinedCluster::new(read, &nodes).facts();
            ids(&facts.groups[0]).into_iter().map(|(_, stage)| stage).collect::<Vec<_>>()
        };
        assert_eq!(of_workers(with_stack(&[ONE, OTHER], "UPDATE_COMPLETE")), [Lifecycle::InService; 2]);
        let lacking = with_stack(&[ONE], "UPDATE_COMPLETE");
        assert_eq!(of_workers(lacking.clone()), [Lifecycle::InService, Lifecycle::Standby]);
        // The stack may have been read before it got the server.
        assert_eq!(of_workers(with_stack(&[ONE], "UPDATE_IN_PROGRESS")), [Lifecycle::InService; 2]);
        let mut busy = lacking;
        busy.groups[1].status = Some("UPDATE_IN_PROGRESS".into());
        assert_eq!(of_workers(busy), [Lifecycle::InService; 2]);
    }

    #[test]
    fn the_stack_counts_more_than_the_label_and_nobody_ends_what_they_disagree_about() {
        let nodes = [node(ONE, MAGNUM_GROUP, "gpu")];
        let facts = JoinedCluster::new(with_stack(&[ONE, OTHER], "UPDATE_COMPLETE"), &nodes).facts();
        assert_eq!(ids(&facts.groups[0]), [(ONE, Lifecycle::Standby), (OTHER, Lifecycle::InService)]);
        assert_eq!(ids(&facts.groups[1]), []);
    }

    #[test]
    fn the_name_of_a_stack_that_is_known_decides_whose_a_server_is_that_is_no_node() {
        let mut known = with_stack(&[ONE], "UPDATE_COMPLETE");
        known.shares_its_name = true;
        known.servers.push(read(server("s-o", "k8s-f6e5d4c3b2a1-node-0", "ACTIVE")));
        let joined = JoinedCluster::new(known, &[]);
        let facts = joined.facts();
        assert_eq!(ids(&facts.groups[0]).into_iter().map(|(id, _)| id).collect::<Vec<_>>(), [ONE, OTHER]);
        let late: ServerAnswer = read(server("s-2", "K8s-a1b2c3d4e5f6-node-9", "BUILD"));
        assert_eq!(joined.group_of_server(&late), Some("default-worker"));
    }

    #[test]
    fn a_node_without_a_provider_id_is_found_by_its_name() {
        let mut node = node("somebody-s", MAGNUM_GROUP, "gpu");
        node.provider_id = None;
        let facts = JoinedCluster::new(cluster(), &[node]).facts();
        assert_eq!(ids(&facts.groups[1]), [("s-x", Lifecycle::InService)]);
    }

    #[test]
    fn an_undecided_driver_is_found_by_a_node_and_forbids_removal_until_then() {
        let mut undecided = cluster();
        undecided.cluster.stack_id = None;
        let removal = |nodes: &[Node]| JoinedCluster::new(undecided.clone(), nodes).facts().groups[0].cannot.remove.clone();
        assert!(matches!(removal(&[]), Some(Hindrance::NotOffered { .. })));
        assert_eq!(removal(&[node("s-0", MAGNUM_GROUP, "default-worker")]), None);
        assert!(matches!(removal(&[node("s-0", CAPI_HELM_GROUP, "default-worker")]), Some(Hindrance::NotOffered { .. })));
    }
}
