//! Which unbound pods count as pending, and which of them are alike.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::absent_pods::AbsentIx;
use super::amounts::take;
use super::class_turn::ClassTurn;
use super::fleet::Fleet;
use super::gangs::GangIx;
use super::pod_claims::{ClaimLikeness, Devices};
use crate::duration::Seconds;
use crate::index_vec::{IndexVec, Number, numbers};
use crate::scheduler::cluster::DemandId;
use crate::scheduler::{Demand, Storage, VolumeNeeds, first_lasting_misfit_on, fits, read_labels, selector_keys};
use crate::snapshot::{Pod, PodSpec, Scheduling, SpecId};
use crate::well_known::labels;

numbers! {
    /// A class of pods that request the same.
    pub(crate) struct ClassIx;
}

impl ClassIx {
    /// Returns the demand of one of these pods on the working copy that was made for the classes:
    /// both are in the same order.
    pub(crate) fn demand(self) -> DemandId {
        DemandId::from_index(self.index())
    }
}

/// Pods that request the same and belong to the same gang, if to any: they are placed by count.
pub(crate) struct Class<'a> {
    /// When its turn comes.
    pub(crate) turn: ClassTurn,
    /// Its pending pods, the oldest first.
    pub(crate) pods: Vec<Waiting>,
    /// Pods of ours that no scheduler has refused yet, by their index in [`Fleet::unbound`]. They
    /// take room where they go, and nothing is bought for them.
    pub(crate) unseen: Vec<usize>,
    /// Unreadable regions that might take these pods. The pods wait for them instead of causing a
    /// purchase elsewhere.
    pub(crate) waits_for: Vec<&'a str>,
    /// The object that stands for them; absent for pods that are there.
    pub(crate) absent: Option<AbsentIx>,
}

/// Whether no scheduler looks at a pod yet since pods of its gang are not in the API that are
/// expected to come.
pub(super) fn counts_on_absent_pods(fleet: &Fleet<'_>, pod: &Pod) -> bool {
    fleet.gangs.of(pod).is_some_and(|gang| fleet.gangs.entry(gang).counts_on_absent_pods())
}

/// Returns the node on which pods are preempted for the pod. It counts only while that node exists,
/// is schedulable, and would hold the pod once the pods of lower priority have left; otherwise the
/// pod is an ordinary pending one.
pub(crate) fn nomination<'a>(fleet: &Fleet<'a>, pod: &'a Pod) -> Option<&'a str> {
    let name = pod.nominated_node.as_deref()?;
    let spec = fleet.spec(pod);
    let entry = fleet.node_named(name)?;
    let mut left = fleet.columns.row(&entry.node.allocatable);
    take(&mut left, &entry.requested, 1);
    for victim in entry.pods.iter().filter(|victim| fleet.spec(victim).priority < spec.priority) {
        for (left, freed) in left.iter_mut().zip(fleet.held(victim).iter()) {
            *left = left.saturating_add(*freed);
        }
    }
    let may_be_there = !entry.node.unschedulable && first_lasting_misfit_on(spec, entry.node, fleet.gates()).is_none();
    (may_be_there && fits(&left, fleet.requests(pod))).then_some(name)
}

/// A pending pod with its age, by which pods that are alike take turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Waiting {
    pub(crate) created_at: jiff::Timestamp,
    /// Its index in [`Fleet::unbound`].
    pub(crate) pod: usize,
}

/// The pending pods by the properties that distinguish most of them.
pub(crate) struct Pending {
    classes: Vec<RoughClass>,
    /// For each specification, by its place, the number of the class of its pods without claims and
    /// of those with claims.
    by_spec: Vec<[Option<usize>; 2]>,
}

/// Pods of one specification, and any at all.
struct RoughClass {
    /// Whether they have volumes or resource claims.
    has_claims: bool,
    pods: AlikePods,
}

/// Pods that are alike, by their indices in [`Fleet::unbound`].
#[derive(Default)]
struct AlikePods {
    pending: Vec<Waiting>,
    /// Those that no scheduler has looked at yet.
    unseen: Vec<usize>,
}

