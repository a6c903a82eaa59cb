//! The search for devices on one node: exhaustive, claim by claim, request by request, device by
//! device; the first full solution counts (`allocateOne` in
//! `structured/internal/incubating/allocator_incubating.go`).

use std::collections::BTreeMap;

use super::capacity::{CapacityAmounts, amounts_taken, is_enough};
use super::constraints::{ConstraintState, ForRequest};
use super::pools::{Completeness, PoolDevice};
use super::problem::DeviceProblem;
use super::selecting::SelectorOutcome;
use super::taints::are_tolerated;
use super::taken::{DevicesTaken, PoolIx, Taken};
use super::wanted::{WantedAlternative, WantedClaim, full_name};
use crate::snapshot::{DeviceCount, Quantity};

/// The most devices that one claim can have (`AllocationResultsMaxSize` in
/// `k8s.io/api/resource/v1`).
const MOST_OF_A_CLAIM: u64 = 32;

/// After so many steps, each of which looks at one device, the search on a node is given up:
/// anybody may write a claim that has millions of solutions to be tried. kube-scheduler gives up as
/// well, after ten seconds (`filterTimeout` of `DynamicResourcesArgs`); a plan has less time for
/// one node of thousands. A claim of 32 devices finds them among 2,000 in fewer steps where it need
/// not go back.
pub(super) const MOST_STEPS: u32 = 100_000;

/// So many are left once a plan has given up many searches.
pub(super) const FEWER_STEPS: u32 = 2_000;

/// The most claims of a pod, and the most devices of all of them, for which a search is begun. It
/// goes one call deeper for each device.
const MOST_CLAIMS: usize = 64;
const MOST_DEVICES: usize = 512;

/// A device that a node reaches.
#[derive(Debug, Clone, Copy)]
pub(in crate::scheduler) struct DeviceCandidate {
    pub(in crate::scheduler) pool: PoolIx,
    pub(in crate::scheduler) device: usize,
}

/// A device that was found for a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::scheduler) struct Pick<'a> {
    /// The place of the claim among those of the pod.
    pub(in crate::scheduler) claim: usize,
    pub(in crate::scheduler) pool: PoolIx,
    pub(in crate::scheduler) device: usize,
    /// Whether the claim only looks after it.
    pub(in crate::scheduler) admin_access: bool,
    /// What is taken of a device that several may share.
    pub(in crate::scheduler) share: Option<CapacityAmounts<'a>>,
}

/// Where the search stands.
#[derive(Debug, Clone, Copy, Default)]
struct Position {
    claim: usize,
    request: usize,
    alternative: usize,
    /// How many devices the request has so far.
    device: usize,
}

/// How a branch of the search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Branch {
    Solved,
    Unsolved,
    /// A claim would have more devices than it can.
    TooLarge,
}

/// What the search has chosen of one device.
#[derive(Debug, Clone, Default)]
struct Chosen<'a> {
    /// The claims that have it, one bit each.
    claims: u64,
    shares: Vec<CapacityAmounts<'a>>,
}

pub(in crate::scheduler) struct DeviceSearch<'s, 'a> {
    taken: &'s DevicesTaken<'a>,
    claims: &'s [WantedClaim<'a>],
    candidates: &'s [DeviceCandidate],
    chosen: Vec<Chosen<'a>>,
    /// The candidates of requests for all devices.
    all: BTreeMap<(usize, usize, usize), Vec<usize>>,
    constraints: Vec<Vec<ConstraintState<'a>>>,
    /// Counters that the search has used. As in kube-scheduler, those of a device that is refused
    /// for another reason stay used.
    consumed: BTreeMap<(PoolIx, &'a str, &'a str), Quantity>,
    picks: Vec<Pick<'a>>,
    /// How many steps are left.
    steps: u32,
}

