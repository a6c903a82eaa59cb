//! Why no new group would help a pod, and what would.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::{LimitPlace, PodVerdict, Refusal};
use crate::scheduler::{DeviceProblem, Misfit, VolumeProblem};
use crate::snapshot::amount;

/// Why no new group would help a pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "why")]
pub enum NoHelp {
    /// It names one node, and a new one has another name.
    NamesANode {
        /// The requirement.
        requirement: String,
    },
    /// It requires a label that describes the hardware, and no machine is known that has it.
    LabelOfTheMachine {
        /// The label.
        label: String,
    },
    /// It requires a label that no kubelet may give its own node.
    LabelReserved {
        /// The label.
        label: String,
    },
    /// It requires another operating system than Linux.
    OtherSystem {
        /// The requirement.
        requirement: String,
    },
    /// What it requires of a label can never be met together.
    Contradiction {
        /// The label.
        label: String,
    },
    /// It requires a place in none of the regions that were read.
    NoRegion {
        /// The place; empty where no region was read.
        place: String,
    },
    /// No machine type is known that meets what it requires of the machine.
    NoMachineType {
        /// What it requires.
        requirement: String,
    },
    /// No machine type is known that offers so much of a resource.
    TooLarge {
        /// The resource.
        resource: String,
        /// How much one pod requests, in the unit of `Resources`.
        requested: i64,
        /// The most that a machine offers.
        most: i64,
        /// That machine type; absent where none offers anything.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        machine_type: Option<String>,
    },
    /// The planner refuses it on the new group that comes nearest.
    RefusedByNewGroup {
        /// The machine type of that group.
        machine_type: String,
        /// Why.
        refusal: Box<Refusal>,
    },
    /// It does not wait for a node.
    NotForWantOfANode {
        /// What it waits for.
        verdict: PodVerdict,
    },
}

impl NoHelp {
    /// Returns what would help.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::NamesANode { .. } => "take the name of the node out of the pod's selector or affinity".to_owned(),
            Self::LabelOfTheMachine { label } => format!(
                "correct {label}, or add a group whose machines have it by hand: its nodes get it from the software that \
                 finds devices"
            ),
            Self::LabelReserved { label } => {
                format!("let the pod select a label outside of kubernetes.io, or have a controller set {label} on new nodes")
            }
            Self::OtherSystem { .. } => "add a group of Windows nodes by hand: its image has to be chosen".to_owned(),
            Self::Contradiction { label } => format!("change what the pod requires of {label}"),
            Self::NoRegion { .. } => "name the region with --regions".to_owned(),
            Self::NoMachineType { .. } => {
                "let the pod accept other machines, or name more machine types with --types".to_owned()
            }
            Self::TooLarge { resource, most, machine_type: Some(_), .. } => {
                format!("request at most {} of {resource} in one pod", amount(resource, *most))
            }
            Self::TooLarge { resource, machine_type: None, .. } => {
                format!("correct the name {resource}, or install the plugin that offers it on a node first")
            }
            Self::RefusedByNewGroup { refusal, .. } => remedy_of(refusal),
            Self::NotForWantOfANode { verdict } => remedy_of_verdict(verdict),
        }
    }
}

impl fmt::Display for NoHelp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NamesANode { requirement } => write!(f, "requires one node by its name ({requirement})"),
            Self::LabelOfTheMachine { label } => {
                write!(f, "requires the label {label}, which describes the hardware, and no node that is there has it")
            }
            Self::LabelReserved { label } => {
                write!(f, "requires the label {label}, which no kubelet may give its own node")
            }
            Self::OtherSystem { requirement } => write!(f, "requires another operating system than Linux ({requirement})"),
            Self::Contradiction { label } => write!(f, "what it requires of {label} can never be met together"),
            Self::NoRegion { place } if place.is_empty() => f.write_str("no region was read"),
            Self::NoRegion { place } => write!(f, "requires {place}, which is in none of the regions that were read"),
            Self::NoMachineType { requirement } => write!(f, "no machine type is known for {requirement}"),
            Self::TooLarge { resource, requested, most, machine_type } => {
                write!(f, "requests {} {resource}; ", amount(resource, *requested))?;
                match machine_type {
                    Some(machine_type) => {
                        write!(f, "the most that a new node offers is {} ({machine_type})", amount(resource, *most))
                    }
                    None => f.write_str("no machine that is known offers any"),
                }
            }
            Self::RefusedByNewGroup { machine_type, refusal } => write!(f, "on a new group of {machine_type}: {refusal}"),
            Self::NotForWantOfANode { verdict } => verdict.fmt(f),
        }
    }
}

/// Returns what would help a pod that a new group refuses.
fn remedy_of(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Misfit { misfit } => remedy_of_misfit(misfit),
        Refusal::ZoneNotCertain { needed, .. } => format!("add a group that launches in {} only", needed.join(" or ")),
        Refusal::RefusedOnSibling { .. } => "find out from the scheduler's words what it requires beside that".to_owned(),
        Refusal::HelpedNobody { .. } => "find out why the nodes that came did not help it".to_owned(),
        Refusal::ZonesClosed { .. } => "wait until launches in the zone are tried again".to_owned(),
        Refusal::ReservationEnds { .. } => "let it run for a shorter time, or extend the reservation".to_owned(),
        Refusal::Blocked { block } => format!("first mend what stops growth: {block}"),
        Refusal::Full { .. } => "raise the maximum of the group".to_owned(),
        Refusal::MaxScaleUp { .. } => "wait for the next run, or raise --max-scale-up".to_owned(),
        Refusal::MaxGrowth { .. } => "wait for a later run, or raise --max-growth".to_owned(),
        Refusal::LabelNotYetKnown { label } => format!("prefer {label} instead of requiring it"),
        Refusal::ClusterLimit { limit, .. } => format!("raise {limit}"),
        Refusal::NamedLimit { limit, stands_in: LimitPlace::PolicyFile, .. } => {
            format!("raise the limit {limit} of the policy file")
        }
        Refusal::NamedLimit { limit, stands_in: LimitPlace::CapacityQuota, .. } => format!("raise the CapacityQuota {limit}"),
        Refusal::OverPodQuota { quota, .. } => format!("raise the quota {quota} of the policy file"),
        Refusal::Quota { of, region, .. } => format!("have the quota of {of} in {region} raised"),
        Refusal::NotReviewed | Refusal::CheckRefuses => "see the findings of the plan".to_owned(),
    }
}

