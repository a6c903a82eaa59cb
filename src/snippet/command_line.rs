//! Calls of the command line of AWS: a launch template and an Auto Scaling Group.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::facts::SnippetFacts;
use super::text::word;
use crate::snapshot::Market;
use crate::suggest::SuggestedGroup;

const HEAD: &str = "\
# Fill in what is the same for all nodes of the cluster. USER_DATA is what makes a node join it, in
# base64; it has to set the labels and taints that the tags of its group state.
IMAGE=ami-0123456789abcdef0
USER_DATA=
PROFILE=INSTANCE_PROFILE
SECURITY_GROUPS='\"sg-0123456789abcdef0\"'
";

pub(super) fn write(groups: &[SuggestedGroup], facts: &SnippetFacts) -> String {
    if groups.is_empty() {
        return String::new();
    }
    let mut text = HEAD.to_owned();
    for group in groups {
        add(&mut text, group, facts);
    }
    text
}

fn add(text: &mut String, group: &SuggestedGroup, facts: &SnippetFacts) {
    let (name, region) = (word(&group.group.name), word(&group.group.region));
    let _ = writeln!(text, "\n# {}: {} nodes", group.group.name, group.architecture);
    let _ = writeln!(text, "# A subnet in each of {}, with commas between them:", group.zones.join(", "));
    text.push_str("SUBNETS=subnet-0123456789abcdef0\n");
    let _ = writeln!(
        text,
        "aws ec2 create-launch-template --region {region} --launch-template-name {name} \\\n  --launch-template-data \
         \"$(cat <<DATA\n{}\nDATA\n)\"",
        template(group)
    );
    let _ = writeln!(
        text,
        "aws autoscaling create-auto-scaling-group --region {region} --auto-scaling-group-name {name} \\\n  --min-size 0 \
         --max-size {} --desired-capacity 0 --vpc-zone-identifier \"$SUBNETS\" \\\n  --new-instances-protected-from-scale-in \
         \\\n  --mixed-instances-policy {} \\\n  --tags {}",
        group.max,
        word(&mixed_policy(group).to_string()),
        word(&tags(group, facts).to_string())
    );
    let _ = writeln!(
        text,
        "aws autoscaling suspend-processes --region {region} --auto-scaling-group-name {name} --scaling-processes AZRebalance"
    );
}

/// Returns what the launch template states, with variables of the shell in it.
fn template(group: &SuggestedGroup) -> String {
    let first = group.machine_types.first().map_or("", String::as_str);
    let mut parts = vec![
        format!("\"ImageId\": \"$IMAGE\", \"InstanceType\": {}, \"UserData\": \"$USER_DATA\"", Value::from(first)),
        "\"IamInstanceProfile\": {\"Name\": \"$PROFILE\"}".to_owned(),
    ];
    if group.efa_interfaces > 0 {
        let interface = |card: i64| {
            format!(
                "{{\"InterfaceType\": \"efa\", \"NetworkCardIndex\": {card}, \"DeviceIndex\": {}, \"Groups\": \
                 [$SECURITY_GROUPS]}}",
                i64::from(card > 0)
            )
        };
        let interfaces: Vec<String> = (0..group.efa_interfaces).map(interface).collect();
        parts.push(format!("\"NetworkInterfaces\": [{}]", interfaces.join(", ")));
    } else {
        parts.push("\"SecurityGroupIds\": [$SECURITY_GROUPS]".to_owned());
    }
    if let Some(size) = group.root_volume_gib {
        let volume = json!([{ "DeviceName": "/dev/xvda", "Ebs": { "VolumeSize": size, "VolumeType": "gp3" } }]);
        parts.push(format!("\"BlockDeviceMappings\": {volume}"));
    }
    format!("{{{}}}", parts.join(",\n "))
}

fn mixed_policy(group: &SuggestedGroup) -> Value {
    let on_demand = if group.market == Market::Spot { 0 } else { 100 };
    let overrides: Vec<Value> = group.machine_types.iter().map(|machine| json!({ "InstanceType": machine })).collect();
    json!({
        "LaunchTemplate": {
            "LaunchTemplateSpecification": { "LaunchTemplateName": group.group.name, "Version": "$Latest" },
            "Overrides": overrides,
        },
        "InstancesDistribution": {
            "OnDemandBaseCapacity": 0,
            "OnDemandPercentageAboveBaseCapacity": on_demand,
            "SpotAllocationStrategy": "price-capacity-optimized",
        },
    })
}

fn tags(group: &SuggestedGroup, facts: &SnippetFacts) -> Value {
    let tag = |(key, value): (String, String)| json!({ "Key": key, "Value": value, "PropagateAtLaunch": true });
    facts.tags(group).into_iter().map(tag).collect()
}
