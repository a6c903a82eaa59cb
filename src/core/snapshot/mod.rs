//! The facts that one run saw: plain data, without I/O and without a clock.
//!
//! A [`Snapshot`] is everything that the planner may read. It can be written to a file, attached to
//! a bug report and replayed. It never holds environment variables, commands, secrets, or an
//! annotation that no rule reads.

mod activity;
mod advice;
mod automatic_changes;
mod budget;
mod buffer_status;
mod cannot;
mod capacity_buffer;
mod capacity_quota;
mod clocks;
mod daemon_pod;
mod device_needs;
mod finished_pod;
mod gang;
mod gang_rules;
mod gap;
mod group;
mod group_tags;
mod identity;
mod instance_lifetime;
mod job_facts;
mod json_text;
mod keeps_node;
mod labels;
mod lately;
mod launch_details;
mod launch_note;
mod lifecycle;
mod lifecycle_hooks;
mod looked_at;
mod machine;
mod machine_check;
mod marks;
mod name;
mod names_together;
mod node;
mod node_formula;
mod node_group;
mod one_pass;
mod owner;
mod placement_group;
mod pod;
mod pod_end;
mod pod_placement;
mod pod_spec;
mod pods_in_text;
mod price;
mod protecting_marks;
mod provisioning_request;
mod purchase;
mod quantity;
mod region_room;
mod removal_note;
mod reservation;
mod resource_claim;
mod resource_slice;
mod resources;
mod sharing;
mod storage_capacity;
mod v1;
mod volume;
mod weight;
mod without;
mod workload;
mod zone;
mod zone_choice;

use std::collections::BTreeMap;
use std::io;
use std::num::NonZero;
use std::thread::available_parallelism;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{json_document, plain_text};

pub use activity::{Activity, ActivityKind, ActivityStatus, failing_launch};
pub use advice::{Advice, AdviceCode};
pub use automatic_changes::{
    AutomaticChanges, ChangeSource, ScalingPolicy, ScheduledChange, WarmPool, WhileReplacing, ZonalShift,
};
pub use budget::{DisruptionBudget, LabelSelector, Requirement, SelectorOperator};
pub use buffer_status::{BufferCondition, BufferObject, BufferStatus, StatusTemplateRef};
pub use cannot::{Cannot, Hindrance};
pub use capacity_buffer::{BufferShape, CapacityBuffer, PodTemplateRef};
pub use capacity_quota::CapacityQuota;
pub use clocks::Clocks;
pub use device_needs::{
    AttributeRule, DeviceAlternative, DeviceConstraint, DeviceCount, DeviceNeeds, DeviceRequest, DeviceToleration,
};
pub use finished_pod::{FinishedPod, Outcome};
pub use gang::{Gang, GangKind, GangName};
pub use gang_rules::{GangRules, GangTopology, GangWish, GangWishError};
pub use gap::{Gap, MissingFact};
pub use group::{Group, GroupId, Instance, LaunchOption, Membership, RejectedGroup, Rejection};
pub use group_tags::TagFacts;
pub use identity::{host_of, hosts, is_machine, may_be_named};
pub use job_facts::{JobFacts, MakesNoPods};
pub use keeps_node::{Ignored, holds_its_node, why_ignored};
pub use labels::{LabelPairs, Labels};
pub use launch_details::{CpuLayout, LaunchDetails, OperatingSystem};
pub use launch_note::{LaunchNote, LaunchOutcome, NotedFailure, NotedInstance};
pub use lifecycle::Lifecycle;
pub use lifecycle_hooks::LifecycleHooks;
pub use looked_at::{AddedObject, GroupTag, GroupTagError, LookedAt, NamedGroup, NamedGroupError};
pub use machine::{Architecture, Attachments, MachineDetails, MachineType};
pub use machine_check::{MachineCheck, MachineHealth};
pub use name::Name;
pub(crate) use name::NamePlace;
pub use node::{Node, Readiness, ReadyStatus, Taint, TaintEffect};
pub use node_formula::NodeFormula;
pub use node_group::NodeGroupFacts;
pub use owner::Owner;
pub use placement_group::{PlacementGroup, PlacementRule};
pub use pod::{ContainerAllocation, Phase, Pod, SCHEDULER_RETRIES_WITHIN, Scheduling};
pub use pod_end::PodEnd;
pub use pod_placement::{
    NodeSelectorOperator, NodeSelectorRequirement, NodeSelectorTerm, PodAffinityTerm, Toleration, TolerationOperator,
    TopologySpread,
};
pub use pod_spec::{Container, ContainerRole, HostPort, PodSpec, RestartPolicy, SpecId};
pub(crate) use price::decimal_dollars;
pub use price::{Market, MoneyError, Price, PriceSource, UsdPerHour};
pub use provisioning_request::{
    ProvisioningRequest, RequestClass, RequestCondition, RequestConditionKind, RequestedPods, RequestedShape,
};
pub use purchase::{Purchase, SpotPrice};
pub use quantity::{Quantity, QuantityError};
pub use region_room::{QuotaKind, RegionRoom};
pub use removal_note::RemovalNote;
pub use reservation::{Reservation, ReservationKind, ReservationStage, ReservedUse};
pub use resource_claim::{AllocatedDevice, Allocation, PodResourceClaim, ResourceClaim, ResourceClaimTemplate};
pub use resource_slice::{
    CountersTaken, Device, DeviceAttribute, DeviceCapacity, DeviceClass, DeviceReach, DeviceTaint, ResourceSlice, ValidAmounts,
};
pub use resources::{CPU, EPHEMERAL_STORAGE, MEMORY, PODS, Resources, amount};
pub use sharing::Shared;
pub use storage_capacity::StorageCapacity;
pub use volume::{AccessMode, BindingMode, Claim, ClaimPhase, CsiNode, PodVolume, StorageClass, TopologyRequirement, Volume};
pub use weight::Weight;
pub use without::{TakenAway, TakenKind};
pub use workload::{DaemonSet, ForeignAutoscaler, ForeignLease, FruitlessNote, GrowthNote, InstanceNote, Namespace};
pub use zone::{Zone, ZoneStrategy, is_zone_of};
pub use zone_choice::{NoZoneChoice, ZoneChoice};

