"""DescribeInstanceStatus: moto's instances are always well, and EC2 takes 100 ids at most.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceStatus.html
"""

from moto.core.responses import ActionResult
from moto.ec2.exceptions import InvalidParameterValue
from moto.ec2.responses.instances import InstanceResponse

from . import accounts

MOST_IDS = 100
PASSED = {"Status": "ok", "Details": [{"Name": "reachability", "Status": "passed"}]}
FAILED = {"Status": "impaired", "Details": [{"Name": "reachability", "Status": "failed"}]}


def describe_instance_status(self):
    ids = self._get_param("InstanceIds", [])
    if len(ids) > MOST_IDS:
        raise InvalidParameterValue(f"The maximum number of instance IDs is {MOST_IDS}; {len(ids)} were given.")
    every = self._get_bool_param("IncludeAllInstances", False)
    # An id that EC2 does not know fails the call.
    found = self.ec2_backend.describe_instance_status(ids, every, None)
    impaired = accounts.account(self.current_account).impaired
    return ActionResult({"InstanceStatuses": [shape(instance, impaired) for instance in found]})


def shape(instance, impaired):
    return {
        "InstanceId": instance.id,
        "AvailabilityZone": instance.placement.zone,
        "InstanceState": {"Code": instance._state.code, "Name": instance._state.name},
        "InstanceStatus": FAILED if instance.id in impaired else PASSED,
        "SystemStatus": PASSED,
    }


def install():
    InstanceResponse.describe_instance_status = describe_instance_status
