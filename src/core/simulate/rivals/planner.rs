//! Who decides in a simulated world.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Serialize;

use crate::duration::Seconds;

/// Who decides in a simulated world.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Planner {
    /// The planner that decides for real clusters.
    #[default]
    Ours,
    /// A model of the documentation of Cluster Autoscaler, at its default values. It is not the
    /// tool.
    LikeClusterAutoscaler,
    /// A model of the documentation of Karpenter, at its default values. It is not the tool.
    LikeKarpenter,
}

/// A text that names no planner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no planner {0:?}; write ours, like-cluster-autoscaler or like-karpenter")]
pub struct UnknownPlanner(String);

impl Planner {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ours, Self::LikeClusterAutoscaler, Self::LikeKarpenter];

    /// Returns its name in flags.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::LikeClusterAutoscaler => "like-cluster-autoscaler",
            Self::LikeKarpenter => "like-karpenter",
        }
    }

    /// Returns the usual time from one run to the next: a minute for ours, which a CronJob starts;
    /// 10 seconds for Cluster Autoscaler (FAQ, `--scan-interval`) and for Karpenter's look at what
    /// may be disrupted (`pollingPeriod` in `pkg/controllers/disruption/controller.go`).
    #[must_use]
    pub const fn usual_interval(self) -> Seconds {
        match self {
            Self::Ours => Seconds::minutes(1),
            Self::LikeClusterAutoscaler | Self::LikeKarpenter => Seconds(10),
        }
    }
}

impl fmt::Display for Planner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Planner {
    type Err = UnknownPlanner;

    fn from_str(text: &str) -> Result<Self, UnknownPlanner> {
        Self::ALL.into_iter().find(|planner| planner.name() == text).ok_or_else(|| UnknownPlanner(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_name_that_reads_back() {
        for planner in Planner::ALL {
            assert_eq!(planner.name().parse(), Ok(planner));
            assert_eq!(serde_json::to_value(planner).expect("JSON"), planner.name());
        }
        let unknown = "karpenter".parse::<Planner>().expect_err("no planner");
        assert_eq!(
            unknown.to_string(),
            "there is no planner \"karpenter\"; write ours, like-cluster-autoscaler or like-karpenter"
        );
    }
}
