"""Scaling policies, page by page: moto gives all of them at once and knows no disabled one.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribePolicies.html
"""

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from . import accounts

MOST_ON_A_PAGE = 100


def of(backend):
    return backend.__dict__.setdefault("policies_of_tests", [])


def put(backend, group, name, policy):
    of(backend).append({"AutoScalingGroupName": group, "PolicyName": name, "Enabled": True} | policy)


def describe_policies(self):
    most = self._get_int_param("MaxRecords", 50)
    if not 1 <= most <= MOST_ON_A_PAGE:
        raise ValidationError(
            f"1 validation error detected: Value '{most}' at 'maxRecords' failed to satisfy constraint: "
            f"Member must have value less than or equal to {MOST_ON_A_PAGE}"
        )
    name = self._get_param("AutoScalingGroupName")
    found = [policy for policy in of(self.autoscaling_backend) if name in (None, policy["AutoScalingGroupName"])]
    first = int(self._get_param("NextToken") or 0)
    last = first + accounts.account(self.current_account).page_of(most)
    token = str(last) if last < len(found) else None
    return ActionResult({"ScalingPolicies": found[first:last], "NextToken": token})


def install():
    AutoScalingResponse.describe_policies = describe_policies
