"""AWS's own words for launches that fail.

From the user guide, "Troubleshoot issues in Amazon EC2 Auto Scaling", and from
activities that people posted. A group with a mixed instances policy launches
through EC2 Fleet, whose messages name the purchase option and the error code.
"""

WORDS = {
    "InsufficientInstanceCapacity": (
        "We currently do not have sufficient {type} capacity in the Availability Zone you requested ({zone}). "
        "Our system will be working on provisioning additional capacity. You can currently get {type} capacity by "
        "not specifying an Availability Zone in your request or choosing {other_zones}."
    ),
    "ReservationCapacityExceeded": (
        "The requested reservation does not have sufficient compatible and available capacity for this request."
    ),
    "InsufficientSpotCapacity": "There is no Spot capacity available that matches your request.",
    "InstanceLimitExceeded": (
        "You have requested more instances ({asked}) than your current instance limit of {limit} allows for the "
        "specified instance type. Please visit http://aws.amazon.com/contact-us/ec2-request to request an "
        "adjustment to this limit."
    ),
    "VcpuLimitExceeded": (
        "You have requested more vCPU capacity than your current vCPU limit of 8 allows for the instance bucket that "
        "the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request "
        "an adjustment to this limit."
    ),
    "MaxSpotInstanceCountExceeded": "Max spot instance count exceeded.",
    "UnfulfillableCapacity": (
        "Unable to fulfill capacity due to your request configuration. Please adjust your request and try again."
    ),
    "SpotMaxPriceTooLow": (
        "Your Spot request price of {price} is lower than the minimum required Spot request fulfillment price "
        "of {floor}."
    ),
    "VolumeLimitExceeded": "Volume limit exceeded.",
    "InvalidFleetConfiguration": (
        "Your requested instance type ({type}) is not supported in your requested Availability Zone ({zone})."
    ),
    "Unsupported": (
        "Your requested instance type ({type}) is not supported in your requested Availability Zone ({zone}). "
        "Please retry your request by not specifying an Availability Zone or choosing {other_zones}."
    ),
}


def words_of(failure, group, pool, asked):
    """EC2's words for a launch that `failure` stopped in `pool`."""
    # EC2 has one code for both purchase options, and words for each.
    is_spot = failure.code == "InsufficientInstanceCapacity" and pool.lifecycle == "spot"
    words = WORDS.get("InsufficientSpotCapacity" if is_spot else failure.code, f"{failure.code}.")
    others = [zone for zone in group.availability_zones if zone != pool.zone]
    return failure.message or words.format(
        type=pool.instance_type,
        zone=pool.zone,
        other_zones=", ".join(others) or "another Availability Zone",
        asked=asked,
        limit=asked - 1,
        price="0.01",
        floor="0.0464",
    )


def status_message(failure, group, pool, asked):
    """The StatusMessage of a launch that `failure` stopped in `pool`."""
    text = words_of(failure, group, pool, asked)
    if failure.message is None and group.mixed_instances_policy:
        option = "Spot" if pool.lifecycle == "spot" else "On-Demand"
        text = f"Could not launch {option} Instances. {failure.code} - {text}"
    if text.endswith("Launching EC2 instance failed."):
        return text
    return f"{text} Launching EC2 instance failed."
