//! What the texts of each field are. A field that stands nowhere here holds names.

use super::labels::of_value;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TextKind {
    /// It shows nothing of a cluster.
    Kept,
    /// A name that somebody gave.
    Name,
    /// A part of a request for devices: `request/alternative`.
    Path,
    /// A number, a duration, a time, a truth or a word of a flag; else a name.
    Setting,
    /// The name of a flag that groups have as well.
    SettingName,
    /// The name of a machine, or its address.
    Host,
    /// The key of a label, a taint or a resource, or the name of a driver.
    Key,
    /// The name of an attribute or of a capacity of devices, perhaps with its domain.
    Attribute,
    /// The value of such an attribute that vendors choose.
    Product,
    /// A region, a zone or the id of a zone; perhaps several with `__` between them.
    Place,
    /// A machine type.
    MachineType,
    /// `spec.providerID` of a node.
    ProviderId,
    /// The kind of an object.
    ObjectKind,
    /// The API version of an object.
    ApiVersion,
    /// `key=value`.
    Pair,
    /// The key of a tag that states a label.
    TagKey,
    /// Names with commas between them.
    List,
    /// An expression in CEL.
    Expression,
    /// Words of a person or of a cloud.
    Sentence,
}

/// What the keys of a map are.
pub(super) struct MapKind(pub(super) TextKind);

/// Returns what a text is, by its type and field, and by the key that it belongs to.
pub(super) fn of_text(of: &str, field: &str, key: Option<&str>) -> TextKind {
    match (of, field) {
        ("Quantity" | "GangWish" | "UsdPerHour" | "Resources", _)
        | ("", "schema")
        | ("BufferCondition", "status" | "type")
        | ("BufferObject", "version" | "resource_version")
        | ("ProvisioningRequest", "api_version" | "resource_version")
        | ("DeviceAttribute", "version")
        | ("DeviceNeeds", "not_modelled")
        | ("DeviceToleration" | "DeviceTaint", "effect")
        | ("FruitlessNote", "pods")
        | ("HostPort", "protocol")
        | ("LookedAt", "cloud")
        | ("MachineDetails", "placements")
        | ("MissingFact", "resource")
        | ("ScalingPolicy", "kind")
        | ("ScheduledChange", "recurrence" | "time_zone")
        | ("WarmPool", "keeps") => TextKind::Kept,
        ("Activity" | "Advice" | "RequestCondition" | "BufferCondition", "message" | "reason")
        | ("BufferShape", "error" | "object" | "kind")
        | ("Gap", "error")
        | ("Hindrance", "process" | "service" | "state" | "reason")
        | ("NodeGroupFacts", "made_by")
        | ("NotedFailure", "words")
        | ("PlacementRule", "word")
        | ("Pod", "scheduler_message")
        | ("Region", "unreadable")
        | ("RequestedShape", "problem")
        | ("Reservation", "state")
        | ("TagFacts", "problems") => TextKind::Sentence,
        (_, "region" | "zone" | "zones" | "away_from") | ("Region", "name") | ("Zone", "name" | "id") => TextKind::Place,
        (_, "machine_type") | ("MachineType", "name") => TextKind::MachineType,
        (_, "addresses" | "nominated_node" | "node" | "selected_node") | ("HostPort", "ip") | ("Node" | "CsiNode", "name") => {
            TextKind::Host
        }
        ("Node", "provider_id") => TextKind::ProviderId,
        (_, "topology_key" | "match_label_keys" | "driver" | "provisioner" | "class" | "extended_resource" | "key")
        | ("", "capacity_drivers" | "device_class_resources")
        | ("BufferStatus", "provisioningStrategy")
        | ("CapacityBuffer", "strategy")
        | ("DeviceClass", "name")
        | ("Gang", "same")
        | ("PodSpec", "scheduling_gates") => TextKind::Key,
        ("DeviceConstraint", "attribute") => TextKind::Attribute,
        ("DeviceConstraint", "requests") => TextKind::Path,
        ("DeviceAttribute", "string") => of_attribute(key),
        (_, "selectors") => TextKind::Expression,
        ("Owner" | "AddedObject", "kind") => TextKind::ObjectKind,
        ("Owner", "api_version") => TextKind::ApiVersion,
        ("Rejection", "found" | "role" | "label") => TextKind::Pair,
        ("TagFacts", "label_tags") => TextKind::TagKey,
        ("TagFacts", "settings") | ("ProvisioningRequest", "parameters") => TextKind::Setting,
        _ if is_of_label(of, field) => of_value(key.unwrap_or_default()),
        _ => TextKind::Name,
    }
}

/// Whether a field holds values of labels, taints or annotations.
fn is_of_label(of: &str, field: &str) -> bool {
    matches!(field, "labels" | "match_labels" | "node_selector" | "marks" | "drain_annotations") || of_values(of, field)
}

/// Whether a field is compared with the label or taint that its object names as `key`.
pub(super) fn of_values(of: &str, field: &str) -> bool {
    let compares = matches!(of, "Taint" | "Toleration" | "DeviceTaint" | "DeviceToleration" | "GroupTag");
    field == "values" || (field == "value" && compares)
}

/// Returns what the keys of a map are; nothing where they are numbers of ours.
pub(super) fn of_map(of: &str, field: &str) -> Option<MapKind> {
    let kind = match (of, field) {
        ("", "pod_specs") => return None,
        ("Device", "attributes" | "capacity")
        | ("DeviceAlternative", "capacity")
        | ("AllocatedDevice", "consumed")
        | ("CountersTaken", "counters")
        | ("ResourceSlice", "shared_counters") => TextKind::Attribute,
        ("PlacementGroup", "others") | ("ZoneChoice", "subnets") => TextKind::Place,
        ("TagFacts", "settings") => TextKind::SettingName,
        _ => TextKind::Key,
    };
    Some(MapKind(kind))
}

/// Attributes of devices whose values vendors choose.
const OF_VENDORS: [&str; 6] = ["productname", "brand", "architecture", "type", "model", "family"];

fn of_attribute(name: Option<&str>) -> TextKind {
    let name = name.unwrap_or_default();
    let name = name.rsplit_once('/').map_or(name, |(_, name)| name).to_ascii_lowercase();
    if OF_VENDORS.contains(&name.as_str()) { TextKind::Product } else { TextKind::Name }
}
