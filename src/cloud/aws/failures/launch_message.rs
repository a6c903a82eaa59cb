//! What AWS's message about a failed launch means: whether capacity is missing, and which zone and
//! machine type it blames.
//!
//! The forms are those of the user guide ("Troubleshoot issues in Amazon EC2 Auto Scaling") and of
//! activities that people posted.

use crate::cloud::launch::LaunchFailureCode;
use crate::snapshot::is_zone_of;

/// Codes and sentences that mean that a zone has no more capacity, or a subnet no more addresses.
const ZONE_IS_SPENT: [&str; 12] = [
    "insufficientinstancecapacity",
    "insufficient capacity",
    "insufficienthostcapacity",
    "insufficientreservedinstancecapacity",
    "reservationcapacityexceeded",
    "sufficient compatible and available capacity",
    "unfulfillablecapacity",
    "unable to fulfill capacity",
    "do not have sufficient",
    "no spot capacity available",
    "lower than the minimum required spot request fulfillment price",
    "insufficientfreeaddressesinsubnet",
];

/// Codes and sentences about limits of the account and about prices, which hold in every zone.
const LIMIT_IS_REACHED: [&str; 7] = [
    "limitexceeded",
    "limit exceeded",
    "current instance limit",
    "current vcpu limit",
    "spotinstancecountexceeded",
    "spot instance count exceeded",
    "spotmaxpricetoolow",
];

/// Whether a message is about missing capacity or a limit.
pub(crate) fn speaks_of_capacity(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    // "RequestLimitExceeded" is about calls to an API, not about machines.
    let is_about_calls = message.contains("requestlimitexceeded") || message.contains("request limit exceeded");
    !is_about_calls
        && (is_full_placement(&message) || ZONE_IS_SPENT.iter().chain(&LIMIT_IS_REACHED).any(|words| message.contains(words)))
}

/// Codes and words about a zone that has no room for the group, whatever the type: no address is
/// left.
const ZONE_IS_FULL: [&str; 1] = ["insufficientfreeaddressesinsubnet"];

/// Words of a refusal by a placement group whose machines are in another zone: "The placement group
/// 'gpu' is in use in another availability zone: us-west-2b"
/// (<https://github.com/hashicorp/terraform/issues/8064>).
const IN_ANOTHER_ZONE: &str = "in use in another availability zone";

/// Whether a message is about a placement group that has no room in the zone that was tried,
/// whatever the type. What else the zone has is another matter.
pub(crate) fn is_about_full_placement(message: &str) -> bool {
    is_full_placement(&message.to_ascii_lowercase())
}

fn is_full_placement(lower_case: &str) -> bool {
    let is_full = || ZONE_IS_SPENT.iter().any(|words| lower_case.contains(words));
    lower_case.contains("placement group") && (lower_case.contains(IN_ANOTHER_ZONE) || is_full())
}

/// Codes and words about a machine type that a zone does not have at all.
const TYPE_IS_NOT_THERE: [&str; 2] = ["requested availability zone", "unsupported"];

/// Returns what a failure means that is told by a code and a message.
pub(crate) fn failure_code(code_and_message: &str) -> LaunchFailureCode {
    let words = code_and_message.to_ascii_lowercase();
    let holds_any = |known: &[&str]| known.iter().any(|known| words.contains(known));
    if is_full_placement(&words) {
        return LaunchFailureCode::PlacementFull;
    }
    if !speaks_of_capacity(code_and_message) {
        return if holds_any(&TYPE_IS_NOT_THERE) { LaunchFailureCode::NotOffered } else { LaunchFailureCode::Other };
    }
    match (holds_any(&ZONE_IS_SPENT), holds_any(&ZONE_IS_FULL)) {
        (true, true) => LaunchFailureCode::NoRoom,
        (true, false) => LaunchFailureCode::NoCapacity,
        (false, _) => LaunchFailureCode::LimitReached,
    }
}

/// Words with which AWS's advice begins, or what it states of another zone. Zones named after them
/// are not at fault.
const ADVICE: [&str; 5] = ["You can currently get", "Please retry", "Please visit", "or choosing", IN_ANOTHER_ZONE];

/// Returns the zone that a message blames: "… in the Availability Zone you requested (us-west-2a)".
/// Returns `None` when it blames none, or several at once.
pub(crate) fn zone_at_fault(message: &str, region: &str) -> Option<String> {
    let mut zones = words_before_advice(message).filter(|word| is_zone_of(word, region));
    let zone = zones.next()?;
    zones.all(|other| other == zone).then(|| zone.to_owned())
}