impl AlikePods {
    /// Returns one of them.
    fn example(&self) -> usize {
        self.pending.first().map_or_else(|| self.unseen[0], |waiting| waiting.pod)
    }

    fn extend(&mut self, others: Self) {
        if self.pending.is_empty() && self.unseen.is_empty() {
            *self = others;
        } else {
            self.pending.extend(others.pending);
            self.unseen.extend(others.unseen);
        }
    }
}

impl Class<'_> {
    /// Returns one of its pods, by the index in [`Fleet::unbound`].
    pub(crate) fn example(&self) -> usize {
        self.pods.first().map_or_else(|| self.unseen[0], |waiting| waiting.pod)
    }
}

impl Pending {
    /// Returns no pods.
    pub(crate) fn new(fleet: &Fleet<'_>) -> Self {
        Self { classes: Vec::new(), by_spec: vec![[None; 2]; fleet.specs_in_all()] }
    }

    /// Adds a pod that is pending, or that no scheduler has looked at yet, by its index in
    /// [`Fleet::unbound`].
    pub(crate) fn add(&mut self, fleet: &Fleet<'_>, index: usize, pod: &Pod) {
        let has_claims = !pod.volumes.is_empty() || !pod.resource_claims.is_empty();
        let number = self.by_spec[fleet.place_of_spec(pod)][usize::from(has_claims)].get_or_insert(self.classes.len());
        if *number == self.classes.len() {
            self.classes.push(RoughClass { has_claims, pods: AlikePods::default() });
        }
        let AlikePods { pending, unseen } = &mut self.classes[*number].pods;
        if pod.scheduling == Scheduling::Unseen && !counts_on_absent_pods(fleet, pod) {
            unseen.push(index);
        } else {
            pending.push(Waiting { created_at: pod.created_at, pod: index });
        }
    }

    /// Adds the pods that an object stands for. They share no class with others.
    pub(crate) fn add_absent(&mut self, fleet: &Fleet<'_>, absent: AbsentIx) {
        let created_at = fleet.absent[absent].pod.created_at;
        let pending = fleet.absent_places.of(absent).map(|pod| Waiting { created_at, pod }).collect();
        self.classes.push(RoughClass { has_claims: false, pods: AlikePods { pending, unseen: Vec::new() } });
    }
}

/// What keeps pods apart that request the same.
pub(crate) struct Apart<'f> {
    /// Whether a gang is served on its own, and so has classes of its own.
    pub(crate) is_alone: &'f dyn Fn(GangIx) -> bool,
    /// Returns which amounts of quotas a pod exceeds, by its index in [`Fleet::unbound`]; absent
    /// where none do.
    pub(crate) exceeded: Option<&'f dyn Fn(usize) -> Vec<usize>>,
}

/// The properties by which pods are alike.
#[derive(PartialEq, Eq, Hash)]
struct Likeness<'a> {
    absent: Option<AbsentIx>,
    /// The amounts of quotas that they exceed.
    exceeded: Vec<usize>,
    spec: SpecId,
    turn: ClassTurn,
    waits_for: Vec<&'a str>,
    /// Namespace and labels, as far as any selector looks at them.
    labels: Option<(&'a str, Vec<(&'a str, &'a str)>)>,
    volumes: VolumeNeeds<'a>,
    devices: Vec<ClaimLikeness<'a>>,
}

