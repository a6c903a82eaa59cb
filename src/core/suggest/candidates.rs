//! The machine types that would do for pods, with a first estimate of what that costs.

use std::collections::BTreeMap;

use super::market::MachineMarket;
use super::needs::NodeNeeds;
use super::no_help::NoHelp;
use super::pretended::PretendedGroup;
use super::similar_pods::{PodKind, SimilarPods};
use crate::plan::{ExpectedNode, outlook};
use crate::policy::Policy;
use crate::snapshot::{CPU, EPHEMERAL_STORAGE, MEMORY, MachineType, Market, Resources, Snapshot};
use crate::well_known::labels::MACHINE_TYPES;
use crate::well_known::resources::{EFA, device_family, is_device, names_of_device};

const GIB: i64 = 1 << 30;
/// Volumes are made in steps of this many GiB.
const STEP_OF_A_VOLUME: i64 = 10;
/// A volume for the scratch space of many pods is not made larger than this, where one pod does not
/// need more.
const USUAL_VOLUME_GIB: i64 = 1000;
/// The largest volume of the cloud's usual kind.
const LARGEST_VOLUME_GIB: i64 = 16_384;
/// What images and logs take of a volume, beside the tenth that the kubelet keeps free.
const KEPT_OF_A_VOLUME: i64 = 3 * GIB;
/// How much pods may request of the volume that a machine has unless stated otherwise.
const OF_THE_USUAL_VOLUME: i64 = 16 * GIB;
/// Nodes are counted in thousandths.
const WHOLE: u128 = 1000;

/// A machine type that at least one kind of pods fits.
pub(super) struct FittingMachine {
    pub(super) blueprint: PretendedGroup,
    /// How many thousandths of a node one pod of each kind takes; absent where it does not fit.
    takes: Vec<Option<u128>>,
    /// What a node costs, in some unit.
    weight: u128,
}

impl FittingMachine {
    /// Whether every kind fits it.
    pub(super) fn takes_all(&self) -> bool {
        self.takes.iter().all(Option::is_some)
    }

    pub(super) fn takes(&self, kind: usize) -> bool {
        self.takes[kind].is_some()
    }

    /// Returns about what the nodes cost for all pods of the kinds that fit.
    pub(super) fn estimate(&self, kinds: &[PodKind]) -> u128 {
        let nodes = |(kind, takes): (&PodKind, &Option<u128>)| takes.map_or(0, |takes| takes * kind.pods.len() as u128);
        let nodes: u128 = kinds.iter().zip(&self.takes).map(nodes).sum();
        nodes.div_ceil(WHOLE).max(1) * self.weight
    }

    /// Returns about what the share of nodes costs that one kind of pods takes.
    pub(super) fn estimate_of(&self, kinds: &[PodKind], kind: usize) -> u128 {
        let nodes = self.takes[kind].map_or(u128::MAX / WHOLE, |takes| takes * kinds[kind].pods.len() as u128);
        nodes.max(WHOLE).saturating_mul(self.weight)
    }
}

/// What machine types are chosen by.
pub(super) struct Selection<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) policy: &'a Policy,
    pub(super) market: &'a MachineMarket,
    /// How machines are paid for where the pods leave that open.
    pub(super) purchase: Market,
}

