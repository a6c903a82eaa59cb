"""When a launch takes time and when it fails: moto launches at once and always.

A delay never waits by itself. What is held stays as it is until the test says so,
until the group was described often enough, or until a time has passed.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from moto.core.utils import utcnow


@dataclass
class Hold:
    """Why something is not finished yet; `over` says when it may be."""

    describes: int | None = None
    until: object = None
    told: bool = False

    def over(self):
        if self.told:
            return True
        if self.describes is not None:
            return self.describes <= 0
        return self.until is not None and utcnow() >= self.until

    def described(self):
        if self.describes is not None:
            self.describes -= 1


@dataclass
class Delay:
    """How long launches take. `stage` is where they stand meanwhile.

    `pending`: the instance exists and is Pending. `requested`: desired is raised
    but Auto Scaling has not started anything, which real groups show for seconds.
    """

    stage: str = "pending"
    describes: int | None = None
    seconds: float | None = None
    group: str | None = None

    def hold(self):
        until = utcnow() + timedelta(seconds=self.seconds) if self.seconds is not None else None
        return Hold(describes=self.describes, until=until)


@dataclass
class Lag:
    """How late scaling activities show: after so many looks at them, a time, or when the test says so."""

    describes: int | None = None
    seconds: float | None = None

    def hold(self):
        until = utcnow() + timedelta(seconds=self.seconds) if self.seconds is not None else None
        return Hold(describes=self.describes, until=until)


@dataclass
class Failure:
    """Launches that match fail with AWS's words for `code`, or with `message`."""

    code: str
    message: str | None = None
    status: str = "Failed"
    group: str | None = None
    region: str | None = None
    zone: str | None = None
    instance_type: str | None = None
    lifecycle: str | None = None
    times: int | None = None

    def takes(self, group, zone, instance_type, lifecycle):
        wanted = (self.group, self.region, self.zone, self.instance_type, self.lifecycle)
        actual = (group.name, group.region, zone, instance_type, lifecycle)
        if any(want is not None and want != have for want, have in zip(wanted, actual)):
            return False
        if self.times is None:
            return True
        self.times -= 1
        return self.times >= 0


@dataclass
class Stock:
    """The machines that are left of one type in one zone."""

    zone: str
    instance_type: str
    left: int


@dataclass
class LaunchRules:
    """The delays and failures in force in one account, and how LaunchInstances behaves there."""

    delays: list = field(default_factory=list)
    failures: list = field(default_factory=list)
    stocks: list = field(default_factory=list)
    # How late DescribeAutoScalingGroups shows what LaunchInstances launched.
    answered_lag: Lag | None = None
    # How many calls with the token of a first one find that one still running.
    in_progress: int = 0
    # How many instances AZRebalance launches beside each LaunchInstances.
    rebalanced: int = 0
    # Whether what LaunchInstances could not launch leaves a scaling activity: documented nowhere.
    failures_written: bool = False
    # Whether LaunchInstances launches beside a warm pool before it fails.
    cold_start: bool = True

    def delay_of(self, group):
        # The newest word counts, and one about this group before one about all.
        named = [d for d in self.delays if d.group == group.name]
        general = [d for d in self.delays if d.group is None]
        return (named or general or [None])[-1]

    def failure_of(self, group, zone, instance_type, lifecycle):
        for failure in self.failures:
            if failure.takes(group, zone, instance_type, lifecycle):
                return failure
        stock = next((s for s in self.stocks if (s.zone, s.instance_type) == (zone, instance_type)), None)
        if stock is None or stock.left > 0:
            if stock is not None:
                stock.left -= 1
            return None
        return Failure("InsufficientInstanceCapacity")
