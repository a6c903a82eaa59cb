//! Which gang a pod belongs to: the first of its hints that counts, and how many start together.

use std::collections::BTreeMap;

use super::hints::GangHint;
use super::objects::{GangObjects, GangTerms, KnownObject};
use crate::snapshot::{Gang, GangName, GangRules, Name, ObjectName, Pod};

/// Makes pods members of their gangs, each pod with its hints by its index, and returns the gangs.
///
/// A hint whose object does not exist, or states no gang, does not count. One whose object could
/// not be read makes its pod a member of a gang that is not known.
pub(crate) fn join_gangs(
    pods: &mut [Pod],
    hints: &[(usize, Vec<GangHint>)],
    objects: &GangObjects,
    rules: &GangRules,
) -> Vec<Gang> {
    let mut gangs: BTreeMap<(Name, GangName), Gang> = BTreeMap::new();
    for (index, hints) in hints {
        let pod = &mut pods[*index];
        let Some((hint, terms)) = first_that_counts(&pod.namespace, hints, objects) else { continue };
        pod.gang = Some(Box::new(hint.id.clone()));
        if let Some(terms) = terms {
            let gang =
                gangs.entry((pod.namespace.clone(), hint.id.clone())).or_insert_with(|| gang_of(pod, hint, &terms, rules));
            count_in(gang, pod, &terms);
        }
    }
    gangs.into_values().collect()
}

/// Returns the hint that decides, and what is known of its gang: nothing where that was not read.
fn first_that_counts<'h>(
    namespace: &Name,
    hints: &'h [GangHint],
    objects: &GangObjects,
) -> Option<(&'h GangHint, Option<GangTerms>)> {
    hints.iter().find_map(|hint| {
        let stated = || GangTerms { min: hint.stated, same: hint.same.clone(), total: None, priority: None, created_at: None };
        let Some(object) = &hint.object else { return Some((hint, Some(stated()))) };
        let name = ObjectName::new(namespace.clone(), object.clone());
        match (objects.find(hint.id.kind, &name), &hint.replicated_job) {
            (KnownObject::Unread, _) => Some((hint, None)),
            // Its Job is the gang, whether the whole set is one or not.
            (KnownObject::Gang(_) | KnownObject::NoGang, Some(job)) => {
                Some((hint, Some(GangTerms { total: objects.pods_of_job(&name, job), ..stated() })))
            }
            (KnownObject::Gang(terms), None) => {
                Some((hint, Some(GangTerms { min: terms.min.or(hint.stated), ..terms.clone() })))
            }
            (KnownObject::NoGang, None) => None,
        }
    })
}

/// Returns a gang of which no pod was counted.
fn gang_of(pod: &Pod, hint: &GangHint, terms: &GangTerms, rules: &GangRules) -> Gang {
    Gang {
        namespace: pod.namespace.clone(),
        id: hint.id.clone(),
        min: terms.min.unwrap_or(0),
        total: terms.total,
        same: terms.same.clone().or_else(|| rules.topology.map(|topology| topology.label().to_owned())),
        priority: terms.priority,
        created_at: terms.created_at.unwrap_or(pod.created_at),
    }
}

