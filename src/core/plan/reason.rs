//! Reasons as closed lists; their words are only in `Display`.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::amounts::is_zero;
use super::closed_part::ClosedPart;
use super::growth_block::GrowthBlock;
use crate::duration::{Seconds, moment};
use crate::policy::{ClusterLimit, GrowthRate, Limited};
use crate::scheduler::Misfit;
use crate::snapshot::{GroupId, MachineHealth, Node, QuotaKind, UsdPerHour, amount};

/// Why a group grows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum GrowReason {
    /// Pods are expected on the new nodes.
    PendingPods {
        /// How many pods.
        pods: u32,
        /// For how many pods that are not in the API they have room (CapacityBuffers and the like).
        #[serde(default, skip_serializing_if = "is_zero")]
        absent_pods: u32,
        /// How many of the nodes are spare (`--over-provision`).
        spare_nodes: u32,
        /// How many of the nodes are needed because the scheduler packs less densely (`--packing
        /// scheduler`).
        #[serde(default)]
        loose_nodes: u32,
        /// How many of the nodes bring the group to its minimum in the policy file.
        #[serde(default, skip_serializing_if = "is_zero")]
        minimum_nodes: u32,
    },
    /// The policy file gives the group a minimum that is above its capacity. No pod is expected on
    /// the new nodes.
    PolicyMin {
        /// The minimum, in the group's own unit.
        min: i64,
    },
    /// One new node that costs less takes the pods of other nodes, which later plans drain
    /// (`--consolidate`, where prices are known).
    Replaces {
        /// The names of the other nodes.
        nodes: Vec<String>,
        /// What the other nodes cost together.
        before: UsdPerHour,
        /// The most that the new node costs.
        after: UsdPerHour,
    },
}

impl fmt::Display for GrowReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (pods, absent_pods, spare_nodes, loose_nodes, minimum_nodes) = match self {
            Self::PendingPods { pods, absent_pods, spare_nodes, loose_nodes, minimum_nodes } => {
                (pods, absent_pods, spare_nodes, loose_nodes, minimum_nodes)
            }
            Self::PolicyMin { min } => return write!(f, "for its minimum {min} in the policy file"),
            Self::Replaces { nodes, before, after } => {
                return write!(f, "to replace {} ({after} instead of {before}) once it is Ready", nodes.join(", "));
            }
        };
        if (*pods, *absent_pods, *spare_nodes, *minimum_nodes) == (0, 0, 0, 0) && *loose_nodes > 0 {
            return f.write_str("because the scheduler packs less densely");
        }
        if *pods > 0 || *absent_pods == 0 {
            write!(f, "for {}", count(u64::from(*pods), "pending pod"))?;
        }
        if *absent_pods > 0 {
            let and = if *pods > 0 { " and " } else { "" };
            write!(f, "{and}as room for {} that may come", count(u64::from(*absent_pods), "pod"))?;
        }
        if *loose_nodes > 0 {
            write!(f, ", {loose_nodes} of them because the scheduler packs less densely")?;
        }
        if *spare_nodes > 0 {
            write!(f, ", {spare_nodes} of them over-provisioned")?;
        }
        if *minimum_nodes > 0 {
            write!(f, ", {minimum_nodes} of them for its minimum in the policy file")?;
        }
        Ok(())
    }
}

/// Why a node that we cordoned becomes schedulable again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum UncordonReason {
    /// Pods run on it again.
    Busy {
        /// How many pods run on it.
        pods: u32,
    },
    /// Pending pods fit on it, which is cheaper than a new node.
    PendingPods {
        /// How many pods fit.
        pods: u32,
    },
    /// It has room that is wanted for pods that are not in the API, which is cheaper than a new
    /// node.
    RoomKept,
    /// It was drained for three times `--drain-timeout` and is not empty.
    DrainGivenUp {
        /// Since when it has been drained.
        since: Timestamp,
        /// How many pods are left.
        pods: u32,
        /// `taken_at` of the snapshot, from which distances are counted.
        now: Timestamp,
    },
    /// It was being drained, and its pods do not fit elsewhere any more, or must not be moved.
    DrainStopped {
        /// How many pods are left.
        pods: u32,
    },
    /// It must not be removed any more, for example because its group is at its minimum.
    Kept,
    /// Its group is not managed any more.
    NoLongerManaged,
    /// Somebody made it schedulable by hand, and a mark of ours is left on it.
    StaleMark,
}

