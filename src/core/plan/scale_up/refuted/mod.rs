//! Promises that were refuted, and are not made again: pods that the scheduler refuses where they
//! fit by all that is modelled, and groups whose last nodes helped nobody.

mod fruitless;
mod refused;
mod standing;

use jiff::Timestamp;

use crate::index_vec::IndexVec;
use crate::plan::fleet::Fleet;
use crate::plan::pending::{Class, ClassIx};
use crate::plan::scale_up::offers::not_again::NotAgain;
use crate::snapshot::SCHEDULER_RETRIES_WITHIN;
use fruitless::{Wave, last_wave};
pub(super) use refused::find_refused;
pub(crate) use standing::{groups_that_wait, notes_of_unhelpful_nodes, refused_pods, unhelpful_nodes};

/// Adds the groups whose last nodes helped none of a class, and that wait before they are bought in
/// again.
pub(super) fn add_fruitless<'a>(not_again: &mut NotAgain, fleet: &Fleet<'a>, classes: &IndexVec<ClassIx, Class<'a>>) {
    for (group, entry) in fleet.groups.iter_numbered() {
        let Some(wave) = last_wave(fleet, entry).filter(|wave| wave.until > fleet.now()) else { continue };
        for (index, class) in classes.iter_numbered() {
            if class.absent.is_none() && !class.pods.is_empty() && did_not_help(fleet, class, &wave) {
                not_again.entry((index, group)).or_insert_with(|| wave.refusal(fleet.now()));
            }
        }
    }
}

/// Whether the nodes did not help pods such as these: a note says so, or all of them have waited
/// since before, and none of their like runs.
fn did_not_help(fleet: &Fleet<'_>, class: &Class<'_>, wave: &Wave) -> bool {
    let example = fleet.unbound[class.pods[0].pod];
    let is_noted = !wave.pods.is_empty() && wave.pods.contains(&fleet.spec(example).fingerprint());
    is_noted || (waited_before(fleet, class, wave.launched_at) && !fleet.has_bound_pods(example.spec))
}

/// Whether the pods of a class waited already at a moment. A tenth of them may have come since.
fn waited_before(fleet: &Fleet<'_>, class: &Class<'_>, moment: Timestamp) -> bool {
    let since = |pod: usize| fleet.unbound[pod].scheduling.refused_since();
    let waited = class.pods.iter().filter(|waiting| since(waiting.pod).is_some_and(|since| since < moment)).count();
    10 * waited >= 9 * class.pods.len()
}

/// Returns when the scheduler has surely tried a pod again that it refused before something
/// changed.
fn tried_again_by(now: Timestamp) -> Timestamp {
    SCHEDULER_RETRIES_WITHIN.before(now)
}
