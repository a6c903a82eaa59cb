//! The devices of the nodes of the working copy, and who has them.

#[cfg(test)]
mod against_enumeration;
#[cfg(test)]
mod answers;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{DemandId, NodeId};
use crate::index_vec::{IndexVec, Number as _};
use crate::scheduler::NodeView;
use crate::scheduler::demand::Demand;
use crate::scheduler::devices::{
    AlikeNodes, ClaimantIx, Completeness, DeviceCandidate, DeviceFacts, DeviceProblem, DeviceSearch, DevicesOfNewNode,
    DevicesTaken, NodeStateIx, Pick, Pool, PoolIx, PoolKindIx, SelectorIx, SelectorTexts, Shapes, WantedClaim, WantedDevices,
};
use crate::scheduler::matching::matches;
use crate::snapshot::{AllocatedDevice, DeviceClass, DeviceCount, DeviceReach, NodeSelectorTerm, ResourceClaim, ResourceSlice};

/// The pools of a new node, each with its kind.
type ExpectedPools<'a> = Vec<(Arc<Pool<'a>>, PoolKindIx)>;

/// The devices of the nodes, which of them are taken, and what pods claim.
#[derive(Debug, Clone, Default)]
pub(super) struct DeviceUse<'a> {
    /// In the order of the kinds of pods; empty where none wants devices.
    wanted: Vec<WantedDevices<'a>>,
    is_in_use: bool,
    devices: DevicesTaken<'a>,
    /// What searches found, by the state of the node.
    alike: AlikeNodes<'a>,
    /// The pools of each node that is there.
    by_node: BTreeMap<&'a str, Vec<(PoolIx, PoolKindIx)>>,
    /// The pools that more than one node may reach.
    shared: Vec<PoolIx>,
    nodes: BTreeMap<NodeId, DevicesOfNode<'a>>,
    /// The pools of new nodes, by the devices that these are expected to have.
    expected: Vec<(&'a DevicesOfNewNode, ExpectedPools<'a>)>,
    /// Why it is not known what new nodes have.
    not_known: BTreeMap<NodeId, &'a DeviceProblem>,
    /// Where claims got their devices that several pods share.
    allocated: BTreeMap<(&'a str, &'a str), ClaimPlace<'a>>,
    /// Why kinds of pods can be placed nowhere, once that was looked for.
    stopped: BTreeMap<DemandId, DeviceProblem>,
    placed: Vec<DevicePlacement<'a>>,
}

/// Nodes in groups of which each has the same devices, equally taken.
#[derive(Debug, Default)]
pub(super) struct NodesByState {
    alike: BTreeMap<NodeStateIx, Vec<NodeId>>,
    others: Vec<NodeId>,
}

/// The devices that a node reaches.
#[derive(Debug, Clone, Default)]
struct DevicesOfNode<'a> {
    /// Its name; empty for a node that is not there yet.
    name: &'a str,
    /// In the order in which they are tried.
    candidates: Vec<DeviceCandidate>,
    /// The first pool that is not complete, or not consistent.
    incomplete: Option<PoolIx>,
    /// How many pools were added for this node alone.
    own_pools: usize,
    /// The pools that it alone reaches, each with its kind, where it reaches no others: then it is
    /// like all nodes of its state.
    alone: Vec<(PoolIx, PoolKindIx)>,
    state: Option<NodeStateIx>,
}

/// The nodes that reach the devices of a claim.
#[derive(Debug, Clone)]
enum ClaimPlace<'a> {
    Node(NodeId),
    /// Nodes that each of these selects.
    Nodes(Vec<&'a [NodeSelectorTerm]>),
}

/// What one placement changed.
#[derive(Debug, Clone)]
struct DevicePlacement<'a> {
    node: NodeId,
    picks: Vec<Pick<'a>>,
    allocated: Vec<(&'a str, &'a str)>,
}

