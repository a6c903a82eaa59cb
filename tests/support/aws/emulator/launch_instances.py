"""LaunchInstances: a launch that is answered with the ids of the instances, or with what kept them away.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_LaunchInstances.html
https://docs.aws.amazon.com/autoscaling/ec2/userguide/launch-instances-synchronously
moto does not have it. AWS documents the codes of its refusals; the words are of this emulator.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from . import accounts, capacity, launch_messages, launching, placements, pools

MOST_INSTANCES = 100
TOKEN = re.compile(r"[A-Za-z0-9_/-]{1,64}")
RETRY_STRATEGIES = ("none", "retry-with-group-configuration")
TOKEN_LIFE = timedelta(hours=8)


@dataclass(frozen=True)
class Wish:
    """The body of a call, but for its token."""

    group: str
    units: int
    zones: tuple
    zone_ids: tuple
    subnets: tuple
    strategy: str

    @staticmethod
    def of(response):
        return Wish(
            group=response._get_param("AutoScalingGroupName"),
            units=response._get_int_param("RequestedCapacity", 0),
            zones=tuple(response._get_param("AvailabilityZones", [])),
            zone_ids=tuple(response._get_param("AvailabilityZoneIds", [])),
            subnets=tuple(response._get_param("SubnetIds", [])),
            strategy=response._get_param("RetryStrategy", "none"),
        )

    def names_a_place(self):
        return bool(self.zones or self.zone_ids or self.subnets)


@dataclass
class Earlier:
    """What the first call with a token came to, and how many more calls find it still running."""

    wish: Wish
    answer: object
    at: object
    in_progress: int

    def again(self, wish):
        if wish != self.wish:
            raise AutoscalingClientError(
                "IdempotentParameterMismatch",
                "The parameters in the current request do not match the parameters from a previous request with the "
                "same client token within the idempotency window.",
            )
        if self.in_progress > 0:
            self.in_progress -= 1
            raise AutoscalingClientError(
                "IdempotentCallInProgress",
                "The service is currently processing another request with the same client token.",
            )
        return given(self.answer)


def given(answer):
    if isinstance(answer, Exception):
        raise answer
    return ActionResult(answer)


def launch_instances(self):
    wish, token = Wish.of(self), self._get_param("ClientToken", "")
    check_form(wish, token)
    group = capacity.find_group(self, wish.group)
    account = accounts.account(self.current_account)
    earlier = account.launch_tokens.get((self.region, token))
    if earlier is not None and utcnow() < earlier.at + TOKEN_LIFE:
        return earlier.again(wish)
    places = places_of(group, wish)
    check_group(group, wish)
    answer = carry_out(group, wish, places, token, account.launches)
    account.launch_tokens[(self.region, token)] = Earlier(wish, answer, utcnow(), account.launches.in_progress)
    return given(answer)


def check_form(wish, token):
    if not TOKEN.fullmatch(token):
        raise ValidationError(
            f"1 validation error detected: Value '{token}' at 'clientToken' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [A-Za-z0-9\\-_\\/]+, and have length between 1 and 64"
        )
    if wish.units < 1:
        raise ValidationError(
            f"1 validation error detected: Value '{wish.units}' at 'requestedCapacity' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1"
        )
    for name, values in (
        ("availabilityZones", wish.zones),
        ("availabilityZoneIds", wish.zone_ids),
        ("subnetIds", wish.subnets),
    ):
        if len(values) > 1:
            raise ValidationError(
                f"1 validation error detected: Value '{list(values)}' at '{name}' failed to satisfy constraint: "
                "Member must have length less than or equal to 1"
            )
    if wish.zones and wish.zone_ids:
        raise ValidationError("You cannot specify both AvailabilityZones and AvailabilityZoneIds.")
    if wish.strategy not in RETRY_STRATEGIES:
        raise ValidationError(
            f"1 validation error detected: Value '{wish.strategy}' at 'retryStrategy' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{', '.join(RETRY_STRATEGIES)}]"
        )


def places_of(group, wish):
    """The (zone, subnet) pairs of the group that the call allows."""
    own = pools.zones(group)
    if not wish.names_a_place():
        if len({zone for zone, _ in own}) > 1:
            raise ValidationError("AvailabilityZones or SubnetIds is required for a group with several Availability Zones.")
        return own
    ids = {zone.zone_id: zone.name for zone in group.ec2_backend.describe_availability_zones()}
    zones = [*wish.zones, *(ids.get(zone_id, zone_id) for zone_id in wish.zone_ids)]
    for zone in zones:
        if zone not in {own_zone for own_zone, _ in own}:
            raise ValidationError(f"Availability Zone {zone} is not one of the Auto Scaling group {group.name}.")
    for subnet in wish.subnets:
        if subnet not in {own_subnet for _, own_subnet in own}:
            raise ValidationError(f"Subnet {subnet} is not one of the Auto Scaling group {group.name}.")
    found = [
        (zone, subnet)
        for zone, subnet in own
        if (not zones or zone in zones) and (not wish.subnets or subnet in wish.subnets)
    ]
    if not found:
        raise ValidationError("The subnet is not in the Availability Zone.")
    return found


def check_group(group, wish):
    if group.ec2_launch_template is None:
        raise ValidationError("LaunchInstances is not supported for Auto Scaling groups that use a launch configuration.")
    if not has_one_purchase(group):
        raise ValidationError("LaunchInstances does not support On-Demand and Spot Instances in one mixed instances policy.")
    if group.desired_capacity + wish.units > group.max_size:
        raise ValidationError(
            f"RequestedCapacity {wish.units} would take the desired capacity {group.desired_capacity} above max value "
            f"{group.max_size} for the AutoScalingGroup."
        )
    # "Although this value can exceed 100 for instance weights, the actual instance count is limited to 100".
    lightest = min(pools.weight_of_type(group, instance_type) for instance_type, _, _ in pools.kinds(group))
    if -(-wish.units // lightest) > MOST_INSTANCES:
        raise ValidationError(f"A call can launch at most {MOST_INSTANCES} instances.")


def has_one_purchase(group):
    distribution = (group.mixed_instances_policy or {}).get("InstancesDistribution", {})
    base = int(distribution.get("OnDemandBaseCapacity") or 0)
    percentage = distribution.get("OnDemandPercentageAboveBaseCapacity")
    percentage = 100 if percentage is None else int(percentage)
    return percentage == 100 or (base, percentage) == (0, 0)


def carry_out(group, wish, places, token, rules):
    """The answer: a dict, or the error that AWS has for it."""
    if group.warm_pool is not None and not rules.cold_start:
        return no_warm_pools()
    chosen, refusals = choose(group, wish.units, places, rules)
    states, answered = [], []
    cause = cause_of(group, sum(pool.weight for pool in chosen))
    for pool in dict.fromkeys(chosen):
        started = launching.start(group, pool, chosen.count(pool), cause, token)
        states += started
        answered.append({**place(group, pool), "InstanceIds": [state.instance.id for state in started]})
    group.desired_capacity += launching.capacity(states)
    for state in states:
        state.unseen = rules.answered_lag.hold() if rules.answered_lag else None
    if rules.failures_written:
        for pool, failure in refusals:
            launching.note_failure(group, pool, failure, cause, wish.units)
    if states:
        rebalance(group, rules)
    if refusals and wish.strategy == "retry-with-group-configuration":
        capacity.request(group, group.desired_capacity + wish.units - launching.capacity(states))
    if group.warm_pool is not None:
        return no_warm_pools()
    errors = [
        {**place(group, pool), "ErrorCode": failure.code, "ErrorMessage": launch_messages.words_of(failure, group, pool, wish.units)}
        for pool, failure in refusals
    ]
    return {"AutoScalingGroupName": group.name, "ClientToken": token, "Instances": answered, "Errors": errors}


def no_warm_pools():
    """The error beside a warm pool, out of which nothing comes."""
    return AutoscalingClientError("UnsupportedOperation", "LaunchInstances is not supported for groups with a warm pool.")


def choose(group, units, places, rules):
    """The pools to launch from, one for each instance, and the (pool, failure) pairs on the way."""
    planned, chosen, refusals = launching.live(group), [], []
    while sum(pool.weight for pool in chosen) < units:
        pool = next_pool(group, planned, places, refusals, rules, units)
        if pool is None:
            break
        chosen.append(pool)
        planned.append(launching.Planned(pool))
    return chosen, refusals


def next_pool(group, planned, places, refusals, rules, units):
    for pool in pools.candidates(group, planned, group.desired_capacity + units):
        if (pool.zone, pool.subnet) not in places or any(pool == refused for refused, _ in refusals):
            continue
        placed, failure = launching.place(group, rules, pool, planned)
        if failure is None:
            return placed
        refusals.append((pool, failure))
    return None


def place(group, pool):
    ids = {zone.name: zone.zone_id for zone in group.ec2_backend.describe_availability_zones()}
    return {
        "InstanceType": pool.instance_type,
        # As in the user guide's example; the reference calls them On-Demand and Spot.
        "MarketType": "Spot" if pool.lifecycle == "spot" else "OnDemand",
        "SubnetId": pool.subnet,
        "AvailabilityZone": pool.zone,
        "AvailabilityZoneId": ids.get(pool.zone),
    }


def cause_of(group, more):
    """What AWS writes into the activities of such launches is documented nowhere."""
    before = launching.capacity(launching.live(group))
    text = f"a user request launched instances, increasing the capacity from {before} to {before + more}"
    return [(utcnow(), text)]


def rebalance(group, rules):
    """What AZRebalance launches because of a launch: in the emptiest zones, and desired stays."""
    cause = [(utcnow(), "an instance was launched to aid in balancing the group's zones")]
    for _ in range(rules.rebalanced):
        pool = pools.candidates(group, launching.live(group), group.desired_capacity)[0]
        launching.start(group, pool, 1, cause)


def install():
    AutoScalingResponse.launch_instances = launch_instances
