//! Scaling policies, of all groups of a region in one series of pages
//! (<https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribePolicies.html>).

use aws_sdk_autoscaling::types::{AutoScalingGroup, PredictiveScalingMode, ScalingPolicy as PolicyAnswer};

use crate::cloud::aws::error::AwsError;
use crate::cloud::aws::groups::set_up::is_suspended;
use crate::cloud::aws::sign_in::clients::RegionClients;
use crate::snapshot::{Advice, AdviceCode, GroupId, ScalingPolicy};

const ACTION: &str = "autoscaling:DescribePolicies";
/// AWS puts at most this many on a page.
const PAGE: i32 = 100;
/// The process that takes the alarms of all policies but those of forecasts.
const PROCESS: &str = "AlarmNotification";
const PREDICTIVE: &str = "PredictiveScaling";

/// Reads the scaling policies of the region.
pub(super) async fn describe(clients: &RegionClients) -> Result<Vec<PolicyAnswer>, AwsError> {
    let policies = clients.autoscaling.describe_policies().into_paginator().page_size(PAGE).items().send();
    policies.collect::<Result<Vec<_>, _>>().await.map_err(|error| AwsError::of(ACTION, &clients.region, &error))
}

/// Returns those policies of a group that set its desired capacity, by name.
pub(super) fn of_group(policies: &[PolicyAnswer], group: &AutoScalingGroup) -> Vec<ScalingPolicy> {
    let own = policies.iter().filter(|policy| policy.auto_scaling_group_name() == group.auto_scaling_group_name());
    let at_work = own.filter(|policy| is_at_work(policy, group)).map(|policy| ScalingPolicy {
        name: policy.policy_name().unwrap_or_default().to_owned(),
        kind: policy.policy_type().unwrap_or_default().to_owned(),
    });
    let mut found: Vec<ScalingPolicy> = at_work.collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// Whether a policy sets the desired capacity. One that only forecasts does not.
fn is_at_work(policy: &PolicyAnswer, group: &AutoScalingGroup) -> bool {
    let acts = match policy.policy_type() {
        Some(PREDICTIVE) => {
            let mode = policy.predictive_scaling_configuration().and_then(|configuration| configuration.mode());
            mode == Some(&PredictiveScalingMode::ForecastAndScale)
        }
        _ => !is_suspended(group, PROCESS),
    };
    acts && policy.enabled().unwrap_or(true)
}

/// Returns the warning that the cloud sets the desired capacity as well.
pub(super) fn advice(policy: &ScalingPolicy, group: &GroupId) -> Advice {
    let ScalingPolicy { name, kind } = policy;
    let way_out = match kind.as_str() {
        PREDICTIVE => "delete the policy, or set its mode to ForecastOnly",
        _ => "delete the policy, or suspend AlarmNotification",
    };
    let words = "sets the desired capacity as well, and each of the two undoes what the other does";
    Advice::new(AdviceCode::TwoHands, format!("{group}: the policy {name} ({kind}) {words}; {way_out}"))
}

#[cfg(test)]
mod tests {
    use aws_sdk_autoscaling::types::{PredictiveScalingConfiguration, SuspendedProcess};

    use super::*;

    fn policy(kind: &str, mode: Option<PredictiveScalingMode>, enabled: bool) -> PolicyAnswer {
        let forecast = mode.map(|mode| {
            PredictiveScalingConfiguration::builder().set_metric_specifications(Some(Vec::new())).mode(mode).build()
        });
        let named = PolicyAnswer::builder().auto_scaling_group_name("web").policy_name("p").policy_type(kind);
        named.enabled(enabled).set_predictive_scaling_configuration(forecast).build()
    }

    fn count(policy: PolicyAnswer, suspended: &str) -> usize {
        let process = SuspendedProcess::builder().process_name(suspended).build();
        let group = AutoScalingGroup::builder().auto_scaling_group_name("web").suspended_processes(process).build();
        let other = PolicyAnswer::builder().auto_scaling_group_name("gpu").policy_name("p").build();
        of_group(&[policy, other], &group).len()
    }

    #[test]
    fn a_policy_counts_where_it_sets_desired() {
        use PredictiveScalingMode::{ForecastAndScale, ForecastOnly};
        for (kind, mode, enabled, suspended, expected) in [
            ("TargetTrackingScaling", None, true, "Launch", 1),
            ("TargetTrackingScaling", None, false, "Launch", 0),
            ("StepScaling", None, true, PROCESS, 0),
            (PREDICTIVE, Some(ForecastAndScale), true, PROCESS, 1),
            (PREDICTIVE, Some(ForecastOnly), true, "Launch", 0),
        ] {
            assert_eq!(
                count(policy(kind, mode.clone(), enabled), suspended),
                expected,
                "{kind} {mode:?} {enabled} {suspended}"
            );
        }
    }
}
