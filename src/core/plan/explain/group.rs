//! Why a group can or cannot grow, its rank, and what a new node of it would be like.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::automatic::{AutomaticFact, automatic_facts};
use super::group_name::{NoSuchGroup, find};
use super::placement::PlacementFact;
use super::price::PriceFact;
use super::reserved::{self, ReservedFact};
use super::template::TemplateExplanation;
use crate::duration::{Seconds, moment};
use crate::plan::amounts::small;
use crate::plan::bill::GroupBill;
use crate::plan::compose::compose;
use crate::plan::decisions::decide;
use crate::plan::fleet::{Fleet, GroupEntry, GroupIx};
use crate::plan::group_health::{GroupHealth, Unlaunched, headroom, joining, never_registered};
use crate::plan::growth_block::GrowthBlock;
use crate::plan::reason::count;
use crate::plan::report::{Finding, GroupReport};
use crate::plan::scale_up::{CloudChooses, cloud_chooses, first_alike};
use crate::plan::situation::Situation;
use crate::policy::Policy;
use crate::snapshot::{GroupId, Snapshot};

/// All that is known of one group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GroupExplanation {
    /// The plan's report on it. The template is below, in full.
    pub report: GroupReport,
    /// What makes and ends its machines, in the cloud's words, where there is more than one way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
    /// Why the cloud chooses the zones of its new nodes; absent where the plan does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud_chooses: Option<CloudChooses>,
    /// Its placement group, where it names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<PlacementFact>,
    /// Why it can or cannot grow.
    pub health: HealthFacts,
    /// The bounds of its capacity.
    pub limits: Limits,
    /// When it is tried.
    pub rank: Rank,
    /// What its next node costs, where prices are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<PriceFact>,
    /// What it costs before and after the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill: Option<GroupBill>,
    /// The groups over which `--balance-similar-groups` spreads new nodes with it. A finding names
    /// one that nearly is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub balanced_with: Vec<GroupId>,
    /// The reservations that it may use, in the order in which the cloud takes them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reserved: Vec<ReservedFact>,
    /// What changes it without this run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub automatic: Vec<AutomaticFact>,
    /// What a new node of it would be like, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateExplanation>,
    /// Why that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_unknown: Option<String>,
    /// The findings of the plan about it.
    pub findings: Vec<Finding>,
}

/// Why a group can or cannot grow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HealthFacts {
    /// Whether it can grow in this run.
    pub can_grow: bool,
    /// The first reason why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<GrowthBlock>,
    /// The backoff it is in, even where another reason comes first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backoff: Option<GrowthBlock>,
    /// Why none of its nodes goes at present, in the cloud's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removes_nothing: Option<String>,
    /// Requested capacity that has not been launched.
    pub gap: GapFact,
    /// Young instances that are not nodes yet.
    pub joining: u32,
    /// Instances that never became nodes.
    pub never_registered: u32,
}

/// Requested capacity that has not been launched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum GapFact {
    /// None.
    None,
    /// It is coming.
    Coming {
        /// How many nodes.
        nodes: u32,
        /// When it counts as stalled.
        overdue_at: Timestamp,
        /// `taken_at` of the snapshot.
        now: Timestamp,
    },
    /// It was requested too long ago, or its launch failed: it does not count.
    Stalled {
        /// How many nodes.
        nodes: u32,
        /// For how long, if known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        age: Option<Seconds>,
    },
}

/// The bounds of a group's capacity, in its own unit unless stated otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Limits {
    /// The least capacity.
    pub min: i64,
    /// The most capacity.
    pub max: i64,
    /// The requested capacity.
    pub desired: i64,
    /// Live capacity.
    pub live: i64,
    /// The most that one node counts.
    pub weight_of_a_node: i64,
    /// How many more nodes it may request.
    pub headroom_nodes: u32,
}

/// When a group is tried. `--expander` decides which of these count, and in which order. `explain
/// pod` shows what depends on the pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rank {
    /// Its position, from 1.
    pub place: u32,
    /// How many groups there are.
    pub groups: u32,
    /// Tag `ec2-autoscale/priority`. The higher comes first.
    pub priority: i64,
    /// The position of its region in `--regions`, from 1.
    pub region_place: u32,
    /// The number of zones in which it may launch. One comes before several.
    pub zones: u32,
    /// Whether its next instance may be a spot instance.
    pub may_be_spot: bool,
}

