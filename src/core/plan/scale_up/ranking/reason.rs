//! Why one group ranks before another for a pod.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fixed::{Key, UNKNOWN_PRICE};
use super::waste::Waste;
use crate::plan::amounts::small;
use crate::plan::fleet::{Fleet, GroupEntry};
use crate::plan::reason::{Refusal, count};
use crate::policy::Expander;
use crate::snapshot::UsdPerHour;

/// What decides between two groups: the expander, with its key for the better and for the worse
/// one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "decided_by")]
pub enum Precedence {
    /// Tag `ec2-autoscale/priority`.
    Priority {
        /// Of the one before.
        better: i64,
        /// Of the other.
        worse: i64,
    },
    /// `--regions`.
    Region {
        /// Of the one before.
        better: String,
        /// Of the other.
        worse: String,
    },
    /// The number of zones; one ranks before several.
    SingleZone {
        /// Of the one before.
        better: u32,
        /// Of the other.
        worse: u32,
    },
    /// Whether the next instance may be a spot instance.
    Spot {
        /// Of the one before.
        better: bool,
        /// Of the other.
        worse: bool,
    },
    /// What a pod costs on the nodes bought for such pods, once later pods have filled them.
    Price {
        /// Of the one before.
        better: UsdPerHour,
        /// Of the other; absent where no price of its nodes is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        worse: Option<UsdPerHour>,
    },
    /// What stays unused of the nodes bought for the pods, in millionths, once later pods have
    /// filled them.
    LeastWaste {
        /// The resources that stay unused.
        of: Unused,
        /// Of the one before.
        better: i64,
        /// Of the other.
        worse: i64,
    },
    /// How many pods fit on the nodes that the group may still add.
    MostPods {
        /// Of the one before.
        better: u32,
        /// Of the other.
        worse: u32,
    },
    /// How many nodes the pods need.
    LeastNodes {
        /// Of the one before.
        better: u32,
        /// Of the other; absent where its next node takes none of the pods.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        worse: Option<u32>,
    },
    /// A random number.
    Random {
        /// `--seed`.
        seed: u64,
    },
    /// `--balance-similar-groups`: how many nodes the groups have.
    Balance {
        /// Of the one before.
        better: u32,
        /// Of the other.
        worse: u32,
    },
    /// Its next node uses a reservation, which is paid for in any case.
    Reserved,
    /// They are equal in all of that.
    Name,
    /// It would come first, but does not help now.
    Refused {
        /// The reason.
        refusal: Refusal,
    },
    /// The pod fits on a node that is bought for others.
    Room,
    /// The nodes for all pods together cost less so (`price`).
    Together,
}

/// The resources of which a share stays unused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unused {
    /// GPUs and other devices.
    Devices,
    /// Cpu and memory.
    CpuAndMemory,
}