impl Selection<'_> {
    /// Returns the types that some of the pods fit, the cheapest first.
    ///
    /// # Errors
    /// When no known type meets the needs.
    pub(super) fn fitting(&self, of: usize, pods: &SimilarPods) -> Result<Vec<FittingMachine>, NoHelp> {
        let needs = &pods.needs;
        let purchase = needs.market.unwrap_or(self.purchase);
        let machines = self.machines(needs, purchase);
        if machines.is_empty() {
            return Err(NoHelp::NoMachineType { requirement: needs.of_the_machine(self.market) });
        }
        let blueprints: Vec<PretendedGroup> =
            machines.iter().map(|machine| self.blueprint(of, pods, machine, purchase)).collect();
        let nodes = self.nodes(&blueprints);
        let mut fitting = Vec::new();
        for (blueprint, node) in blueprints.into_iter().zip(nodes) {
            let Some(node) = node else { continue };
            let takes: Vec<_> = pods.kinds.iter().map(|kind| share(&node.free, kind)).collect();
            let machine = &blueprint.machines[0];
            let weight = match self.market.price(machine, purchase) {
                Some(price) => u128::from(price.micros()),
                None => size(machine),
            };
            if takes.iter().any(Option::is_some) && weight > 0 {
                fitting.push(FittingMachine { blueprint, takes, weight });
            }
        }
        if fitting.is_empty() {
            return Err(NoHelp::NoMachineType { requirement: needs.of_the_machine(self.market) });
        }
        fitting.sort_by_cached_key(|fitting| {
            (fitting.estimate(&pods.kinds), fitting.weight, fitting.blueprint.first_type().to_owned())
        });
        Ok(fitting)
    }

    /// Returns the most of a resource that a machine offers to pods with these needs, and the
    /// machine.
    pub(super) fn too_large(&self, of: usize, pods: &SimilarPods, kind: &PodKind) -> NoHelp {
        let purchase = pods.needs.market.unwrap_or(self.purchase);
        let machines = self.machines(&pods.needs, purchase);
        let blueprints: Vec<PretendedGroup> =
            machines.iter().map(|machine| self.blueprint(of, pods, machine, purchase)).collect();
        let nodes = self.nodes(&blueprints);
        let offers: Vec<(&str, Resources)> =
            blueprints.iter().zip(nodes).filter_map(|(blueprint, node)| Some((blueprint.first_type(), node?.free))).collect();
        let most_of = |resource: &str| {
            offers
                .iter()
                .map(|(name, free)| (free.get(resource), *name))
                .max_by_key(|(amount, name)| (*amount, std::cmp::Reverse(*name)))
        };
        let is_short = |(resource, requested): &(&str, i64)| most_of(resource).is_none_or(|(most, _)| most < *requested);
        let short = kind.requests.iter().filter(|(_, amount)| *amount > 0).find(is_short);
        let Some((resource, requested)) = short else {
            return NoHelp::NoMachineType {
                requirement: format!("all it requests together, {}", pods.needs.of_the_machine(self.market)),
            };
        };
        let most = most_of(resource).filter(|(most, _)| *most > 0);
        NoHelp::TooLarge {
            resource: resource.to_owned(),
            requested,
            most: most.map_or(0, |(most, _)| most),
            machine_type: most.map(|(_, name)| name.to_owned()),
        }
    }

    /// Returns the types that meet what is required of the machine. Those with devices are for pods
    /// that request devices; those whose price is not known are left out where others have one.
    fn machines(&self, needs: &NodeNeeds, purchase: Market) -> Vec<&MachineType> {
        let architectures = needs.accepted_architectures(self.snapshot);
        let region = needs.region.as_deref().unwrap_or_default();
        let wants_devices = needs.devices.iter().any(|name| is_device(name));
        let is_accepted = |machine: &&MachineType| {
            machine.region == region
                && architectures.contains(machine.architecture.label())
                && needs.machine_types.as_ref().is_none_or(|types| types.contains(&machine.name))
                && !needs.other_than.contains(&machine.name)
                && (wants_devices || machine.devices.is_empty() || needs.machine_types.is_some())
                && needs.devices.iter().all(|name| self.may_offer(machine, name))
        };
        let accepted: Vec<&MachineType> = self.market.machines.iter().filter(is_accepted).collect();
        let is_priced = |machine: &&&MachineType| self.market.price(machine, purchase).is_some();
        let priced: Vec<&MachineType> = accepted.iter().filter(is_priced).copied().collect();
        if priced.is_empty() { accepted } else { priced }
    }

    /// Whether machines of a type may have a device, by their description or by nodes and groups of
    /// the type. What no machine has may be anything: the plan decides.
    fn may_offer(&self, machine: &MachineType, device: &str) -> bool {
        if device == EFA {
            return machine.max_efa_interfaces > 0;
        }
        let is_served_by_class = self.snapshot.device_class_resources.iter().any(|served| served == device);
        let is_described = names_of_device(device).iter().any(|name| machine.devices.get(name) > 0);
        is_described || is_served_by_class || self.seen(machine).get(device) > 0
    }

    /// Returns the devices that nodes or tags of a type show.
    fn seen(&self, machine: &MachineType) -> Resources {
        let is_of_type = |name: &str| name == machine.name;
        let of_nodes =
            self.snapshot.nodes.iter().filter(|node| {
                MACHINE_TYPES.iter().find_map(|label| node.labels.get(label)).is_some_and(|name| is_of_type(name))
            });
        let groups = self.snapshot.groups.iter().filter(|group| group.id.region == machine.region);
        let launches =
            |group: &&crate::snapshot::Group| group.launch_options.iter().any(|option| is_of_type(&option.machine_type));
        let mut seen = Resources::default();
        for offer in of_nodes.map(|node| &node.allocatable).chain(groups.filter(launches).map(|group| &group.tags.resources)) {
            seen.raise_to(&offer.iter().filter(|(name, _)| is_device(name)).collect());
        }
        seen
    }

    fn blueprint(&self, of: usize, pods: &SimilarPods, machine: &MachineType, market: Market) -> PretendedGroup {
        let needs = &pods.needs;
        let zones = needs.places(self.snapshot).into_iter().filter(|zone| self.market.is_offered(machine, zone)).collect();
        PretendedGroup {
            of,
            name: format!("{}-{of}", machine.name),
            region: machine.region.clone(),
            zones,
            machines: vec![machine.clone()],
            market,
            root_volume_gib: root_volume_gib(machine, &pods.kinds),
            resources: self.resources_to_state(machine, needs),
            needs: needs.clone(),
            max: None,
        }
    }

    /// Returns the amounts that have to be stated of a group, since the description of its type
    /// does not have them: those of the families of devices that are requested, as nodes of the
    /// type show them.
    fn resources_to_state(&self, machine: &MachineType, needs: &NodeNeeds) -> Resources {
        let is_described = |name: &String| names_of_device(name).iter().any(|name| machine.devices.get(name) > 0);
        let missing: Vec<&String> = needs.devices.iter().filter(|name| is_device(name) && !is_described(name)).collect();
        let seen = self.seen(machine);
        let is_meant = |name: &str| missing.iter().any(|missing| device_family(missing) == device_family(name));
        let mut stated: Resources = seen.iter().filter(|(name, _)| is_meant(name)).collect();
        // A machine whose devices are cut into parts has none of them whole.
        for (name, _) in machine.devices.iter().filter(|(name, _)| is_meant(name)) {
            if !stated.contains(name) {
                stated.set(name, 0);
            }
        }
        if missing.iter().all(|name| seen.get(name) == 0) { Resources::default() } else { stated }
    }

    /// Returns the node that each blueprint would launch, in the first of its zones.
    fn nodes(&self, blueprints: &[PretendedGroup]) -> Vec<Option<ExpectedNode>> {
        let mut snapshot = Snapshot { pods: Vec::new(), ..self.snapshot.clone() };
        let own = snapshot.groups.len();
        snapshot.machine_types.clone_from(&self.market.machines);
        snapshot.groups.extend(blueprints.iter().map(|blueprint| {
            let mut group = blueprint.group();
            group.zones.truncate(1);
            group
        }));
        let known = outlook(&snapshot, self.policy);
        known.into_iter().skip(own).map(|outlook| outlook.nodes.ok()?.into_iter().next()).collect()
    }
}