/// The name of the snapshot format this version writes. It reads [`SCHEMA_V1`] as well.
pub const SCHEMA: &str = "ec2-autoscale/snapshot/v2";

pub use v1::{JSON_SCHEMA_V1, SCHEMA_V1};

/// Pods, nodes and groups as they were at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Always [`SCHEMA`]; another value names another format.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// The moment from which all ages are counted.
    pub taken_at: Timestamp,
    /// The cluster and the account.
    pub cluster: ClusterIdentity,
    /// By how much the clocks disagree, as far as that was measured.
    #[serde(default, skip_serializing_if = "Clocks::is_empty")]
    pub clocks: Clocks,
    /// The regions that were read, and those that could not be.
    pub regions: Vec<Region>,
    /// What else the run was told to look at; absent when no flag says so.
    #[serde(default, skip_serializing_if = "LookedAt::is_usual")]
    pub looked_at: LookedAt,
    /// Every node of the cluster.
    pub nodes: Vec<Node>,
    /// Every distinct pod specification, by the id that its pods name.
    pub pod_specs: BTreeMap<SpecId, PodSpec>,
    /// Every unfinished pod of every namespace.
    pub pods: Vec<Pod>,
    /// Pods that have ended, as far as the run reads them (`snapshot --with-finished`). No plan
    /// depends on them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub finished_pods: Vec<FinishedPod>,
    /// When the last pod ended on each node that carries our mark of idleness.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pod_ends: Vec<PodEnd>,
    /// Every namespace.
    #[serde(default)]
    pub namespaces: Vec<Namespace>,
    /// Every DaemonSet.
    #[serde(default)]
    pub daemon_sets: Vec<DaemonSet>,
    /// Every PodDisruptionBudget.
    #[serde(default)]
    pub budgets: Vec<DisruptionBudget>,
    /// Every PersistentVolumeClaim.
    #[serde(default)]
    pub claims: Vec<Claim>,
    /// Every PersistentVolume.
    #[serde(default)]
    pub volumes: Vec<Volume>,
    /// Every StorageClass.
    #[serde(default)]
    pub storage_classes: Vec<StorageClass>,
    /// Every CSINode.
    #[serde(default)]
    pub csi_nodes: Vec<CsiNode>,
    /// The CSI drivers that let kube-scheduler compare what is left of their storage
    /// (`storageCapacity` of their CSIDriver).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capacity_drivers: Vec<String>,
    /// Every CSIStorageCapacity; none is read where no driver wants them compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub storage_capacities: Vec<StorageCapacity>,
    /// The resources that a DeviceClass serves: pods that request them get devices by dynamic
    /// resource allocation on nodes that list none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub device_class_resources: Vec<String>,
    /// Every DeviceClass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub device_classes: Vec<DeviceClass>,
    /// Every ResourceSlice; absent where they were not read, as no pod waited for devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_slices: Option<Vec<ResourceSlice>>,
    /// Every ResourceClaim.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource_claims: Vec<ResourceClaim>,
    /// Every ResourceClaimTemplate; none is read where no DaemonSet names one and no pod that comes
    /// in a simulation may.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource_claim_templates: Vec<ResourceClaimTemplate>,
    /// The gangs that unfinished pods name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gangs: Vec<Gang>,
    /// Every CapacityBuffer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capacity_buffers: Vec<CapacityBuffer>,
    /// Every CapacityQuota.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capacity_quotas: Vec<CapacityQuota>,
    /// Every ProvisioningRequest that is not over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub provisioning_requests: Vec<ProvisioningRequest>,
    /// Every Job, where the pods that Jobs are about to make count (`--expect-job-pods`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jobs: Vec<JobFacts>,
    /// The groups that this run manages.
    pub groups: Vec<Group>,
    /// The groups that this run saw and does not manage.
    #[serde(default)]
    pub rejected_groups: Vec<RejectedGroup>,
    /// What the instance types of the groups offer.
    #[serde(default)]
    pub machine_types: Vec<MachineType>,
    /// The zones of the regions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zones: Vec<Zone>,
    /// What the quota of the account leaves for new machines, in each region where the cloud states
    /// it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quotas: Vec<RegionRoom>,
    /// The reservations that machines of the groups may use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reservations: Vec<Reservation>,
    /// What the machines of the groups cost, as far as that is known; absent where no prices were
    /// given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<Vec<Price>>,
    /// The state of the instances of nodes that are not Ready, and of some Ready ones, by the word
    /// of their cloud.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub machine_checks: Vec<MachineCheck>,
    /// What `apply` requested of groups lately (kept in the annotations of its Lease).
    #[serde(default)]
    pub growth_notes: Vec<GrowthNote>,
    /// Nodes that helped nobody and are gone, one note a group (kept in the annotations of our
    /// Lease).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fruitless_notes: Vec<FruitlessNote>,
    /// Instances that earlier runs saw in service without a node (kept in the annotations of our
    /// Lease).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instance_notes: Vec<InstanceNote>,
    /// Requests to end instances of which earlier runs saw no outcome (kept in the annotations of
    /// our Lease).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removal_notes: Vec<RemovalNote>,
    /// Launches in named zones, with what the cloud answered (kept in the annotations of our
    /// Lease).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub launch_notes: Vec<LaunchNote>,
    /// Leases of other autoscalers in this cluster.
    #[serde(default)]
    pub foreign_leases: Vec<ForeignLease>,
    /// Facts that could not be read.
    #[serde(default)]
    pub gaps: Vec<Gap>,
}