impl Precedence {
    /// Returns why an expander prefers one group, given its keys for two groups; `None` where they
    /// are the same.
    pub(in crate::plan::scale_up) fn by(
        fleet: &Fleet<'_>,
        expander: Expander,
        better: (&GroupEntry<'_>, Key),
        worse: (&GroupEntry<'_>, Key),
    ) -> Option<Self> {
        if better.1 == worse.1 {
            return None;
        }
        let zones = |group: &GroupEntry<'_>| small(group.zones.len());
        let region = |group: &GroupEntry<'_>| group.id().region.clone();
        let is_spot = |group: &GroupEntry<'_>| group.group.purchase.may_be_spot();
        let (one, other) = (better.0, worse.0);
        Some(match (expander, better.1, worse.1) {
            (Expander::Priority, ..) => Self::Priority { better: one.policy.priority, worse: other.policy.priority },
            (Expander::Region, ..) => Self::Region { better: region(one), worse: region(other) },
            (Expander::SingleZone, ..) => Self::SingleZone { better: zones(one), worse: zones(other) },
            (Expander::Spot, ..) => Self::Spot { better: is_spot(one), worse: is_spot(other) },
            (Expander::Price, Key::Price(better), Key::Price(worse)) => Self::Price {
                better: UsdPerHour::from_micros(better),
                worse: (worse != UNKNOWN_PRICE).then_some(UsdPerHour::from_micros(worse)),
            },
            (Expander::LeastWaste, Key::LeastWaste(better), Key::LeastWaste(worse)) => Self::waste(better, worse),
            (Expander::MostPods, Key::MostPods(better), Key::MostPods(worse)) => {
                Self::MostPods { better: better.0, worse: worse.0 }
            }
            (Expander::LeastNodes, Key::LeastNodes(better), Key::LeastNodes(worse)) => {
                Self::LeastNodes { better, worse: (worse != u32::MAX).then_some(worse) }
            }
            (Expander::Random, ..) => Self::Random { seed: fleet.policy.seed },
            (Expander::Price | Expander::LeastWaste | Expander::MostPods | Expander::LeastNodes, ..) => return None,
        })
    }

    fn waste(better: Waste, worse: Waste) -> Self {
        match better.devices == worse.devices {
            true => Self::LeastWaste { of: Unused::CpuAndMemory, better: better.others, worse: worse.others },
            false => Self::LeastWaste { of: Unused::Devices, better: better.devices, worse: worse.devices },
        }
    }
}

impl fmt::Display for Unused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Devices => "GPUs and other devices",
            Self::CpuAndMemory => "cpu and memory",
        })
    }
}

impl fmt::Display for Precedence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = |number: u32| count(u64::from(number), "node");
        match self {
            Self::Priority { better, worse } => write!(f, "priority {better} instead of {worse}"),
            Self::Region { better, worse } => write!(f, "region {better} comes before {worse} in --regions"),
            Self::SingleZone { better, worse } => write!(f, "{} instead of {worse}", count(u64::from(*better), "zone")),
            Self::Spot { .. } => f.write_str("spot instead of on demand"),
            Self::Price { better, worse: None } => {
                write!(f, "{better} a pod, while no price of the other is known")
            }
            Self::Price { better, worse: Some(worse) } => write!(f, "{better} a pod instead of {worse}"),
            Self::LeastWaste { of, better, worse } => {
                write!(f, "{} of its {of} unused instead of {}", share(*better), share(*worse))
            }
            Self::MostPods { better, worse } => write!(f, "takes {} instead of {worse}", count(u64::from(*better), "pod")),
            Self::LeastNodes { better, worse: None } => write!(f, "{}, while its next node takes none", nodes(*better)),
            Self::LeastNodes { better, worse: Some(worse) } => write!(f, "{} instead of {worse}", nodes(*better)),
            Self::Random { seed } => write!(f, "drawn by lot with --seed {seed}"),
            Self::Balance { better, worse } => write!(f, "balanced: {} instead of {worse}", nodes(*better)),
            Self::Reserved => f.write_str("its next node uses a reservation, which is paid for in any case"),
            Self::Name => f.write_str("all else is equal, and its name comes first"),
            Self::Refused { refusal } => refusal.fmt(f),
            Self::Room => f.write_str("there is room on a node that is bought for other pods"),
            Self::Together => f.write_str("the nodes for all pods together cost less so"),
        }
    }
}

/// Returns millionths as a percentage, with a decimal where whole ones would not distinguish small
/// shares.
fn share(millionths: i64) -> String {
    let tenths = (millionths + 500) / 1000;
    match (tenths / 10, tenths % 10) {
        (percent, 0) => format!("{percent} %"),
        (percent, tenth) => format!("{percent}.{tenth} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_percentages() {
        for (millionths, text) in [(0, "0 %"), (30_000, "3 %"), (414_400, "41.4 %"), (999_960, "100 %"), (1_000_000, "100 %")] {
            assert_eq!(share(millionths), text, "{millionths}");
        }
    }
}
