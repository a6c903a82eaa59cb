//! What a node group changes about its Auto Scaling Group in the snapshot.

use crate::cloud::group_tags::tags::read_tags;
use crate::cloud::group_tags::taint_tag::effect_of;
use crate::snapshot::{
    Advice, AdviceCode, Architecture, Group, Hindrance, Labels, LaunchOption, OperatingSystem, Purchase, Taint, TaintEffect,
    WhileReplacing,
};

use super::document::{NodeGroup, NodeGroupTaint};

const CAPACITY_TYPE: &str = "eks.amazonaws.com/capacityType";
const IMAGE: &str = "eks.amazonaws.com/nodegroup-image";
const TEMPLATE_ID: &str = "eks.amazonaws.com/sourceLaunchTemplateId";
const TEMPLATE_VERSION: &str = "eks.amazonaws.com/sourceLaunchTemplateVersion";

/// Adds what a node group states to its group, whose launch options are known by now. A node group
/// of another Auto Scaling Group is passed over.
pub(crate) fn apply(node_group: &NodeGroup, group: &mut Group) {
    if !node_group.has_group(&group.id.name) {
        return;
    }
    add_taints(node_group, group);
    add_labels(node_group, group);
    let own = node_group.tags.clone().map(|tags| read_tags(&tags).resources).unwrap_or_default();
    own.iter().for_each(|(name, amount)| group.tags.resources.set(name, amount));
    set_purchase(node_group.capacity_type.as_deref(), group);
    // While EKS replaces nodes the group may be larger than its owner wants it.
    if let Some(max) = node_group.scaling_config.as_ref().and_then(|sizes| sizes.max_size) {
        group.max = group.max.min(max);
    }
    for option in &mut group.launch_options {
        set_image(node_group.ami_type.as_deref().unwrap_or_default(), option);
    }
    set_status(node_group.status.as_deref().unwrap_or_default(), group);
    let strategy = node_group.update_config.as_ref().and_then(|update| update.update_strategy.as_deref());
    if (node_group.status.as_deref(), strategy) == (Some("UPDATING"), Some("MINIMAL")) {
        // EKS ends old nodes before it launches new ones. How many at a time may be a share of
        // them, so any number is meant.
        let most_percent = group.automatic.while_replacing.map_or(100, |bounds| bounds.most_percent);
        group.automatic.while_replacing = Some(WhileReplacing { least_percent: 0, most_percent });
    }
    add_issues(node_group, group);
}

/// Adds the taints. An effect that is not known keeps pods away as `NO_SCHEDULE` does.
fn add_taints(node_group: &NodeGroup, group: &mut Group) {
    let taint = |taint: &NodeGroupTaint| Taint {
        key: taint.key.clone(),
        value: taint.value.clone().unwrap_or_default(),
        effect: effect_of(&taint.effect).unwrap_or(TaintEffect::NoSchedule),
    };
    group.node_group.taints = node_group.taints.iter().flatten().map(taint).collect();
}

/// Adds the labels of the node group and those that EKS adds. A tag that states another value is a
/// finding.
fn add_labels(node_group: &NodeGroup, group: &mut Group) {
    let mut labels: Labels = node_group.labels.iter().flatten().collect();
    for (label, given) in &labels {
        if let Some(stated) = group.tags.labels.get(label).filter(|stated| *stated != given) {
            let tag = group.tags.label_tag(label);
            let words = format!("tag {tag}={stated} is ignored: EKS gives the nodes {label}={given}");
            group.tags.problems.push(words);
        }
    }
    let template = node_group.launch_template.clone().unwrap_or_default();
    let image = group.launch_options.first().and_then(|option| option.image.clone());
    let one_image = image.filter(|image| group.launch_options.iter().all(|option| option.image.as_ref() == Some(image)));
    let added = [
        (CAPACITY_TYPE, node_group.capacity_type.clone()),
        (IMAGE, one_image),
        (TEMPLATE_ID, template.id),
        (TEMPLATE_VERSION, template.version),
    ];
    labels.extend(added.into_iter().filter_map(|(label, value)| Some((label, value?))));
    group.node_group.labels = labels;
}