impl<'a> DeviceUse<'a> {
    /// Returns the devices of a cluster without nodes.
    pub(super) fn new(facts: DeviceFacts<'a>, demands: &IndexVec<DemandId, Demand<'a>>) -> Self {
        if demands.iter().all(|demand| demand.claims.is_empty()) {
            return Self::default();
        }
        let classes: BTreeMap<&str, &DeviceClass> = facts.classes.iter().map(|class| (class.name.as_str(), class)).collect();
        let mut texts = SelectorTexts::default();
        let wanted = demands.iter().map(|demand| WantedDevices::of(&demand.claims, &classes, &mut texts)).collect();
        let constraints = demands.iter().flat_map(|demand| &demand.claims).flat_map(|claim| &claim.needs.constraints);
        let shapes = Shapes::new(&texts, constraints);
        let mut this = Self { wanted, is_in_use: true, devices: DevicesTaken::new(shapes), ..Self::default() };
        this.add_pools(facts.slices);
        this.count_allocated(facts.claims);
        this
    }

    fn add_pools(&mut self, slices: &'a [ResourceSlice]) {
        for pool in Pool::of_slices(slices.iter(), self.devices.shapes_mut()) {
            match pool.only_node() {
                Some(node) => {
                    let kind = self.alike.kind(&pool);
                    let pool = self.devices.add(Arc::new(pool));
                    self.by_node.entry(node).or_default().push((pool, kind));
                }
                None => self.shared.push(self.devices.add(Arc::new(pool))),
            }
        }
    }

    fn count_allocated(&mut self, claims: &'a [ResourceClaim]) {
        let numbers: BTreeMap<(&str, &str), PoolIx> = self
            .devices
            .numbers()
            .map(|number| {
                let pool = self.devices.pool(number);
                ((pool.driver, pool.name), number)
            })
            .collect();
        let allocations = claims.iter().filter_map(|claim| claim.allocation.as_ref());
        for allocated in allocations.flat_map(|allocation| &allocation.devices).filter(|device| !device.admin_access) {
            if let Some(pool) = numbers.get(&(allocated.driver.as_str(), allocated.pool.as_str())) {
                self.devices.add_allocated(*pool, allocated);
            }
        }
    }

    /// Adds a node that is there, with the devices that its drivers have published.
    pub(super) fn join(&mut self, id: NodeId, node: &NodeView<'a>) {
        if self.is_in_use && !node.name.is_empty() {
            let own = self.by_node.get(node.name).cloned().unwrap_or_default();
            self.enter((id, node.name), node, own, 0);
        }
    }

    /// States which devices a node will have that is not there yet, or not complete: those of a
    /// node like it.
    pub(super) fn expect(&mut self, id: NodeId, node: &NodeView<'_>, devices: &'a DevicesOfNewNode) {
        if !self.is_in_use {
            return;
        }
        let known = self.expected.iter().position(|(known, _)| std::ptr::eq(*known, devices));
        let known = known.unwrap_or_else(|| {
            let pools = Pool::of_slices(devices.slices.iter(), self.devices.shapes_mut());
            let pools = pools.into_iter().map(|pool| {
                let kind = self.alike.kind(&pool);
                (Arc::new(pool), kind)
            });
            self.expected.push((devices, pools.collect()));
            self.expected.len() - 1
        });
        let pools = self.expected[known].1.clone();
        let own: Vec<(PoolIx, PoolKindIx)> = pools.into_iter().map(|(pool, kind)| (self.devices.add(pool), kind)).collect();
        for taken in &devices.taken {
            let is_its = |pool: &Pool<'_>| pool.driver == taken.driver && pool.name == taken.pool;
            if let Some((pool, _)) = own.iter().find(|(pool, _)| is_its(self.devices.pool(*pool))) {
                self.devices.add_allocated(*pool, taken);
            }
        }
        let own_pools = own.len();
        let name = self.nodes.get(&id).map_or("", |of_node| of_node.name);
        self.enter((id, name), node, own, own_pools);
    }

    /// States why nothing shows the devices of a node that is not there yet.
    pub(super) fn expect_no_answer(&mut self, id: NodeId, problem: &'a DeviceProblem) {
        if self.is_in_use {
            self.not_known.insert(id, problem);
        }
    }

