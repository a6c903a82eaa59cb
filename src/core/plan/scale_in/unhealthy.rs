//! Dead nodes, and instances that never became nodes. They go before idle nodes.

use std::collections::BTreeMap;

use super::fates::{Fate, Fates};
use super::holds::{Holds, Step};
use crate::duration::Seconds;
use crate::plan::amounts::small;
use crate::plan::fleet::{Fleet, GroupEntry, GroupIx, NodeIx};
use crate::plan::group_health::{NeverRegistered, never_registered, strangers};
use crate::plan::report::{Hold, NodeState};
use crate::snapshot::{ActivityKind, ActivityStatus, Lifecycle, MissingFact};

/// The most instances of a group that are replaced within `--backoff`, so that a bad image does not
/// churn for ever.
const MOST_REPLACED: u32 = 2;

/// What happens to each instance that never became a node, by group and instance id.
pub(crate) type Lost = BTreeMap<(GroupIx, String), Option<Hold>>;

/// Removes dead nodes, those that have been dead for longest first. A node that its group cannot
/// spare is replaced.
pub(super) fn remove_dead(fleet: &Fleet<'_>, fates: &mut Fates<'_>, holds: &mut Holds<'_>) {
    let since = |node: NodeIx| if let NodeState::Dead { since, .. } = fates.seen(node) { Some(*since) } else { None };
    let mut dead: Vec<_> = fates.nodes().filter_map(|node| Some((since(node)?, node))).collect();
    dead.sort_unstable();
    for (_, node) in dead {
        let Some((group, _)) = fleet.nodes[node].member_of else { continue };
        let fate = match holds.why_keep(node, Step::EndBroken) {
            Some(stay) => Fate::from(stay),
            None => holds.end_dead(node, group),
        };
        fates.decide(node, fate);
    }
}

/// Replaces instances that never became nodes, the oldest of each group first and only a few at a
/// time.
pub(super) fn replace_lost(fleet: &Fleet<'_>, holds: &mut Holds<'_>) -> Lost {
    let mut outcome = Lost::new();
    for (index, group) in fleet.groups.iter_numbered() {
        let mut lost: Vec<NeverRegistered<'_>> = never_registered(fleet, group).collect();
        lost.sort_unstable_by(|a, b| (b.age, &a.instance.id).cmp(&(a.age, &b.instance.id)));
        let strangers = strangers(fleet, group);
        let mut ended = replaced_lately(fleet, group);
        for NeverRegistered { instance, pod_bound_to, .. } in lost {
            let within = group.policy.backoff;
            let spent = match ended {
                None => Some(Hold::ActivitiesUnread),
                Some(ended) if ended >= MOST_REPLACED => Some(Hold::ReplacedLately { ended, within }),
                Some(_) => None,
            };
            let bound = pod_bound_to.map(|node| Hold::PodOnMissingNode { node: node.to_owned() });
            let strange = (strangers > 0).then_some(Hold::Strangers { instances: strangers });
            // What a hook or the cloud still does to it is not ours to cut short.
            let starting = (instance.lifecycle == Lifecycle::Pending).then_some(Hold::NotInService);
            let is_given_up = group.group.automatic.zones_given_up().contains(&instance.zone);
            let given_up = is_given_up.then(|| Hold::ZoneGivenUp { zone: instance.zone.clone() });
            let spared = holds.why_spare(Some(index), Step::EndBroken).or_else(|| holds.why_not_replace(index));
            let hold = spared.or(given_up).or(starting).or(bound).or(strange).or(spent);
            if hold.is_none() {
                holds.end_lost();
                ended = ended.map(|ended| ended + 1);
            }
            outcome.insert((index, instance.id.clone()), hold);
        }
    }
    outcome
}

/// Returns how many instances of a group were replaced within `--backoff` according to its
/// activities: ended by name, and launched again. Returns nothing when these could not be read.
fn replaced_lately(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Option<u32> {
    let is_unread = fleet.snapshot.gaps.iter().any(|gap| gap.fact == MissingFact::Activities { group: group.id().clone() });
    let ended = group.group.activities.iter().filter(|activity| {
        let is_recent = Seconds::between(activity.started_at, fleet.now()) < group.policy.backoff;
        let happened = matches!(activity.status, ActivityStatus::InProgress | ActivityStatus::Successful);
        activity.kind == ActivityKind::Terminate && activity.replacement && is_recent && happened
    });
    (!is_unread).then(|| small(ended.count()))
}
