//! The limits on purchases that left pods pending.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::reason::{GroupRefusal, LimitPlace, Refusal};
use crate::plan::report::FindingCode;
use crate::policy::{ClusterLimit, GrowthRate, Limited, Policy};
use crate::snapshot::QuotaKind;

/// How many pods each limit left pending.
#[derive(Default)]
pub(in crate::plan::scale_up) struct LimitsHit {
    max_scale_up: u32,
    /// Of `--max-growth`, with how many nodes came or are coming.
    growth: Option<(GrowthRate, u32, u32)>,
    cluster: BTreeMap<ClusterLimit, u32>,
    /// Those on parts of the cluster, with how much they allow.
    named: BTreeMap<(LimitPlace, String, Limited, i64), u32>,
    /// Quotas of the policy file, with how much they allow.
    pod_quotas: BTreeMap<(String, Limited, i64), u32>,
    /// By region and by what the quota counts.
    quotas: BTreeMap<(String, QuotaKind), u32>,
    /// The groups that a limit keeps below their minimum in the policy file.
    pub(super) below_min: Vec<FindingCode>,
}

impl LimitsHit {
    /// Counts `pods` pods for each limit because of which a group refuses them.
    pub(in crate::plan::scale_up) fn count(&mut self, refusals: &[GroupRefusal], pods: u32) {
        if refusals.iter().any(|refusal| matches!(refusal.refusal, Refusal::MaxScaleUp { .. })) {
            self.max_scale_up += pods;
        }
        let by_rate = refusals.iter().find_map(|refusal| match refusal.refusal {
            Refusal::MaxGrowth { limit, launched } => Some((limit, launched)),
            _ => None,
        });
        if let Some((limit, launched)) = by_rate {
            self.growth.get_or_insert((limit, launched, 0)).2 += pods;
        }
        let named: BTreeSet<(LimitPlace, String, Limited, i64)> = refusals.iter().filter_map(named_hit).collect();
        for limit in named {
            *self.named.entry(limit).or_default() += pods;
        }
        let over: BTreeSet<(String, Limited, i64)> = refusals.iter().filter_map(pod_quota_hit).collect();
        for quota in over {
            *self.pod_quotas.entry(quota).or_default() += pods;
        }
        let by_quota: BTreeSet<(String, QuotaKind)> = refusals.iter().filter_map(quota_hit).collect();
        for quota in by_quota {
            *self.quotas.entry(quota).or_default() += pods;
        }
        for limit in ClusterLimit::ALL {
            let is_hit =
                |refusal: &GroupRefusal| matches!(refusal.refusal, Refusal::ClusterLimit { limit: hit, .. } if hit == limit);
            if refusals.iter().any(is_hit) {
                *self.cluster.entry(limit).or_default() += pods;
            }
        }
    }

    pub(in crate::plan::scale_up) fn findings(&self, policy: &Policy) -> Vec<FindingCode> {
        let scale_up = FindingCode::MaxScaleUpHit { limit: policy.max_scale_up, pods: self.max_scale_up };
        let cluster = self.cluster.iter().filter_map(|(limit, pods)| {
            Some(FindingCode::ClusterLimitHit { limit: *limit, most: policy.cluster_limit(*limit)?, pods: *pods })
        });
        let growth = self.growth.map(|(limit, launched, pods)| FindingCode::MaxGrowthHit { limit, launched, pods });
        let quotas = self.quotas.iter().map(|((region, of), pods)| FindingCode::QuotaHit {
            region: region.clone(),
            of: *of,
            pods: *pods,
        });
        let named = self.named.iter().map(|((stands_in, limit, of, most), pods)| FindingCode::NamedLimitHit {
            limit: limit.clone(),
            stands_in: *stands_in,
            of: of.clone(),
            most: *most,
            pods: *pods,
        });
        let pod_quotas = self.pod_quotas.iter().map(|((quota, of, most), pods)| FindingCode::PodQuotaHit {
            quota: quota.clone(),
            of: of.clone(),
            most: *most,
            pods: *pods,
        });
        let of_run = (self.max_scale_up > 0).then_some(scale_up).into_iter().chain(growth);
        of_run.chain(cluster).chain(named).chain(pod_quotas).chain(quotas).chain(self.below_min.iter().cloned()).collect()
    }
}

fn named_hit(refusal: &GroupRefusal) -> Option<(LimitPlace, String, Limited, i64)> {
    match &refusal.refusal {
        Refusal::NamedLimit { limit, stands_in, of, most, .. } => Some((*stands_in, limit.clone(), of.clone(), *most)),
        _ => None,
    }
}

fn pod_quota_hit(refusal: &GroupRefusal) -> Option<(String, Limited, i64)> {
    match &refusal.refusal {
        Refusal::OverPodQuota { quota, of, most, .. } => Some((quota.clone(), of.clone(), *most)),
        _ => None,
    }
}

fn quota_hit(refusal: &GroupRefusal) -> Option<(String, QuotaKind)> {
    match &refusal.refusal {
        Refusal::Quota { region, of, .. } => Some((region.clone(), *of)),
        _ => None,
    }
}