/// Returns how many thousandths of a node a pod takes; nothing where it does not fit.
fn share(free: &Resources, kind: &PodKind) -> Option<u128> {
    let requests = kind.requests.iter().filter(|(_, amount)| *amount > 0);
    let fits = requests.map(|(name, amount)| free.get(name) / amount).min().unwrap_or(1);
    let fits = if kind.is_alone { fits.min(1) } else { fits };
    u128::try_from(fits).ok().filter(|fits| *fits > 0).map(|fits| WHOLE.div_ceil(fits))
}

/// Returns the size of the volume that pods with scratch space need; nothing where the usual one
/// is enough.
fn root_volume_gib(machine: &MachineType, kinds: &[PodKind]) -> Option<i64> {
    let largest = kinds.iter().map(|kind| kind.requests.get(EPHEMERAL_STORAGE)).max().unwrap_or(0);
    if largest == 0 {
        return None;
    }
    let machine_offers: BTreeMap<&str, i64> = [(CPU, machine.cpus * 1000), (MEMORY, machine.memory_mib << 20)].into();
    let together = |kind: &PodKind| {
        let at_once = machine_offers.iter().filter_map(|(name, offered)| offered.checked_div(kind.requests.get(name))).min();
        let count = i64::try_from(kind.pods.len()).unwrap_or(i64::MAX);
        let pods = at_once.unwrap_or(1).min(count).max(1);
        kind.requests.get(EPHEMERAL_STORAGE).saturating_mul(if kind.is_alone { 1 } else { pods })
    };
    let wanted = kinds.iter().map(together).max().unwrap_or(0);
    if wanted <= OF_THE_USUAL_VOLUME {
        return None;
    }
    let gib = |bytes: i64| {
        let volume = (bytes.saturating_add(KEPT_OF_A_VOLUME) / 9).saturating_mul(10) / GIB + 1;
        (volume + STEP_OF_A_VOLUME - 1) / STEP_OF_A_VOLUME * STEP_OF_A_VOLUME
    };
    Some(gib(wanted).min(USUAL_VOLUME_GIB.max(gib(largest))).min(LARGEST_VOLUME_GIB))
}

/// Returns a size by which machines are compared whose prices are not known: a processor weighs as
/// much as 8 GiB, and a device as much as 24 processors.
fn size(machine: &MachineType) -> u128 {
    let devices: i64 = machine.devices.iter().map(|(_, amount)| amount).sum();
    let size = machine.cpus * 8 * 1024 + machine.memory_mib + devices * 24 * 8 * 1024;
    u128::try_from(size).unwrap_or(0)
}
