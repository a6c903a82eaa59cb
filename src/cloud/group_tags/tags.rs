//! What a group's tags state about its nodes.

use std::collections::BTreeMap;

use crate::duration::Seconds;
use crate::snapshot::{Resources, TagFacts, Taint};

use super::node_template_key::{self, NodeTemplateFact, NodeTemplateKey};
use super::{device_tag, taint_tag};
use crate::well_known::tags::DEVICES;

/// A group's tags, key to value.
pub type Tags = BTreeMap<String, String>;

/// The predecessor's prefix of a label.
const OLD_LABEL: &str = "kube/";
const EKS_GROUP: &str = "eks:nodegroup-name";
/// The label that EKS gives to the nodes of a managed node group.
pub(crate) const EKS_LABEL: &str = "eks.amazonaws.com/nodegroup";
const SETTING: &str = "ec2-autoscale/";
/// The times that Cluster Autoscaler lets a group set, each with our setting of the same meaning.
const TIMES: [(&str, &str); 2] = [("scaledownunneededtime", "idle-threshold"), ("maxnodeprovisiontime", "instance-init-time")];

/// Reads a group's tags. A tag that is not understood becomes a sentence.
#[must_use]
pub fn read_tags(tags: &Tags) -> TagFacts {
    let mut facts = TagFacts::default();
    // Of two tags for one thing the last wins: ours before Cluster Autoscaler's, Cluster
    // Autoscaler's before those whose key is misspelt, and these before the older ones.
    for (key, value) in tags {
        if let Some(label) = key.strip_prefix(OLD_LABEL) {
            add_label(&mut facts, key, label, value);
        } else if key == EKS_GROUP {
            add_label(&mut facts, key, EKS_LABEL, value);
        }
    }
    for is_misspelt in [true, false] {
        for (key, value) in tags {
            add_node_template(&mut facts, is_misspelt, key, value);
        }
    }
    for (key, value) in tags {
        if let Some(devices) = key.strip_prefix(DEVICES) {
            add_devices(&mut facts, key, devices, value);
        } else if let Some(setting) = key.strip_prefix(SETTING) {
            add_setting(&mut facts, key, setting, value);
        }
    }
    facts
}

/// Adds what a tag below `node-template/` states, in one turn those whose key is misspelt and in
/// the next one the others.
fn add_node_template(facts: &mut TagFacts, of_misspelt: bool, key: &str, value: &str) {
    match node_template_key::read(key) {
        Some(NodeTemplateKey::States { fact, name, is_misspelt }) if is_misspelt == of_misspelt => {
            if is_misspelt {
                let right = format!("{}{name}", fact.prefix());
                facts.problems.push(format!("tag {key} is read as {right}; Cluster Autoscaler ignores it: write it so"));
            }
            match fact {
                NodeTemplateFact::Label => add_label(facts, key, name, value),
                NodeTemplateFact::Taint => add_taint(facts, key, name, value),
                NodeTemplateFact::Resource => add_resource(facts, key, name, value),
                NodeTemplateFact::Option => add_option(facts, key, name, value),
            }
        }
        Some(NodeTemplateKey::Unknown) if !of_misspelt => {
            let known = "label/, taint/, resources/ and autoscaling-options/";
            facts.problems.push(format!("tag {key} is ignored: below node-template/ there are {known} and a name behind them"));
        }
        _ => {}
    }
}

fn add_label(facts: &mut TagFacts, key: &str, label: &str, value: &str) {
    if label.is_empty() {
        facts.problems.push(format!("tag {key} names no label and is ignored"));
        return;
    }
    facts.labels.insert(label.into(), value.into());
    match key.starts_with(NodeTemplateFact::Label.prefix()) {
        true => facts.label_tags.remove(label),
        false => facts.label_tags.insert(label.into(), key.into()),
    };
}

fn add_taint(facts: &mut TagFacts, key: &str, name: &str, value: &str) {
    let read = taint_tag::read(name, value);
    let Taint { key: taint, effect, value: own } = &read.taint;
    if read.is_effect_unread {
        facts.problems.push(format!(
            "tag {key}={value} has no effect that is known and counts as NoSchedule: a taint is <value>:<Effect>, with \
             NoSchedule, PreferNoSchedule or NoExecute"
        ));
    } else if !read.is_usual {
        let right = format!("{}{taint} with {own}:{effect:?}", NodeTemplateFact::Taint.prefix());
        facts.problems.push(format!("tag {key}={value} is read as {right}; Cluster Autoscaler ignores it: write it so"));
    }
    facts.taints.retain(|known| (&known.key, known.effect) != (taint, *effect));
    facts.taints.push(read.taint);
}

