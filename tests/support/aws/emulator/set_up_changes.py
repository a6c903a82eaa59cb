"""Changes of how a group is set up, and their refusals.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetInstanceProtection.html
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_UpdateAutoScalingGroup.html
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SuspendProcesses.html
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateOrUpdateTags.html
moto answers an unknown group with an HTML 500, protects any instance, and drops a mixed policy with every update.
"""

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import FakeAutoScalingGroup
from moto.autoscaling.responses import AutoScalingResponse

from .capacity import find_group

MOST_INSTANCES = 50
PROTECTABLE = ("InService", "EnteringStandby", "Standby")


def set_instance_protection(self):
    group = find_group(self, self._get_param("AutoScalingGroupName"))
    ids = self._get_param("InstanceIds", [])
    if len(ids) > MOST_INSTANCES:
        raise ValidationError(
            f"1 validation error detected: Value at 'instanceIds' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MOST_INSTANCES}"
        )
    states = {state.instance.id: state for state in group.instance_states}
    for id in ids:
        if id not in states:
            raise ValidationError(f"The instance {id} is not part of Auto Scaling group {group.name}.")
        if states[id].lifecycle_state not in PROTECTABLE:
            raise ValidationError(f"The instance {id} is not in InService or EnteringStandby or Standby.")
    return moto_set_instance_protection(self)


def suspend_processes(self):
    find_group(self, self._get_param("AutoScalingGroupName"))
    return moto_suspend_processes(self)


def create_or_update_tags(self):
    for tag in self._get_param("Tags", []):
        find_group(self, tag["ResourceId"])
    return moto_create_or_update_tags(self)


def update(self, *arguments, mixed_instances_policy=None, **named):
    """What an update leaves out stays as it is."""
    kept = self.mixed_instances_policy
    moto_update(self, *arguments, mixed_instances_policy=mixed_instances_policy, **named)
    if mixed_instances_policy is None:
        self.mixed_instances_policy = kept


def shape(group):
    """How a group is set up, past all paging and filters."""
    return {
        "launches_protected": bool(group.new_instances_protected_from_scale_in),
        "suspended": sorted(group._suspended_processes),
        "protected": sorted(s.instance.id for s in group.instance_states if s.protected_from_scale_in),
        "tags": {tag["Key"]: tag["Value"] for tag in group.tags},
    }


moto_set_instance_protection = AutoScalingResponse.set_instance_protection
moto_suspend_processes = AutoScalingResponse.suspend_processes
moto_create_or_update_tags = AutoScalingResponse.create_or_update_tags
moto_update = FakeAutoScalingGroup.update


def install():
    AutoScalingResponse.set_instance_protection = set_instance_protection
    AutoScalingResponse.suspend_processes = suspend_processes
    AutoScalingResponse.create_or_update_tags = create_or_update_tags
    FakeAutoScalingGroup.update = update