impl<'s, 'a> DeviceSearch<'s, 'a> {
    pub(in crate::scheduler) fn new(
        taken: &'s DevicesTaken<'a>,
        claims: &'s [WantedClaim<'a>],
        candidates: &'s [DeviceCandidate],
        steps: u32,
    ) -> Self {
        let constraints = |claim: &WantedClaim<'a>| claim.constraints.iter().map(ConstraintState::new).collect();
        Self {
            taken,
            claims,
            candidates,
            chosen: vec![Chosen::default(); candidates.len()],
            all: BTreeMap::new(),
            constraints: claims.iter().map(constraints).collect(),
            consumed: BTreeMap::new(),
            picks: Vec::new(),
            steps,
        }
    }

    /// Returns the devices of each claim. `incomplete` is a pool of the node that its driver has
    /// not published completely, or one that is in contradiction with itself.
    pub(in crate::scheduler) fn solve(mut self, incomplete: Option<&str>) -> Result<Vec<Pick<'a>>, DeviceProblem> {
        if self.claims.len() > MOST_CLAIMS {
            return Err(DeviceProblem::TooComplex);
        }
        self.find_all(incomplete)?;
        self.check_sizes()?;
        match self.branch(Position::default(), false, 0)? {
            Branch::Solved => Ok(self.picks),
            Branch::Unsolved | Branch::TooLarge => Err(DeviceProblem::NotEnough),
        }
    }

    /// Finds what "all devices" are.
    fn find_all(&mut self, incomplete: Option<&str>) -> Result<(), DeviceProblem> {
        for (claim, wanted) in self.claims.iter().enumerate() {
            for (request, of_request) in wanted.requests.iter().enumerate() {
                for (alternative, way) in of_request.alternatives.iter().enumerate() {
                    if way.asked.count != DeviceCount::All {
                        continue;
                    }
                    if let Some(pool) = incomplete {
                        let request = full_name(of_request.name, way.asked);
                        return Err(DeviceProblem::PoolIncomplete { request, pool: pool.to_owned() });
                    }
                    let mut matching = Vec::new();
                    for place in 0..self.candidates.len() {
                        if self.is_selected(way, place)? && self.has_capacity(way, place) {
                            matching.push(place);
                        }
                    }
                    self.all.insert((claim, request, alternative), matching);
                }
            }
        }
        Ok(())
    }

    /// Checks that no claim needs more devices than it can have.
    fn check_sizes(&self) -> Result<(), DeviceProblem> {
        for (claim, wanted) in self.claims.iter().enumerate() {
            let least = |(request, of_request): (usize, &super::wanted::WantedRequest<'a>)| {
                let numbers = (0..of_request.alternatives.len()).map(|alternative| self.number((claim, request, alternative)));
                numbers.min().unwrap_or_default()
            };
            let devices = wanted.requests.iter().enumerate().map(least).fold(0, u64::saturating_add);
            if devices > MOST_OF_A_CLAIM {
                return Err(DeviceProblem::TooMany { devices });
            }
        }
        Ok(())
    }

    /// Returns how many devices an alternative wants.
    fn number(&self, of: (usize, usize, usize)) -> u64 {
        match self.claims[of.0].requests[of.1].alternatives[of.2].asked.count {
            DeviceCount::Exactly(count) => count,
            DeviceCount::All => self.all.get(&of).map_or(0, |all| all.len() as u64),
        }
    }

    fn step(&mut self) -> Result<(), DeviceProblem> {
        if self.steps == 0 || self.picks.len() > MOST_DEVICES {
            return Err(DeviceProblem::TooComplex);
        }
        self.steps -= 1;
        Ok(())
    }

    fn branch(&mut self, at: Position, in_alternative: bool, from: usize) -> Result<Branch, DeviceProblem> {
        self.step()?;
        let claims = self.claims;
        let Some(claim) = claims.get(at.claim) else { return Ok(Branch::Solved) };
        let Some(request) = claim.requests.get(at.request) else {
            let next = Position { claim: at.claim + 1, ..Position::default() };
            return Ok(match self.branch(next, false, 0)? {
                // Another choice for an earlier claim may leave this one an alternative that is
                // small enough.
                Branch::TooLarge => Branch::Unsolved,
                other => other,
            });
        };
        let is_prioritized = request.alternatives.iter().any(|way| way.asked.name.is_some());
        if is_prioritized && !in_alternative {
            return self.alternatives(at, request.alternatives.len());
        }
        let Some(way) = request.alternatives.get(at.alternative) else { return Ok(Branch::Unsolved) };
        let of = (at.claim, at.request, at.alternative);
        let number = self.number(of);
        if way.asked.count == DeviceCount::All && number == 0 {
            return Ok(Branch::Unsolved);
        }
        if at.device as u64 >= number {
            return self.branch(Position { claim: at.claim, request: at.request + 1, ..Position::default() }, false, 0);
        }
        let so_far = self.picks.iter().filter(|pick| pick.claim == at.claim).count() as u64;
        if so_far + number - at.device as u64 > MOST_OF_A_CLAIM {
            return Ok(Branch::TooLarge);
        }
        match way.asked.count {
            DeviceCount::All => {
                let place = self.all[&of][at.device];
                match self.with_device(at, way, place, true, in_alternative, 0)? {
                    Some(branch) => Ok(branch),
                    None => Ok(Branch::Unsolved),
                }
            }
            DeviceCount::Exactly(_) => self.any_device(at, way, in_alternative, from),
        }
    }

    /// Tries the alternatives of a request in their order.
    fn alternatives(&mut self, at: Position, count: usize) -> Result<Branch, DeviceProblem> {
        let mut are_all_too_large = true;
        for alternative in 0..count {
            match self.branch(Position { alternative, ..at }, true, 0)? {
                Branch::Solved => return Ok(Branch::Solved),
                Branch::Unsolved => are_all_too_large = false,
                Branch::TooLarge => {}
            }
        }
        Ok(if are_all_too_large { Branch::TooLarge } else { Branch::Unsolved })
    }

    /// Tries the devices in their order, from one on.
    fn any_device(
        &mut self,
        at: Position,
        way: &'s WantedAlternative<'a>,
        in_alternative: bool,
        from: usize,
    ) -> Result<Branch, DeviceProblem> {
        for place in from..self.candidates.len() {
            self.step()?;
            if self.pool_of(place) != Completeness::Complete
                || self.is_in_use(at.claim, way, place)
                || !self.is_selected(way, place)?
                || !self.has_capacity(way, place)
            {
                continue;
            }
            match self.with_device(at, way, place, false, in_alternative, place + 1)? {
                Some(Branch::Solved) => return Ok(Branch::Solved),
                Some(Branch::TooLarge) => return Ok(Branch::TooLarge),
                Some(Branch::Unsolved) | None => {}
            }
        }
        Ok(Branch::Unsolved)
    }

    /// Chooses a device, if it can be had, and goes on with the next one. Without a solution the
    /// device is given back.
    fn with_device(
        &mut self,
        at: Position,
        way: &'s WantedAlternative<'a>,
        place: usize,
        is_required: bool,
        in_alternative: bool,
        from: usize,
    ) -> Result<Option<Branch>, DeviceProblem> {
        if !self.choose(at, way, place, is_required)? {
            return Ok(None);
        }
        let branch = self.branch(Position { device: at.device + 1, ..at }, in_alternative, from)?;
        if branch != Branch::Solved {
            self.give_back(at, place);
        }
        Ok(Some(branch))
    }

    fn choose(
        &mut self,
        at: Position,
        way: &'s WantedAlternative<'a>,
        place: usize,
        is_required: bool,
    ) -> Result<bool, DeviceProblem> {
        let one = self.device(place);
        if self.is_in_use(at.claim, way, place) {
            return Ok(false);
        }
        let has_share = one.device.is_shared && (self.is_shared_already(place) || !self.chosen[place].shares.is_empty());
        if !has_share && !one.device.consumes.is_empty() && !self.use_counters(place) {
            return Ok(false);
        }
        if !are_tolerated(&one.device.taints, &way.asked.tolerations) {
            return Ok(false);
        }
        let of = self.request_of(at);
        let driver = self.taken.pool(self.candidates[place].pool).driver;
        let constraints = &mut self.constraints[at.claim];
        for number in 0..constraints.len() {
            if !constraints[number].add(of, driver, one.device) {
                if is_required {
                    let device = format!("{driver}/{}", one.device.name);
                    return Err(DeviceProblem::ConstraintOnAll { request: full_name(of.request, way.asked), device });
                }
                constraints[..number].iter_mut().for_each(|added| added.remove(of));
                return Ok(false);
            }
        }
        if !self.has_capacity(way, place) {
            self.constraints[at.claim].iter_mut().for_each(|added| added.remove(of));
            return Ok(false);
        }
        let share = one.device.is_shared.then(|| amounts_taken(&way.asked.capacity, &one.device.capacity));
        match &share {
            None => self.chosen[place].claims |= 1 << at.claim,
            Some(amounts) => self.chosen[place].shares.push(amounts.clone()),
        }
        let DeviceCandidate { pool, device } = self.candidates[place];
        self.picks.push(Pick { claim: at.claim, pool, device, admin_access: way.asked.admin_access, share });
        Ok(true)
    }

    fn give_back(&mut self, at: Position, place: usize) {
        let of = self.request_of(at);
        self.constraints[at.claim].iter_mut().for_each(|constraint| constraint.remove(of));
        let Some(pick) = self.picks.pop() else { return };
        if pick.share.is_some() {
            self.chosen[place].shares.pop();
        } else {
            self.chosen[place].claims &= !(1 << at.claim);
            self.release_counters(place);
        }
    }

    fn request_of(&self, at: Position) -> ForRequest<'a> {
        let request = &self.claims[at.claim].requests[at.request];
        ForRequest { request: request.name, alternative: request.alternatives[at.alternative].asked.name.as_deref() }
    }

    fn device(&self, place: usize) -> &'s PoolDevice<'a> {
        let DeviceCandidate { pool, device } = self.candidates[place];
        &self.taken.pool(pool).devices[device]
    }

    fn pool_of(&self, place: usize) -> Completeness {
        self.taken.pool(self.candidates[place].pool).completeness
    }

    fn is_in_use(&self, claim: usize, way: &WantedAlternative<'_>, place: usize) -> bool {
        let chosen = self.chosen[place].claims;
        if way.asked.admin_access {
            return chosen & (1 << claim) != 0;
        }
        let DeviceCandidate { pool, device } = self.candidates[place];
        chosen != 0 || matches!(self.taken.of(pool, device), Taken::Whole)
    }

    fn is_shared_already(&self, place: usize) -> bool {
        let DeviceCandidate { pool, device } = self.candidates[place];
        matches!(self.taken.of(pool, device), Taken::Shared { .. })
    }

    fn is_selected(&self, way: &WantedAlternative<'_>, place: usize) -> Result<bool, DeviceProblem> {
        let one = self.device(place);
        for selector in &way.selectors {
            match self.taken.shapes().outcome(*selector, one.shape) {
                SelectorOutcome::Met => {}
                SelectorOutcome::Unmet => return Ok(false),
                SelectorOutcome::Fails(error) => {
                    let pool = self.taken.pool(self.candidates[place].pool);
                    let device = format!("{}/{}", pool.driver, one.device.name);
                    return Err(DeviceProblem::SelectorFails { node: String::new(), device, error: error.clone() });
                }
            }
        }
        Ok(true)
    }

    fn has_capacity(&self, way: &WantedAlternative<'_>, place: usize) -> bool {
        let one = self.device(place);
        let DeviceCandidate { pool, device } = self.candidates[place];
        let of_others = match self.taken.of(pool, device) {
            Taken::Shared { amounts, .. } => Some(amounts),
            Taken::Free | Taken::Whole => None,
        };
        let taken: Vec<&CapacityAmounts<'_>> = of_others.into_iter().chain(&self.chosen[place].shares).collect();
        is_enough(&way.asked.capacity, &one.device.capacity, &taken)
    }

    /// Uses the counters of a device, if there are enough of all counters of the pool.
    fn use_counters(&mut self, place: usize) -> bool {
        let pool = self.candidates[place].pool;
        for taken in &self.device(place).device.consumes {
            for (name, amount) in &taken.counters {
                let used = self.consumed.entry((pool, &taken.set, name)).or_default();
                *used = used.plus(*amount);
            }
        }
        let is_enough = |(set, counters): (&&'a str, &&'a BTreeMap<String, Quantity>)| {
            counters.iter().all(|(name, has)| {
                let used = self.consumed.get(&(pool, *set, name.as_str())).copied().unwrap_or_default();
                self.taken.counter_taken(pool, set, name).plus(used) <= *has
            })
        };
        let fits = self.taken.pool(pool).counters.iter().all(is_enough);
        if !fits {
            self.release_counters(place);
        }
        fits
    }

    fn release_counters(&mut self, place: usize) {
        let pool = self.candidates[place].pool;
        for taken in &self.device(place).device.consumes {
            for (name, amount) in &taken.counters {
                if let Some(used) = self.consumed.get_mut(&(pool, taken.set.as_str(), name.as_str())) {
                    *used = used.minus(*amount);
                }
            }
        }
    }
}
