//! Resources of Terraform (provider hashicorp/aws): a managed node group where the cluster has
//! such, otherwise an Auto Scaling Group with its launch template.

use std::fmt::Write as _;

use super::facts::{SnippetFacts, node_template_tags};
use super::text::{list, quoted_for_hcl as quoted};
use crate::snapshot::{Market, TaintEffect};
use crate::suggest::SuggestedGroup;

const VARIABLES: &str = r#"variable "subnet_ids" {
  description = "A subnet for each zone, by the name of the zone"
  type        = map(string)
}
"#;

const VARIABLES_OF_A_TEMPLATE: &str = r#"
variable "image_id" {
  description = "The image of the nodes, of the architecture that the group names"
  type        = string
}

variable "user_data" {
  description = "What makes a node join the cluster, in base64; it has to set the labels and taints of the group"
  type        = string
}

variable "instance_profile" {
  type = string
}

variable "security_group_ids" {
  type = list(string)
}
"#;

const VARIABLES_OF_A_NODE_GROUP: &str = r#"
variable "node_role_arn" {
  type = string
}
"#;

pub(super) fn write(groups: &[SuggestedGroup], facts: &SnippetFacts) -> String {
    if groups.is_empty() {
        return String::new();
    }
    let more = if facts.has_managed_groups { VARIABLES_OF_A_NODE_GROUP } else { VARIABLES_OF_A_TEMPLATE };
    let mut text = format!("{VARIABLES}{more}");
    for group in groups {
        text.push('\n');
        match facts.has_managed_groups {
            true => add_node_group(&mut text, group, facts),
            false => add_group(&mut text, group, facts),
        }
    }
    text
}

/// Returns the name of a resource: letters, digits, dashes and underscores.
fn resource_name(group: &SuggestedGroup) -> String {
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    let name: String = group.group.name.chars().map(|letter| if is_allowed(letter) { letter } else { '_' }).collect();
    if name.starts_with(|first: char| first.is_ascii_alphabetic()) { name } else { format!("group_{name}") }
}

fn subnets(group: &SuggestedGroup) -> String {
    format!("[for zone in {} : var.subnet_ids[zone]]", list(&group.zones))
}

fn add_group(text: &mut String, group: &SuggestedGroup, facts: &SnippetFacts) {
    let name = resource_name(group);
    let first = group.machine_types.first().map_or("", String::as_str);
    let _ = writeln!(text, "# {} nodes\nresource \"aws_launch_template\" {} {{", group.architecture, quoted(&name));
    let _ = writeln!(text, "  name_prefix   = {}", quoted(&format!("{}-", group.group.name)));
    let _ =
        writeln!(text, "  image_id      = var.image_id\n  instance_type = {}\n  user_data     = var.user_data", quoted(first));
    text.push_str("  iam_instance_profile {\n    name = var.instance_profile\n  }\n");
    if group.efa_interfaces > 0 {
        for card in 0..group.efa_interfaces {
            let device = i64::from(card > 0);
            let _ = writeln!(
                text,
                "  network_interfaces {{\n    interface_type     = \"efa\"\n    network_card_index = {card}\n    \
                 device_index       = {device}\n    security_groups    = var.security_group_ids\n  }}"
            );
        }
    } else {
        text.push_str("  vpc_security_group_ids = var.security_group_ids\n");
    }
    add_volume(text, group);
    text.push_str("}\n\n");
    let _ = writeln!(text, "resource \"aws_autoscaling_group\" {} {{", quoted(&name));
    let _ = writeln!(text, "  name                = {}", quoted(&group.group.name));
    let _ = writeln!(
        text,
        "  min_size            = 0\n  max_size            = {}\n  vpc_zone_identifier = {}",
        group.max,
        subnets(group)
    );
    text.push_str("  protect_from_scale_in = true\n  suspended_processes   = [\"AZRebalance\"]\n");
    if group.market == Market::OnDemand && group.machine_types.len() == 1 {
        let _ = writeln!(
            text,
            "  launch_template {{\n    id      = aws_launch_template.{name}.id\n    version = \"$Latest\"\n  }}"
        );
    } else {
        add_mixed_policy(text, group, &name);
    }
    for (key, value) in facts.tags(group) {
        let _ = writeln!(
            text,
            "  tag {{\n    key                 = {}\n    value               = {}\n    propagate_at_launch = true\n  }}",
            quoted(&key),
            quoted(&value)
        );
    }
    text.push_str("  lifecycle {\n    ignore_changes = [desired_capacity]\n  }\n}\n");
}

