//! The call that changes the set-up of a group, written down: its parameters as the API names them,
//! and as lines of the AWS CLI.

use serde_json::{Value, json};

use super::set_up::{RESOURCE_TYPE, permission};
use crate::cloud::aws::groups::set_up::REBALANCE;
use crate::cloud::set_up::{SetUpCall, SetUpChange, TagChange};
use crate::snapshot::GroupId;

/// Writes down the call that makes a change.
pub(crate) fn call(group: &GroupId, change: &SetUpChange) -> SetUpCall {
    SetUpCall {
        title: title(change),
        operation: permission(change).to_owned(),
        parameters: parameters(group, change),
        command: command(group, change),
        effect: effect(change).to_owned(),
        undo: undo(group, change),
    }
}

fn title(change: &SetUpChange) -> String {
    match change {
        SetUpChange::StopEveningOut => format!("suspend the process {REBALANCE}"),
        SetUpChange::ProtectNewInstances => "protect new instances from scale-in".to_owned(),
        SetUpChange::ProtectInstances { instances } if instances.len() == 1 => "protect 1 instance from scale-in".to_owned(),
        SetUpChange::ProtectInstances { instances } => format!("protect {} instances from scale-in", instances.len()),
        SetUpChange::SetTags { tags } => {
            let tags: Vec<String> = tags.iter().map(|tag| format!("{}={}", tag.key, tag.value)).collect();
            format!("tag the group {}", tags.join(" "))
        }
    }
}

fn effect(change: &SetUpChange) -> &'static str {
    match change {
        SetUpChange::StopEveningOut => {
            "AWS launches and ends no more instances to even the zones out, and a plan may name the zone of a launch; after an \
             outage of a zone the group stays uneven until it grows again"
        }
        SetUpChange::ProtectNewInstances => {
            "AWS ends no instance launched from now on when it chooses by itself, as for an uneven zone or a lower desired \
             capacity; ec2-autoscale still ends idle ones by name, and unhealthy ones are still replaced"
        }
        SetUpChange::ProtectInstances { .. } => {
            "AWS does not end these instances when it chooses by itself; ec2-autoscale still ends idle ones by name"
        }
        SetUpChange::SetTags { .. } => "the group has the tags, and instances launched from now on get them as well",
    }
}

fn parameters(group: &GroupId, change: &SetUpChange) -> Value {
    let name = &group.name;
    match change {
        SetUpChange::StopEveningOut => json!({ "AutoScalingGroupName": name, "ScalingProcesses": [REBALANCE] }),
        SetUpChange::ProtectNewInstances => json!({ "AutoScalingGroupName": name, "NewInstancesProtectedFromScaleIn": true }),
        SetUpChange::ProtectInstances { instances } => {
            json!({ "AutoScalingGroupName": name, "InstanceIds": instances, "ProtectedFromScaleIn": true })
        }
        SetUpChange::SetTags { tags } => json!({ "Tags": full_tags(group, tags.iter().map(as_wanted)) }),
    }
}

fn command(group: &GroupId, change: &SetUpChange) -> String {
    match change {
        SetUpChange::StopEveningOut => of_group("suspend-processes", group, ["--scaling-processes", REBALANCE]),
        SetUpChange::ProtectNewInstances => {
            of_group("update-auto-scaling-group", group, ["--new-instances-protected-from-scale-in"])
        }
        SetUpChange::ProtectInstances { instances } => protection(group, "--protected-from-scale-in", instances),
        SetUpChange::SetTags { tags } => set_tags(group, tags.iter().map(as_wanted)),
    }
}

fn undo(group: &GroupId, change: &SetUpChange) -> Vec<String> {
    match change {
        SetUpChange::StopEveningOut => vec![of_group("resume-processes", group, ["--scaling-processes", REBALANCE])],
        SetUpChange::ProtectNewInstances => {
            vec![of_group("update-auto-scaling-group", group, ["--no-new-instances-protected-from-scale-in"])]
        }
        SetUpChange::ProtectInstances { instances } => vec![protection(group, "--no-protected-from-scale-in", instances)],
        SetUpChange::SetTags { tags } => {
            let (old, new): (Vec<_>, Vec<_>) = tags.iter().partition(|tag| tag.before.is_some());
            let as_before = |tag: &&TagChange| (tag.key.clone(), tag.before.clone().unwrap_or_default());
            let restore = (!old.is_empty()).then(|| set_tags(group, old.iter().map(as_before)));
            let delete = (!new.is_empty()).then(|| delete_tags(group, &new));
            restore.into_iter().chain(delete).collect()
        }
    }
}

fn protection(group: &GroupId, switch: &str, instances: &[String]) -> String {
    of_group(
        "set-instance-protection",
        group,
        [switch, "--instance-ids"].into_iter().chain(instances.iter().map(String::as_str)),
    )
}

fn as_wanted(tag: &TagChange) -> (String, String) {
    (tag.key.clone(), tag.value.clone())
}

fn set_tags(group: &GroupId, tags: impl Iterator<Item = (String, String)>) -> String {
    line("create-or-update-tags", group, ["--tags", &Value::from(full_tags(group, tags)).to_string()])
}

