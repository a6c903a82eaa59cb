//! Pods that select nodes alike: each node takes all of them or none, as far as the node alone
//! matters. Hundreds of classes differ in nothing but requests and rules between pods.

use std::collections::BTreeMap;

use super::DemandId;
use crate::index_vec::{IndexVec, Number, numbers};
use crate::scheduler::demand::Demand;

numbers! {
    /// Pods that select nodes alike.
    pub struct SelectionIx;
}

/// Returns which kinds of pods select nodes alike, by all that the filters read which look at a
/// node alone. Pods with volumes or devices are like no others.
pub(super) fn selections(demands: &IndexVec<DemandId, Demand<'_>>) -> IndexVec<DemandId, SelectionIx> {
    let mut known = BTreeMap::new();
    let mut count = 0;
    let mut next = || {
        count += 1;
        SelectionIx::from_index(count - 1)
    };
    let mut selections = IndexVec::new();
    for Demand { spec, volumes, devices, domain, .. } in demands {
        let is_like_others = volumes.problem.is_none() && volumes.claims.is_empty() && devices.is_empty();
        selections.push(match is_like_others {
            true => {
                *known.entry((&spec.node_selector, &spec.node_affinity, &spec.tolerations, domain)).or_insert_with(&mut next)
            }
            false => next(),
        });
    }
    selections
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scheduler::{VolumeNeeds, VolumeProblem};
    use crate::snapshot::{Labels, PodSpec};

    fn spec(part: &serde_json::Value) -> PodSpec {
        let mut spec = json!({ "scheduler_name": "default-scheduler", "restart_policy": "never", "containers": [] });
        spec.as_object_mut().expect("an object").extend(part.as_object().expect("an object").clone());
        serde_json::from_value(spec).expect("a specification")
    }

    #[test]
    fn pods_are_alike_by_what_they_select_and_tolerate() {
        let labels = Labels::default();
        let specs = [
            json!({}),
            json!({ "priority": 7 }),
            json!({ "node_selector": { "pool": "a" } }),
            json!({ "node_affinity": [] }),
            json!({ "tolerations": [{ "operator": "exists" }] }),
        ]
        .map(|part| spec(&part));
        let mut demands: IndexVec<DemandId, Demand<'_>> =
            specs.iter().map(|spec| Demand::new(spec, "default", &labels, vec![1])).collect();
        for _ in 0..2 {
            let volumes =
                VolumeNeeds { problem: Some(VolumeProblem::ClaimMissing { claim: "data".to_owned() }), claims: Vec::new() };
            demands.push(Demand { volumes, ..Demand::new(&specs[0], "default", &labels, vec![1]) });
        }
        let found: Vec<usize> = selections(&demands).iter().map(|selection| selection.index()).collect();
        assert_eq!(found, [0, 0, 1, 2, 3, 4, 5]);
    }
}
