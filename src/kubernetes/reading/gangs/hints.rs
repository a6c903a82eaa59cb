//! What a pod carries that may make it one of a gang, the hint that counts most first.
//!
//! A hint of which a group object decides counts only where that object exists. kube-scheduler's
//! own PodGroup comes first, then the group that the pod's scheduler reads, then Kueue's total:
//! Kueue admits pods that either of these places. Last come the objects that nobody enforces: a
//! JobSet whose Jobs have a domain each, since its controller keeps them there, and any other by a
//! wish.

use k8s_openapi::api::core::v1 as core;

use crate::kubernetes::conversion::annotation;
use crate::kubernetes::reading::SpecTable;
use crate::snapshot::{GangKind, GangName, GangRules, Name};
use crate::well_known::gangs::{
    COSCHEDULING_LABEL, DEFAULT_SCHEDULER, EXCLUSIVE_TOPOLOGY_ANNOTATION, JOB_LABEL, JOB_SET_LABEL, KUEUE_LABEL,
    KUEUE_TOTAL_ANNOTATION, LEADER_WORKER_GROUP_LABEL, LEADER_WORKER_SET_LABEL, LEADER_WORKER_SIZE_ANNOTATION,
    RAY_CLUSTER_LABEL, REPLICATED_JOB_LABEL, TRAINING_JOB_LABEL, VOLCANO_ANNOTATIONS, VOLCANO_SCHEDULER, WISH_ANNOTATION,
};

/// Something that may make a pod one of a gang.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GangHint {
    /// The gang.
    pub(crate) id: GangName,
    /// The name of the object that decides, of the gang's kind and in the pod's namespace; absent
    /// where the pod itself states all.
    pub(crate) object: Option<Name>,
    /// How many start together by the word of the pod.
    pub(crate) stated: Option<u32>,
    /// The label by which they stay together by the word of the pod.
    pub(crate) same: Option<String>,
    /// The template of the object from which the pod's Job is made, where that Job is the gang.
    pub(crate) replicated_job: Option<Name>,
}

/// Returns what may make a pod one of a gang, the hint that counts most first.
pub(crate) fn hints_of(pod: &core::Pod, rules: &GangRules, specs: &mut SpecTable) -> Vec<GangHint> {
    let seen = SeenPod { pod, rules };
    let enforced = [seen.pod_group(specs), seen.of_its_scheduler(specs), seen.kueue(specs), seen.exclusive_job(specs)];
    enforced.into_iter().flatten().chain(seen.wishes(specs)).collect()
}

struct SeenPod<'p> {
    pod: &'p core::Pod,
    rules: &'p GangRules,
}