fn remedy_of_misfit(misfit: &Misfit) -> String {
    match misfit {
        Misfit::NodeUnschedulable | Misfit::NodeName { .. } => "take the name of the node out of the pod".to_owned(),
        Misfit::TaintToleration { taint } => format!("let the pod tolerate {}", taint.key),
        Misfit::NodeAffinity { requirement } => format!("change the requirement {requirement} of the pod"),
        Misfit::NodePorts { port } => format!("take the host port {} out of the pod", port.port),
        Misfit::NodeResourcesFit { resource, .. } => format!("request less {resource} in one pod"),
        Misfit::VolumeRestrictions { claim } => format!("let only one pod use the claim {claim}"),
        Misfit::NodeVolumeLimits { driver, .. } => format!("use fewer volumes of {driver} in one pod"),
        Misfit::VolumeBinding { problem } => remedy_of_volume(problem),
        Misfit::VolumeZone { .. } => "use volumes of one zone in one pod".to_owned(),
        Misfit::PodTopologySpread { topology_key, .. } => format!("relax the spread over {topology_key}"),
        Misfit::InterPodAffinity { topology_key, .. } => format!("relax the affinity between pods by {topology_key}"),
        Misfit::DynamicResources { problem: Some(DeviceProblem::NotKnown), .. } => {
            "state the devices of the nodes by a tag of the group: man devices".to_owned()
        }
        Misfit::DynamicResources { problem: Some(DeviceProblem::DaemonClaimsNotKnown { daemon_set }), .. } => {
            format!(
                "let the run list resourceclaimtemplates, so that it knows what the DaemonSet {daemon_set} claims: man devices"
            )
        }
        Misfit::DynamicResources { claim, .. } => format!("look at the claim {claim}"),
    }
}

fn remedy_of_volume(problem: &VolumeProblem) -> String {
    match problem {
        VolumeProblem::ClaimMissing { claim } => format!("create the claim {claim}"),
        VolumeProblem::ClaimDeleted { claim } | VolumeProblem::ClaimLost { claim } => {
            format!("create the claim {claim} anew")
        }
        VolumeProblem::UnboundImmediate { claim } => {
            format!("find out why the claim {claim} gets no volume (kubectl describe pvc)")
        }
        VolumeProblem::VolumeMissing { volume, .. } => format!("restore the volume {volume}"),
        VolumeProblem::ClassMissing { class, .. } => format!("create the storage class {class}"),
        VolumeProblem::NoneAvailable { claim } => format!("create a volume for the claim {claim}"),
        VolumeProblem::OutOfReach { claim } | VolumeProblem::MadeElsewhere { claim, .. } => {
            format!("find out where the volume of the claim {claim} is")
        }
        VolumeProblem::OutsideAllowedTopologies { class, .. } => {
            format!("let the storage class {class} make volumes where the groups launch")
        }
        VolumeProblem::NotEnoughStorage { class, .. } | VolumeProblem::StorageNotKnown { class, .. } => {
            format!("add storage for the class {class}")
        }
    }
}

fn remedy_of_verdict(verdict: &PodVerdict) -> String {
    match verdict {
        PodVerdict::Gated { gates } => {
            format!("{} must go first: a queue takes such a gate off once its quota has room", gates.join(", "))
        }
        PodVerdict::OtherScheduler { scheduler } => {
            format!("add --scheduler-name {scheduler}, or let the pod use the usual scheduler")
        }
        PodVerdict::OtherNamespace => "name its namespace with --pod-namespace".to_owned(),
        PodVerdict::LowPriority { .. } => "lower --min-priority, or raise the priority of the pod".to_owned(),
        PodVerdict::NotModelled { .. } => "add a group for it by hand".to_owned(),
        PodVerdict::GangIncomplete { .. } => "wait for the other pods of its gang, or lower its minimum".to_owned(),
        PodVerdict::GangUnknown { .. } => "let the run read what states the size of its gang".to_owned(),
        PodVerdict::Refused { .. } => "find out from the scheduler's words what it requires beside that".to_owned(),
        PodVerdict::WaitsForRegion { .. } => "wait until the region can be read".to_owned(),
        PodVerdict::RoomRequested { .. } => "look at its ProvisioningRequest".to_owned(),
        PodVerdict::DaemonSet => "make room on the node that it belongs to".to_owned(),
        PodVerdict::FitsExisting { .. }
        | PodVerdict::Nominated { .. }
        | PodVerdict::FitsUpcoming { .. }
        | PodVerdict::FitsUncordoned { .. }
        | PodVerdict::FitsNew { .. }
        | PodVerdict::NotYetScheduled
        | PodVerdict::Terminating
        | PodVerdict::GangWithoutRoom { .. }
        | PodVerdict::CannotHelp { .. } => "nothing has to be done".to_owned(),
    }
}
