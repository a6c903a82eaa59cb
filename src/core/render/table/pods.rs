//! The pods that get no node now, those of one outcome in a line.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::page::Tone;
use super::rows::{Row, Rows};
use crate::fair_order::in_turn;
use crate::plan::{Plan, PodReport, PodVerdict};
use crate::snapshot::ObjectName;

/// At most this many names of pods with the same outcome are written out; JSON lists them all.
const NAMES_SHOWN: usize = 3;

/// Lists the pods whose gang is not listed.
pub(super) fn pods(plan: &Plan) -> Rows {
    let mut alike: BTreeMap<Cow<'_, str>, Vec<&PodReport>> = BTreeMap::new();
    let is_listed = |pod: &&PodReport| !is_of_listed_gang(pod) && (pod.verdict.is_unhelped() || is_waiting(pod));
    for pod in plan.pods.iter().filter(is_listed) {
        alike.entry(pod.shared_message()).or_default().push(pod);
    }
    let mut lines: Vec<(Vec<&ObjectName>, String)> = Vec::new();
    for (shared, pods) in alike {
        let message = if let [alone] = pods[..] { alone.message.clone() } else { shared.into_owned() };
        lines.push((pods.into_iter().map(|report| &report.pod).collect(), message));
    }
    lines.sort();
    Rows::new(lines.into_iter().map(|(names, message)| Row::named(Tone::Warning, &some_of(&names), &message)))
}

fn is_of_listed_gang(pod: &PodReport) -> bool {
    matches!(pod.verdict, PodVerdict::GangIncomplete { .. } | PodVerdict::GangWithoutRoom { .. })
}

fn is_waiting(pod: &PodReport) -> bool {
    matches!(pod.verdict, PodVerdict::WaitsForRegion { .. })
}

/// Returns some of the names, of as many namespaces as there is room for, so that one of them does
/// not hide the others.
fn some_of(names: &[&ObjectName]) -> String {
    let shown = in_turn(names.iter().copied(), |name| name.namespace.clone());
    let shown: Vec<String> = shown.into_iter().take(NAMES_SHOWN).map(ToString::to_string).collect();
    let shown = shown.join(", ");
    match names.len().saturating_sub(NAMES_SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