impl fmt::Display for UncordonReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy { pods } => write!(f, "{} on it again", running(*pods)),
            Self::PendingPods { pods } => write!(f, "{} on it", fit(*pods)),
            Self::RoomKept => f.write_str("its room is wanted for pods that may come"),
            Self::DrainGivenUp { since, pods, now } => {
                let since = crate::duration::moment(*since, *now);
                write!(f, "its drain is given up: since {since}, {} left", count(u64::from(*pods), "pod"))
            }
            Self::DrainStopped { pods } => {
                write!(f, "its drain is stopped: {} left that must stay or fit nowhere else", count(u64::from(*pods), "pod"))
            }
            Self::Kept => f.write_str("it may not go any more"),
            Self::NoLongerManaged => f.write_str("its group is not managed any more"),
            Self::StaleMark => f.write_str("somebody made it schedulable, and our mark goes with the cordon"),
        }
    }
}

/// Why a node is cordoned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum CordonReason {
    /// It has been idle for long enough.
    Idle {
        /// Since when it has been idle.
        since: Timestamp,
    },
    /// Its machine ends with its reservation, and pods still run on it: it takes no new ones.
    ReservationEnds {
        /// From when on the cloud ends the machine.
        at: Timestamp,
    },
}

/// Why a node is terminated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum TerminateReason {
    /// It was cordoned for being idle and still is.
    StillIdle,
    /// It was drained and is empty now.
    Drained {
        /// Since when it had been drained.
        since: Timestamp,
    },
}

/// Why an instance is ended on which nothing runs, or nothing can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum UnhealthyReason {
    /// It did not become a node within `--instance-init-time`.
    NeverRegistered {
        /// When a run first saw it in service without a node.
        first_seen: Timestamp,
    },
    /// Its node has been not Ready for `--dead-after`.
    Dead {
        /// Since when its node has been not Ready.
        since: Timestamp,
        /// The state of the instance, where the cloud reports it out of action: then pods do not
        /// keep it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        machine: Option<MachineHealth>,
    },
}

impl TerminateReason {
    /// Returns why a node that we cordoned is terminated.
    #[must_use]
    pub fn of(node: &Node) -> Self {
        node.draining_since().map_or(Self::StillIdle, |since| Self::Drained { since })
    }
}

/// Why a node is drained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum DrainReason {
    /// Pods request less of it than `--drain-utilization`.
    UnderUtilized,
    /// Its pods fit on the other nodes (`--consolidate`).
    Consolidated,
    /// Its pods, together with those of other nodes, fit on an idle node that costs less
    /// (`--consolidate`, where prices are known).
    Replaced,
    /// Its machine ends with its reservation.
    ReservationEnds,
}

