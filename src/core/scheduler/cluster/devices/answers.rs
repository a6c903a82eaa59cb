//! The search against kube-scheduler 1.36.2 with its default features: cases by chance, each with
//! the devices that it allocated, or its reason and message. A case is a node with slices, devices
//! that another claim has, and the claims of one pod.

use serde::Deserialize;
use serde_json::json;

use super::against_enumeration::found_devices;
use crate::snapshot::{AllocatedDevice, Allocation, ClusterIdentity, DeviceNeeds, ResourceClaim, ResourceSlice, Snapshot};

const CASES: &str = include_str!("../../../../../tests/devices/kube-scheduler.jsonl");

#[derive(Deserialize)]
struct AnsweredCase {
    name: String,
    slices: Vec<ResourceSlice>,
    allocated: Vec<AllocatedDevice>,
    claims: Vec<DeviceNeeds>,
    answer: AllocatorAnswer,
}

#[derive(Deserialize, Debug)]
#[serde(untagged)]
enum AllocatorAnswer {
    /// The place of the claim, the pool and the device, in the order of the results.
    Bound { devices: Vec<(usize, String, String)> },
    /// The reason and the message of the pod's condition.
    Refused { refused: String, message: String },
}

impl AnsweredCase {
    fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::empty(ClusterIdentity::default(), jiff::Timestamp::UNIX_EPOCH);
        let class = |(name, selector): (&str, Option<&str>)| {
            serde_json::from_value(json!({ "name": name, "selectors": selector.into_iter().collect::<Vec<_>>() }))
                .expect("a class")
        };
        let of = |driver: &'static str| Some(driver);
        let classes =
            [("a", of(r#"device.driver == "a.example.com""#)), ("b", of(r#"device.driver == "b.example.com""#)), ("any", None)];
        snapshot.device_classes = classes.into_iter().map(class).collect();
        snapshot.resource_slices = Some(self.slices.clone());
        let claim = |name: String, needs: Option<DeviceNeeds>, allocation: Option<Allocation>| ResourceClaim {
            namespace: "x".into(),
            name,
            deleting: false,
            needs,
            allocation,
            reserved_for: Vec::new(),
        };
        let other = Allocation { node_selector: None, devices: self.allocated.clone() };
        snapshot.resource_claims = vec![claim("other".into(), None, Some(other))];
        let own = self.claims.iter().enumerate();
        snapshot.resource_claims.extend(own.map(|(number, needs)| claim(format!("own{number}"), Some(needs.clone()), None)));
        snapshot
    }
}

#[test]
fn the_search_finds_what_kube_scheduler_allocates() {
    let (mut bound, mut refused, mut failed) = (0, 0, 0);
    let mut differences = Vec::new();
    for line in CASES.lines() {
        let case: AnsweredCase = serde_json::from_str(line).expect("a case");
        let found = found_devices(&case.snapshot(), &case.name);
        let agrees = match (&found, &case.answer) {
            (Ok(picks), AllocatorAnswer::Bound { devices }) => {
                bound += 1;
                picks == devices
            }
            (Err(problem), AllocatorAnswer::Refused { refused: reason, .. }) => {
                match reason.as_str() {
                    "Unschedulable" => refused += 1,
                    _ => failed += 1,
                }
                problem.is_everywhere() == (reason == "SchedulerError")
            }
            (Ok(_), AllocatorAnswer::Refused { .. }) | (Err(_), AllocatorAnswer::Bound { .. }) => false,
        };
        if !agrees {
            let message = match &case.answer {
                AllocatorAnswer::Bound { devices } => format!("{devices:?}"),
                AllocatorAnswer::Refused { refused, message } => format!("{refused}: {message}"),
            };
            differences.push(format!("{}: {found:?}, but kube-scheduler: {message}", case.name));
        }
    }
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
    assert!(bound >= 50 && refused >= 20 && failed >= 10, "{bound} {refused} {failed}");
}