fn set_purchase(capacity_type: Option<&str>, group: &mut Group) {
    match capacity_type {
        Some("SPOT") if !group.purchase.may_be_spot() => group.purchase = Purchase::Spot { max_price: None },
        // Those of a Capacity Block are paid for in advance, and no spot instances.
        Some("ON_DEMAND" | "CAPACITY_BLOCK") => group.purchase = Purchase::OnDemand,
        _ => {}
    }
}

/// Sets what the kind of image says of a new node, where the image itself is not known.
fn set_image(ami_type: &str, option: &mut LaunchOption) {
    let is_of = |kind: &str| ami_type.starts_with(kind);
    let system = if is_of("WINDOWS") {
        Some(OperatingSystem::Windows)
    } else {
        (is_of("AL2") || is_of("BOTTLEROCKET")).then_some(OperatingSystem::Linux)
    };
    let architecture = match ami_type.to_ascii_uppercase() {
        upper if upper.contains("ARM_64") || upper.contains("ARM64") => Some(Architecture::Arm64),
        upper if upper.contains("X86_64") => Some(Architecture::Amd64),
        _ => None,
    };
    option.details.operating_system = option.details.operating_system.or(system);
    option.details.architecture = option.details.architecture.or(architecture);
}

/// Notes what the group cannot do in this state of its node group: while EKS replaces nodes nothing
/// else ends any, and a node group that is not there yet or no more launches none.
fn set_status(status: &str, group: &mut Group) {
    let state = || Some(Hindrance::NotActive { state: status.to_owned() });
    let (launch, remove) = match status {
        "UPDATING" => (None, Some(Hindrance::Updating)),
        "CREATING" | "DELETING" | "CREATE_FAILED" | "DELETE_FAILED" => (state(), state()),
        _ => return,
    };
    let cannot = &mut group.cannot;
    cannot.launch = cannot.launch.take().or(launch);
    cannot.remove = cannot.remove.take().or_else(|| remove.clone());
    cannot.replace = cannot.replace.take().or(remove);
}