fn add_volume(text: &mut String, group: &SuggestedGroup) {
    if let Some(size) = group.root_volume_gib {
        let _ = writeln!(
            text,
            "  block_device_mappings {{\n    device_name = \"/dev/xvda\"\n    ebs {{\n      volume_size = {size}\n      \
             volume_type = \"gp3\"\n    }}\n  }}"
        );
    }
}

fn add_mixed_policy(text: &mut String, group: &SuggestedGroup, name: &str) {
    let on_demand = if group.market == Market::Spot { 0 } else { 100 };
    let _ = writeln!(
        text,
        "  mixed_instances_policy {{\n    instances_distribution {{\n      on_demand_base_capacity                  = 0\n      \
         on_demand_percentage_above_base_capacity = {on_demand}\n      spot_allocation_strategy                 = \
         \"price-capacity-optimized\"\n    }}\n    launch_template {{\n      launch_template_specification {{\n        \
         launch_template_id = aws_launch_template.{name}.id\n        version            = \"$Latest\"\n      }}"
    );
    for machine in &group.machine_types {
        let _ = writeln!(text, "      override {{\n        instance_type = {}\n      }}", quoted(machine));
    }
    text.push_str("    }\n  }\n");
}

/// Returns the kind of image, which has the drivers of the devices.
fn image(group: &SuggestedGroup) -> &'static str {
    let has = |beginning: &str| group.devices.iter().any(|device| device.starts_with(beginning));
    match group.architecture.as_str() {
        "arm64" if has("nvidia.com/") => "AL2023_ARM_64_NVIDIA",
        "arm64" => "AL2023_ARM_64_STANDARD",
        _ if has("nvidia.com/") => "AL2023_x86_64_NVIDIA",
        _ if has("aws.amazon.com/neuron") => "AL2023_x86_64_NEURON",
        _ => "AL2023_x86_64_STANDARD",
    }
}

fn add_node_group(text: &mut String, group: &SuggestedGroup, facts: &SnippetFacts) {
    let name = resource_name(group);
    let _ = writeln!(text, "resource \"aws_eks_node_group\" {} {{", quoted(&name));
    let _ = writeln!(text, "  cluster_name    = {}\n  node_group_name = {}", quoted(&facts.cluster), quoted(&group.group.name));
    let _ = writeln!(text, "  node_role_arn   = var.node_role_arn\n  subnet_ids      = {}", subnets(group));
    let capacity = if group.market == Market::Spot { "SPOT" } else { "ON_DEMAND" };
    let image = image(group);
    let _ = writeln!(text, "  instance_types  = {}\n  capacity_type   = \"{capacity}\"", list(&group.machine_types));
    let _ = writeln!(text, "  ami_type        = \"{image}\"");
    if let Some(size) = group.root_volume_gib {
        let _ = writeln!(text, "  disk_size       = {size}");
    }
    if group.efa_interfaces > 0 {
        let _ = writeln!(text, "  # add a launch_template with {} interfaces of the type efa", group.efa_interfaces);
    }
    let _ = writeln!(
        text,
        "  scaling_config {{\n    min_size     = 0\n    desired_size = 0\n    max_size     = {}\n  }}",
        group.max
    );
    if !group.labels.is_empty() {
        text.push_str("  labels = {\n");
        for (key, value) in &group.labels {
            let _ = writeln!(text, "    {} = {}", quoted(key), quoted(value));
        }
        text.push_str("  }\n");
    }
    for taint in &group.taints {
        let effect = match taint.effect {
            TaintEffect::NoSchedule => "NO_SCHEDULE",
            TaintEffect::NoExecute => "NO_EXECUTE",
            TaintEffect::PreferNoSchedule => "PREFER_NO_SCHEDULE",
        };
        let _ = writeln!(
            text,
            "  taint {{\n    key    = {}\n    value  = {}\n    effect = \"{effect}\"\n  }}",
            quoted(&taint.key),
            quoted(&taint.value)
        );
    }
    text.push_str("  lifecycle {\n    ignore_changes = [scaling_config[0].desired_size]\n  }\n}\n");
    // EKS tags the Auto Scaling Group for discovery, and nothing else of it.
    for (number, (key, value)) in node_template_tags(group).enumerate() {
        let _ = writeln!(
            text,
            "\nresource \"aws_autoscaling_group_tag\" \"{name}_{number}\" {{\n  autoscaling_group_name = \
             aws_eks_node_group.{name}.resources[0].autoscaling_groups[0].name\n  tag {{\n    key                 = {}\n    \
             value               = {}\n    propagate_at_launch = true\n  }}\n}}",
            quoted(&key),
            quoted(&value)
        );
    }
}
