//! The least IAM policy of a command. The manual's page on calls has what each permission is for.

use serde_json::{Map, Value, json};

use super::POLICY_LANGUAGE;
use crate::snapshot::GroupTag;

/// What reads, whatever is decided.
const READS: [&str; 21] = [
    "arc-zonal-shift:ListManagedResources",
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeLaunchConfigurations",
    "autoscaling:DescribePolicies",
    "autoscaling:DescribeScalingActivities",
    "autoscaling:DescribeScheduledActions",
    "autoscaling:DescribeWarmPool",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeCapacityReservations",
    "ec2:DescribeImages",
    "ec2:DescribeInstanceStatus",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeInstances",
    "ec2:DescribeLaunchTemplateVersions",
    "ec2:DescribePlacementGroups",
    "ec2:DescribeSpotInstanceRequests",
    "ec2:DescribeSpotPriceHistory",
    "ec2:DescribeSubnets",
    "ec2:GetGroupsForCapacityReservation",
    "ec2:GetInstanceTypesFromInstanceRequirements",
    "eks:DescribeNodegroup",
];
/// What `suggest` reads beside that.
const OFFERINGS: &str = "ec2:DescribeInstanceTypeOfferings";
const GROWS: [&str; 2] = ["autoscaling:LaunchInstances", "autoscaling:SetDesiredCapacity"];
const REMOVES: &str = "autoscaling:TerminateInstanceInAutoScalingGroup";
const MENDS: [&str; 4] = [
    "autoscaling:CreateOrUpdateTags",
    "autoscaling:SetInstanceProtection",
    "autoscaling:SuspendProcesses",
    "autoscaling:UpdateAutoScalingGroup",
];

/// Who uses a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IamPurpose {
    /// `plan`, `explain`, `snapshot` and `fix` without `--apply`.
    Plan,
    /// `suggest`.
    Suggest,
    /// `apply`, as far as it grows and removes.
    Apply {
        /// Whether it may make groups larger.
        grows: bool,
        /// Whether it may remove nodes.
        removes: bool,
    },
    /// `fix --apply`.
    Fix,
}

/// Returns the policy as JSON. Changes are limited to groups that have all tags of one of the
/// lists.
#[must_use]
pub(crate) fn iam_policy(purpose: IamPurpose, groups: &[Vec<GroupTag>]) -> Value {
    let mut statements = vec![json!({"Sid": "Plan", "Effect": "Allow", "Action": reads(purpose), "Resource": "*"})];
    let changes = changes(purpose);
    let sid = if purpose == IamPurpose::Fix { "Fix" } else { "Apply" };
    for (place, tags) in groups.iter().enumerate().filter(|_| !changes.is_empty()) {
        let sid = if place == 0 { sid.to_owned() } else { format!("{sid}{}", place + 1) };
        let condition = condition(tags);
        statements.push(json!({"Sid": sid, "Effect": "Allow", "Action": changes, "Resource": "*", "Condition": condition}));
    }
    json!({"Version": POLICY_LANGUAGE, "Statement": statements})
}

fn reads(purpose: IamPurpose) -> Vec<&'static str> {
    let mut reads: Vec<&str> = READS.into_iter().chain((purpose == IamPurpose::Suggest).then_some(OFFERINGS)).collect();
    reads.sort_unstable();
    reads
}

fn changes(purpose: IamPurpose) -> Vec<&'static str> {
    match purpose {
        IamPurpose::Plan | IamPurpose::Suggest => Vec::new(),
        IamPurpose::Apply { grows, removes } => GROWS.into_iter().filter(|_| grows).chain(removes.then_some(REMOVES)).collect(),
        IamPurpose::Fix => MENDS.to_vec(),
    }
}

fn condition(tags: &[GroupTag]) -> Value {
    let mut condition = Map::new();
    for GroupTag { key, value } in tags {
        let key = format!("aws:ResourceTag/{key}");
        let (operator, wanted) = match value {
            Some(value) => ("StringEquals", Value::from(value.as_str())),
            None => ("Null", Value::from("false")),
        };
        let tests = condition.entry(operator).or_insert_with(|| Value::Object(Map::new()));
        tests[key] = wanted;
    }
    Value::Object(condition)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags() -> Vec<GroupTag> {
        vec![GroupTag { key: "KubernetesCluster".into(), value: Some("prod".into()) }]
    }

    fn actions(policy: &Value) -> Vec<String> {
        let statements = policy["Statement"].as_array().expect("statements").iter();
        let actions = statements.flat_map(|statement| statement["Action"].as_array().expect("actions"));
        actions.filter_map(|action| action.as_str().map(str::to_owned)).collect()
    }

    #[test]
    fn what_reads_changes_nothing() {
        for purpose in [IamPurpose::Plan, IamPurpose::Suggest] {
            let actions = actions(&iam_policy(purpose, &[tags()]));
            let reads = |action: &String| ["Describe", "List", "Get"].iter().any(|verb| action.contains(&format!(":{verb}")));
            assert!(actions.iter().all(reads), "{actions:?}");
        }
    }

    #[test]
    fn what_is_switched_off_is_not_allowed() {
        let apply = |grows, removes| actions(&iam_policy(IamPurpose::Apply { grows, removes }, &[tags()]));
        assert!(apply(true, true).len() == READS.len() + 3);
        assert!(!apply(true, false).contains(&REMOVES.to_owned()) && apply(true, false).contains(&GROWS[0].to_owned()));
        assert!(!apply(false, true).contains(&GROWS[1].to_owned()) && apply(false, true).contains(&REMOVES.to_owned()));
        assert_eq!(apply(false, false), actions(&iam_policy(IamPurpose::Plan, &[])));
    }

    #[test]
    fn changes_are_limited_to_groups_with_all_tags_of_one_list() {
        let team =
            vec![GroupTag { key: "team".into(), value: None }, GroupTag { key: "pool".into(), value: Some("gpu".into()) }];
        let policy = iam_policy(IamPurpose::Fix, &[tags(), team]);
        let statements = policy["Statement"].as_array().expect("statements");
        let conditions: Vec<&Value> = statements.iter().map(|statement| &statement["Condition"]).collect();
        assert_eq!(*conditions[0], Value::Null, "reads have none");
        assert_eq!(*conditions[1], json!({"StringEquals": {"aws:ResourceTag/KubernetesCluster": "prod"}}));
        assert_eq!(
            *conditions[2],
            json!({"Null": {"aws:ResourceTag/team": "false"}, "StringEquals": {"aws:ResourceTag/pool": "gpu"}})
        );
        assert_eq!((&statements[1]["Sid"], &statements[2]["Sid"]), (&json!("Fix"), &json!("Fix2")));
    }
}