fn add_issues(node_group: &NodeGroup, group: &mut Group) {
    for issue in node_group.health.iter().flat_map(|health| health.issues.iter().flatten()) {
        let (code, message) = (issue.code.as_deref().unwrap_or_default(), issue.message.as_deref().unwrap_or_default());
        let words = format!("{}: EKS reports {code}: {message}", group.id);
        group.advice.push(Advice::new(AdviceCode::NodesUnhealthy, words));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn group() -> Group {
        serde_json::from_value(json!({
            "id": {"region": "us-west-2", "name": "eks-gpu-1"}, "managed_by": "cluster-tag", "min": 0, "max": 12, "desired": 0,
            "purchase": {"kind": "on-demand"}, "launch_options": [{"machine_type": "m5.large", "weight": 1, "image": "ami-1"}]
        }))
        .expect("a group")
    }

    fn applied(mut fields: Value, group: Group) -> Group {
        fields["resources"] = json!({"autoScalingGroups": [{"name": "eks-gpu-1"}]});
        let node_group = NodeGroup::read(json!({"nodegroup": fields})).expect("a node group");
        let mut group = group;
        apply(&node_group, &mut group);
        group
    }

    #[test]
    fn labels_taints_and_the_way_of_payment_come_from_eks() {
        let mut tagged = group();
        tagged.tags.labels.insert("pool".into(), "old".into());
        let given = applied(
            json!({
                "labels": {"pool": "gpu"}, "capacityType": "SPOT", "launchTemplate": {"id": "lt-1", "version": "3"},
                "taints": [
                    {"key": "dedicated", "value": "gpu", "effect": "NO_SCHEDULE"}, {"key": "bare", "effect": "NO_EXECUTE"},
                    {"key": "new", "effect": "SOMETIMES"}
                ],
                "scalingConfig": {"minSize": 0, "maxSize": 5, "desiredSize": 2}, "createdAt": 1_764_000_000.5,
                "tags": {"k8s.io/cluster-autoscaler/node-template/resources/example.com/fpga": "2"}
            }),
            tagged,
        );
        let taints: Vec<String> = given.node_group.taints.iter().map(ToString::to_string).collect();
        assert_eq!(taints, ["dedicated=gpu:NoSchedule", "bare:NoExecute", "new:NoSchedule"]);
        let labels: Vec<(&str, &str)> =
            given.node_group.labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let expected =
            [(CAPACITY_TYPE, "SPOT"), (IMAGE, "ami-1"), (TEMPLATE_ID, "lt-1"), (TEMPLATE_VERSION, "3"), ("pool", "gpu")];
        assert_eq!(labels, expected);
        assert_eq!(given.purchase, Purchase::Spot { max_price: None });
        assert_eq!((given.max, given.tags.resources.get("example.com/fpga")), (5, 2));
        let problem = "tag k8s.io/cluster-autoscaler/node-template/label/pool=old is ignored: EKS gives the nodes pool=gpu";
        assert_eq!(given.tags.problems, [problem]);
    }

    #[test]
    fn the_nodes_of_a_capacity_block_are_no_spot_instances() {
        let spot = Group { purchase: Purchase::Spot { max_price: None }, ..group() };
        let given = applied(json!({"capacityType": "CAPACITY_BLOCK"}), spot);
        assert_eq!(given.purchase, Purchase::OnDemand);
        assert_eq!(given.node_group.labels.get(CAPACITY_TYPE).map(|value| &**value), Some("CAPACITY_BLOCK"));
    }

    #[test]
    fn a_node_group_of_another_auto_scaling_group_says_nothing() {
        let other = json!({"nodegroup": {"labels": {"pool": "gpu"}, "resources": {"autoScalingGroups": [{"name": "other"}]}}});
        let mut unchanged = group();
        apply(&NodeGroup::read(other).expect("a node group"), &mut unchanged);
        assert_eq!(unchanged, group());
    }

    #[test]
    fn while_eks_works_on_the_nodes_nothing_else_does() {
        let cannot = |status: &str| applied(json!({"status": status}), group()).cannot;
        let updating = cannot("UPDATING");
        assert_eq!((updating.launch, updating.remove), (None, Some(Hindrance::Updating)));
        assert_eq!(updating.replace, Some(Hindrance::Updating));
        for status in ["CREATING", "DELETING", "CREATE_FAILED", "DELETE_FAILED"] {
            assert_eq!(cannot(status).launch, Some(Hindrance::NotActive { state: status.into() }));
        }
        for status in ["ACTIVE", "DEGRADED", "SOMETHING_NEW"] {
            assert_eq!(cannot(status), group().cannot, "{status}");
        }
    }

    #[test]
    fn an_update_that_ends_old_nodes_first_leaves_fewer_than_desired() {
        let bounds = |status: &str, strategy: &str| {
            applied(json!({"status": status, "updateConfig": {"updateStrategy": strategy}}), group()).automatic.while_replacing
        };
        assert_eq!(bounds("UPDATING", "MINIMAL"), Some(WhileReplacing { least_percent: 0, most_percent: 100 }));
        for (status, strategy) in [("UPDATING", "DEFAULT"), ("ACTIVE", "MINIMAL")] {
            assert_eq!(bounds(status, strategy), None, "{status} {strategy}");
        }
    }

    #[test]
    fn the_kind_of_image_says_what_an_unknown_image_does_not() {
        let details = |ami_type: &str| applied(json!({"amiType": ami_type}), group()).launch_options.remove(0).details;
        for (ami_type, system, architecture) in [
            ("AL2023_x86_64_STANDARD", Some(OperatingSystem::Linux), Some(Architecture::Amd64)),
            ("BOTTLEROCKET_ARM_64_NVIDIA", Some(OperatingSystem::Linux), Some(Architecture::Arm64)),
            ("WINDOWS_CORE_2022_x86_64", Some(OperatingSystem::Windows), Some(Architecture::Amd64)),
            ("CUSTOM", None, None),
        ] {
            let details = details(ami_type);
            assert_eq!((details.operating_system, details.architecture), (system, architecture), "{ami_type}");
        }
    }

    #[test]
    fn what_eks_finds_wrong_is_said_in_its_words() {
        let issues = json!({"issues": [{"code": "InsufficientFreeAddresses", "message": "no address is free in subnet-1"}]});
        let advice = applied(json!({"status": "DEGRADED", "health": issues}), group()).advice;
        let words = "eks-gpu-1 (us-west-2): EKS reports InsufficientFreeAddresses: no address is free in subnet-1";
        assert_eq!(advice, [Advice::new(AdviceCode::NodesUnhealthy, words.to_owned())]);
    }
}
