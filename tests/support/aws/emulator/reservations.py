"""Capacity Reservations, Capacity Blocks and interruptible reservations: moto has none of them.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeCapacityReservations.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/capacity-reservations-launch.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/capacity-blocks-how.html
A test puts them there; what is free follows from the instances in them, and their state from the clock.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from moto.autoscaling import autoscaling_backends
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.exceptions import EC2ClientError, InvalidParameterValue
from moto.ec2.responses.instances import InstanceResponse

from . import accounts, activities
from .launch_rules import Failure

MOST_ON_A_PAGE = 1000
BLOCK, INTERRUPTIBLE, ON_DEMAND = "capacity-block", "interruptible-capacity-reservation", "on-demand-capacity-reservation"
# "EC2 terminates the instances … 30 minutes (60 for UltraServers) before the end time of the Capacity Block."
BEFORE_THE_END, BEFORE_THE_END_OF_ULTRASERVERS = timedelta(minutes=30), timedelta(minutes=60)
GONE = ("terminated", "shutting-down")
# Of RunInstances, as people posted it; what a launch before the start answers is documented nowhere.
FULL = "ReservationCapacityExceeded"


@dataclass
class Reserved:
    """One reservation."""

    id: str
    region: str
    instance_type: str
    zone: str
    total: int
    owner: str
    kind: str = ON_DEMAND
    platform: str = "Linux/UNIX"
    tenancy: str = "default"
    criteria: str = "open"
    starts: object = None
    ends: object = None
    told_state: str | None = None
    launch_status: str | None = None
    resource_groups: list = field(default_factory=list)
    instances: list = field(default_factory=list)

    def state(self):
        now = utcnow()
        if self.told_state:
            return self.told_state
        if self.starts and now < self.starts:
            return "scheduled"
        return "expired" if self.ends and now >= self.ends else "active"

    def living(self):
        return [instance for instance in self.instances if instance._state.name not in GONE]

    def free(self, planned=()):
        if self.state() != "active" or self.is_ending():
            return 0
        coming = sum(1 for it in planned if getattr(it.instance, "reservation", None) == self.id)
        return max(0, self.total - len(self.living()) - coming)

    def is_ending(self):
        """Whether EC2 ends what is in it by now."""
        before = BEFORE_THE_END_OF_ULTRASERVERS if self.launch_status else BEFORE_THE_END
        return self.kind == BLOCK and self.ends is not None and utcnow() >= self.ends - before

    def shape(self):
        shown = {
            "CapacityReservationId": self.id,
            "OwnerId": self.owner,
            "CapacityReservationArn": f"arn:aws:ec2:{self.region}:{self.owner}:capacity-reservation/{self.id}",
            "InstanceType": self.instance_type,
            "InstancePlatform": self.platform,
            "AvailabilityZone": self.zone,
            "Tenancy": self.tenancy,
            "TotalInstanceCount": self.total,
            "AvailableInstanceCount": self.free(),
            "State": self.state(),
            "StartDate": self.starts,
            "EndDate": self.ends,
            "EndDateType": "limited" if self.ends else "unlimited",
            "InstanceMatchCriteria": self.criteria,
            "ReservationType": BLOCK if self.kind == BLOCK else "default",
            "Interruptible": self.kind == INTERRUPTIBLE,
            "LaunchStatus": self.launch_status,
            "Tags": [],
        }
        return {key: value for key, value in shown.items() if value is not None}


def of(account, region):
    return [it for it in account.reservations if it.region == region]


def put(account, wish):
    known = {name: wish[name] for name in Reserved.__dataclass_fields__ if wish.get(name) is not None}
    for name in ("starts", "ends"):
        if name in known:
            known[name] = activities.moment(known[name])
    account.reservations.append(Reserved(**({"owner": account.id} | known)))


def age(account, by):
    for it in account.reservations:
        it.starts, it.ends = it.starts and it.starts - by, it.ends and it.ends - by


# --- who launches into what


@dataclass(frozen=True)
class Use:
    """The kinds in order, the target (None: what is open), and whether nothing is launched outside."""

    kinds: tuple
    target_id: str | None
    target_group: str | None
    only: bool


def template_data(group, pool):
    if pool.template is None:
        return {}
    return group.ec2_backend.get_launch_template(pool.template).get_version(pool.version).data


def use_of(group, pool):
    """How a launch from a pool uses reservations, or None."""
    if pool.lifecycle == "spot":
        return None
    data = template_data(group, pool)
    of_template = data.get("CapacityReservationSpecification") or {}
    of_group = getattr(group, "capacity_reservation_specification", None) or {}
    target, own = of_template.get("CapacityReservationTarget") or {}, of_group.get("CapacityReservationTarget") or {}
    target_id = target.get("CapacityReservationId") if not own else next(iter(own.get("CapacityReservationIds") or []), None)
    arns = own.get("CapacityReservationResourceGroupArns") or []
    target_group = next(iter(arns), None) if own else target.get("CapacityReservationResourceGroupArn")
    segments = ((group.mixed_instances_policy or {}).get("InstancesDistribution") or {}).get("DistributionSegments")
    if segments:
        types = segments[0]["TargetCapacityTypes"]
        kinds = tuple(kind for kind in types if kind != "on-demand")
        return Use(kinds, target_id, target_group, "on-demand" not in types)
    market = (data.get("InstanceMarketOptions") or {}).get("MarketType")
    if market in (BLOCK, INTERRUPTIBLE):
        return Use((market,), target_id, target_group, True)
    preference = of_group.get("CapacityReservationPreference", "default")
    if preference == "default":
        preference = of_template.get("CapacityReservationPreference", "open")
        # "If the selected Capacity Reservation does not have sufficient capacity, the instance launch fails."
        is_only = preference == "capacity-reservations-only" or target_id is not None
    else:
        is_only = preference == "capacity-reservations-only"
    return None if preference == "none" else Use((ON_DEMAND,), target_id, target_group, is_only)


def fits(it, use, kind, group, pool):
    if it.kind != kind or (it.instance_type, it.zone, it.region) != (pool.instance_type, pool.zone, group.region):
        return False
    image = template_data(group, pool).get("ImageId") or group.image_id
    images = accounts.account(group.account_id).images
    platform = next((i.get("PlatformDetails") for i in images if i["ImageId"] == image), None) or "Linux/UNIX"
    tenancy = (template_data(group, pool).get("Placement") or {}).get("Tenancy", "default")
    if (it.platform, it.tenancy) != (platform, tenancy):
        return False
    if use.target_id:
        return it.id == use.target_id
    if use.target_group:
        return use.target_group in it.resource_groups
    return it.criteria == "open"


def seat(group, pool, planned):
    """The pool with the reservation into which it launches, and the failure of a launch without one."""
    use = use_of(group, pool)
    if use is None:
        return pool, None
    for kind in use.kinds:
        for it in of(accounts.account(group.account_id), group.region):
            if fits(it, use, kind, group, pool) and it.free(planned) > 0:
                return replace(pool, reservation=it.id), None
    if not use.only:
        return pool, None
    return pool, Failure(FULL if use.target_id else "InsufficientInstanceCapacity")


def ordered(group, candidates, planned):
    """The pools in the order of trial: `reservations-then-balanced` tries those with a free place first."""
    strategy = (getattr(group, "availability_zone_distribution", None) or {}).get("CapacityDistributionStrategy")
    if strategy != "reservations-then-balanced":
        return candidates
    return sorted(candidates, key=lambda pool: seat(group, pool, planned)[0].reservation is None)


def take_place(group, pool, instance):
    """The instance is in the reservation of its pool."""
    if pool.reservation is None:
        return
    it = next(it for it in of(accounts.account(group.account_id), group.region) if it.id == pool.reservation)
    it.instances.append(instance)
    instance.capacity_reservation_id = it.id
    if it.kind != ON_DEMAND:
        instance.lifecycle = it.kind


# --- what ends


def end_due(account_id, region):
    for it in of(accounts.account(account_id), region):
        if it.is_ending():
            end(account_id, it, it.living())


def end(account_id, it, instances):
    """EC2 ends instances, and Auto Scaling notices."""
    from . import capacity, removing

    ids = [instance.id for instance in instances]
    if not ids:
        return
    instances[0].ec2_backend.terminate_instances(ids)
    for group in autoscaling_backends[account_id][it.region].autoscaling_groups.values():
        if removing.lose(group, ids):
            capacity.reconcile(group)


def take_back(account, reservation_id, left):
    """The owner of an interruptible reservation takes it back but for so many places."""
    it = next(it for it in account.reservations if it.id == reservation_id)
    it.total = left
    end(account.id, it, it.living()[left:])


# --- answers


def describe_capacity_reservations(self):
    end_due(self.current_account, self.region)
    account = accounts.account(self.current_account)
    own, ids = of(account, self.region), self._get_param("CapacityReservationIds", [])
    unknown = [id for id in ids if id not in {it.id for it in own}]
    if unknown:
        raise EC2ClientError(
            "InvalidCapacityReservationId.NotFound", f"The capacity reservation id '{unknown[0]}' does not exist"
        )
    most = self._get_int_param("MaxResults", MOST_ON_A_PAGE)
    if not 1 <= most <= MOST_ON_A_PAGE:
        raise InvalidParameterValue(
            f"Value ( {most} ) for parameter maxResults is invalid. Expecting a value between 1 and {MOST_ON_A_PAGE}."
        )
    filters = self._filters_from_querystring()
    found = [it.shape() for it in own if (not ids or it.id in ids) and passes(it.shape(), filters)]
    first = int(self._get_param("NextToken") or 0)
    last = first + account.page_of(most)
    token = str(last) if last < len(found) else None
    return ActionResult({"CapacityReservations": found[first:last], "NextToken": token})


FILTERS = {
    "instance-type": "InstanceType",
    "owner-id": "OwnerId",
    "instance-platform": "InstancePlatform",
    "availability-zone": "AvailabilityZone",
    "tenancy": "Tenancy",
    "state": "State",
    "end-date-type": "EndDateType",
    "instance-match-criteria": "InstanceMatchCriteria",
}


def passes(shown, filters):
    for name, values in filters.items():
        if name not in FILTERS:
            raise InvalidParameterValue(f"The filter '{name}' is invalid")
        if shown[FILTERS[name]] not in values:
            return False
    return True


def get_groups_for_capacity_reservation(self):
    wanted = self._get_param("CapacityReservationId")
    account = accounts.account(self.current_account)
    it = next((it for it in of(account, self.region) if it.id == wanted), None)
    if it is None:
        raise EC2ClientError("InvalidCapacityReservationId.NotFound", f"The capacity reservation id '{wanted}' does not exist")
    groups = [{"GroupArn": arn, "OwnerId": account.id} for arn in it.resource_groups]
    return ActionResult({"CapacityReservationGroups": groups})


def describe_auto_scaling_groups(self):
    end_due(self.current_account, self.region)
    return describe_groups(self)


def describe_instances(self):
    end_due(self.current_account, self.region)
    return describe_machines(self)


def install():
    global describe_groups, describe_machines
    describe_groups = AutoScalingResponse.describe_auto_scaling_groups
    AutoScalingResponse.describe_auto_scaling_groups = describe_auto_scaling_groups
    describe_machines = InstanceResponse.describe_instances
    InstanceResponse.describe_instances = describe_instances
    InstanceResponse.describe_capacity_reservations = describe_capacity_reservations
    InstanceResponse.get_groups_for_capacity_reservation = get_groups_for_capacity_reservation
