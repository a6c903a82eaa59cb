"""What a group may launch and where: instance types, purchase option, weight, subnet.

moto launches a group's first type into its first subnet. AWS balances over the
zones and, in a mixed instances policy, goes through the overrides.
https://docs.aws.amazon.com/autoscaling/ec2/userguide/allocation-strategies.html
"""

import math
from dataclasses import dataclass

from .instance_types import matching


@dataclass(frozen=True)
class Pool:
    """One kind of instance in one subnet."""

    instance_type: str
    lifecycle: str
    weight: int
    zone: str
    subnet: str | None
    template: str | None = None
    version: int | None = None
    # The id of the reservation that a launch takes a place of.
    reservation: str | None = None


def overrides(group):
    policy = group.mixed_instances_policy or {}
    return policy.get("LaunchTemplate", {}).get("Overrides") or []


def weight_of_type(group, instance_type):
    for override in overrides(group):
        if override.get("InstanceType") == instance_type:
            return int(override.get("WeightedCapacity") or 1)
    return 1


def is_weighted(group):
    return any(override.get("WeightedCapacity") for override in overrides(group))


def zones(group):
    """(zone, subnet) of the group, in its own order."""
    if not group.vpc_zone_identifier:
        return [(zone, None) for zone in group.availability_zones]
    subnets = [group.ec2_backend.get_subnet(id) for id in group.vpc_zone_identifier.split(",")]
    return [(subnet.availability_zone, subnet.id) for subnet in subnets]


def candidates(group, live, capacity):
    """The pools to try for the next instance, best first.

    The zone with the fewest instances comes first, then the group's order of zones;
    within a zone the overrides in their order ("prioritized" and "lowest-price" alike:
    the emulator knows no prices).
    """
    by_zone = {}
    for state in live:
        by_zone[state.availability_zone] = by_zone.get(state.availability_zone, 0) + 1
    places = sorted(zones(group), key=lambda place: by_zone.get(place[0], 0))
    lifecycle = next_lifecycle(group, live, capacity)
    return [
        Pool(instance_type, lifecycle, weight_of_type(group, instance_type), zone, subnet, template, version)
        for zone, subnet in places
        for instance_type, template, version in kinds(group)
    ]


def kinds(group):
    """(instance type, launch template id, its version) in order of preference."""
    if group.ec2_launch_template is None:
        return [(group.launch_config.instance_type, None, None)]
    template = group.ec2_launch_template
    version = template.get_version(group.launch_template_version)
    listed = []
    for override in overrides(group):
        own, own_version = template, version
        spec = override.get("LaunchTemplateSpecification")
        if spec:
            own = named_template(group, spec)
            own_version = own.get_version(spec.get("Version") or "$Default")
        types = types_of(group, override)
        listed += [(instance_type, own.id, own_version.number) for instance_type in types]
    return listed or [(version.instance_type, template.id, version.number)]


def types_of(group, override):
    if "InstanceType" in override:
        return [override["InstanceType"]]
    return matching(group.ec2_backend, ["x86_64"], ["hvm"], override["InstanceRequirements"])


def named_template(group, spec):
    if spec.get("LaunchTemplateId"):
        return group.ec2_backend.get_launch_template(spec["LaunchTemplateId"])
    return group.ec2_backend.get_launch_template_by_name(spec["LaunchTemplateName"])


def next_lifecycle(group, live, capacity):
    """Spot or on-demand for the next instance, as the group's distribution wants it."""
    if group.mixed_instances_policy:
        distribution = group.mixed_instances_policy.get("InstancesDistribution", {})
        base = int(distribution.get("OnDemandBaseCapacity") or 0)
        percentage = distribution.get("OnDemandPercentageAboveBaseCapacity")
        percentage = 100 if percentage is None else int(percentage)
        above = max(0, capacity - base)
        wanted = min(capacity, base) + math.ceil(above * percentage / 100)
        have = sum(state.weight for state in live if state.instance.lifecycle != "spot")
        return "on-demand" if have < wanted else "spot"
    if group.ec2_launch_template is None:
        return "spot" if group.launch_config.spot_price else "on-demand"
    data = group.ec2_launch_template.get_version(group.launch_template_version).data
    market = data.get("InstanceMarketOptions", {}).get("MarketType")
    return "spot" if market == "spot" else "on-demand"
