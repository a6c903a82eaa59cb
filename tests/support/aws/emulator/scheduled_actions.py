"""Scheduled actions: moto keeps them and never carries one out.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeScheduledActions.html
One that is due is carried out at the next look at the groups; of a recurring one the first time.
"""

from datetime import datetime

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from . import accounts, activities, capacity

MOST_ON_A_PAGE = 100


def start_of(action):
    start = action.start_time
    return activities.moment(start) if isinstance(start, str) else start and start.replace(tzinfo=None)


def age(backend, by):
    """What is to come comes that much earlier."""
    for action in backend.scheduled_actions.values():
        if action.start_time:
            action.start_time = start_of(action) - by


def carry_out(backend):
    now = utcnow().replace(tzinfo=None)
    for name, action in list(backend.scheduled_actions.items()):
        group = backend.autoscaling_groups.get(action.auto_scaling_group_name)
        if group is None or not start_of(action) or start_of(action) > now:
            continue
        if "ScheduledActions" in group._suspended_processes:
            continue
        set_sizes(group, action)
        if action.recurrence:
            action.start_time = None
        else:
            del backend.scheduled_actions[name]


def set_sizes(group, action):
    before = group.desired_capacity
    group.min_size = group.min_size if action.min_size is None else action.min_size
    group.max_size = group.max_size if action.max_size is None else action.max_size
    wanted = before if action.desired_capacity is None else action.desired_capacity
    group.desired_capacity = min(max(wanted, group.min_size), group.max_size)
    text = (
        f"a scheduled action update of AutoScalingGroup constraints to min: {group.min_size}, max: {group.max_size}, "
        f"desired: {group.desired_capacity} changing the desired capacity from {before} to {group.desired_capacity}"
    )
    capacity.reconcile(group, (utcnow(), text))


def describe_scheduled_actions(self):
    backend = self.autoscaling_backend
    most = self._get_int_param("MaxRecords", 50)
    if not 1 <= most <= MOST_ON_A_PAGE:
        raise ValidationError(
            f"1 validation error detected: Value '{most}' at 'maxRecords' failed to satisfy constraint: "
            f"Member must have value less than or equal to {MOST_ON_A_PAGE}"
        )
    carry_out(backend)
    name = self._get_param("AutoScalingGroupName")
    found = [shape(a) for a in backend.scheduled_actions.values() if name in (None, a.auto_scaling_group_name)]
    first = int(self._get_param("NextToken") or 0)
    last = first + accounts.account(self.current_account).page_of(most)
    token = str(last) if last < len(found) else None
    return ActionResult({"ScheduledUpdateGroupActions": found[first:last], "NextToken": token})


def shape(action):
    shown = {
        "AutoScalingGroupName": action.auto_scaling_group_name,
        "ScheduledActionName": action.scheduled_action_name,
        "StartTime": start_of(action),
        "EndTime": action.end_time,
        "Recurrence": action.recurrence,
        "MinSize": action.min_size,
        "MaxSize": action.max_size,
        "DesiredCapacity": action.desired_capacity,
        "TimeZone": action.time_zone,
    }
    return {key: value for key, value in shown.items() if value is not None}


def describe_auto_scaling_groups(self):
    carry_out(self.autoscaling_backend)
    return describe_groups(self)


def install():
    global describe_groups
    describe_groups = AutoScalingResponse.describe_auto_scaling_groups
    AutoScalingResponse.describe_auto_scaling_groups = describe_auto_scaling_groups
    AutoScalingResponse.describe_scheduled_actions = describe_scheduled_actions
