//! The pods that get no node now, those of one outcome in a line.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::owners::PodOwners;
use super::page::Tone;
use super::rows::{Row, Rows};
use crate::fair_order::in_turn;
use crate::plan::{Plan, PodReport, PodVerdict};
use crate::snapshot::ObjectName;

/// At most this many names of pods or of their controllers with the same outcome are written out;
/// JSON lists them all.
const NAMES_SHOWN: usize = 3;

/// Lists the pods whose gang is not listed: those of one outcome together, or each for itself.
pub(super) fn pods(plan: &Plan, owners: &PodOwners, each: bool) -> Rows {
    let is_listed = |pod: &&PodReport| !is_of_listed_gang(pod) && (pod.verdict.is_unhelped() || is_waiting(pod));
    let listed = plan.pods.iter().filter(is_listed);
    if each {
        let mut listed: Vec<&PodReport> = listed.collect();
        listed.sort_by_key(|report| &report.pod);
        return Rows::new(listed.into_iter().map(|report| Row::named(Tone::Warning, &report.pod, &report.message)));
    }
    let mut alike: BTreeMap<Cow<'_, str>, Vec<&PodReport>> = BTreeMap::new();
    for pod in listed {
        alike.entry(pod.shared_message()).or_default().push(pod);
    }
    let mut lines: Vec<(Vec<PodsOfOne<'_>>, String)> = Vec::new();
    for (shared, pods) in alike {
        let message = if let [alone] = pods[..] { alone.message.clone() } else { shared.into_owned() };
        lines.push((by_owner(&pods, owners), message));
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

/// Pods of one controller, or a pod for itself.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct PodsOfOne<'p> {
    /// The first of them.
    first: &'p ObjectName,
    /// Their controller as kubectl names it: `job/train`.
    owner: Option<String>,
    count: usize,
}

/// Joins the pods of each controller, where there are several of it.
fn by_owner<'p>(pods: &[&'p PodReport], owners: &PodOwners) -> Vec<PodsOfOne<'p>> {
    let mut joined: Vec<PodsOfOne<'p>> = Vec::new();
    let mut places: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for report in pods {
        let pod = &report.pod;
        let owner = owners.of_pod(pod).map(|owner| format!("{}/{}", owner.kind.to_lowercase(), owner.name));
        let place = owner.as_ref().map(|owner| *places.entry((&pod.namespace, owner.clone())).or_insert(joined.len()));
        match place.and_then(|place| joined.get_mut(place)) {
            Some(known) => {
                known.count += 1;
                known.first = known.first.min(pod);
            }
            None => joined.push(PodsOfOne { first: pod, owner, count: 1 }),
        }
    }
    joined.sort();
    joined
}

/// Returns some of the names, of as many namespaces as there is room for, so that one of them does
/// not hide the others.
fn some_of(names: &[PodsOfOne<'_>]) -> String {
    let shown: Vec<&PodsOfOne<'_>> =
        in_turn(names, |name| name.first.namespace.clone()).into_iter().take(NAMES_SHOWN).collect();
    let all: usize = names.iter().map(|name| name.count).sum();
    let more = all - shown.iter().map(|name| name.count).sum::<usize>();
    let shown: Vec<String> = shown.into_iter().map(PodsOfOne::name).collect();
    let shown = shown.join(", ");
    match more {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

impl PodsOfOne<'_> {
    fn name(&self) -> String {
        match &self.owner {
            Some(owner) if self.count > 1 => format!("{}/{owner} ×{}", self.first.namespace, self.count),
            Some(_) | None => self.first.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::plan;
    use crate::policy::Policy;
    use crate::snapshot::{Owner, Snapshot};

    /// Returns the demo with more pods that nothing helps: so many of a Job, and others.
    fn crowd() -> Snapshot {
        let mut snapshot = crate::demo::snapshot();
        let hopeless = snapshot.pods.iter().find(|pod| pod.name == "llm-16gpu-0").expect("the pod that nothing helps").clone();
        let train = Owner { kind: "Job".into(), api_version: "batch/v1".into(), name: "train".into(), uid: "uid-train".into() };
        let mut add = |namespace: &str, name: &str, owner: Option<Owner>| {
            let mut pod = hopeless.clone();
            (pod.namespace, pod.name, pod.uid) = (namespace.into(), name.into(), format!("uid-{namespace}-{name}").into());
            pod.owner = owner.map(Into::into);
            snapshot.pods.push(pod);
        };
        for number in 0..40 {
            add("research", &format!("train-{number}"), Some(train.clone()));
            add("vision", &format!("train-{number}"), Some(train.clone()));
        }
        for number in 0..3 {
            add("vision", &format!("by-hand-{number}"), None);
        }
        snapshot
    }

    #[test]
    fn pods_of_one_controller_are_one_name_where_they_have_one_answer() {
        let snapshot = crowd();
        let plan = plan(&snapshot, &Policy::default());
        let names = |owners: &PodOwners, each: bool| -> Vec<String> {
            pods(&plan, owners, each).list.into_iter().map(|row| row.cells[0].clone()).collect()
        };
        let owners = PodOwners::of(&snapshot);
        assert_eq!(names(&owners, false), ["research/llm-16gpu-0, vision/by-hand-0, research/job/train ×40 and 42 more"]);
        assert_eq!(
            names(&PodOwners::default(), false),
            ["research/llm-16gpu-0, vision/by-hand-0, research/train-0 and 81 more"]
        );
        let each = names(&owners, true);
        assert_eq!(
            (each.len(), each[1].as_str(), each.last().map(String::as_str)),
            (84, "research/train-0", Some("vision/train-9"))
        );
    }
}
