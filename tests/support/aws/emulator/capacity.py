"""Desired capacity: its bounds, its requests, and bringing the instances to it.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetDesiredCapacity.html
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_TerminateInstanceInAutoScalingGroup.html
"""

import copy

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup, InstanceState
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

from . import accounts, activities, launching, removing
from .launch_rules import Hold

MOST_GROUPS_ON_A_PAGE = 100


def reconcile(group, reason=None):
    """What Auto Scaling does by itself all the time, done once."""
    have, want = launching.capacity(launching.live(group)), group.desired_capacity
    suspended = group._suspended_processes
    if have < want and "Launch" not in suspended:
        delay = accounts.account(group.account_id).launches.delay_of(group)
        if delay is not None and delay.stage == "requested":
            group.unstarted = (reason, delay.hold())
        else:
            launching.launch(group, reason)
    elif have > want and "Terminate" not in suspended:
        removing.scale_in(group, reason)


def settle(group, described=False):
    """Lets everything go on whose hold is over. `described` counts one look at the group."""
    reason, hold = getattr(group, "unstarted", None) or (None, None)
    if hold is not None:
        if hold.over():
            group.unstarted = None
            launching.launch(group, reason)
        elif described:
            hold.described()
    for state in list(group.instance_states):
        if state.lifecycle_state == "Pending" and state.hold is not None:
            if state.hold.over():
                launching.come_into_service(state)
            elif described:
                state.hold.described()
        if state.unseen is not None:
            if state.unseen.over():
                state.unseen = None
            elif described:
                state.unseen.described()


def release(group):
    """Ends every hold on the group's launches."""
    if getattr(group, "unstarted", None):
        reason, _ = group.unstarted
        group.unstarted = (reason, Hold(told=True))
    for state in group.instance_states:
        if state.hold is not None:
            state.hold.told = True
        state.unseen = None
    settle(group)


def set_group_desired_capacity(self, new_capacity):
    """Stands in for moto's: reached by creation, update, detaching, standby and deletion."""
    is_new = "created_time" not in self.__dict__
    before = 0 if is_new else self.desired_capacity
    self.desired_capacity = self.min_size if new_capacity is None else new_capacity
    reason = None
    if before != self.desired_capacity:
        what = "created an AutoScalingGroup"
        if not is_new:
            what = (
                f"update of AutoScalingGroup constraints to min: {self.min_size}, max: {self.max_size}, "
                f"desired: {self.desired_capacity}"
            )
        text = f"a user request {what} changing the desired capacity from {before} to {self.desired_capacity}"
        reason = (utcnow(), text)
    reconcile(self, reason)


def find_group(response, name):
    group = response.autoscaling_backend.autoscaling_groups.get(name)
    if group is None:
        raise activities.group_not_found(name)
    return group


def set_desired_capacity(self):
    group = find_group(self, self._get_param("AutoScalingGroupName"))
    wanted = self._get_int_param("DesiredCapacity")
    if wanted > group.max_size:
        raise ValidationError(
            f"New SetDesiredCapacity value {wanted} is above max value {group.max_size} for the AutoScalingGroup."
        )
    if wanted < group.min_size:
        raise ValidationError(
            f"New SetDesiredCapacity value {wanted} is below min value {group.min_size} for the AutoScalingGroup."
        )
    request(group, wanted)
    return EmptyResult()


def request(group, wanted):
    """Somebody explicitly sets the desired capacity."""
    before = group.desired_capacity
    if wanted != before:
        group.desired_capacity = wanted
        text = (
            "a user request explicitly set group desired capacity changing the desired capacity "
            f"from {before} to {wanted}"
        )
        reconcile(group, (utcnow(), text))


def terminate_instance_in_auto_scaling_group(self):
    instance_id = self._get_param("InstanceId")
    decrement = self._get_bool_param("ShouldDecrementDesiredCapacity", False)
    for group in self.autoscaling_backend.autoscaling_groups.values():
        for state in group.instance_states:
            if state.instance.id == instance_id and not state.lifecycle_state.startswith("Terminat"):
                return ActionResult({"Activity": terminate(group, state, decrement)})
    raise ValidationError(f"Instance Id not found - No managed instance found for instance ID {instance_id}")


def terminate(group, state, decrement):
    before = group.desired_capacity
    text = f"instance {state.instance.id} was taken out of service in response to a user request"
    if decrement:
        if before - state.weight < group.min_size:
            raise ValidationError(
                f"Currently, desiredSize equals minSize ({group.min_size}). Terminating instance without replacement "
                "will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or "
                "lower group's min size."
            )
        group.desired_capacity = before - state.weight
        text += f", shrinking the capacity from {before} to {group.desired_capacity}"
    begun = removing.begin(group, state, [(utcnow(), text)])
    reconcile(group)
    return begun


def notify_terminate_instances(self, instance_ids):
    for group in self.autoscaling_groups.values():
        if removing.lose(group, instance_ids):
            reconcile(group)


def describe_auto_scaling_groups(self):
    most = self._get_int_param("MaxRecords", 50)
    if not 1 <= most <= MOST_GROUPS_ON_A_PAGE:
        raise ValidationError(
            f"1 validation error detected: Value '{most}' at 'maxRecords' failed to satisfy constraint: "
            f"Member must have value less than or equal to {MOST_GROUPS_ON_A_PAGE}"
        )
    names = self._get_param("AutoScalingGroupNames", [])
    for group in self.autoscaling_backend.autoscaling_groups.values():
        settle(group, described=not names or group.name in names)
    self.params["MaxRecords"] = accounts.account(self.current_account).page_of(most)
    answer = moto_describe_auto_scaling_groups(self)
    answer.result["AutoScalingGroups"] = [as_shown(group) for group in answer.result["AutoScalingGroups"]]
    return answer


def as_shown(group):
    """The group without the instances that do not show yet."""
    unseen = [state for state in group.instance_states if state.unseen is not None]
    if not unseen:
        return group
    shown = copy.copy(group)
    shown.instance_states = [state for state in group.instance_states if state not in unseen]
    shown.desired_capacity = group.desired_capacity - launching.capacity(unseen)
    return shown


def instance_launch_template(self):
    """The template version the instance was launched from; moto shows today's default."""
    return getattr(self, "launched_from", None)


def instance_launch_configuration(self):
    return (
        None if instance_launch_template(self) else getattr(self.auto_scaling_group, "launch_configuration_name", None)
    )


moto_describe_auto_scaling_groups = AutoScalingResponse.describe_auto_scaling_groups


def install():
    FakeAutoScalingGroup.set_desired_capacity = set_group_desired_capacity
    AutoScalingBackend.notify_terminate_instances = notify_terminate_instances
    AutoScalingResponse.describe_auto_scaling_groups = describe_auto_scaling_groups
    AutoScalingResponse.set_desired_capacity = set_desired_capacity
    AutoScalingResponse.terminate_instance_in_auto_scaling_group = terminate_instance_in_auto_scaling_group
    InstanceState.launch_template = property(instance_launch_template)
    InstanceState.launch_configuration_name = property(instance_launch_configuration)
    # What an instance that was attached rather than launched here has.
    InstanceState.weight, InstanceState.hold, InstanceState.weighted_capacity = 1, None, None
    InstanceState.activity, InstanceState.launched_from, InstanceState.unseen = None, None, None
