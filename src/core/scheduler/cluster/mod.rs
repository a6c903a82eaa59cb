//! The working copy: existing, upcoming and new nodes, with what is free on each and which pods
//! would run beside each other. Placing a pod updates every count; an undo log takes back what was
//! only tried.

mod allocating;
mod apart;
mod descriptions;
mod devices;
mod domains;
mod expecting;
mod locating;
#[cfg(test)]
mod one_kind;
mod placing;
mod reading;
mod rounds;
pub(super) mod rules;
mod selections;
mod spread_ground;
mod tally;
mod undo;
mod volumes;

use std::collections::BTreeSet;
use std::ops::Range;

use crate::index_vec::{IndexVec, Number, numbers};
use crate::scheduler::demand::Demand;
use crate::scheduler::devices::{DeviceFacts, DeviceProblem, DevicesOfNewNode};
use crate::scheduler::matching::ports_of;
use crate::scheduler::storage::{Storage, StorageOfNewNode};
use crate::scheduler::{Columns, Gates, NodeView};
use crate::snapshot::{HostPort, Name, Namespace, PodSpec, PodVolume};

pub use allocating::{Allocated, allocate_on, allocate_on_new};
pub use rules::Resident;
pub use selections::SelectionIx;
pub use undo::Checkpoint;

use crate::well_known::labels::HOSTNAME;
use descriptions::{Descriptions, ProfileId};
use devices::DeviceUse;
use domains::{Domains, ITS_OWN, NOWHERE};
use indexmap::IndexSet;
pub(super) use rounds::Doubt;
use rounds::{InRound, Round, Rounds};
use rules::Rules;
use rustc_hash::FxBuildHasher;
use selections::selections;
use spread_ground::SpreadGround;
use tally::Tally;
use undo::Change;
pub(super) use volumes::Exceeded;
use volumes::VolumeUse;

numbers! {
    /// A node of the working copy.
    pub struct NodeId;
    /// Pods with the same requirements.
    pub struct DemandId;
    /// The forms that a node may take.
    pub struct FormsId;
}

/// The parts of a cluster except its nodes.
#[derive(Debug, Clone)]
pub struct ClusterParts<'a> {
    /// The resources.
    pub columns: Columns,
    /// The features that the scheduler has switched on.
    pub gates: Gates,
    /// Claims, volumes and classes.
    pub storage: Storage<'a>,
    /// Classes and devices, and the claims that have some.
    pub devices: DeviceFacts<'a>,
    /// Namespaces, for selectors of them.
    pub namespaces: &'a [Namespace],
}

/// Nodes and pods as the scheduler would see them, open to change.
#[derive(Debug, Clone)]
pub struct Cluster<'a> {
    parts: ClusterParts<'a>,
    demands: IndexVec<DemandId, Demand<'a>>,
    descriptions: Descriptions<'a>,
    /// Sets of profiles; a node will have one of its set.
    forms: IndexSet<Vec<ProfileId>>,
    /// Which kinds of pods select nodes alike.
    selections: IndexVec<DemandId, SelectionIx>,
    /// For pods that select alike and each set, whether they fit every profile of it as far as the
    /// node alone matters.
    accepted: IndexVec<SelectionIx, Vec<Cached>>,
    nodes: IndexVec<NodeId, WorkingNode<'a>>,
    /// What is free, one row per node.
    free: Vec<i64>,
    /// Domains, one row per node.
    domains_of: Vec<u32>,
    domains: Domains<'a>,
    rules: Rules<'a>,
    tallies: Vec<Tally>,
    grounds: Vec<SpreadGround>,
    rounds: Rounds,
    /// Domains that may count although no node is there yet, by tally.
    expected: BTreeSet<(usize, u32)>,
    /// Whether they do.
    counts_expected: bool,
    /// The domains that were looked at for each kind of pods.
    expected_of: BTreeSet<(DemandId, Vec<(usize, u32)>)>,
    /// For each eligibility and profile, whether nodes of the profile take part.
    eligible: Vec<Vec<Cached>>,
    volumes: VolumeUse<'a>,
    devices: DeviceUse<'a>,
    /// Nodes on which room came back since somebody asked.
    raised: IndexSet<NodeId, FxBuildHasher>,
    log: Vec<Change>,
}

/// What nodes have in common that do not differ before they exist.
#[derive(Debug, Clone)]
pub struct Blueprint {
    forms: FormsId,
    profile: ProfileId,
    domains: Vec<u32>,
    /// The round in which such nodes come, if their zones are not certain.
    round: Option<Round>,
}

impl Blueprint {
    /// Returns the domains of such nodes, one for each topology key.
    #[must_use]
    pub fn domains(&self) -> &[u32] {
        &self.domains
    }
}

/// A fact that is computed when it is first needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cached {
    Unknown,
    Yes,
    No,
}