/// The cluster and the account of a snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClusterIdentity {
    /// `--cluster-name`.
    pub name: String,
    /// UID of the `kube-system` namespace: no two clusters share it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// The id of the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The pod of this run; absent when it does not run in the cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_pod: Option<ObjectName>,
    /// Whether that pod may preempt others: its effective `preemptionPolicy` is not `Never`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own_pod_preempts: bool,
}

/// A region in which groups were looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// The name, such as `us-west-2`.
    pub name: String,
    /// The place in `--regions`, from 0: the first is the most preferred one.
    pub preference: u32,
    /// Why it could not be read; absent when it was read completely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
}

/// Namespace and name of a Kubernetes object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectName {
    /// The namespace.
    pub namespace: Name,
    /// The name within it.
    pub name: Name,
}

impl ObjectName {
    /// Returns the name of an object.
    #[must_use]
    pub fn new(namespace: impl Into<Name>, name: impl Into<Name>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}

impl std::fmt::Display for ObjectName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// Why a text is not a snapshot.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// It is not JSON, or a field is missing, unknown or of the wrong kind.
    #[error("not a snapshot: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It has the format of another version.
    #[error("snapshot format {found:?} is not {SCHEMA:?}; write it again with this version's `ec2-autoscale snapshot`")]
    OtherSchema {
        /// The name of its format.
        found: String,
    },
    /// A pod names a specification that the file does not hold.
    #[error("pod {pod} names pod_specs entry {spec}, which the snapshot does not hold")]
    DanglingSpec {
        /// The pod.
        pod: String,
        /// The missing id.
        spec: SpecId,
    },
}