/// Counts a pod of a gang. Where nothing states how many there are, all that exist start together.
/// A gang without an object of its own is as old as its oldest pod.
fn count_in(gang: &mut Gang, pod: &Pod, terms: &GangTerms) {
    match terms.min {
        None => gang.min += 1,
        Some(min) => gang.min = gang.min.max(min),
    }
    if terms.created_at.is_none() {
        gang.created_at = gang.created_at.min(pod.created_at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{GangKind, GangTopology, SpecId};

    fn pods(count: usize) -> Vec<Pod> {
        let at = |number: usize| format!("2026-11-22T10:0{number}:00Z").parse().expect("a time");
        (0..count).map(|number| Pod::unseen(ObjectName::new("ml", format!("p{number}")), SpecId(0), at(number))).collect()
    }

    fn hint(kind: GangKind, name: &str) -> GangHint {
        let (id, object) = (GangName { kind, name: name.into() }, Some(name.into()));
        GangHint { id, object, stated: None, same: None, replicated_job: None }
    }

    fn terms(min: u32) -> GangTerms {
        GangTerms { min: Some(min), same: None, total: None, priority: None, created_at: None }
    }

    /// Returns objects of which each is a gang of 8.
    fn objects(all: &[(GangKind, &str)]) -> GangObjects {
        let mut objects = GangObjects::default();
        for (kind, name) in all {
            objects.add(*kind, ObjectName::new("ml", *name), Some(terms(8)));
        }
        objects
    }

    fn joined(hints: &[GangHint], objects: &GangObjects) -> (Option<String>, Vec<Gang>) {
        let mut pods = pods(1);
        let gangs = join_gangs(&mut pods, &[(0, hints.to_vec())], objects, &GangRules::default());
        (pods[0].gang.as_ref().map(ToString::to_string), gangs)
    }

    #[test]
    fn the_first_hint_whose_object_exists_counts() {
        let hints = [hint(GangKind::PodGroup, "a"), hint(GangKind::Coscheduling, "b")];
        let name = |objects: &GangObjects| joined(&hints, objects).0;
        assert_eq!(name(&objects(&[(GangKind::PodGroup, "a"), (GangKind::Coscheduling, "b")])).as_deref(), Some("PodGroup a"));
        assert_eq!(name(&objects(&[(GangKind::Coscheduling, "b")])).as_deref(), Some("coscheduling PodGroup b"));
        assert_eq!(name(&objects(&[(GangKind::PodGroup, "b")])), None);
    }

    #[test]
    fn an_object_in_another_namespace_is_another_one() {
        let mut elsewhere = GangObjects::default();
        elsewhere.add(GangKind::PodGroup, ObjectName::new("web", "a"), Some(terms(8)));
        assert_eq!(joined(&[hint(GangKind::PodGroup, "a")], &elsewhere), (None, Vec::new()));
    }

    #[test]
    fn an_object_that_states_no_gang_leaves_the_next_hint() {
        let mut objects = objects(&[]);
        objects.add(GangKind::PodGroup, ObjectName::new("ml", "a"), None);
        let kueue = GangHint { object: None, stated: Some(4), ..hint(GangKind::Kueue, "k") };
        let (name, gangs) = joined(&[hint(GangKind::PodGroup, "a"), kueue], &objects);
        assert_eq!((name.as_deref(), gangs[0].min), (Some("Kueue pod group k"), 4));
    }

    #[test]
    fn a_gang_that_was_not_read_is_named_and_not_known() {
        let mut objects = objects(&[]);
        objects.miss(GangKind::PodGroup);
        assert_eq!(joined(&[hint(GangKind::PodGroup, "a")], &objects), (Some("PodGroup a".to_owned()), Vec::new()));
    }

    #[test]
    fn pods_that_state_no_number_are_all_of_them_and_as_old_as_the_oldest() {
        let exclusive = GangHint { object: None, same: Some("rack".to_owned()), ..hint(GangKind::JobSet, "s-0") };
        let mut pods = pods(3);
        let hints = [2, 0, 1].map(|index| (index, vec![exclusive.clone()]));
        let gangs = join_gangs(&mut pods, &hints, &GangObjects::default(), &GangRules::default());
        let [gang] = &gangs[..] else { panic!("one gang: {gangs:?}") };
        assert_eq!((gang.min, gang.same.as_deref()), (3, Some("rack")));
        assert_eq!(gang.created_at, "2026-11-22T10:00:00Z".parse().expect("a time"));
    }

    #[test]
    fn a_gang_without_a_place_of_its_own_has_that_of_the_flag() {
        let rules = GangRules { topology: Some(GangTopology::Zone), ..GangRules::default() };
        let mut objects = objects(&[(GangKind::PodGroup, "a")]);
        let own = GangTerms { same: Some("rack".to_owned()), ..terms(2) };
        objects.add(GangKind::PodGroup, ObjectName::new("ml", "b"), Some(own));
        let hints = [(0, vec![hint(GangKind::PodGroup, "a")]), (1, vec![hint(GangKind::PodGroup, "b")])];
        let gangs = join_gangs(&mut pods(2), &hints, &objects, &rules);
        let places: Vec<_> = gangs.iter().map(|gang| gang.same.as_deref()).collect();
        assert_eq!(places, [Some("topology.kubernetes.io/zone"), Some("rack")]);
    }
}