/// Returns the machine type that a message blames: "… do not have sufficient p3.2xlarge capacity
/// …". Returns `None` as [`zone_at_fault`] does.
pub(crate) fn type_at_fault(message: &str) -> Option<String> {
    let mut types = words_before_advice(message).filter(|word| is_machine_type(word));
    let machine_type = types.next()?;
    types.all(|other| other == machine_type).then(|| machine_type.to_owned())
}

fn words_before_advice(message: &str) -> impl Iterator<Item = &str> {
    let end = ADVICE.iter().filter_map(|words| message.find(words)).min().unwrap_or(message.len());
    let is_apart = |letter: char| !(letter.is_ascii_alphanumeric() || letter == '-' || letter == '.');
    message[..end].split(is_apart).map(|word| word.trim_end_matches('.')).filter(|word| !word.is_empty())
}

/// Whether a word is a machine type, such as `p3.2xlarge`, `m7g.metal-48xl` or `u-6tb1.112xlarge`:
/// a family with a digit, a dot and a size.
fn is_machine_type(word: &str) -> bool {
    let Some((family, size)) = word.split_once('.') else { return false };
    let is_family =
        family.starts_with(|letter: char| letter.is_ascii_lowercase()) && family.contains(|it: char| it.is_ascii_digit());
    let is_size = ["nano", "micro", "small", "medium"].contains(&size) || size.ends_with("large") || size.starts_with("metal");
    is_family && is_size
}