/// Why a group cannot take a pod.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "because")]
pub enum Refusal {
    /// The pod would not fit on a new node of it.
    Misfit {
        /// The first predicate that excludes it.
        misfit: Misfit,
    },
    /// The cloud chooses the zone, and the pod fits only in some of the zones.
    ZoneNotCertain {
        /// The zones in which the group may launch.
        zones: Vec<String>,
        /// The zones in which the pod would fit.
        needed: Vec<String>,
    },
    /// The scheduler refuses it on a node of the group where it fits by all that is modelled: the
    /// same would happen on a new one.
    RefusedOnSibling {
        /// The node.
        node: String,
        /// The scheduler's words, if it was read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<Box<str>>,
    },
    /// The group's last nodes came while it waited, did not help it, and are gone.
    HelpedNobody {
        /// When the first of them was launched.
        launched_at: Timestamp,
        /// How often in a row that has happened.
        times: u32,
        /// When the group is tried again.
        until: Timestamp,
        /// `taken_at` of the snapshot, from which distances are counted.
        now: Timestamp,
    },
    /// The pod fits only in zones that are in backoff.
    ZonesClosed {
        /// The parts of the group in those zones, and why they are in backoff.
        parts: Vec<ClosedPart>,
    },
    /// It may run for longer than the machines of the group's reservation are there.
    ReservationEnds {
        /// The reservation.
        reservation: String,
        /// From when on its machines end.
        at: Timestamp,
        /// For how long the pod may run (`spec.activeDeadlineSeconds`).
        lasts: Seconds,
        /// `taken_at` of the snapshot, from which distances are counted.
        now: Timestamp,
    },
    /// The group cannot grow.
    Blocked {
        /// Why it cannot grow.
        block: GrowthBlock,
    },
    /// It would have to grow above its maximum.
    Full {
        /// The maximum, in the group's own unit.
        max: i64,
        /// How many nodes this plan already adds to it.
        planned: u32,
    },
    /// `--max-scale-up` is used up.
    MaxScaleUp {
        /// The limit, in nodes per run.
        limit: u32,
    },
    /// `--max-growth` is used up.
    MaxGrowth {
        /// The limit.
        limit: GrowthRate,
        /// How many nodes came within that time or are coming, without those of this plan.
        launched: u32,
    },
    /// A label that the pod requires is known of a node only once its machine runs.
    LabelNotYetKnown {
        /// The label.
        label: String,
    },
    /// The whole cluster would become larger than a limit allows.
    ClusterLimit {
        /// Which limit.
        limit: ClusterLimit,
        /// How much it allows: nodes, millicores, bytes, or millionths of a dollar per hour.
        most: i64,
        /// How much there is, with what is on the way and planned, in the same unit.
        total: i64,
        /// The most that a new node of the group adds, in the same unit.
        of_a_node: i64,
    },
    /// A part of the cluster would become larger than a limit of the policy file or a CapacityQuota
    /// allows.
    NamedLimit {
        /// The name of the limit.
        limit: String,
        /// Where it stands.
        #[serde(default)]
        stands_in: LimitPlace,
        /// What it is about.
        of: Limited,
        /// How much it allows: nodes, millionths of a dollar per hour, millicores, bytes or
        /// devices.
        most: i64,
        /// How much there is, with what is on the way and planned, in the same unit.
        total: i64,
        /// The most that a new node of the group adds, in the same unit.
        of_a_node: i64,
    },
    /// The pods of some namespaces or labels have what a quota of the policy file allows them.
    OverPodQuota {
        /// The name of the quota.
        quota: String,
        /// What it is about.
        of: Limited,
        /// How much it allows: nodes, millionths of a dollar per hour, millicores, bytes or
        /// devices.
        most: i64,
        /// How much runs, or waits and comes before the pod, in the same unit.
        used: i64,
        /// How much the pod adds, or the pods of its gang that wait, in the same unit.
        adds: i64,
        /// What the quotas of its cohort have together, where it belongs to one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cohort: Option<Box<CohortUse>>,
        /// The pod's share of the price of a node, on the group where that is least; absent where
        /// no price is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        price: Option<UsdPerHour>,
    },
    /// The quota of the account has no room for one more node of it.
    Quota {
        /// The region of the quota.
        region: String,
        /// What the quota counts.
        of: QuotaKind,
        /// How much is left beside what is on the way and planned.
        left: i64,
        /// How much a new node of the group takes.
        of_a_node: i64,
    },
    /// The growth that it needs is not part of the saved plan that is carried out.
    NotReviewed,
    /// The independent check of the plan refuses the growth that it needs.
    CheckRefuses,
}

/// Where a limit on a part of the cluster stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LimitPlace {
    /// It is one of the policy file.
    #[default]
    PolicyFile,
    /// It is a CapacityQuota of the cluster.
    CapacityQuota,
}

impl fmt::Display for LimitPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PolicyFile => "limit",
            Self::CapacityQuota => "CapacityQuota",
        })
    }
}