/// Explains a group by its name, or by `REGION/NAME`.
///
/// # Errors
///
/// Fails when no managed group has the name, or several have it.
pub fn explain(snapshot: &Snapshot, policy: &Policy, name: &str) -> Result<GroupExplanation, NoSuchGroup> {
    let id = find(snapshot, name)?;
    let situation = Situation::new(snapshot, policy);
    let plan = compose(&situation, &decide(&situation));
    let Situation { fleet, daemons, .. } = &situation;
    let own = fleet.group_number(id).expect("every group of the snapshot is in the fleet");
    let (group, template, health) = (&fleet.groups[own], situation.template_or_problem(own), situation.health(own));

    let place = plan.groups.iter().position(|report| report.group == *id).expect("every group has a report");
    let rank = rank(group, place, plan.groups.len());
    let mut report = plan.groups.into_iter().nth(place).expect("it was just found");
    report.template = None;
    Ok(GroupExplanation {
        report,
        price: PriceFact::of(fleet, own, health),
        made_by: group.group.node_group.made_by.clone(),
        cloud_chooses: cloud_chooses(group),
        placement: PlacementFact::of(fleet, group),
        health: health_facts(fleet, group, health),
        limits: limits(fleet, group),
        rank,
        bill: plan.bill.and_then(|bill| bill.groups.into_iter().nth(place)),
        balanced_with: balanced_with(&situation, own),
        reserved: reserved::of_group(fleet, own),
        automatic: automatic_facts(group.group, fleet.now()),
        template_unknown: template.as_ref().err().map(ToString::to_string),
        template: template.as_ref().ok().map(|template| TemplateExplanation::of(template, daemons)),
        findings: plan.findings.into_iter().filter(|finding| finding.code.group() == Some(id)).collect(),
    })
}

fn balanced_with(situation: &Situation<'_>, own: GroupIx) -> Vec<GroupId> {
    let fleet = &situation.fleet;
    if !fleet.policy.balance_similar_groups {
        return Vec::new();
    }
    let first = first_alike(situation);
    let alike = situation.groups().filter(|group| *group != own && first[*group] == first[own]);
    alike.map(|group| fleet.groups[group].id().clone()).collect()
}

fn health_facts(fleet: &Fleet<'_>, group: &GroupEntry<'_>, health: &GroupHealth) -> HealthFacts {
    HealthFacts {
        can_grow: health.block.is_none(),
        block: health.block.clone(),
        backoff: health.backoff.block.clone(),
        removes_nothing: group.group.cannot.remove.as_ref().map(ToString::to_string),
        gap: match health.gap {
            Unlaunched::None => GapFact::None,
            Unlaunched::Coming { nodes, overdue_at } => GapFact::Coming { nodes, overdue_at, now: fleet.now() },
            Unlaunched::Stalled { nodes, age } => GapFact::Stalled { nodes, age },
        },
        joining: small(joining(fleet, group).count()),
        never_registered: small(never_registered(fleet, group).count()),
    }
}

fn limits<'a>(fleet: &Fleet<'a>, group: &GroupEntry<'a>) -> Limits {
    let places = fleet.placement_room(group).map_or(u32::MAX, |room| room.values().copied().fold(0, u32::saturating_add));
    Limits {
        min: group.least(),
        max: group.most(),
        desired: group.group.desired,
        live: group.live_weight(),
        weight_of_a_node: group.weight_of_a_node(),
        headroom_nodes: headroom(group).min(places),
    }
}

fn rank(group: &GroupEntry<'_>, place: usize, groups: usize) -> Rank {
    Rank {
        place: small(place).saturating_add(1),
        groups: small(groups),
        priority: group.policy.priority,
        region_place: group.preference.saturating_add(1),
        zones: small(group.zones.len()),
        may_be_spot: group.group.purchase.may_be_spot(),
    }
}

impl fmt::Display for GapFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = |number: u32| count(u64::from(number), "node");
        match *self {
            Self::None => f.write_str("nothing that was asked for is missing"),
            Self::Coming { nodes: missing, overdue_at, now } => {
                write!(f, "{} asked for and coming, overdue at {}", nodes(missing), moment(overdue_at, now))
            }
            Self::Stalled { nodes: missing, age: Some(age) } => write!(f, "{} asked for {age} ago and stalled", nodes(missing)),
            Self::Stalled { nodes: missing, age: None } => write!(f, "{} asked for and stalled", nodes(missing)),
        }
    }
}

impl fmt::Display for Rank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, groups, priority, region_place, zones, may_be_spot } = self;
        let zones = count(u64::from(*zones), "zone");
        let paid = if *may_be_spot { "spot" } else { "on demand" };
        write!(f, "{place} of {groups}: priority {priority}, region {region_place} of --regions, {zones}, {paid}")
    }
}
