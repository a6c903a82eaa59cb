//! Snippets of suggested groups: the texts as they are, those in YAML read as YAML, and their tags
//! read as a run reads those of a group.

use std::collections::BTreeMap;

use ec2_autoscale::cloud::aws::read_tags;
use ec2_autoscale::snippet::{SnippetFacts, SnippetForm, snippet};
use ec2_autoscale::suggest::SuggestedGroup;
use serde_json::{Value, json};

/// Returns a group with everything that a group can have, and a plain one.
fn groups() -> Vec<SuggestedGroup> {
    let full = json!({
        "region": "us-west-2", "name": "p4d-24xlarge-spot", "zones": ["us-west-2a", "us-west-2b"],
        "machine_types": ["p4d.24xlarge", "p4de.24xlarge"], "market": "spot", "max": 4, "root_volume_gib": 250,
        "efa_interfaces": 2, "architecture": "amd64", "labels": { "team": "a \"quoted\" ${one}", "pool": "ml" },
        "taints": [{ "key": "nvidia.com/gpu", "value": "", "effect": "NoSchedule" }],
        "devices": ["nvidia.com/mig-1g.5gb"], "resources": { "nvidia.com/mig-1g.5gb": "56" }, "nodes": 2, "pods": [], "message": "",
    });
    let plain = json!({
        "region": "us-west-2", "name": "m6g-large", "zones": ["us-west-2a"], "machine_types": ["m6g.large"],
        "market": "on-demand", "max": 2, "architecture": "arm64", "nodes": 1, "pods": [], "message": "",
    });
    [full, plain].map(|group| serde_json::from_value(group).expect("a group")).into()
}

fn facts(has_managed_groups: bool) -> SnippetFacts {
    SnippetFacts { cluster: "prod".to_owned(), has_managed_groups }
}

fn written(form: SnippetForm) -> String {
    snippet(form, &groups(), &facts(false)).text
}

/// Returns the documents of a text in YAML.
fn documents(text: &str) -> Vec<Value> {
    text.split("---\n").map(|document| serde_saphyr::from_str(document).expect("YAML")).collect()
}

#[test]
fn each_tool_gets_its_own_words() {
    insta::assert_snapshot!("eksctl", written(SnippetForm::Eksctl));
    insta::assert_snapshot!("kops", written(SnippetForm::Kops));
    insta::assert_snapshot!("terraform", written(SnippetForm::Terraform));
    insta::assert_snapshot!("terraform_node_group", snippet(SnippetForm::Terraform, &groups(), &facts(true)).text);
    insta::assert_snapshot!("aws", written(SnippetForm::Aws));
}

#[test]
fn yaml_reads_back_as_the_group() {
    let config = documents(&written(SnippetForm::Eksctl)).remove(0);
    let groups_of_config = config["nodeGroups"].as_array().expect("a list").clone();
    let of_kops = documents(&written(SnippetForm::Kops));
    assert_eq!((groups_of_config.len(), of_kops.len()), (2, 2));
    for ((group, eksctl), kops) in groups().iter().zip(&groups_of_config).zip(&of_kops) {
        assert_eq!((&eksctl["name"], &kops["metadata"]["name"]), (&json!(group.group.name), &json!(group.group.name)));
        assert_eq!((&eksctl["maxSize"], &kops["spec"]["maxSize"]), (&json!(group.max), &json!(group.max)));
        assert_eq!((&eksctl["availabilityZones"], &kops["spec"]["subnets"]), (&json!(group.zones), &json!(group.zones)));
        for tags in [&eksctl["tags"], &kops["spec"]["cloudLabels"]] {
            let tags: BTreeMap<String, String> = serde_json::from_value(tags.clone()).expect("texts");
            assert_eq!(tags["k8s.io/cluster-autoscaler/prod"], "owned");
            let read = read_tags(&tags);
            assert_eq!((&read.labels, &read.taints, &read.resources), (&group.labels, &group.taints, &group.resources));
            assert_eq!(read.problems, [""; 0]);
        }
    }
    assert_eq!(groups_of_config[0]["labels"]["team"], "a \"quoted\" ${one}");
}

/// The line of a shell that makes a group is one word for each of its arguments, whatever a label
/// holds.
#[test]
fn calls_are_words_of_a_shell() {
    let text = written(SnippetForm::Aws).replace("\\\n", " ");
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("aws autoscaling create")).collect();
    assert_eq!(lines.len(), 2);
    let words = shlex::split(lines[0]).expect("words");
    let after = |flag: &str| words.iter().skip_while(|word| *word != flag).nth(1).expect("a value").clone();
    let tags: Vec<Value> = serde_json::from_str(&after("--tags")).expect("JSON");
    assert!(tags.iter().any(|tag| tag["Value"] == "a \"quoted\" ${one}"), "{tags:?}");
    let policy: Value = serde_json::from_str(&after("--mixed-instances-policy")).expect("JSON");
    assert_eq!(policy["LaunchTemplate"]["Overrides"][1]["InstanceType"], "p4de.24xlarge");
}