/// What the quotas of a cohort have together, in the unit of the quota.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct CohortUse {
    /// Its name.
    pub name: String,
    /// How much they allow.
    pub most: i64,
    /// How much of that is used.
    pub used: i64,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Misfit { misfit: Misfit::NodeResourcesFit { resource, asked: requested, free } } => {
                write!(
                    f,
                    "Insufficient {resource} ({} asked, {} on a new node)",
                    amount(resource, *requested),
                    amount(resource, *free)
                )
            }
            Self::Misfit { misfit } => misfit.fmt(f),
            Self::ZoneNotCertain { zones, needed } => {
                write!(f, "zone-not-certain: may launch in {}; needs {}", zones.join(", "), needed.join(" or "))
            }
            Self::RefusedOnSibling { node, message } => {
                write!(f, "the scheduler refuses it on {node}, where it should fit")?;
                message.as_ref().map_or(Ok(()), |message| write!(f, ": {message}"))
            }
            Self::HelpedNobody { launched_at, times, until, now } => write!(
                f,
                "its nodes launched at {} did not help ({} in a row); tried again at {}",
                launched_at.strftime("%H:%M UTC"),
                count(u64::from(*times), "time"),
                moment(*until, *now)
            ),
            Self::LabelNotYetKnown { label } => {
                write!(f, "needs the label {label}, which is known of a new node only once its machine runs")
            }
            Self::ZonesClosed { parts } => {
                let parts: Vec<String> = parts.iter().map(ToString::to_string).collect();
                f.write_str(&parts.join("; "))
            }
            Self::ReservationEnds { reservation, at, lasts, now } => {
                write!(f, "it may run for {lasts}, and machines of {reservation} end from {}", moment(*at, *now))
            }
            Self::Blocked { block } => block.fmt(f),
            Self::Full { max, planned: 0 } => write!(f, "at its maximum {max}"),
            Self::Full { max, planned } => write!(f, "at its maximum {max} with the {planned} planned"),
            Self::MaxScaleUp { limit } => write!(f, "--max-scale-up {limit} is used up"),
            Self::MaxGrowth { limit, launched } => write!(f, "--max-growth {limit}: {launched} launched or on the way"),
            Self::ClusterLimit { limit, most, total, of_a_node } => {
                write!(f, "{limit} {}: {} are there or planned", limit.amount(*most), limit.amount(*total))?;
                match limit {
                    ClusterLimit::Nodes => Ok(()),
                    ClusterLimit::Cpu | ClusterLimit::Memory => {
                        write!(f, ", and a new node of it has {}", limit.amount(*of_a_node))
                    }
                    ClusterLimit::HourlyCost if *of_a_node == i64::MAX => {
                        f.write_str(", and no price is known of a new node of it")
                    }
                    ClusterLimit::HourlyCost => write!(f, ", and a new node of it costs {}", limit.amount(*of_a_node)),
                }
            }
            Self::NamedLimit { limit, stands_in, of, most, total, of_a_node } => {
                write!(f, "{stands_in} {limit}: {of} {} of {} are there or planned, ", of.amount(*total), of.amount(*most))?;
                match of {
                    Limited::UsdPerHour if *of_a_node == i64::MAX => f.write_str("and no price is known of a new node of it"),
                    _ => write!(f, "and a new node of it adds {}", of.amount(*of_a_node)),
                }
            }
            Self::OverPodQuota { quota, of, most, used, adds, cohort, price } => {
                write!(f, "quota {quota}: {of} {} of {} are used, ", of.amount(*used), of.amount(*most))?;
                if let Some(CohortUse { name, most, used }) = cohort.as_deref() {
                    write!(f, "{} of {} in cohort {name}, ", of.amount(*used), of.amount(*most))?;
                }
                write!(f, "and it adds {}", of.amount(*adds))?;
                let price = price.filter(|_| *of != Limited::UsdPerHour);
                price.map_or(Ok(()), |price| write!(f, " for {price}"))
            }
            Self::Quota { region, of, left, of_a_node } => {
                write!(f, "the quota in {region} leaves {left} {of}, and a new node takes {of_a_node}")
            }
            Self::CheckRefuses => f.write_str("its step is refused, see the findings"),
            Self::NotReviewed => f.write_str("what it takes is not in the plan that was reviewed"),
        }
    }
}

/// A group and why it cannot take a pod.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct GroupRefusal {
    /// The group.
    pub group: GroupId,
    /// Why it cannot take it.
    #[serde(flatten)]
    pub refusal: Refusal,
}

/// Returns a number with its noun: `3 nodes`, `1 node`.
#[must_use]
pub fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

fn running(pods: u32) -> String {
    if pods == 1 { "1 pod runs".to_owned() } else { format!("{pods} pods run") }
}

fn fit(pods: u32) -> String {
    if pods == 1 { "1 pending pod fits".to_owned() } else { format!("{pods} pending pods fit") }
}