    fn enter(
        &mut self,
        (id, name): (NodeId, &'a str),
        node: &NodeView<'_>,
        mut alone: Vec<(PoolIx, PoolKindIx)>,
        own_pools: usize,
    ) {
        alone.sort_by_key(|(pool, _)| self.devices.pool(*pool).order());
        let mut pools: Vec<PoolIx> = alone.iter().map(|(pool, _)| *pool).chain(self.shared.iter().copied()).collect();
        if !self.shared.is_empty() {
            pools.sort_by_key(|pool| self.devices.pool(*pool).order());
        }
        let mut of_node = DevicesOfNode { name, own_pools, ..DevicesOfNode::default() };
        let mut is_alone = true;
        for number in pools {
            let pool = self.devices.pool(number);
            let is_own = alone.iter().any(|(own, _)| *own == number);
            // The node of a new pool has another name than the node that it is like.
            let reached = if is_own { (0..pool.devices.len()).collect() } else { pool.reached_by(node) };
            is_alone &= is_own || reached.is_empty();
            if pool.completeness != Completeness::Complete && (!reached.is_empty() || pool.devices.is_empty()) {
                of_node.incomplete.get_or_insert(number);
            }
            of_node.candidates.extend(reached.into_iter().map(|device| DeviceCandidate { pool: number, device }));
        }
        if is_alone && of_node.incomplete.is_none() {
            of_node.alone = alone;
        }
        self.nodes.insert(id, of_node);
        self.note_state(id);
    }

    /// Notes which nodes a node is like, as long as its devices are taken as they are.
    fn note_state(&mut self, id: NodeId) {
        let Some(of_node) = self.nodes.get_mut(&id).filter(|of_node| !of_node.alone.is_empty()) else { return };
        let pools = of_node.alone.iter().map(|(pool, kind)| (*kind, self.devices.all_of(*pool).to_vec())).collect();
        of_node.state = Some(self.alike.state(pools));
    }

    /// Forgets the newest node.
    pub(super) fn forget(&mut self, node: NodeId) {
        self.not_known.remove(&node);
        let Some(of_node) = self.nodes.remove(&node) else { return };
        for _ in 0..of_node.own_pools {
            self.devices.remove_newest();
        }
    }

    /// Returns why such pods can be placed nowhere: a selector that fails on one node, for
    /// instance.
    pub(super) fn stop(&self, demand: DemandId) -> Option<&DeviceProblem> {
        self.stopped.get(&demand).or_else(|| self.wanted.get(demand.index())?.problem.as_ref())
    }

    /// Whether a search may fail so that it stops the pod on every node.
    fn may_stop(&self, demand: DemandId) -> bool {
        let Some(wanted) = self.wanted.get(demand.index()) else { return false };
        let ways = wanted.claims.iter().flat_map(|claim| &claim.requests).flat_map(|request| &request.alternatives);
        ways.into_iter().any(|way| {
            let fails = |selector: &SelectorIx| self.devices.shapes().has_failed(*selector);
            way.asked.count == DeviceCount::All || way.selectors.iter().any(fails)
        })
    }

    /// Returns the nodes by their states, and those that have none.
    pub(super) fn by_state(&self) -> NodesByState {
        let mut nodes = NodesByState::default();
        for (id, of_node) in &self.nodes {
            match of_node.state {
                Some(state) => nodes.alike.entry(state).or_default().push(*id),
                None => nodes.others.push(*id),
            }
        }
        nodes
    }

    /// Returns the nodes on which a search for such pods fails so that it stops them on every node,
    /// unless an earlier filter keeps the pods off these.
    pub(super) fn failing_on<'v>(
        &self,
        demand: DemandId,
        nodes: &NodesByState,
        view: impl Fn(NodeId) -> &'v NodeView<'v>,
    ) -> Vec<NodeId> {
        if !self.may_stop(demand) {
            return Vec::new();
        }
        let fails = |node: NodeId| {
            let problem = self.problem(demand, (node, view(node)));
            problem.is_some_and(|(_, problem)| problem.is_everywhere())
        };
        let alike = nodes.alike.values().filter(|alike| alike.first().is_some_and(|first| fails(*first))).flatten();
        let others = nodes.others.iter().filter(|node| fails(**node));
        let mut failing: Vec<NodeId> = alike.chain(others).copied().collect();
        failing.sort_unstable();
        failing
    }

    /// Notes that such pods can be placed nowhere.
    pub(super) fn stop_everywhere(&mut self, demand: DemandId, problem: DeviceProblem) {
        self.stopped.insert(demand, problem);
    }