/// Whether a message that names no zone is about the zone that was tried: capacity and addresses
/// belong to a zone, while limits, images and permissions concern the whole group.
pub(crate) fn is_about_one_zone(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    is_full_placement(&message)
        || message.contains("requested availability zone")
        || ZONE_IS_SPENT.iter().any(|words| message.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Messages as the user guide ("Troubleshoot Amazon EC2 Auto Scaling") and people's posts show
    /// them.
    #[test]
    fn missing_capacity_and_limits_are_told_from_other_trouble() {
        for message in [
            "We currently do not have sufficient p3.16xlarge capacity in the Availability Zone you requested (us-west-2a). Our \
             system will be working on provisioning additional capacity. Launching EC2 instance failed.",
            "You have requested more instances (11) than your current instance limit of 10 allows for the specified instance \
             type. Launching EC2 instance failed.",
            "You have requested more vCPU capacity than your current vCPU limit of 32 allows for the instance bucket that the \
             specified instance type belongs to. Launching EC2 instance failed.",
            "Could not launch On-Demand Instances. VcpuLimitExceeded - You have requested more vCPU capacity. Launching EC2 \
             instance failed.",
            "Could not launch Spot Instances. UnfulfillableCapacity - Unable to fulfill capacity due to your request \
             configuration. Please adjust your request and try again. Launching EC2 instance failed.",
            "Could not launch Spot Instances. SpotMaxPriceTooLow - Your Spot request price of 0.01 is lower than the minimum \
             required Spot request fulfillment price of 0.0464. Launching EC2 instance failed.",
            "Could not launch Spot Instances. MaxSpotInstanceCountExceeded - Max spot instance count exceeded. Launching EC2 \
             instance failed.",
            "Could not launch Spot Instances. InsufficientInstanceCapacity - There is no Spot capacity available that matches \
             your request. Launching EC2 instance failed.",
            "The requested reservation does not have sufficient compatible and available capacity for this request. Launching EC2 \
             instance failed.",
            "Could not launch On-Demand Instances. ReservationCapacityExceeded - The requested reservation is full. Launching EC2 \
             instance failed.",
            "Insufficient capacity",
            "Volume limit exceeded. Launching EC2 instance failed.",
            "InsufficientFreeAddressesInSubnet - There are not enough free addresses in subnet 'subnet-1' to satisfy the \
             requested number of instances.",
        ] {
            assert!(speaks_of_capacity(message), "{message}");
        }
        for message in [
            "",
            "Desired capacity was changed by a user request. Cancelling the launch.",
            "The AMI ID 'ami-1' does not exist. Launching EC2 instance failed.",
            "You are not authorized to perform this operation. Launching EC2 instance failed.",
            "The capacity reservation id 'cr-1' does not exist. Launching EC2 instance failed.",
            "RequestLimitExceeded: Request limit exceeded.",
            "Placed Spot instance request: sir-1. Waiting for instance(s)",
        ] {
            assert!(!speaks_of_capacity(message), "{message}");
        }
    }

    #[test]
    fn a_failure_is_of_a_type_of_a_zone_or_of_every_zone() {
        use LaunchFailureCode::{LimitReached, NoCapacity, NoRoom, NotOffered, Other, PlacementFull};
        for (words, expected) in [
            ("InsufficientInstanceCapacity: We currently do not have sufficient m5.large capacity.", NoCapacity),
            ("UnfulfillableCapacity: Unable to fulfill capacity due to your request configuration.", NoCapacity),
            ("InsufficientReservedInstanceCapacity: The requested reservation is full.", NoCapacity),
            ("ReservationCapacityExceeded: The requested reservation does not have sufficient capacity.", NoCapacity),
            ("InvalidCapacityReservationId.NotFound: The capacity reservation id 'cr-1' does not exist", Other),
            ("InsufficientFreeAddressesInSubnet: There are not enough free addresses in subnet 'subnet-1'.", NoRoom),
            ("InsufficientInstanceCapacity: The spread placement group has seven instances in this zone.", PlacementFull),
            ("InvalidPlacementGroup.InUse: The placement group 'a' is in use in another availability zone: r", PlacementFull),
            ("InvalidPlacementGroup.Unknown: The Placement Group 'a' is unknown.", Other),
            (
                "VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit of 8 allows.",
                LimitReached,
            ),
            ("MaxSpotInstanceCountExceeded: Max spot instance count exceeded.", LimitReached),
            (
                "InvalidFleetConfiguration: Your requested instance type (m7g.metal) is not supported in your requested \
                 Availability Zone (us-east-1e).",
                NotOffered,
            ),
            ("Unsupported: The requested configuration is currently not supported.", NotOffered),
            ("InvalidAMIID.NotFound: The AMI ID 'ami-1' does not exist", Other),
            ("RequestLimitExceeded: Request limit exceeded.", Other),
            ("", Other),
        ] {
            assert_eq!(failure_code(words), expected, "{words}");
        }
    }

    /// The zones after "choosing" are those that would do.
    #[test]
    fn the_requested_zone_and_type_are_blamed_and_not_the_proposed_ones() {
        for (message, zone, machine_type) in [
            (
                "We currently do not have sufficient p3.2xlarge capacity in the Availability Zone you requested (us-east-1a). Our \
                 system will be working on provisioning additional capacity. You can currently get p3.2xlarge capacity by not \
                 specifying an Availability Zone in your request or choosing us-east-1b, us-east-1c. Launching EC2 instance failed.",
                Some("us-east-1a"),
                Some("p3.2xlarge"),
            ),
            (
                "Could not launch On-Demand Instances. InsufficientInstanceCapacity - We currently do not have sufficient \
                 u-6tb1.112xlarge capacity in the Availability Zone you requested (us-east-1-bos-1a). Launching EC2 instance failed.",
                Some("us-east-1-bos-1a"),
                Some("u-6tb1.112xlarge"),
            ),
            (
                "Your requested instance type (m7g.metal) is not supported in your requested Availability Zone (us-east-1e). \
                 Please retry your request by not specifying an Availability Zone or choosing us-east-1a, us-east-1b.",
                Some("us-east-1e"),
                Some("m7g.metal"),
            ),
            (
                "We currently do not have sufficient p5.48xlarge capacity in zones with support for 'gp3' volumes. Our system \
                 will be working on provisioning additional capacity.",
                None,
                Some("p5.48xlarge"),
            ),
            (
                "The requested Availability Zone is no longer supported. Please retry your request by not specifying an \
                 Availability Zone or choosing us-east-1b, us-east-1d. Launching EC2 instance failed.",
                None,
                None,
            ),
            ("The placement group 'a' is in use in another availability zone: us-east-1b.", None, None),
            ("Insufficient capacity in us-east-1a and us-east-1b.", None, None),
            ("Insufficient capacity in us-west-2a of ec2.amazonaws.com for 1.5 hours.", None, None),
            ("Not enough m5.large, m5a.large.", None, None),
            ("", None, None),
        ] {
            let blamed = (zone_at_fault(message, "us-east-1"), type_at_fault(message));
            assert_eq!((blamed.0.as_deref(), blamed.1.as_deref()), (zone, machine_type), "{message}");
        }
    }

    #[test]
    fn capacity_is_a_zones_and_limits_are_not() {
        for (message, expected) in [
            ("Could not launch Spot Instances. UnfulfillableCapacity - Unable to fulfill capacity.", true),
            ("There is no Spot capacity available that matches your request.", true),
            ("The requested reservation does not have sufficient compatible and available capacity for this request.", true),
            ("InsufficientFreeAddressesInSubnet - There are not enough free addresses in subnet 'subnet-1'.", true),
            ("The requested Availability Zone is no longer supported. Please retry your request.", true),
            ("The placement group 'a' is in use in another availability zone: us-east-1b.", true),
            ("You have requested more instances (11) than your current instance limit of 10 allows.", false),
            ("Max spot instance count exceeded.", false),
            ("The AMI ID 'ami-1' does not exist. Launching EC2 instance failed.", false),
        ] {
            assert_eq!(is_about_one_zone(message), expected, "{message}");
        }
    }
}
