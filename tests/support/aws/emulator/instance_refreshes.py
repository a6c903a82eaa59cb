"""DescribeInstanceRefreshes: moto has no instance refresh, so they are what a test puts there.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeInstanceRefreshes.html
"""

import uuid

from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from . import capacity


def of(group):
    return group.__dict__.setdefault("refreshes", [])


def note(group, status, percentage):
    refresh = {
        "InstanceRefreshId": str(uuid.uuid4()),
        "AutoScalingGroupName": group.name,
        "Status": status,
        "StartTime": utcnow(),
        "PercentageComplete": percentage,
    }
    of(group).append(refresh)
    return refresh


def describe_instance_refreshes(self):
    group = capacity.find_group(self, self._get_param("AutoScalingGroupName"))
    # "The refreshes are sorted by start time, most recent first."
    return ActionResult({"InstanceRefreshes": of(group)[::-1]})


def install():
    AutoScalingResponse.describe_instance_refreshes = describe_instance_refreshes