impl Snapshot {
    /// Returns an empty snapshot of a cluster at a moment.
    #[must_use]
    pub fn empty(cluster: ClusterIdentity, taken_at: Timestamp) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            taken_at,
            cluster,
            clocks: Clocks::default(),
            regions: Vec::new(),
            looked_at: LookedAt::default(),
            nodes: Vec::new(),
            pod_specs: BTreeMap::new(),
            pods: Vec::new(),
            finished_pods: Vec::new(),
            pod_ends: Vec::new(),
            namespaces: Vec::new(),
            daemon_sets: Vec::new(),
            budgets: Vec::new(),
            claims: Vec::new(),
            volumes: Vec::new(),
            storage_classes: Vec::new(),
            csi_nodes: Vec::new(),
            capacity_drivers: Vec::new(),
            storage_capacities: Vec::new(),
            device_class_resources: Vec::new(),
            device_classes: Vec::new(),
            resource_slices: None,
            resource_claims: Vec::new(),
            resource_claim_templates: Vec::new(),
            gangs: Vec::new(),
            capacity_buffers: Vec::new(),
            capacity_quotas: Vec::new(),
            provisioning_requests: Vec::new(),
            jobs: Vec::new(),
            groups: Vec::new(),
            rejected_groups: Vec::new(),
            machine_types: Vec::new(),
            zones: Vec::new(),
            quotas: Vec::new(),
            reservations: Vec::new(),
            prices: None,
            machine_checks: Vec::new(),
            growth_notes: Vec::new(),
            fruitless_notes: Vec::new(),
            instance_notes: Vec::new(),
            removal_notes: Vec::new(),
            launch_notes: Vec::new(),
            foreign_leases: Vec::new(),
            gaps: Vec::new(),
        }
    }

    /// Writes a snapshot as indented JSON, in many small pieces. What serde derives for it is
    /// compiled for each place that calls a writer, so that there is this one.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn write_json(&self, out: &mut dyn io::Write) -> serde_json::Result<()> {
        plain_text::write_json(out, self)
    }

    /// Reads a snapshot from JSON.
    ///
    /// # Errors
    /// When the text is not JSON of this format, or does not hold together.
    pub fn from_json(text: &[u8]) -> Result<Self, SnapshotError> {
        let threads = available_parallelism().map_or(1, NonZero::get);
        let in_one_pass = sharing::sharing(|| one_pass::read(std::str::from_utf8(text).ok()?, threads));
        let snapshot = in_one_pass.map_or_else(|| Self::read_plainly(text), Ok)?;
        snapshot.check_references()?;
        Ok(snapshot)
    }

    /// Reads a snapshot in the way that states every mistake and its place.
    fn read_plainly(text: &[u8]) -> Result<Self, SnapshotError> {
        /// The field that names the format of the rest.
        #[derive(Deserialize)]
        struct Header {
            schema: String,
        }
        let header: Header = json_document::from_text(text)?;
        let mut snapshot: Self = match header.schema.as_str() {
            SCHEMA => json_document::from_text(text)?,
            SCHEMA_V1 => json_document::from_value(&v1::upgraded(json_document::from_text(text)?)?)?,
            _ => return Err(SnapshotError::OtherSchema { found: header.schema }),
        };
        snapshot.lay_names_together();
        Ok(snapshot)
    }

    fn check_references(&self) -> Result<(), SnapshotError> {
        let is_there = |spec: SpecId| self.pod_specs.contains_key(&spec);
        if let Some(pod) = self.pods.iter().find(|pod| !is_there(pod.spec)) {
            return Err(SnapshotError::DanglingSpec { pod: pod.id().to_string(), spec: pod.spec });
        }
        if let Some(pod) = self.finished_pods.iter().find(|pod| !is_there(pod.spec)) {
            return Err(SnapshotError::DanglingSpec { pod: pod.id().to_string(), spec: pod.spec });
        }
        if let Some(set) = self.daemon_sets.iter().find(|set| !is_there(set.spec)) {
            let pod = format!("of DaemonSet {}/{}", set.namespace, set.name);
            return Err(SnapshotError::DanglingSpec { pod, spec: set.spec });
        }
        if let Some(pod) = self.capacity_buffers.iter().filter_map(CapacityBuffer::pod).find(|pod| !is_there(pod.spec)) {
            return Err(SnapshotError::DanglingSpec { pod: format!("of CapacityBuffer {}", pod.id()), spec: pod.spec });
        }
        Ok(())
    }

    /// Returns the specification of a pod; every pod has one (see [`Snapshot::from_json`]).
    #[must_use]
    pub fn spec(&self, pod: &Pod) -> &PodSpec {
        &self.pod_specs[&pod.spec]
    }

    /// Returns the region of that name, if groups were looked for there.
    #[must_use]
    pub fn region(&self, name: &str) -> Option<&Region> {
        self.regions.iter().find(|region| region.name == name)
    }
}