fn add_resource(facts: &mut TagFacts, key: &str, name: &str, value: &str) {
    match Resources::parse([(name, value)]) {
        _ if name.is_empty() => facts.problems.push(format!("tag {key} names no resource and is ignored")),
        Ok(amount) if amount.get(name) >= 0 => facts.resources.set(name, amount.get(name)),
        Ok(_) => facts.problems.push(format!("tag {key}={value} is ignored: a node cannot have less than nothing")),
        Err(error) => facts.problems.push(format!("tag {key}={value} is ignored: {error}")),
    }
}

fn add_option(facts: &mut TagFacts, key: &str, option: &str, value: &str) {
    let Some((_, setting)) = TIMES.iter().find(|(theirs, _)| *theirs == option) else {
        facts.problems.push(format!("tag {key} is ignored: ec2-autoscale has no setting that means the same"));
        return;
    };
    if let Err(error) = value.parse::<Seconds>() {
        facts.problems.push(format!("tag {key}={value} is ignored: {error}"));
    } else {
        facts.settings.insert((*setting).into(), value.into());
    }
}

fn add_devices(facts: &mut TagFacts, key: &str, name: &str, value: &str) {
    match device_tag::read(name, value) {
        Ok(slices) => facts.devices.extend(slices),
        Err(problem) => facts.problems.push(format!(
            "tag {key}={value} is ignored: {problem}; devices are stated as {DEVICES}DRIVER with COUNT NAME=VALUE … \
             (help devices)"
        )),
    }
}