/// Returns the pending pods in classes with the demand of each, in the order in which they are
/// placed, and bought for at first: by their turn, then the largest first, since large pods placed
/// late find no room. `whole`
/// returns what the largest node offers, which makes amounts of different resources comparable.
pub(crate) fn classes<'a>(
    fleet: &Fleet<'a>,
    pending: Pending,
    storage: &Storage<'a>,
    devices: &Devices<'a>,
    whole: impl FnOnce() -> Vec<i64>,
    apart: &Apart<'_>,
) -> (IndexVec<ClassIx, Class<'a>>, IndexVec<DemandId, Demand<'a>>) {
    // Every node is looked at for it, and pods of one kind are in any order by it.
    let whole = if pending.classes.len() > 1 { whole() } else { Vec::new() };
    let keys = label_keys(fleet, &pending);
    let all_readable = fleet.snapshot.regions.iter().all(|region| region.unreadable.is_none());
    let likeness_of = |index: usize| {
        let (pod, absent) = (fleet.unbound[index], fleet.absent_places.at(index));
        let needs = if pod.volumes.is_empty() { VolumeNeeds::default() } else { storage.needs(pod) };
        let names_a_place = !needs.claims.is_empty() || !pod.resource_claims.is_empty();
        let meets_selectors = !keys.is_empty() || names_a_place;
        Likeness {
            spec: pod.spec,
            turn: ClassTurn::of(fleet, index, apart.is_alone),
            waits_for: regions_worth_waiting_for(fleet, pod, absent),
            absent,
            exceeded: apart.exceeded.map(|exceeded| exceeded(index)).unwrap_or_default(),
            labels: meets_selectors.then(|| (pod.namespace.as_str(), read_labels(&pod.labels, |key| keys.contains(key)))),
            volumes: needs,
            devices: devices.likeness(pod),
        }
    };
    let mut by_likeness: IndexMap<Likeness<'a>, AlikePods, FxBuildHasher> = IndexMap::default();
    for RoughClass { has_claims, pods } in pending.classes {
        let may_differ = !keys.is_empty() || !all_readable || has_claims || !fleet.gangs.is_empty() || apart.exceeded.is_some();
        if !may_differ {
            by_likeness.entry(likeness_of(pods.example())).or_default().extend(pods);
            continue;
        }
        for waiting in pods.pending {
            by_likeness.entry(likeness_of(waiting.pod)).or_default().pending.push(waiting);
        }
        for pod in pods.unseen {
            by_likeness.entry(likeness_of(pod)).or_default().unseen.push(pod);
        }
    }
    let class = |(likeness, alike): (Likeness<'a>, AlikePods)| {
        let AlikePods { pending: mut pods, unseen } = alike;
        pods.sort_unstable();
        let Likeness { turn, waits_for, absent, volumes, .. } = likeness;
        (Class { turn, pods, unseen, waits_for, absent }, volumes)
    };
    let mut classes: Vec<(Class<'a>, VolumeNeeds<'a>)> = by_likeness.into_iter().map(class).collect();
    classes.sort_by_cached_key(|(class, _)| {
        let first = fleet.unbound[class.example()];
        let size = Reverse(shares(fleet.requests(first), &whole));
        (class.turn, size, class.example())
    });
    let demand = |(class, volumes): &(Class<'a>, VolumeNeeds<'a>)| {
        let first = fleet.unbound[class.example()];
        let mut demand = demand_of_spec(fleet, devices, first);
        demand.volumes = volumes.clone();
        demand
    };
    let demands = classes.iter().map(demand).collect();
    (classes.into_iter().map(|(class, _)| class).collect(), demands)
}

/// Returns the demand of one pod, as the scheduler sees it.
pub(crate) fn demand_of<'a>(fleet: &Fleet<'a>, storage: &Storage<'a>, devices: &Devices<'a>, pod: &'a Pod) -> Demand<'a> {
    let mut demand = demand_of_spec(fleet, devices, pod);
    demand.volumes = storage.needs(pod);
    demand
}

pub(crate) fn demand_of_spec<'a>(fleet: &Fleet<'a>, devices: &Devices<'a>, pod: &'a Pod) -> Demand<'a> {
    let mut demand = Demand::new(fleet.spec(pod), &pod.namespace, &pod.labels, fleet.requests(pod).to_vec());
    demand.devices = devices.of(pod).into_iter().filter(|claim| claim.allocation.is_some()).collect();
    demand.claims = devices.unallocated(pod);
    if let Some(label) = fleet.gangs.of(pod).and_then(|gang| fleet.gangs.entry(gang).gang.same.as_deref()) {
        demand.stay_together_by(label);
    }
    demand
}

/// Returns the pod labels that the rules of any pod look at, pending or bound.
fn label_keys<'a>(fleet: &Fleet<'a>, pending: &Pending) -> BTreeSet<&'a str> {
    let waiting = pending.classes.iter().map(|class| fleet.spec(fleet.unbound[class.pods.example()]));
    waiting.chain(repelling(fleet).into_iter().map(|(_, spec)| spec)).flat_map(selector_keys).collect()
}