impl<'p> SeenPod<'p> {
    fn label(&self, key: &str) -> Option<&'p str> {
        let value = self.pod.metadata.labels.as_ref()?.get(key)?;
        (!value.is_empty()).then_some(value.as_str())
    }

    fn annotation(&self, key: &str) -> Option<&'p str> {
        annotation(&self.pod.metadata, key).filter(|value| !value.is_empty())
    }

    fn scheduler(&self) -> &'p str {
        let named = self.pod.spec.as_ref().and_then(|spec| spec.scheduler_name.as_deref());
        named.filter(|name| !name.is_empty()).unwrap_or(DEFAULT_SCHEDULER)
    }

    fn pod_group(&self, specs: &mut SpecTable) -> Option<GangHint> {
        let group = self.pod.spec.as_ref()?.scheduling_group.as_ref()?.pod_group_name.as_deref()?;
        (self.scheduler() != VOLCANO_SCHEDULER).then(|| by_object(GangKind::PodGroup, group, specs))
    }

    /// Returns the group that the pod's scheduler reads. Under the name `default-scheduler` nothing
    /// shows whether the coscheduling plugin runs, unless a flag states it.
    fn of_its_scheduler(&self, specs: &mut SpecTable) -> Option<GangHint> {
        let scheduler = self.scheduler();
        if scheduler == VOLCANO_SCHEDULER {
            let group = VOLCANO_ANNOTATIONS.iter().find_map(|key| self.annotation(key))?;
            return Some(by_object(GangKind::Volcano, group, specs));
        }
        let runs_plugin = scheduler != DEFAULT_SCHEDULER || self.rules.coscheduling.iter().any(|name| name == scheduler);
        let group = self.label(COSCHEDULING_LABEL).filter(|_| runs_plugin)?;
        Some(by_object(GangKind::Coscheduling, group, specs))
    }

    fn kueue(&self, specs: &mut SpecTable) -> Option<GangHint> {
        let name = self.label(KUEUE_LABEL)?;
        let total = self.annotation(KUEUE_TOTAL_ANNOTATION)?.parse().ok().filter(|total| *total > 0)?;
        let hint = by_object(GangKind::Kueue, name, specs);
        Some(GangHint { object: None, stated: Some(total), ..hint })
    }

    /// Returns the Job of a JobSet whose Jobs have a topology domain each.
    fn exclusive_job(&self, specs: &mut SpecTable) -> Option<GangHint> {
        let set = self.label(JOB_SET_LABEL)?;
        let domain = self.annotation(EXCLUSIVE_TOPOLOGY_ANNOTATION)?;
        let job = by_object(GangKind::JobSet, self.label(JOB_LABEL)?, specs);
        let replicated_job = self.label(REPLICATED_JOB_LABEL).map(|name| specs.name(name));
        let object = replicated_job.is_some().then(|| specs.name(set));
        Some(GangHint { object, same: Some(domain.to_owned()), replicated_job, ..job })
    }

    fn wishes(&self, specs: &mut SpecTable) -> Vec<GangHint> {
        let wished = self.annotation(WISH_ANNOTATION).is_some_and(|value| value != "false");
        let mut hints = Vec::new();
        let mut add = |kind: GangKind, hint: Option<GangHint>| {
            hints.extend(hint.filter(|_| wished || self.rules.wish_for(kind)));
        };
        let mut by_label = |kind, key| add(kind, self.label(key).map(|name| by_object(kind, name, specs)));
        by_label(GangKind::JobSet, JOB_SET_LABEL);
        by_label(GangKind::MpiJob, TRAINING_JOB_LABEL);
        by_label(GangKind::RayCluster, RAY_CLUSTER_LABEL);
        by_label(GangKind::IndexedJob, JOB_LABEL);
        add(GangKind::LeaderWorkerSet, self.leader_worker_set(specs));
        hints
    }

    /// Returns the replica of a LeaderWorkerSet, which has the name of its leader.
    fn leader_worker_set(&self, specs: &mut SpecTable) -> Option<GangHint> {
        let set = self.label(LEADER_WORKER_SET_LABEL)?;
        let replica = format!("{set}-{}", self.label(LEADER_WORKER_GROUP_LABEL)?);
        let size = self.annotation(LEADER_WORKER_SIZE_ANNOTATION)?.parse().ok()?;
        let hint = by_object(GangKind::LeaderWorkerSet, &replica, specs);
        Some(GangHint { object: Some(specs.name(set)), stated: Some(size), ..hint })
    }
}