fn delete_tags(group: &GroupId, tags: &[&TagChange]) -> String {
    let tag = |tag: &&TagChange| json!({ "ResourceId": group.name, "ResourceType": RESOURCE_TYPE, "Key": tag.key });
    line("delete-tags", group, ["--tags", &Value::from(tags.iter().map(tag).collect::<Vec<_>>()).to_string()])
}

/// Returns tags in the form of the API, which the CLI takes as JSON. Its own short form gives
/// commas, equals signs and empty values another meaning.
fn full_tags(group: &GroupId, tags: impl Iterator<Item = (String, String)>) -> Vec<Value> {
    let full = |(key, value)| {
        json!({
            "ResourceId": group.name, "ResourceType": RESOURCE_TYPE, "Key": key, "Value": value, "PropagateAtLaunch": true,
        })
    };
    tags.map(full).collect()
}

fn of_group<'a>(operation: &'a str, group: &'a GroupId, arguments: impl IntoIterator<Item = &'a str>) -> String {
    line(operation, group, ["--auto-scaling-group-name", &group.name].into_iter().chain(arguments))
}

/// Returns a line for a shell, each word quoted where that needs it.
fn line<'a>(operation: &'a str, group: &'a GroupId, arguments: impl IntoIterator<Item = &'a str>) -> String {
    let words = ["aws", "autoscaling", operation, "--region", &group.region].into_iter().chain(arguments);
    let quoted = words.map(|word| shlex::try_quote(word).map_or_else(|_| String::from("''"), std::borrow::Cow::into_owned));
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str) -> GroupId {
        GroupId { region: "us-west-2".into(), name: name.into() }
    }

    fn tag(key: &str, value: &str, before: Option<&str>) -> TagChange {
        TagChange { key: key.into(), value: value.into(), before: before.map(str::to_owned) }
    }

    #[test]
    fn each_change_has_a_line_that_makes_it_and_one_that_takes_it_back() {
        let instances = vec!["i-a".to_owned(), "i-b".to_owned()];
        let name = "--region us-west-2 --auto-scaling-group-name web";
        for (change, makes, takes_back) in [
            (
                SetUpChange::StopEveningOut,
                format!("suspend-processes {name} --scaling-processes AZRebalance"),
                format!("resume-processes {name} --scaling-processes AZRebalance"),
            ),
            (
                SetUpChange::ProtectNewInstances,
                format!("update-auto-scaling-group {name} --new-instances-protected-from-scale-in"),
                format!("update-auto-scaling-group {name} --no-new-instances-protected-from-scale-in"),
            ),
            (
                SetUpChange::ProtectInstances { instances },
                format!("set-instance-protection {name} --protected-from-scale-in --instance-ids i-a i-b"),
                format!("set-instance-protection {name} --no-protected-from-scale-in --instance-ids i-a i-b"),
            ),
        ] {
            let call = call(&group("web"), &change);
            assert_eq!(call.command, format!("aws autoscaling {makes}"));
            assert_eq!(call.undo, [format!("aws autoscaling {takes_back}")]);
        }
    }

    #[test]
    fn a_tag_is_taken_back_to_what_it_was() {
        let change = SetUpChange::SetTags { tags: vec![tag("pool", "b", Some("a")), tag("KubernetesRole", "worker", None)] };
        let call = call(&group("web"), &change);
        assert_eq!(call.title, "tag the group pool=b KubernetesRole=worker");
        let [restore, delete] = &call.undo[..] else { panic!("{:?}", call.undo) };
        assert!(restore.contains("create-or-update-tags") && restore.contains(r#""Value":"a""#), "{restore}");
        assert!(delete.contains("delete-tags") && delete.contains(r#""Key":"KubernetesRole""#), "{delete}");
        assert!(!delete.contains("pool"), "{delete}");
    }

    #[test]
    fn names_that_a_shell_would_act_on_stay_one_word() {
        let name = "it's $(reboot), a group";
        let change = SetUpChange::SetTags { tags: vec![tag("pool", "a,b=`c`", None)] };
        for (change, place) in [(SetUpChange::StopEveningOut, 6), (change, 6)] {
            let words = shlex::split(&call(&group(name), &change).command).expect("whole words");
            assert_eq!(words.len(), if change == SetUpChange::StopEveningOut { 9 } else { 7 }, "{words:?}");
            assert!(words[place].contains(name), "{words:?}");
        }
    }

    #[test]
    fn the_parameters_are_those_of_the_api() {
        let change = SetUpChange::SetTags { tags: vec![tag("KubernetesRole", "worker", None)] };
        let call = call(&group("web"), &change);
        assert_eq!(call.operation, "autoscaling:CreateOrUpdateTags");
        let tag = json!({
            "ResourceId": "web", "ResourceType": "auto-scaling-group", "Key": "KubernetesRole", "Value": "worker",
            "PropagateAtLaunch": true,
        });
        assert_eq!(call.parameters, json!({ "Tags": [tag] }));
    }
}
