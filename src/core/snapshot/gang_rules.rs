//! The flags that decide which pods count as gangs, and whether pods count that are about to exist.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, VariantNames};

use super::GangKind;

/// The flags that decide which pods count as gangs, beside those that a scheduler or a queue starts
/// together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GangRules {
    /// Whose pods start together although nobody enforces it (`--gang-wishes`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wishes: Vec<GangWish>,
    /// Where gangs stay together that name no place of their own (`--gang-topology`); absent where
    /// any nodes will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topology: Option<GangTopology>,
    /// The names of schedulers that run the coscheduling plugin (`--coscheduling-scheduler`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coscheduling: Vec<String>,
    /// Whether pods count that a Job is about to make, or of which a gang is known to lack some
    /// (`--expect-job-pods`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub expect_job_pods: bool,
}

impl GangRules {
    /// Whether no flag differs from its default.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the pods of such an object are wished to start together.
    #[must_use]
    pub fn wish_for(&self, kind: GangKind) -> bool {
        self.wishes.iter().any(|wish| wish.covers(kind))
    }
}

/// Objects whose pods start together by the wish of a person alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(with = "String")]
pub enum GangWish {
    /// Those of every kind that is known here.
    All,
    /// Those of one kind.
    Of(GangKind),
}

/// The kinds of a wish, by the names that the flag takes.
const KINDS: [(&str, GangKind); 5] = [
    ("job-set", GangKind::JobSet),
    ("leader-worker-set", GangKind::LeaderWorkerSet),
    ("indexed-job", GangKind::IndexedJob),
    ("mpi-job", GangKind::MpiJob),
    ("ray-cluster", GangKind::RayCluster),
];

/// A `--gang-wishes` that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no kind of gang; write all, or some of {}", KINDS.map(|(name, _)| name).join(", "))]
pub struct GangWishError {
    text: String,
}

impl GangWish {
    fn covers(self, kind: GangKind) -> bool {
        match self {
            Self::All => kind.is_wish(),
            Self::Of(wished) => wished == kind,
        }
    }
}

impl FromStr for GangWish {
    type Err = GangWishError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "all" {
            return Ok(Self::All);
        }
        let kind = KINDS.iter().find(|(name, _)| *name == text).map(|(_, kind)| Self::Of(*kind));
        kind.ok_or_else(|| GangWishError { text: text.to_owned() })
    }
}

impl TryFrom<String> for GangWish {
    type Error = GangWishError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<GangWish> for String {
    fn from(wish: GangWish) -> Self {
        wish.to_string()
    }
}

impl fmt::Display for GangWish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Of(kind) = self else { return f.write_str("all") };
        let named = KINDS.iter().find(|(_, known)| known == kind);
        f.write_str(named.map_or("", |(name, _)| name))
    }
}

/// Where the pods of a gang stay together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Display, EnumString, VariantNames)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum GangTopology {
    /// In one zone.
    Zone,
}

impl GangTopology {
    /// The names of all, as the flag takes them.
    pub const NAMES: &[&str] = Self::VARIANTS;

    /// Returns the label that has the same value on the nodes of all pods.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Zone => crate::well_known::labels::ZONE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wish_is_written_as_the_flag_was() {
        for (name, kind) in KINDS {
            assert!(kind.is_wish(), "{name}");
            let wish: GangWish = name.parse().expect("a kind");
            assert_eq!(wish.to_string(), name);
            let rules = GangRules { wishes: vec![wish], ..GangRules::default() };
            assert!(rules.wish_for(kind) && !rules.wish_for(GangKind::PodGroup));
            assert!(KINDS.iter().all(|(_, other)| *other == kind || !rules.wish_for(*other)), "{name}");
        }
        let all = GangRules { wishes: vec![GangWish::All], ..GangRules::default() };
        assert!(KINDS.iter().all(|(_, kind)| all.wish_for(*kind)) && !all.wish_for(GangKind::Kueue));
    }

    #[test]
    fn a_kind_that_a_scheduler_starts_together_is_no_wish() {
        let error = "kueue".parse::<GangWish>().expect_err("no wish").to_string();
        assert!(error.starts_with("\"kueue\" is no kind of gang; write all, or some of job-set, "), "{error}");
    }
}
