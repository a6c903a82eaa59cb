//! Extended resources that a DeviceClass serves: the scheduler itself makes a claim for all of a
//! pod (`dynamicresources/extendeddynamicresources.go`).

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::snapshot::{ContainerRole, DeviceAlternative, DeviceClass, DeviceCount, DeviceNeeds, DeviceRequest, PodSpec};

/// The name of such a claim before it is stored (`specialClaimInMemName`).
pub(crate) const EXTENDED_RESOURCES: &str = "<extended-resources>";

/// Returns the claim that the scheduler makes for a pod on a node that lists none of these
/// resources, each with its class.
#[must_use]
pub fn claim_of_extended_resources(spec: &PodSpec, classes: &BTreeMap<&str, &DeviceClass>) -> DeviceNeeds {
    let mut requests: Vec<(String, DeviceRequest)> = Vec::new();
    for (resource, class) in classes {
        let count = |place: usize| u64::try_from(spec.containers[place].requests.get(resource)).unwrap_or_default();
        let is_short = |place: &usize| spec.containers[*place].role == ContainerRole::Init;
        let (short, long): (Vec<usize>, Vec<usize>) = (0..spec.containers.len()).partition(is_short);
        // An init container uses what is there for those after it, and what is missing is there
        // once for all of them, since they run one after the other.
        let further = |place: usize| {
            let of_others: u64 = long.iter().filter(|other| **other > place).map(|other| count(*other)).sum();
            (place, count(place).saturating_sub(of_others))
        };
        let most = short.into_iter().map(further).max_by_key(|(place, further)| (*further, Reverse(*place)));
        let own = long.iter().map(|place| (*place, count(*place)));
        for (place, count) in most.into_iter().chain(own).filter(|(_, count)| *count > 0) {
            let amounts = spec.containers[place].requests.iter();
            let number = amounts.filter(|(name, _)| name < resource).count();
            let name = format!("container-{place}-request-{number}");
            let exactly = DeviceAlternative {
                name: None,
                class: class.name.clone(),
                selectors: Vec::new(),
                count: DeviceCount::Exactly(count),
                admin_access: false,
                tolerations: Vec::new(),
                capacity: BTreeMap::new(),
            };
            requests.push((name.clone(), DeviceRequest { name, alternatives: vec![exactly] }));
        }
    }
    requests.sort_by(|(a, _), (b, _)| a.cmp(b));
    DeviceNeeds { requests: requests.into_iter().map(|(_, request)| request).collect(), ..DeviceNeeds::default() }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn classes(list: &Value) -> Vec<DeviceClass> {
        serde_json::from_value(list.clone()).expect("classes")
    }

    #[test]
    fn each_container_has_a_request_and_init_containers_use_those_of_later_ones() {
        let known = classes(&json!([{ "name": "gpu", "extended_resource": "x/gpu" }]));
        let spec = |containers: &Value| {
            serde_json::from_value::<PodSpec>(
                json!({ "scheduler_name": "s", "restart_policy": "never", "containers": containers }),
            )
            .expect("a specification")
        };
        let container = |role: &str, gpus: i64| json!({ "name": "c", "role": role, "requests": { "cpu": "100m", "x/gpu": gpus.to_string() } });
        let requests = |containers: &Value| -> Vec<(String, DeviceCount)> {
            let needs = claim_of_extended_resources(&spec(containers), &BTreeMap::from([("x/gpu", &known[0])]));
            needs.requests.iter().map(|one| (one.name.clone(), one.alternatives[0].count)).collect()
        };
        let exactly = |name: &str, count: u64| (name.to_owned(), DeviceCount::Exactly(count));
        let mains = json!([container("main", 1), container("main", 2)]);
        assert_eq!(requests(&mains), [exactly("container-0-request-1", 1), exactly("container-1-request-1", 2)]);
        let less = json!([container("init", 2), container("main", 2)]);
        assert_eq!(requests(&less), [exactly("container-1-request-1", 2)]);
        let more = json!([container("init", 3), container("init", 4), container("main", 2)]);
        assert_eq!(requests(&more), [exactly("container-1-request-1", 2), exactly("container-2-request-1", 2)]);
        // A sidecar that starts before an init container keeps its own.
        let beside = json!([container("sidecar", 2), container("init", 2), container("main", 1)]);
        let expected = [("container-0-request-1", 2), ("container-1-request-1", 1), ("container-2-request-1", 1)];
        assert_eq!(requests(&beside), expected.map(|(name, count)| exactly(name, count)));
    }
}