/// Returns the specifications of pods with anti-affinity that are bound or come with new nodes,
/// with their namespaces.
pub(crate) fn repelling<'a>(fleet: &Fleet<'a>) -> Vec<(&'a str, &'a PodSpec)> {
    if fleet.snapshot.pod_specs.values().all(|spec| spec.pod_anti_affinity.is_empty()) {
        return Vec::new();
    }
    // Pods for which others are preempted count as bound.
    let bound = fleet.nodes.iter().flat_map(|entry| entry.pods.iter().chain(&entry.nominated));
    let bound = bound.map(|pod| ((pod.namespace.as_str(), pod.spec), fleet.spec(pod)));
    // Pods of DaemonSets come with every new node.
    let coming = fleet.snapshot.daemon_sets.iter();
    let coming = coming.map(|set| ((set.namespace.as_str(), set.spec), &fleet.snapshot.pod_specs[&set.spec]));
    let distinct: BTreeMap<_, _> = bound.chain(coming).filter(|(_, spec)| !spec.pod_anti_affinity.is_empty()).collect();
    distinct.into_iter().map(|((namespace, _), spec)| (namespace, spec)).collect()
}

/// Returns the shares of the whole that a request takes, in millionths, the largest first.
pub(crate) fn shares(requests: &[i64], whole: &[i64]) -> Vec<i64> {
    let share = |(requested, whole): (&i64, &i64)| {
        i64::try_from(i128::from(*requested) * 1_000_000 / i128::from((*whole).max(1))).unwrap_or(i64::MAX)
    };
    let mut shares: Vec<i64> = requests.iter().zip(whole).map(share).collect();
    shares.sort_unstable_by(|a, b| b.cmp(a));
    shares
}

/// Returns the unreadable regions whose groups might take the pod, while it has been pending for
/// less than `--instance-init-time`: an API failure of a minute must not buy twice. Nobody waits
/// for room for pods that are not in the API, so that they wait for as long as it takes.
fn regions_worth_waiting_for<'a>(fleet: &Fleet<'a>, pod: &Pod, absent: Option<AbsentIx>) -> Vec<&'a str> {
    let may_wait = absent.is_some() || waiting_until(fleet, pod) > fleet.now();
    let unreadable = fleet.snapshot.regions.iter().filter(|region| region.unreadable.is_some());
    let mut regions: Vec<(u32, &str)> = unreadable
        .filter(|region| may_wait && may_run_in(fleet.spec(pod), &region.name))
        .map(|region| (region.preference, region.name.as_str()))
        .collect();
    regions.sort_unstable();
    regions.into_iter().map(|(_, name)| name).collect()
}

/// Returns until when the pod waits for an unreadable region.
pub(crate) fn waiting_until(fleet: &Fleet<'_>, pod: &Pod) -> jiff::Timestamp {
    let pending_since = match pod.scheduling {
        Scheduling::Unschedulable { since } => since,
        Scheduling::Unseen | Scheduling::Gated | Scheduling::Scheduled { .. } => pod.created_at,
    };
    Seconds::after(fleet.policy.instance_init_time, pending_since)
}

/// Whether the pod's selector and affinity allow a region. Only the region's own label is known of
/// its nodes, so every other requirement is assumed to hold.
fn may_run_in(spec: &PodSpec, region: &str) -> bool {
    use crate::snapshot::NodeSelectorOperator::{DoesNotExist, Exists, Gt, In, Lt, NotIn};
    let selected = labels::REGIONS.iter().all(|label| spec.node_selector.get(label).is_none_or(|wanted| wanted == region));
    let allows = |requirement: &crate::snapshot::NodeSelectorRequirement| {
        let listed = requirement.values.iter().any(|value| value == region);
        match requirement.operator {
            _ if !labels::REGIONS.contains(&requirement.key.as_str()) => true,
            In => listed,
            NotIn => !listed,
            Exists => true,
            DoesNotExist | Gt | Lt => false,
        }
    };
    let affine =
        spec.node_affinity.as_ref().is_none_or(|terms| terms.iter().any(|term| term.match_expressions.iter().all(allows)));
    selected && affine
}
