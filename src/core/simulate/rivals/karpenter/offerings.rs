//! What can be launched: the machine types of all groups in their zones, the cheapest first.

use crate::duration::Seconds;
use crate::scheduler::fits;
use crate::simulate::rivals::scene::{LaunchOffer, ModelCluster, ModelPod};
use crate::snapshot::ActivityStatus;

/// What had no capacity is not tried again for so long (`UnavailableOfferingsTTL`,
/// `pkg/cache/cache.go` of the provider).
const UNAVAILABLE: Seconds = Seconds::minutes(3);

/// An offer by its group and its place in what that may launch.
pub(super) type OfferId = (usize, usize);

pub(super) fn offer<'s, 'w>(scene: &'s ModelCluster<'w>, (group, place): OfferId) -> &'s LaunchOffer<'w> {
    &scene.groups[group].offers[place]
}

/// Returns what can be launched now.
pub(super) fn available(scene: &ModelCluster<'_>) -> Vec<OfferId> {
    let open = scene.groups.iter().enumerate().filter(|(_, known)| known.is_open);
    let all = open.flat_map(|(group, known)| (0..known.offers.len()).map(move |place| (group, place)));
    all.filter(|id| failed_at(scene, *id).is_none()).collect()
}

/// Returns when the next offer that had no capacity is tried again.
pub(super) fn next_try(scene: &ModelCluster<'_>) -> Option<Seconds> {
    let groups = scene.groups.iter().enumerate();
    let all = groups.flat_map(|(group, known)| (0..known.offers.len()).map(move |place| (group, place)));
    all.filter_map(|id| failed_at(scene, id)).map(|at| Seconds(at.0 + UNAVAILABLE.0)).min()
}

/// Returns when an offer had no capacity, if that was lately.
fn failed_at(scene: &ModelCluster<'_>, id: OfferId) -> Option<Seconds> {
    let (node, now) = (offer(scene, id).node, scene.snapshot.taken_at);
    let is_its = |zone: Option<&str>, kind: Option<&str>| zone == Some(&node.zone) && kind == Some(&node.machine_type);
    let failed = scene.groups[id.0].group.activities.iter().find(|activity| {
        activity.status == ActivityStatus::Failed && is_its(activity.zone.as_deref(), activity.machine_type.as_deref())
    })?;
    let ago = Seconds::between(failed.started_at, now);
    (ago < UNAVAILABLE).then(|| Seconds(scene.now.0.saturating_sub(ago.0)))
}

/// Whether a node of an offer has room for what is requested and for a pod beside it.
pub(super) fn holds(scene: &ModelCluster<'_>, id: OfferId, requested: &[i64], pod: &ModelPod<'_>) -> bool {
    let offer = offer(scene, id);
    let rest: Vec<i64> = offer.free.iter().zip(requested).map(|(free, requested)| free - requested).collect();
    fits(&rest, pod.row) && scene.suits(pod, offer)
}

/// Orders offers by their prices; those without one come last.
pub(super) fn by_price(scene: &ModelCluster<'_>, offers: &mut [OfferId]) {
    offers.sort_by_key(|id| {
        let price = offer(scene, *id).price;
        (price.is_none(), price, *id)
    });
}