impl From<bool> for Cached {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

#[derive(Debug, Clone)]
struct WorkingNode<'a> {
    /// The forms that it may take; a pod must fit all of them.
    forms: FormsId,
    /// The profile that it is expected to have.
    profile: ProfileId,
    ports: Vec<&'a HostPort>,
    /// The key for which it is a domain of its own that no label names yet.
    unnamed: Option<usize>,
    /// Its round, if it came in one.
    round: Option<Box<InRound>>,
}

impl<'a> Cluster<'a> {
    /// Returns a cluster without nodes, for these kinds of pending pods. `repelling` are the
    /// distinct specifications, by namespace, of existing pods with anti-affinity.
    #[must_use]
    pub fn new(
        parts: ClusterParts<'a>,
        mut demands: IndexVec<DemandId, Demand<'a>>,
        repelling: impl Iterator<Item = (&'a str, &'a PodSpec)>,
    ) -> Self {
        let mut domains = Domains::default();
        let rules = Rules::new(parts.namespaces, &mut demands, repelling, &mut domains);
        let (tallies, grounds) = rules.tallies(&mut domains);
        let descriptions = Descriptions::new(&demands, &parts.storage, parts.devices);
        let selections = selections(&demands);
        Self {
            accepted: IndexVec::filled(selections.iter().max().map_or(0, |last| last.index() + 1), Vec::new()),
            selections,
            eligible: vec![Vec::new(); rules.eligibilities.len()],
            descriptions,
            forms: IndexSet::new(),
            nodes: IndexVec::new(),
            free: Vec::new(),
            domains_of: Vec::new(),
            volumes: VolumeUse::default(),
            devices: DeviceUse::new(parts.devices, &demands),
            raised: IndexSet::default(),
            log: Vec::new(),
            parts,
            demands,
            domains,
            rules,
            tallies,
            grounds,
            rounds: Rounds::default(),
            expected: BTreeSet::new(),
            counts_expected: false,
            expected_of: BTreeSet::new(),
        }
    }

    /// Returns the resources.
    #[must_use]
    pub fn columns(&self) -> &Columns {
        &self.parts.columns
    }

    /// Keeps a kind of pods where the label by which their gang stays together has a value. No log
    /// takes that back.
    pub fn keep_in_domain(&mut self, demand: DemandId, value: &str) {
        if self.demands[demand].together_by().is_none() {
            return;
        }
        self.demands[demand].stay_in_domain(value);
        self.selections[demand] = self.accepted.push(Vec::new());
    }

    /// Returns the values that a label has on the forms that a node may take, each once.
    #[must_use]
    pub fn values_of(&self, label: &str, forms: FormsId) -> BTreeSet<&str> {
        self.descriptions_of(forms).filter_map(|node| node.labels.get(label).map(Name::as_str)).collect()
    }

