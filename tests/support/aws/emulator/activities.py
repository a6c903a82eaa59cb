"""Scaling activities: moto answers none, AWS writes one for every launch and termination.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeScalingActivities.html
"""

import itertools
import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone

from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from . import accounts

MOST_ON_A_PAGE = 100
FINAL = ("Successful", "Failed", "Cancelled")

_order = itertools.count()


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Activity:
    """One scaling activity. The cause keeps its times apart from its text, so that ageing moves both."""

    group: object
    description: str
    cause: list
    start: datetime
    status: str = "InProgress"
    message: str | None = None
    end: datetime | None = None
    progress: int = 0
    zone: str | None = None
    subnet: str | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    lag: object = None
    order: int = field(default_factory=lambda: next(_order))

    def finish(self, status="Successful", message=None):
        self.status, self.message, self.progress, self.end = status, message, 100, utcnow()

    def age(self, by):
        self.start -= by
        self.end = self.end - by if self.end else None
        self.cause = [(moment and moment - by, text) for moment, text in self.cause]
        if self.lag and self.lag.until:
            self.lag.until -= by

    def is_shown(self):
        """Activities are written some seconds after what they tell of."""
        return self.lag is None or self.lag.over()

    def is_over(self):
        return self.status in FINAL

    def cause_text(self):
        # AWS separates the sentences by two spaces; a text without a time is one that a test wrote out.
        return "  ".join(f"At {stamp(moment)} {text}." if moment else text for moment, text in self.cause)

    def shape(self):
        details = {"Subnet ID": self.subnet, "Availability Zone": self.zone}
        return {
            "ActivityId": self.id,
            "AutoScalingGroupName": self.group.name,
            "AutoScalingGroupARN": self.group.arn,
            "Description": self.description,
            "Cause": self.cause_text(),
            "StartTime": self.start,
            "EndTime": self.end,
            "StatusCode": self.status,
            "StatusMessage": self.message,
            "Progress": self.progress,
            "Details": json.dumps({key: value for key, value in details.items() if value}, separators=(",", ":")),
        }


def of(group):
    """The activities of a group, oldest first."""
    # moto's constructor already launches, so the list can't be made there.
    return group.__dict__.setdefault("scaling_activities", [])


def note(group, **facts):
    lag = accounts.account(group.account_id).activity_lag
    activity = Activity(group=group, lag=lag.hold() if lag else None, **facts)
    of(group).append(activity)
    return activity


def group_not_found(name):
    return ValidationError(f"AutoScalingGroup name not found - AutoScalingGroup {name} not found")


def describe_scaling_activities(self):
    groups = self.autoscaling_backend.autoscaling_groups
    name = self._get_param("AutoScalingGroupName")
    if name and name not in groups:
        raise group_not_found(name)
    most = self._get_int_param("MaxRecords", MOST_ON_A_PAGE)
    if not 1 <= most <= MOST_ON_A_PAGE:
        raise ValidationError(
            f"1 validation error detected: Value '{most}' at 'maxRecords' failed to satisfy constraint: "
            f"Member must have value less than or equal to {MOST_ON_A_PAGE}"
        )
    found = [a for group in ([groups[name]] if name else groups.values()) for a in of(group)]
    wanted = self._get_param("ActivityIds", [])
    found = [a for a in found if (not wanted or a.id in wanted) and passes(a, self._get_param("Filters", []))]
    late = [a for a in found if not a.is_shown()]
    found = [a for a in found if a not in late]
    # "Activities are sorted by start time. Activities still in progress are described first."
    found.sort(key=lambda a: (not a.is_over(), a.start, a.order), reverse=True)
    token = self._get_param("NextToken")
    if not token:
        for activity in late:
            activity.lag.described()
    ids = [a.id for a in found]
    if token and token not in ids:
        raise AutoscalingClientError("InvalidNextToken", "The NextToken value is not valid.")
    first = ids.index(token) if token else 0
    most = accounts.account(self.current_account).page_of(most)
    rest = found[first + most :]
    page = [a.shape() for a in found[first : first + most]]
    return ActionResult({"Activities": page, "NextToken": rest[0].id if rest else None})


def passes(activity, filters):
    for one in filters:
        name, values = one["Name"], one["Values"]
        if name == "Status" and activity.status not in values:
            return False
        if name == "StartTimeLowerBound" and activity.start < moment(values[0]):
            return False
        if name == "StartTimeUpperBound" and activity.start > moment(values[0]):
            return False
    return True


def moment(text):
    """A point in time as moto keeps it: UTC without a zone."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(timezone.utc).replace(tzinfo=None)


def install():
    AutoScalingResponse.describe_scaling_activities = describe_scaling_activities
