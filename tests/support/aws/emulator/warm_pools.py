"""Warm pools: stopped instances that a group launches from before it asks EC2 for new ones.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-warm-pools.html
They are in DescribeWarmPool and not among the instances of DescribeAutoScalingGroups, which only counts them
(WarmPoolSize). moto keeps the configuration and no instance.
"""

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import FakeAutoScalingGroup, InstanceState
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from . import accounts, activities, launching, pools

STOPPED = ("stopped", 80)
MOST_ON_A_PAGE = 50


def of(group):
    # moto's constructor already launches, so the list can't be made there.
    return group.__dict__.setdefault("warm_instances", [])


def put(group, size):
    """A warm pool with so many stopped instances."""
    group.put_warm_pool(max_group_prepared_capacity=None, min_size=size, pool_state="Stopped", instance_reuse_policy=None)
    for _ in range(size):
        pool = pools.candidates(group, launching.live(group) + of(group), size)[0]
        [instance] = launching.run_instances(group, pool, 1)
        state = InstanceState(instance, autoscaling_group=group)
        state.launched_from = launching.launched_from(group, pool)
        state.lifecycle_state = "Warmed:Stopped"
        launching.set_state(instance, STOPPED)
        of(group).append(state)
        activity = activities.note(
            group,
            description=f"Launching a new EC2 instance into warm pool: {instance.id}",
            cause=[(utcnow(), "a user request set up the warm pool")],
            start=utcnow(),
            zone=pool.zone,
            subnet=pool.subnet,
        )
        activity.finish()


def draw(group, wanted, cause):
    """Takes up to `wanted` instances out of the pool into the group."""
    for _ in range(min(wanted, len(of(group)))):
        state = of(group).pop(0)
        launching.begin(
            group,
            state,
            activities.note(
                group,
                description=f"Launching a new EC2 instance from warm pool: {state.instance.id}",
                cause=list(cause),
                start=utcnow(),
                progress=30,
                zone=state.availability_zone,
                subnet=state.instance.subnet_id,
            ),
        )


def describe_warm_pool(self):
    group = self.autoscaling_backend.autoscaling_groups.get(self._get_param("AutoScalingGroupName"))
    if group is None:
        raise activities.group_not_found(self._get_param("AutoScalingGroupName"))
    most = self._get_int_param("MaxRecords", MOST_ON_A_PAGE)
    if not 1 <= most <= MOST_ON_A_PAGE:
        raise ValidationError(
            f"1 validation error detected: Value '{most}' at 'maxRecords' failed to satisfy constraint: "
            f"Member must have value less than or equal to {MOST_ON_A_PAGE}"
        )
    first = int(self._get_param("NextToken") or 0)
    last = first + accounts.account(self.current_account).page_of(most)
    token = str(last) if last < len(of(group)) else None
    found = {"WarmPoolConfiguration": group.warm_pool, "Instances": of(group)[first:last], "NextToken": token}
    return ActionResult(found)


def install():
    AutoScalingResponse.describe_warm_pool = describe_warm_pool
    FakeAutoScalingGroup.warm_pool_configuration = property(lambda group: group.warm_pool)
    FakeAutoScalingGroup.warm_pool_size = property(lambda group: len(of(group)) if group.warm_pool else None)