    /// Returns why one more such pod gets no devices on a node, with the claim.
    pub(super) fn problem(&self, demand: DemandId, node: (NodeId, &NodeView<'_>)) -> Option<(&'a str, DeviceProblem)> {
        let first = self.wanted.get(demand.index())?.claims.first()?.claim.name;
        if let Some(problem) = self.stop(demand) {
            return Some((first, problem.clone()));
        }
        let of_alike = self.state_for(demand, node.0).and_then(|(state, name)| {
            let found = self.alike.problem(claimant(demand), state)?;
            Some(found.err().map(|problem| (first, named(problem, name))))
        });
        of_alike.unwrap_or_else(|| self.search(demand, node).err())
    }

    /// Returns the state of a node and its name, if what is found for such pods on a node depends
    /// on nothing else.
    fn state_for(&self, demand: DemandId, node: NodeId) -> Option<(NodeStateIx, &'a str)> {
        let is_allocated = |claim: &WantedClaim<'a>| key(claim).is_some_and(|key| self.allocated.contains_key(&key));
        let is_any_allocated = self.wanted[demand.index()].claims.iter().any(is_allocated);
        let of_node = self.nodes.get(&node).filter(|_| !is_any_allocated)?;
        Some((of_node.state?, of_node.name))
    }

    fn search(&self, demand: DemandId, (id, view): (NodeId, &NodeView<'_>)) -> Result<Vec<Pick<'a>>, (&'a str, DeviceProblem)> {
        let wanted = &self.wanted[demand.index()];
        let Some(first) = wanted.claims.first() else { return Ok(Vec::new()) };
        if let Some((state, name)) = self.state_for(demand, id) {
            let own = &self.nodes[&id].alone;
            let found = self.alike.found(claimant(demand), state).unwrap_or_else(|| {
                let found = self.search_among(demand, &wanted.claims, &self.nodes[&id]).map(|mut picks| {
                    for pick in &mut picks {
                        let place = own.iter().position(|(pool, _)| *pool == pick.pool).unwrap_or_default();
                        pick.pool = PoolIx::from_index(place);
                    }
                    picks
                });
                self.alike.keep(claimant(demand), state, found.clone());
                found
            });
            let mut picks = found.map_err(|problem| (first.claim.name, named(problem, name)))?;
            for pick in &mut picks {
                pick.pool = own[pick.pool.index()].0;
            }
            return Ok(picks);
        }
        let is_allocated = |claim: &WantedClaim<'a>| self.allocated.get(&key(claim)?);
        for claim in &wanted.claims {
            match is_allocated(claim) {
                Some(ClaimPlace::Node(elsewhere)) if *elsewhere != id => {
                    return Err((claim.claim.name, DeviceProblem::SharedElsewhere));
                }
                Some(ClaimPlace::Nodes(all)) if !all.iter().all(|terms| terms.iter().any(|term| matches(term, view))) => {
                    return Err((claim.claim.name, DeviceProblem::SharedElsewhere));
                }
                Some(_) | None => {}
            }
        }
        let open: Vec<usize> =
            (0..wanted.claims.len()).filter(|place| is_allocated(&wanted.claims[*place]).is_none()).collect();
        let claims: Vec<_> = match open.len() == wanted.claims.len() {
            true => Vec::new(),
            false => open.iter().map(|place| wanted.claims[*place].clone()).collect(),
        };
        let claims = if claims.is_empty() && !open.is_empty() { &wanted.claims } else { &claims };
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        let Some(of_node) = self.nodes.get(&id) else {
            let problem = self.not_known.get(&id).map_or(DeviceProblem::NotKnown, |problem| (*problem).clone());
            return Err((first.claim.name, problem));
        };
        let found = self.search_among(demand, claims, of_node);
        let mut picks = found.map_err(|problem| (first.claim.name, named(problem, of_node.name)))?;
        for pick in &mut picks {
            pick.claim = open[pick.claim];
        }
        Ok(picks)
    }

    fn search_among(
        &self,
        demand: DemandId,
        claims: &[WantedClaim<'a>],
        of_node: &DevicesOfNode<'a>,
    ) -> Result<Vec<Pick<'a>>, DeviceProblem> {
        let incomplete = of_node.incomplete.map(|pool| {
            let pool = self.devices.pool(pool);
            format!("{}/{}", pool.driver, pool.name)
        });
        let steps = self.alike.steps(claimant(demand)).ok_or(DeviceProblem::TooComplex)?;
        let found = DeviceSearch::new(&self.devices, claims, &of_node.candidates, steps).solve(incomplete.as_deref());
        if found == Err(DeviceProblem::TooComplex) {
            self.alike.count_given_up(claimant(demand));
        }
        found
    }

    /// Gives one such pod its devices on a node.
    pub(super) fn place(&mut self, demand: DemandId, node: (NodeId, &NodeView<'_>)) {
        let picks = self.search(demand, node).unwrap_or_default();
        for pick in &picks {
            self.devices.take(pick);
        }
        let mut allocated = Vec::new();
        for (place, claim) in self.wanted[demand.index()].claims.iter().enumerate() {
            let Some(key) = key(claim).filter(|key| !self.allocated.contains_key(key)) else { continue };
            let of_claim = picks.iter().filter(|pick| pick.claim == place);
            let reaches = of_claim.map(|pick| self.devices.pool(pick.pool).devices[pick.device].reach());
            self.allocated.insert(key, ClaimPlace::of(node.0, reaches));
            allocated.push(key);
        }
        self.placed.push(DevicePlacement { node: node.0, picks, allocated });
        self.note_state(node.0);
    }

    /// Gives one such pod its devices on a node, and returns them for each of its claims; absent
    /// where it gets none there.
    pub(super) fn allocate(&mut self, demand: DemandId, node: (NodeId, &NodeView<'_>)) -> Option<Vec<Vec<AllocatedDevice>>> {
        let Some(wanted) = self.wanted.get(demand.index()) else { return Some(Vec::new()) };
        let mut of_claims = vec![Vec::new(); wanted.claims.len()];
        if self.problem(demand, node).is_some() {
            return None;
        }
        self.place(demand, node);
        for pick in self.placed.last().into_iter().flat_map(|placement| &placement.picks) {
            let pool = self.devices.pool(pick.pool);
            let consumed = pick.share.iter().flatten().map(|(name, amount)| ((*name).to_owned(), *amount));
            of_claims[pick.claim].push(AllocatedDevice {
                driver: pool.driver.to_owned(),
                pool: pool.name.to_owned(),
                device: pool.devices[pick.device].device.name.clone(),
                admin_access: pick.admin_access,
                is_share: pick.share.is_some(),
                consumed: consumed.collect(),
            });
        }
        Some(of_claims)
    }

    /// Takes back the newest placement.
    pub(super) fn take_back(&mut self) {
        let Some(DevicePlacement { node, picks, allocated }) = self.placed.pop() else { return };
        for pick in picks.iter().rev() {
            self.devices.give_back(pick);
        }
        for claim in allocated {
            self.allocated.remove(&claim);
        }
        self.note_state(node);
    }
}

impl<'a> ClaimPlace<'a> {
    /// Returns where devices can be used that were allocated on a node.
    fn of(node: NodeId, reaches: impl Iterator<Item = &'a DeviceReach>) -> Self {
        let mut selectors = Vec::new();
        for reach in reaches {
            match reach {
                DeviceReach::Node(_) | DeviceReach::EachItsOwn => return Self::Node(node),
                DeviceReach::Nodes(terms) => selectors.push(terms.as_slice()),
                DeviceReach::AllNodes => {}
            }
        }
        Self::Nodes(selectors)
    }
}

/// Returns the number of a kind of pods among those that claim.
fn claimant(demand: DemandId) -> ClaimantIx {
    ClaimantIx::from_index(demand.index())
}

/// Returns the name of a claim that several pods share.
fn key<'a>(claim: &WantedClaim<'a>) -> Option<(&'a str, &'a str)> {
    claim.claim.shared_in.map(|namespace| (namespace, claim.claim.name))
}

/// Adds the name of a node to a problem with a device of it.
fn named(problem: DeviceProblem, node: &str) -> DeviceProblem {
    match problem {
        DeviceProblem::SelectorFails { device, error, .. } => {
            DeviceProblem::SelectorFails { node: node.to_owned(), device, error }
        }
        other => other,
    }
}
