"""Placement groups: DescribePlacementGroups of those that a test makes, and what they do to launches.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribePlacementGroups.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/placement-strategies.html
moto does not have them. AWS documents the codes of the refusals; the words of a full group are of this emulator, those of
a group that is in another zone are of activities that people posted.
"""

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses import EC2Response
from moto.ec2.utils import filter_dict_attribute_mapping

from . import accounts
from .launch_rules import Failure

# "A rack level spread placement group can have a maximum of seven running instances per Availability Zone."
MOST_APART = 7


def put(account, region, placement):
    """`placement`: in the API's own spelling."""
    found = account.placements.setdefault(region, [])
    made = {"State": "available", "GroupId": f"pg-{len(found):017x}"} | placement
    found.append(made)
    return made["GroupId"]


def describe_placement_groups(self):
    known = accounts.account(self.current_account).placements.get(self.region, [])
    for key, param in (("GroupName", "GroupNames"), ("GroupId", "GroupIds")):
        wanted = self._get_param(param, [])
        unknown = [name for name in wanted if name not in {it[key] for it in known}]
        if unknown:
            raise EC2ClientError("InvalidPlacementGroup.Unknown", f"The Placement Group '{unknown[0]}' is unknown.")
        known = [it for it in known if not wanted or it[key] in wanted]
    return ActionResult({"PlacementGroups": known})


def of_group(group, pool=None):
    """The placement group into which a group launches: its own, or that of its launch template."""
    known = accounts.account(group.account_id).placements.get(group.region, [])
    data = {}
    if group.ec2_launch_template is not None:
        template = group.ec2_launch_template if pool is None else group.ec2_backend.get_launch_template(pool.template)
        data = template.get_version(group.launch_template_version if pool is None else pool.version).data
    named = data.get("Placement", {})
    for it in known:
        if it["GroupName"] in (group.placement_group, named.get("GroupName")) or it["GroupId"] == named.get("GroupId"):
            return it
    return None


def mark(group, pool, instances):
    """Puts new instances into the placement group."""
    placement = of_group(group, pool)
    for instance in instances if placement else []:
        instance.placement.group_name = placement["GroupName"]


def refusal(group, pool, planned):
    """Why the placement group takes no instance from the pool, beside those planned, if it does not."""
    placement = of_group(group, pool)
    if placement is None:
        return None
    name = placement["GroupName"]
    zones = [zone for zone in running_in(group, name)]
    zones += [state.availability_zone for state in planned if type(state).__name__ == "Planned"]
    if placement["Strategy"] == "spread" and zones.count(pool.zone) >= MOST_APART:
        words = f"We currently do not have sufficient capacity for the spread placement group {name} in the zone you requested."
        return Failure("InsufficientInstanceCapacity", message=words)
    elsewhere = next((zone for zone in zones if zone != pool.zone), None)
    if placement["Strategy"] == "cluster" and elsewhere:
        words = f"The placement group '{name}' is in use in another availability zone: {elsewhere}"
        return Failure("InvalidPlacementGroup.InUse", message=words)
    return None


def running_in(group, name):
    """The zone of each instance that runs in a placement group, whosever it is."""
    for reservation in group.ec2_backend.reservations.values():
        for instance in reservation.instances:
            if instance.placement.group_name == name and instance.state != "terminated":
                yield instance.placement.zone


def install():
    EC2Response.describe_placement_groups = describe_placement_groups
    filter_dict_attribute_mapping["placement-group-name"] = "placement.group_name"