/// Returns a hint of which an object of the gang's name decides.
fn by_object(kind: GangKind, name: &str, specs: &mut SpecTable) -> GangHint {
    let name = specs.name(name);
    GangHint { id: GangName { kind, name: name.clone() }, object: Some(name), stated: None, same: None, replicated_job: None }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::snapshot::GangWish;

    fn read(metadata: Value, spec: Value, rules: &GangRules) -> Vec<GangHint> {
        let mut pod = json!({});
        (pod["metadata"], pod["spec"]) = (metadata, spec);
        hints_of(&serde_json::from_value(pod).expect("a pod manifest"), rules, &mut SpecTable::default())
    }

    /// Returns the hints as `kind name`, with what the pod states.
    fn words(hints: &[GangHint]) -> Vec<String> {
        let word = |hint: &GangHint| {
            let stated = hint.stated.map_or(String::new(), |stated| format!(" of {stated}"));
            let same = hint.same.as_ref().map_or(String::new(), |same| format!(" by {same}"));
            let object = match &hint.object {
                Some(object) if *object != hint.id.name => format!(" in {object}"),
                Some(_) => String::new(),
                None => " alone".to_owned(),
            };
            format!("{}{stated}{same}{object}", hint.id)
        };
        hints.iter().map(word).collect()
    }

    fn all_wishes() -> GangRules {
        GangRules { wishes: vec![GangWish::All], ..GangRules::default() }
    }

    #[test]
    fn each_hint_is_read_where_it_stands() {
        let own = |scheduler: &str| json!({ "schedulerName": scheduler, "containers": [] });
        let labels = |pairs: Value| json!({ "labels": pairs });
        for (metadata, spec, expected) in [
            (json!({}), json!({ "schedulingGroup": { "podGroupName": "a" }, "containers": [] }), vec!["PodGroup a"]),
            (
                json!({ "annotations": { "scheduling.k8s.io/group-name": "v" } }),
                json!({ "schedulingGroup": { "podGroupName": "a" }, "schedulerName": "volcano", "containers": [] }),
                vec!["Volcano PodGroup v"],
            ),
            (json!({ "annotations": { "scheduling.volcano.sh/group-name": "v" } }), own("volcano"), vec!["Volcano PodGroup v"]),
            (json!({ "annotations": { "scheduling.k8s.io/group-name": "v" } }), own("default-scheduler"), vec![]),
            (labels(json!({ "scheduling.x-k8s.io/pod-group": "c" })), own("batch"), vec!["coscheduling PodGroup c"]),
            (labels(json!({ "scheduling.x-k8s.io/pod-group": "c" })), own("default-scheduler"), vec![]),
            (labels(json!({ "scheduling.x-k8s.io/pod-group": "c" })), own("volcano"), vec![]),
            (
                json!({ "labels": { "kueue.x-k8s.io/pod-group-name": "k" },
                    "annotations": { "kueue.x-k8s.io/pod-group-total-count": "8" } }),
                own(""),
                vec!["Kueue pod group k of 8 alone"],
            ),
            (labels(json!({ "kueue.x-k8s.io/pod-group-name": "k" })), own(""), vec![]),
            (
                json!({ "labels": { "jobset.sigs.k8s.io/jobset-name": "s", "batch.kubernetes.io/job-name": "s-w-0" },
                    "annotations": { "alpha.jobset.sigs.k8s.io/exclusive-topology": "rack" } }),
                own(""),
                vec!["JobSet s-w-0 by rack alone"],
            ),
            (
                json!({ "labels": { "jobset.sigs.k8s.io/jobset-name": "s", "batch.kubernetes.io/job-name": "s-w-0",
                        "jobset.sigs.k8s.io/replicatedjob-name": "w" },
                    "annotations": { "alpha.jobset.sigs.k8s.io/exclusive-topology": "rack" } }),
                own(""),
                vec!["JobSet s-w-0 by rack in s"],
            ),
        ] {
            assert_eq!(words(&read(metadata.clone(), spec, &GangRules::default())), expected, "{metadata}");
        }
    }

    #[test]
    fn a_flag_states_that_the_default_scheduler_runs_the_plugin() {
        let rules = GangRules { coscheduling: vec!["default-scheduler".to_owned()], ..GangRules::default() };
        let metadata = json!({ "labels": { "scheduling.x-k8s.io/pod-group": "c" } });
        assert_eq!(words(&read(metadata, json!({ "containers": [] }), &rules)), ["coscheduling PodGroup c"]);
    }

    #[test]
    fn what_nobody_enforces_counts_by_a_wish_only() {
        let replica = json!({
            "labels": { "leaderworkerset.sigs.k8s.io/name": "l", "leaderworkerset.sigs.k8s.io/group-index": "2" },
            "annotations": { "leaderworkerset.sigs.k8s.io/size": "4" }
        });
        for (metadata, expected) in [
            (
                json!({ "labels": { "jobset.sigs.k8s.io/jobset-name": "s", "batch.kubernetes.io/job-name": "s-w-0" } }),
                vec!["JobSet s", "Job s-w-0"],
            ),
            (json!({ "labels": { "batch.kubernetes.io/job-name": "j" } }), vec!["Job j"]),
            (json!({ "labels": { "training.kubeflow.org/job-name": "m" } }), vec!["MPIJob m"]),
            (json!({ "labels": { "ray.io/cluster": "r" } }), vec!["RayCluster r"]),
            (replica, vec!["LeaderWorkerSet l-2 of 4 in l"]),
        ] {
            let read_by =
                |metadata: &Value, rules: &GangRules| words(&read(metadata.clone(), json!({ "containers": [] }), rules));
            assert_eq!(read_by(&metadata, &GangRules::default()), [] as [&str; 0], "{metadata}");
            assert_eq!(read_by(&metadata, &all_wishes()), expected, "{metadata}");
            let mut wished = metadata;
            wished["annotations"]["ec2-autoscale/gang-wish"] = json!("true");
            assert_eq!(read_by(&wished, &GangRules::default()), expected, "{wished}");
            wished["annotations"]["ec2-autoscale/gang-wish"] = json!("false");
            assert_eq!(read_by(&wished, &GangRules::default()), [] as [&str; 0], "{wished}");
        }
    }

    #[test]
    fn what_a_scheduler_enforces_comes_before_what_a_queue_holds_back_and_before_wishes() {
        let metadata = json!({
            "labels": {
                "kueue.x-k8s.io/pod-group-name": "k", "scheduling.x-k8s.io/pod-group": "c", "batch.kubernetes.io/job-name": "j"
            },
            "annotations": { "kueue.x-k8s.io/pod-group-total-count": "8" }
        });
        let spec = json!({ "schedulingGroup": { "podGroupName": "a" }, "schedulerName": "batch", "containers": [] });
        assert_eq!(
            words(&read(metadata, spec, &all_wishes())),
            ["PodGroup a", "coscheduling PodGroup c", "Kueue pod group k of 8 alone", "Job j"]
        );
    }
}