fn add_setting(facts: &mut TagFacts, key: &str, setting: &str, value: &str) {
    if setting != "enabled" {
        facts.settings.insert(setting.into(), value.into());
    } else if !["true", "false"].iter().any(|known| value.trim().eq_ignore_ascii_case(known)) {
        // A managed group has another value than false here.
        facts.problems.push(format!("tag {key}={value} is ignored: only false takes a group out"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(pairs: &[(&str, &str)]) -> TagFacts {
        read_tags(&pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }

    fn only_problem(key: &str, value: &str) -> String {
        let facts = facts(&[(key, value)]);
        assert_eq!(facts.problems.len(), 1, "{key}={value}: {:?}", facts.problems);
        facts.problems.into_iter().next().expect("one problem")
    }

    #[test]
    fn labels_come_in_three_forms() {
        let facts = facts(&[
            ("k8s.io/cluster-autoscaler/node-template/label/pool", "gpu"),
            ("kube/pool", "older"),
            ("kube/aws/class", "p"),
            ("eks:nodegroup-name", "ng-1"),
            ("Name", "not a label"),
        ]);
        let labels: Vec<(&str, &str)> = facts.labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(labels, [("aws/class", "p"), ("eks.amazonaws.com/nodegroup", "ng-1"), ("pool", "gpu")]);
        let tags = ["aws/class", "eks.amazonaws.com/nodegroup", "pool"].map(|label| facts.label_tag(label));
        assert_eq!(tags, ["kube/aws/class", "eks:nodegroup-name", "k8s.io/cluster-autoscaler/node-template/label/pool"]);
        assert_eq!(facts.problems, Vec::<String>::new());
    }

    #[test]
    fn a_taint_in_other_words_is_a_taint_and_a_finding() {
        let facts = facts(&[
            ("k8s.io/cluster-autoscaler/node-template/taint/dedicated", "batch:NO_SCHEDULE"),
            ("k8s.io/cluster-autoscaler/node-template/taint/gpu", "NoSchedule"),
            ("k8s.io/cluster-autoscaler/node-template/taint/nvidia.com/gpu", "true"),
            ("k8s.io/cluster-autoscaler/node-template/taint/right", ":NoExecute"),
        ]);
        let taints: Vec<String> = facts.taints.iter().map(ToString::to_string).collect();
        assert_eq!(
            taints,
            ["dedicated=batch:NoSchedule", "gpu:NoSchedule", "nvidia.com/gpu=true:NoSchedule", "right:NoExecute"]
        );
        let prefix = "k8s.io/cluster-autoscaler/node-template/taint/";
        assert_eq!(
            facts.problems,
            [
                format!(
                    "tag {prefix}dedicated=batch:NO_SCHEDULE is read as {prefix}dedicated with batch:NoSchedule; Cluster \
                     Autoscaler ignores it: write it so"
                ),
                format!(
                    "tag {prefix}gpu=NoSchedule is read as {prefix}gpu with :NoSchedule; Cluster Autoscaler ignores it: \
                     write it so"
                ),
                format!(
                    "tag {prefix}nvidia.com/gpu=true has no effect that is known and counts as NoSchedule: a taint is \
                     <value>:<Effect>, with NoSchedule, PreferNoSchedule or NoExecute"
                ),
            ]
        );
    }

    #[test]
    fn a_misspelt_key_is_understood_and_a_finding_and_weighs_less_than_a_right_one() {
        let prefix = "k8s.io/cluster-autoscaler/node-template/";
        let tag = |rest: &str, value: &str| (format!("{prefix}{rest}"), value.to_owned());
        let facts = read_tags(
            &[
                tag("labels/pool", "batch"),
                tag("labels/both", "misspelt"),
                tag("label/both", "right"),
                tag("taints/gpu", "true:NoSchedule"),
                tag("taints/both", "misspelt:NoSchedule"),
                tag("taint/both", "right:NoSchedule"),
                tag("resource/ephemeral-storage", "100Gi"),
                tag("resource/cpu", "8"),
                tag("resources/cpu", "4"),
                tag("lable/x", "y"),
            ]
            .into(),
        );
        assert_eq!((facts.labels["pool"].as_str(), facts.labels["both"].as_str()), ("batch", "right"));
        assert_eq!(facts.label_tag("pool"), format!("{prefix}labels/pool"));
        let taints: Vec<String> = facts.taints.iter().map(ToString::to_string).collect();
        assert_eq!(taints, ["gpu=true:NoSchedule", "both=right:NoSchedule"]);
        assert_eq!(facts.resources, [("cpu", 4000), ("ephemeral-storage", 100 << 30)].into_iter().collect());
        assert_eq!(facts.problems.len(), 7, "{:#?}", facts.problems);
        let read_as =
            format!("tag {prefix}labels/pool is read as {prefix}label/pool; Cluster Autoscaler ignores it: write it so");
        assert!(facts.problems.contains(&read_as), "{:#?}", facts.problems);
        let unknown = format!("tag {prefix}lable/x is ignored: below node-template/ there are ");
        assert!(facts.problems.iter().any(|problem| problem.starts_with(&unknown)), "{:#?}", facts.problems);
    }

    #[test]
    fn devices_are_facts_and_no_settings() {
        let facts = facts(&[("ec2-autoscale/devices/gpu.nvidia.com", "4 model=H100")]);
        assert_eq!((facts.devices.len(), facts.devices[0].devices.len()), (1, 4));
        assert!(facts.settings.is_empty() && facts.problems.is_empty());
        assert_eq!(
            only_problem("ec2-autoscale/devices/gpu.nvidia.com", "H100"),
            "tag ec2-autoscale/devices/gpu.nvidia.com=H100 is ignored: it does not begin with the number of devices, from 1 \
             to 1024; devices are stated as ec2-autoscale/devices/DRIVER with COUNT NAME=VALUE … (help devices)"
        );
    }

    #[test]
    fn resources_are_quantities() {
        let facts = facts(&[
            ("k8s.io/cluster-autoscaler/node-template/resources/ephemeral-storage", "100Gi"),
            ("k8s.io/cluster-autoscaler/node-template/resources/cpu", "1500m"),
            ("k8s.io/cluster-autoscaler/node-template/resources/example.com/fpga", "2"),
        ]);
        let expected = [("cpu", 1500), ("ephemeral-storage", 100 << 30), ("example.com/fpga", 2)].into_iter().collect();
        assert_eq!(facts.resources, expected);
        for value in ["lots", "-1", "1GiB"] {
            let problem = only_problem("k8s.io/cluster-autoscaler/node-template/resources/cpu", value);
            assert!(problem.contains("is ignored"), "{problem}");
        }
    }

    #[test]
    fn our_setting_wins_over_that_of_cluster_autoscaler() {
        let theirs = ("k8s.io/cluster-autoscaler/node-template/autoscaling-options/scaledownunneededtime", "20m0s");
        let ours = ("ec2-autoscale/idle-threshold", "5m");
        let idle = |pairs: &[(&str, &str)]| facts(pairs).settings.get("idle-threshold").cloned();
        assert_eq!(idle(&[theirs]).as_deref(), Some("20m0s"));
        assert_eq!(idle(&[theirs, ours]).as_deref(), Some("5m"));
        only_problem(theirs.0, "soon");
        let provision = "k8s.io/cluster-autoscaler/node-template/autoscaling-options/maxnodeprovisiontime";
        assert_eq!(facts(&[(provision, "30m")]).settings["instance-init-time"], "30m");
        only_problem("k8s.io/cluster-autoscaler/node-template/autoscaling-options/scaledownutilizationthreshold", "0.5");
    }

    #[test]
    fn settings_are_kept_for_the_policy_to_read() {
        let facts = facts(&[("ec2-autoscale/priority", "10"), ("ec2-autoscale/enabled", "true")]);
        assert_eq!(facts.settings.into_iter().collect::<Vec<_>>(), [("priority".into(), "10".into())]);
        only_problem("ec2-autoscale/enabled", "nope");
    }
}
