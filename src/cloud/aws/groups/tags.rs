//! What a group's tags state about its nodes.

use crate::duration::Seconds;
use crate::snapshot::{Resources, TagFacts, Taint, TaintEffect};

use super::discovery::Tags;
use crate::well_known::tags;

const OPTION: &str = "k8s.io/cluster-autoscaler/node-template/autoscaling-options/";
/// The predecessor's prefix of a label.
const OLD_LABEL: &str = "kube/";
const EKS_GROUP: &str = "eks:nodegroup-name";
const EKS_LABEL: &str = "eks.amazonaws.com/nodegroup";
const SETTING: &str = "ec2-autoscale/";
/// The times that Cluster Autoscaler lets a group set, each with our setting of the same meaning.
const TIMES: [(&str, &str); 2] = [("scaledownunneededtime", "idle-threshold"), ("maxnodeprovisiontime", "instance-init-time")];

/// Reads a group's tags. A tag that is not understood becomes a sentence.
#[must_use]
pub fn read_tags(tags: &Tags) -> TagFacts {
    let mut facts = TagFacts::default();
    // Of two tags for one thing the last wins: ours before Cluster Autoscaler's, and Cluster
    // Autoscaler's before the older ones.
    for (key, value) in tags {
        if let Some(label) = key.strip_prefix(OLD_LABEL) {
            add_label(&mut facts, key, label, value);
        } else if key == EKS_GROUP {
            add_label(&mut facts, key, EKS_LABEL, value);
        }
    }
    for (key, value) in tags {
        if let Some(label) = key.strip_prefix(tags::LABEL) {
            add_label(&mut facts, key, label, value);
        } else if let Some(taint) = key.strip_prefix(tags::TAINT) {
            add_taint(&mut facts, key, taint, value);
        } else if let Some(name) = key.strip_prefix(tags::RESOURCE) {
            add_resource(&mut facts, key, name, value);
        } else if let Some(option) = key.strip_prefix(OPTION) {
            add_option(&mut facts, key, option, value);
        }
    }
    for (key, value) in tags {
        if let Some(setting) = key.strip_prefix(SETTING) {
            add_setting(&mut facts, key, setting, value);
        }
    }
    facts
}

fn add_label(facts: &mut TagFacts, key: &str, label: &str, value: &str) {
    if label.is_empty() {
        facts.problems.push(format!("tag {key} names no label and is ignored"));
    } else {
        facts.labels.insert(label.to_owned(), value.to_owned());
        match key.starts_with(tags::LABEL) {
            true => facts.label_tags.remove(label),
            false => facts.label_tags.insert(label.to_owned(), key.to_owned()),
        };
    }
}

fn add_taint(facts: &mut TagFacts, key: &str, taint: &str, value: &str) {
    let (taint_value, effect) = value.rsplit_once(':').unwrap_or(("", value));
    let Some(effect) = effect_of(effect).filter(|_| !taint.is_empty()) else {
        facts.problems.push(format!(
            "tag {key}={value} is ignored: a taint is <value>:<Effect>, with NoSchedule, PreferNoSchedule or NoExecute"
        ));
        return;
    };
    if !value.contains(':') {
        facts
            .problems
            .push(format!("tag {key}={value} is read as a taint without value; Cluster Autoscaler ignores it: write :{value}"));
    }
    facts.taints.push(Taint { key: taint.to_owned(), value: taint_value.to_owned(), effect });
}

fn effect_of(text: &str) -> Option<TaintEffect> {
    match text {
        "NoSchedule" => Some(TaintEffect::NoSchedule),
        "PreferNoSchedule" => Some(TaintEffect::PreferNoSchedule),
        "NoExecute" => Some(TaintEffect::NoExecute),
        _ => None,
    }
}

fn add_resource(facts: &mut TagFacts, key: &str, name: &str, value: &str) {
    match Resources::parse([(name, value)]) {
        _ if name.is_empty() => facts.problems.push(format!("tag {key} names no resource and is ignored")),
        Ok(amount) if amount.get(name) >= 0 => facts.resources.add(&amount),
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
        facts.settings.insert((*setting).to_owned(), value.to_owned());
    }
}

fn add_setting(facts: &mut TagFacts, key: &str, setting: &str, value: &str) {
    if setting != "enabled" {
        facts.settings.insert(setting.to_owned(), value.to_owned());
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
    fn taints_are_value_and_effect() {
        for (value, text) in [
            ("true:NoSchedule", "dedicated=true:NoSchedule"),
            (":NoExecute", "dedicated:NoExecute"),
            ("a:b:PreferNoSchedule", "dedicated=a:b:PreferNoSchedule"),
        ] {
            let facts = facts(&[("k8s.io/cluster-autoscaler/node-template/taint/dedicated", value)]);
            let taints: Vec<String> = facts.taints.iter().map(ToString::to_string).collect();
            assert_eq!(taints, [text]);
            assert_eq!(facts.problems, Vec::<String>::new(), "{value}");
        }
    }

    #[test]
    fn a_bare_effect_is_a_taint_and_a_finding() {
        let facts = facts(&[("k8s.io/cluster-autoscaler/node-template/taint/gpu", "NoSchedule")]);
        assert_eq!(facts.taints, [Taint { key: "gpu".into(), value: String::new(), effect: TaintEffect::NoSchedule }]);
        assert_eq!(
            facts.problems,
            ["tag k8s.io/cluster-autoscaler/node-template/taint/gpu=NoSchedule is read as a taint without value; Cluster \
              Autoscaler ignores it: write :NoSchedule"]
        );
    }

    #[test]
    fn another_effect_is_no_taint() {
        for value in ["true", "true:noschedule", "true:", ""] {
            let problem = only_problem("k8s.io/cluster-autoscaler/node-template/taint/gpu", value);
            assert!(problem.contains("is ignored: a taint is <value>:<Effect>"), "{problem}");
        }
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
        assert_eq!(facts.settings.into_iter().collect::<Vec<_>>(), [("priority".to_owned(), "10".to_owned())]);
        only_problem("ec2-autoscale/enabled", "nope");
    }
}