    /// Returns a kind of pending pod.
    #[must_use]
    pub fn demand(&self, demand: DemandId) -> &Demand<'a> {
        &self.demands[demand]
    }

    /// Whether there is no kind of pending pods.
    #[must_use]
    pub fn has_no_demands(&self) -> bool {
        self.demands.is_empty()
    }

    /// Whether any rule concerns other pods, so that existing pods have to be added.
    #[must_use]
    pub fn has_rules(&self) -> bool {
        !self.tallies.is_empty()
    }

    /// Whether such pods neither depend on nor change anything but what is free.
    #[must_use]
    pub fn is_alone(&self, demand: DemandId) -> bool {
        self.demands[demand].is_plain() && self.demands[demand].topology.counted_in.is_empty()
    }

    /// Registers the forms that a node may take.
    pub fn forms(&mut self, descriptions: &[NodeView<'a>]) -> FormsId {
        let mut profiles: Vec<ProfileId> = descriptions.iter().map(|one| self.descriptions.profile(*one)).collect();
        profiles.sort_unstable();
        profiles.dedup();
        FormsId::from_index(self.forms.insert_full(profiles).0)
    }

    /// Returns what nodes have in common that may take any of `forms` and are expected to be one of
    /// `expected`, of which there is at least one: they have its domains, as far as all agree.
    pub fn blueprint(&mut self, forms: FormsId, expected: &[NodeView<'a>]) -> Blueprint {
        let profile = self.descriptions.profile(expected[0]);
        let domains = (0..self.domains.len()).map(|key| self.domain_among(key, expected)).collect();
        Blueprint { forms, profile, domains, round: None }
    }

    fn domain_among(&mut self, key: usize, expected: &[NodeView<'a>]) -> u32 {
        let name = self.domains.name(key);
        if expected[0].name.is_empty() && name == HOSTNAME {
            return ITS_OWN;
        }
        match expected[0].labels.get(name) {
            Some(value) if expected.iter().all(|one| one.labels.get(name) == Some(value)) => self.domains.domain(key, value),
            _ => NOWHERE,
        }
    }

    /// Adds a node that is known for certain.
    pub fn add_known(&mut self, node: NodeView<'a>, free: &[i64]) -> NodeId {
        let forms = self.forms(&[node]);
        let blueprint = self.blueprint(forms, &[node]);
        let id = self.add(&blueprint, free);
        self.devices.join(id, &node);
        id
    }

    /// Adds a node.
    pub fn add(&mut self, blueprint: &Blueprint, free: &[i64]) -> NodeId {
        let id = self.nodes.next_number();
        for (key, domain) in blueprint.domains.iter().enumerate() {
            let domain = if *domain == ITS_OWN { self.domains.fresh(key) } else { *domain };
            self.domains_of.push(domain);
        }
        let unnamed = blueprint.domains.iter().position(|domain| *domain == ITS_OWN);
        let round = blueprint.round.map(|round| Box::new(self.enter_round(round)));
        let Blueprint { forms, profile, .. } = *blueprint;
        self.nodes.push(WorkingNode { forms, profile, ports: Vec::new(), unnamed, round });
        self.free.extend_from_slice(free);
        for ground in 0..self.grounds.len() {
            if let Some(domain) = self.ground_domain(ground, id) {
                self.grounds[ground].join(domain);
            }
        }
        self.change_grounds_of_open(id, true);
        self.log.push(Change::Added);
        id
    }

    /// Narrows the forms that a node may take: its place has become certain.
    pub fn narrow(&mut self, node: NodeId, forms: FormsId) {
        let before = std::mem::replace(&mut self.nodes[node].forms, forms);
        self.close_round_of(node);
        self.log.push(Change::Narrowed { node, before });
    }

    /// Counts an existing pod on its node, for the rules of other pods. What it takes of the node
    /// is in `free` already.
    pub fn add_resident(&mut self, node: NodeId, pod: &Resident<'a>) {
        self.nodes[node].ports.extend(ports_of(pod.spec));
        if self.tallies.is_empty() {
            return;
        }
        let kind = self.rules.kind_of(pod);
        self.change_counts_of_kind(kind, node, |tally, domain| tally.add(domain, 1));
    }

    /// Whether any rule concerns such a pod.
    pub fn is_counted(&mut self, pod: &Resident<'a>) -> bool {
        let kind = self.rules.kind_of(pod);
        !self.rules.counts_of_kind(kind).is_empty()
    }

    /// Counts a pod that will come with a node, for the rules of other pods. What it takes of the
    /// node is in `free` already.
    pub fn add_coming_resident(&mut self, node: NodeId, pod: &Resident<'a>) {
        let kind = self.rules.kind_of(pod);
        self.change_counts_of_kind(kind, node, |tally, domain| tally.add(domain, 1));
        self.log.push(Change::Counted { node, kind });
    }

    /// Counts ports of a node that are taken beside those of its pods.
    pub fn take_ports(&mut self, node: NodeId, ports: &[&'a HostPort]) {
        self.nodes[node].ports.extend(ports);
    }

    /// Counts the volumes of an existing pod.
    pub fn add_volumes(&mut self, node: NodeId, namespace: &'a str, volumes: &'a [PodVolume]) {
        self.volumes.add_resident(&self.parts.storage, node, namespace, volumes);
    }

    /// Limits how many volumes of each driver a node takes.
    pub fn limit_volumes(&mut self, node: NodeId, limits: &'a std::collections::BTreeMap<String, i32>) {
        self.volumes.limit(node, limits);
    }

    /// States what a node that is not there yet will have for volumes.
    pub fn expect_storage(&mut self, node: NodeId, empty: &'a StorageOfNewNode) {
        self.volumes.expect_storage(node, empty);
    }

    /// States which devices a node will have that is not there yet, or not complete: those of a
    /// node like it, or why nothing shows them.
    pub fn expect_devices(&mut self, node: NodeId, devices: &'a Result<DevicesOfNewNode, DeviceProblem>) {
        let view = *self.expected(node);
        match devices {
            Ok(devices) => self.devices.expect(node, &view, devices),
            Err(problem) => self.devices.expect_no_answer(node, problem),
        }
    }

    /// Returns what is free on a node, one amount per column.
    #[must_use]
    pub fn row(&self, node: NodeId) -> &[i64] {
        &self.free[self.places_of(node)]
    }

    /// Returns the place of a node's row in what is free.
    fn places_of(&self, node: NodeId) -> Range<usize> {
        let width = self.parts.columns.len();
        node.index() * width..(node.index() + 1) * width
    }

    /// Returns how many nodes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Returns a node of the profile that this one is expected to have.
    fn expected(&self, node: NodeId) -> &NodeView<'a> {
        self.descriptions.example(self.nodes[node].profile)
    }
}
