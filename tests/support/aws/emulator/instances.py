"""DescribeInstances by instance, a tag look-up that isn't quadratic, and spot instances that say so.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
"""

import copy

from moto.autoscaling import autoscaling_backends
from moto.core.responses import ActionResult
from moto.ec2.exceptions import InvalidParameterCombination, InvalidParameterValue
from moto.ec2.models.tags import TagBackend
from moto.ec2.responses.instances import InstanceResponse
from moto.ec2.utils import filter_dict_attribute_mapping

from . import accounts, capacity

MOST_ON_A_PAGE = 1000
WILDCARDS = frozenset("*?\\[")


def describe_instances(self):
    self.error_on_dryrun()
    for group in autoscaling_backends[self.current_account][self.region].autoscaling_groups.values():
        capacity.settle(group)
    ids, most = self._get_param("InstanceIds", []), self._get_int_param("MaxResults")
    if ids and most:
        raise InvalidParameterCombination("The parameter instancesSet cannot be used with the parameter maxResults")
    if most is not None and not 5 <= most <= MOST_ON_A_PAGE:
        raise InvalidParameterValue(
            f"Value ( {most} ) for parameter maxResults is invalid. Expecting a value between 5 and {MOST_ON_A_PAGE}."
        )
    filters = self._filters_from_querystring()
    if ids:
        reservations = self.ec2_backend.get_reservations_by_instance_ids(ids, filters=filters)
    else:
        reservations = self.ec2_backend.describe_instances(filters=filters)
    every = [(reservation, instance) for reservation in reservations for instance in reservation.instances]
    token = self._get_param("NextToken")
    first = next((i for i, (_, instance) in enumerate(every) if instance.id == token), None) if token else 0
    if first is None:
        raise InvalidParameterValue("The token you provided is invalid")
    # Instances named one by one come on one page.
    end = first + (len(every) if ids else accounts.account(self.current_account).page_of(most or MOST_ON_A_PAGE))
    next_token = every[end][1].id if end < len(every) else None
    return ActionResult({"Reservations": regrouped(every[first:end]), "NextToken": next_token})


def regrouped(page):
    """The reservations of a page; one that lies across two pages shows up on both with its share."""
    reservations = {}
    for reservation, instance in page:
        if reservation.id not in reservations:
            reservations[reservation.id] = copy.copy(reservation)
            reservations[reservation.id].instances = []
        reservations[reservation.id].instances.append(instance)
    return list(reservations.values())


def describe_tags(self, filters=None):
    wanted = (filters or {}).get("resource-id")
    if filters and len(filters) == 1 and wanted and len(wanted) == 1 and not WILDCARDS & set(wanted[0]):
        # moto walks all tags of the region for each resource it shows.
        tags = self.tags.get(wanted[0])
        return moto_describe_tags(Only(wanted[0], tags), filters) if tags else []
    return moto_describe_tags(self, filters)


class Only(TagBackend):
    """A tag store that holds one resource."""

    def __init__(self, resource_id, tags):
        self.tags = {resource_id: tags}


moto_describe_tags = TagBackend.describe_tags


def install():
    InstanceResponse.describe_instances = describe_instances
    # The token of the call that launched them; moto keeps it and does not look for it.
    filter_dict_attribute_mapping["client-token"] = "client_token"
    TagBackend.describe_tags = describe_tags
