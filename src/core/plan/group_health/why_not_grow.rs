//! May this group grow? The rules in their order; the first that finds a reason decides, and its
//! reason is the one that is shown.

use super::{Backoff, Unlaunched, full, never_registered, registration, spot};
use crate::plan::fleet::{Acquaintance, Fleet, GroupEntry};
use crate::plan::growth_block::GrowthBlock;
use crate::plan::template::{Template, TemplateProblem};
use crate::snapshot::{Hindrance, Lifecycle, MissingFact};

/// What the rules look at.
pub(super) struct GrowthQuestion<'q, 's> {
    pub(super) fleet: &'q Fleet<'s>,
    pub(super) group: &'q GroupEntry<'s>,
    pub(super) template: &'q Result<Template, TemplateProblem>,
    pub(super) backoff: &'q Backoff,
    pub(super) gap: &'q Unlaunched,
}

/// Returns why the group cannot grow, if that is what the rule finds.
type GrowthRule = fn(&GrowthQuestion<'_, '_>) -> Option<GrowthBlock>;

/// The decisions of a person come first, then other clusters, then what the cloud does and did, and
/// numbers come last.
const RULES: [GrowthRule; 14] = [
    scale_up_off,
    not_selected,
    account_unknown,
    other_cluster,
    launches_nothing,
    facts_unread,
    reserved_only,
    in_backoff,
    stalled,
    spot_price_too_low,
    nodes_not_ready,
    template_unknown,
    placement_full,
    at_max,
];

/// Returns why a group cannot grow in this run, whatever the pods.
pub(super) fn why_not_grow(question: &GrowthQuestion<'_, '_>) -> Option<GrowthBlock> {
    RULES.iter().find_map(|rule| rule(question))
}

fn scale_up_off(question: &GrowthQuestion<'_, '_>) -> Option<GrowthBlock> {
    (!question.fleet.policy.scale_up).then_some(GrowthBlock::ScaleUpOff)
}

fn not_selected(question: &GrowthQuestion<'_, '_>) -> Option<GrowthBlock> {
    let is_selected = question.fleet.policy.may_touch(&question.group.id().name);
    (!is_selected).then_some(GrowthBlock::NotSelected)
}

/// Blocks purchases in an account that knows none of the cluster's Ready nodes, unless a person
/// states that the cluster has none there yet.
fn account_unknown(question: &GrowthQuestion<'_, '_>) -> Option<GrowthBlock> {
    let GrowthQuestion { fleet, .. } = question;
    let is_strange = fleet.acquaintance() == Acquaintance::Strangers && !fleet.policy.first_nodes;
    is_strange.then_some(GrowthBlock::AccountUnknown)
}

fn other_cluster(question: &GrowthQuestion<'_, '_>) -> Option<GrowthBlock> {
    let evidence = other_owner(question.fleet, question.group)?;
    Some(GrowthBlock::OtherCluster { evidence })
}

/// Returns what shows that a group belongs to another cluster: its tag, or instances that should be
/// nodes by now, while none is one here. A group that launches its first instances has only young
/// ones and is ours.
pub(crate) fn other_owner(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Option<String> {
    if let Some(cluster) = &group.group.foreign_cluster {
        return Some(format!("tagged kubernetes.io/cluster/{cluster}: another cluster's"));
    }
    // One that is not in service yet says nothing.
    let is_serving = |it: &super::NeverRegistered<'_>| it.instance.lifecycle == Lifecycle::InService;
    let lost = never_registered(fleet, group).filter(is_serving).count();
    let is_foreign = lost > 0 && group.live().all(|member| member.node.is_none());
    is_foreign.then(|| format!("none of its instances is a node of this cluster, though {lost} should be by now"))
}

fn launches_nothing(question: &GrowthQuestion<'_, '_>) -> Option<GrowthBlock> {
    Some(match question.group.group.cannot.launch.clone()? {
        Hindrance::BeingDeleted => GrowthBlock::BeingDeleted,
        Hindrance::Suspended { process } => GrowthBlock::LaunchSuspended { process },
        Hindrance::OperatedBy { service } => GrowthBlock::OperatedBy { service },
        // While it is being replaced a group may grow.
        Hindrance::Updating => return None,
        Hindrance::NotActive { state } => GrowthBlock::NotActive { state },
        Hindrance::Busy { state } => GrowthBlock::BusyWithUpdate { state },
        Hindrance::NotOffered { reason } => GrowthBlock::NotOffered { reason },
    })
}

/// Blocks growth where a fact is missing: nothing is bought on a guess.
fn facts_unread(question: &GrowthQuestion<'_, '_>) -> Option<GrowthBlock> {
    unread(question.fleet, question.group)
}

/// Returns what a missing fact forbids a group, if one does.
pub(super) fn unread(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Option<GrowthBlock> {
    fleet.snapshot.gaps.iter().find_map(|gap| match &gap.fact {
        MissingFact::Activities { group: unread } if unread == group.id() => Some(GrowthBlock::ActivitiesUnread),
        MissingFact::GrowthNotes => Some(GrowthBlock::GrowthNotesUnread),
        MissingFact::Objects { resource } if resource == "daemonsets" => Some(GrowthBlock::DaemonSetsUnread),
        MissingFact::Activities { .. }
        | MissingFact::LaunchOptions { .. }
        | MissingFact::MachineTypes { .. }
        | MissingFact::Launches { .. }
        | MissingFact::MachineChecks { .. }
        | MissingFact::Images { .. }
        | MissingFact::Subnets { .. }
        | MissingFact::PlacementGroups { .. }
        | MissingFact::NodeGroups { .. }
        | MissingFact::AutomaticChanges { .. }
        | MissingFact::Reservations { .. }
        | MissingFact::ZoneIds { .. }
        | MissingFact::Spot { .. }
        | MissingFact::Quota { .. }
        | MissingFact::Objects { .. }
        | MissingFact::Identity
        | MissingFact::ForeignLeases => None,
    })
}

/// Blocks the growth of a group that launches only into reservations while none has room.
fn reserved_only(question: &GrowthQuestion<'_, '_>) -> Option<GrowthBlock> {
    super::reserved_only::why_not(question.fleet, question.group)
}

fn in_backoff(question: &GrowthQuestion<'_, '_>) -> Option<GrowthBlock> {
    question.backoff.block.clone()
}

fn stalled(question: &GrowthQuestion<'_, '_>) -> Option<GrowthBlock> {
    match *question.gap {
        Unlaunched::None | Unlaunched::Coming { .. } => None,
        Unlaunched::Stalled { nodes, age } => Some(GrowthBlock::Stalled { missing: nodes, age }),
    }
}

fn spot_price_too_low(question: &GrowthQuestion<'_, '_>) -> Option<GrowthBlock> {
    spot::price_too_low(question.group)
}

fn nodes_not_ready(question: &GrowthQuestion<'_, '_>) -> Option<GrowthBlock> {
    registration::nodes_not_ready(question.fleet, question.group)
}

fn template_unknown(question: &GrowthQuestion<'_, '_>) -> Option<GrowthBlock> {
    question.template.as_ref().err().cloned().map(GrowthBlock::template_unknown)
}

fn placement_full(question: &GrowthQuestion<'_, '_>) -> Option<GrowthBlock> {
    let GrowthQuestion { fleet, group, .. } = question;
    let is_full = fleet.placement_room(group)?.values().all(|left| *left == 0);
    is_full.then(|| GrowthBlock::placement_full(group.group, group.zones)).flatten()
}

fn at_max(question: &GrowthQuestion<'_, '_>) -> Option<GrowthBlock> {
    full(question.fleet, question.group, 0)
}
