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
    Completeness, DeviceCandidate, DeviceFacts, DeviceProblem, DeviceSearch, DevicesTaken, Pick, Pool, PoolIx, SelectorTexts,
    Shapes, WantedClaim, WantedDevices,
};
use crate::scheduler::matching::matches;
use crate::snapshot::{DeviceClass, DeviceReach, NodeSelectorTerm, ResourceClaim, ResourceSlice};

/// The devices of the nodes, which of them are taken, and what pods claim.
#[derive(Debug, Clone, Default)]
pub(super) struct DeviceUse<'a> {
    /// In the order of the kinds of pods; empty where none wants devices.
    wanted: Vec<WantedDevices<'a>>,
    is_in_use: bool,
    devices: DevicesTaken<'a>,
    /// The pools of each node that is there.
    by_node: BTreeMap<&'a str, Vec<PoolIx>>,
    /// The pools that more than one node may reach.
    shared: Vec<PoolIx>,
    nodes: BTreeMap<NodeId, DevicesOfNode<'a>>,
    /// The pools of new nodes, by the slices that these are expected to have.
    expected: Vec<(&'a [ResourceSlice], Vec<Arc<Pool<'a>>>)>,
    /// Where claims got their devices that several pods share.
    allocated: BTreeMap<(&'a str, &'a str), ClaimPlace<'a>>,
    /// Why kinds of pods can be placed nowhere, once that was looked for.
    stopped: BTreeMap<DemandId, DeviceProblem>,
    placed: Vec<DevicePlacement<'a>>,
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
            let only_node = pool.only_node();
            let pool = self.devices.add(Arc::new(pool));
            match only_node {
                Some(node) => self.by_node.entry(node).or_default().push(pool),
                None => self.shared.push(pool),
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

    /// States which slices a node will have that is not there yet, or not complete: those of a node
    /// like it.
    pub(super) fn expect(&mut self, id: NodeId, node: &NodeView<'_>, slices: &'a [ResourceSlice]) {
        if !self.is_in_use {
            return;
        }
        let known = self.expected.iter().position(|(known, _)| std::ptr::eq(*known, slices));
        let known = known.unwrap_or_else(|| {
            let pools = Pool::of_slices(slices.iter(), self.devices.shapes_mut());
            self.expected.push((slices, pools.into_iter().map(Arc::new).collect()));
            self.expected.len() - 1
        });
        let pools = self.expected[known].1.clone();
        let own: Vec<PoolIx> = pools.into_iter().map(|pool| self.devices.add(pool)).collect();
        let own_pools = own.len();
        let name = self.nodes.get(&id).map_or("", |of_node| of_node.name);
        self.enter((id, name), node, own, own_pools);
    }

    fn enter(&mut self, (id, name): (NodeId, &'a str), node: &NodeView<'_>, mut pools: Vec<PoolIx>, own_pools: usize) {
        // The node of a new pool has another name than the node that it is like.
        let is_own = own_pools > 0;
        let own: Vec<PoolIx> = if is_own { pools.clone() } else { Vec::new() };
        pools.extend(&self.shared);
        pools.sort_by_key(|pool| self.devices.pool(*pool).order());
        let mut of_node = DevicesOfNode { name, own_pools, ..DevicesOfNode::default() };
        for number in pools {
            let pool = self.devices.pool(number);
            let reached = if own.contains(&number) { (0..pool.devices.len()).collect() } else { pool.reached_by(node) };
            if pool.completeness != Completeness::Complete && (!reached.is_empty() || pool.devices.is_empty()) {
                of_node.incomplete.get_or_insert(number);
            }
            of_node.candidates.extend(reached.into_iter().map(|device| DeviceCandidate { pool: number, device }));
        }
        self.nodes.insert(id, of_node);
    }

    /// Forgets the newest node.
    pub(super) fn forget(&mut self, node: NodeId) {
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
    pub(super) fn may_stop(&self, demand: DemandId) -> bool {
        use crate::snapshot::DeviceCount::All;
        let asks_for_all = |wanted: &WantedDevices<'_>| {
            let requests = wanted.claims.iter().flat_map(|claim| &claim.requests);
            requests.flat_map(|request| &request.alternatives).any(|way| way.asked.count == All)
        };
        let wanted = self.wanted.get(demand.index()).filter(|wanted| !wanted.claims.is_empty());
        wanted.is_some_and(|wanted| self.devices.shapes().has_failures() || asks_for_all(wanted))
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
        self.search(demand, node).err()
    }

    fn search(&self, demand: DemandId, (id, view): (NodeId, &NodeView<'_>)) -> Result<Vec<Pick<'a>>, (&'a str, DeviceProblem)> {
        let wanted = &self.wanted[demand.index()];
        let Some(first) = wanted.claims.first() else { return Ok(Vec::new()) };
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
        let Some(of_node) = self.nodes.get(&id) else { return Err((first.claim.name, DeviceProblem::NotKnown)) };
        let incomplete = of_node.incomplete.map(|pool| {
            let pool = self.devices.pool(pool);
            format!("{}/{}", pool.driver, pool.name)
        });
        let found = DeviceSearch::new(&self.devices, claims, &of_node.candidates).solve(incomplete.as_deref());
        let mut picks = found.map_err(|problem| (first.claim.name, named(problem, of_node.name)))?;
        for pick in &mut picks {
            pick.claim = open[pick.claim];
        }
        Ok(picks)
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
        self.placed.push(DevicePlacement { picks, allocated });
    }

    /// Takes back the newest placement.
    pub(super) fn take_back(&mut self) {
        let Some(DevicePlacement { picks, allocated }) = self.placed.pop() else { return };
        for pick in picks.iter().rev() {
            self.devices.give_back(pick);
        }
        for claim in allocated {
            self.allocated.remove(&claim);
        }
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
