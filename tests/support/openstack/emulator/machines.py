"""The machines of a cluster: launched, failed and ended as a driver would have it done."""

import random
import string
from dataclasses import dataclass, field

from . import flavors, members, world
from .servers import NO_HOST, Server

ALPHABET = string.ascii_lowercase + string.digits
RULES = {"heat": members.heat, "capi-helm": members.capi_helm, "vexxhost": members.vexxhost}


class Refusal(Exception):
    """What a driver raises."""


@dataclass
class Update:
    """Something in progress; `due` is None while it waits to be told."""

    due: float | None
    wanted: list | None = None
    striking: set = field(default_factory=set)
    deleting: bool = False
    # Why machines could not be launched, by number, in the words of the service that refused.
    failures: dict = field(default_factory=dict)


@dataclass
class Group:
    uuid: str
    name: str
    flavor: str
    zone: str
    # The stack that it is for Heat.
    stack: str
    stack_name: str
    # What the names of its machines begin with.
    prefix: str
    members: dict = field(default_factory=dict)
    struck: set = field(default_factory=set)
    # Members that have no machine, as it could not be launched.
    lacking: set = field(default_factory=set)
    marks: set = field(default_factory=set)
    update: Update | None = None
    faults: list = field(default_factory=list)


@dataclass
class Cluster:
    uuid: str
    name: str
    mode: str
    project: world.Project
    stack: str
    stack_name: str
    # Seconds from a request to its end; None: only when told.
    delay: float | None = 0.0
    groups: dict = field(default_factory=dict)

    def group(self, name):
        for it in self.groups.values():
            if name in (it.name, it.uuid):
                return it
        raise LookupError(f"no group {name} in cluster {self.name}: {[it.name for it in self.groups.values()]}")


@dataclass
class GroupFault:
    """What goes wrong with the next `times` updates of a group (None: with all that come)."""

    # The driver raises at once with these words.
    raises: str | None = None
    # So many live machines, and no more; the others end in ERROR with `machine_fault`.
    room: int | None = None
    machine_fault: str = NO_HOST
    # The update fails with these words ("": with none), whatever its machines do. Heat has its own words for machines
    # that failed; with Cluster API, an update without this one goes on for ever when a machine fails.
    status_reason: str | None = None
    # The update never ends.
    stuck: bool = False
    times: int | None = None

    def spent(self):
        return self.times is not None and self.times <= 0


def letters(count):
    return "".join(random.choice(ALPHABET) for _ in range(count))


def server_name(cluster, group, number):
    if cluster.mode == "heat":
        return f"{group.prefix}-{number}"
    return f"{cluster.stack}-{group.name}-{letters(5)}-{letters(5)}"


def resize(cluster, group, count, named, due):
    """Begins to bring a group to `count` machines."""
    fault = next_fault(group)
    if fault and fault.raises:
        raise Refusal(fault.raises)
    undo_endings(cluster, group)
    wanted, striking = RULES[cluster.mode](group, count, named)
    update = Update(None if fault and fault.stuck else due, wanted, striking)
    group.update = update
    for number, server in group.members.items():
        if number not in wanted and not server.gone:
            server.task_state = "deleting"
    for number in wanted:
        old = group.members.get(number)
        if old is None or old.status == "ERROR":
            launch(cluster, group, number, update, fault)
    if fault and fault.status_reason is not None:
        update.failures = {None: fault.status_reason}


def next_fault(group):
    fault = next((it for it in group.faults if not it.spent()), None)
    if fault and fault.times is not None:
        fault.times -= 1
    return fault


def undo_endings(cluster, group):
    """A later request wins over one in progress: what that one was about to end, lives."""
    if group.update is None:
        return
    for server in group.members.values():
        if server.task_state == "deleting":
            server.task_state = None if server.status == "ACTIVE" else server.task_state


def launch(cluster, group, number, update, fault):
    project = cluster.project
    flavor = flavors.find(project.flavors, group.flavor)
    old = group.members.pop(number, None)
    if old is not None:
        project.servers.pop(old.id, None)
    lack = over_quota(project, flavor)
    if lack:
        update.failures[number] = f"Forbidden: resources[{number}].resources.kube-minion: {lack} (HTTP 403)"
        return
    server = Server(server_name(cluster, group, number), flavor, group.zone)
    project.servers[server.id] = group.members[number] = server
    if fault and fault.room is not None and living(group) > fault.room:
        server.fail(fault.machine_fault)
        update.failures[number] = (
            f"ResourceInError: resources[{number}].resources.kube-minion: Went to status ERROR due to "
            f'"Message: {fault.machine_fault}, Code: 500"'
        )


def living(group):
    return sum(1 for it in group.members.values() if it.status != "ERROR" and not it.gone)


def usage(project):
    servers = list(project.servers.values())
    return {
        "totalCoresUsed": sum(it.flavor.vcpus for it in servers),
        "totalInstancesUsed": len(servers),
        "totalRAMUsed": sum(it.flavor.ram for it in servers),
    }


def over_quota(project, flavor):
    """Nova's words when a machine of the flavor would be more than the project may have."""
    used = usage(project)
    wanted = (
        ("cores", "maxTotalCores", "totalCoresUsed", flavor.vcpus),
        ("instances", "maxTotalInstances", "totalInstancesUsed", 1),
        ("ram", "maxTotalRAMSize", "totalRAMUsed", flavor.ram),
    )
    for word, limit, use, more in wanted:
        most = project.limits[limit]
        if most >= 0 and used[use] + more > most:
            return f"Quota exceeded for {word}: Requested {more}, but already used {used[use]} of {most} {word}"
    return None


def complete(cluster, group):
    """Ends what is in progress; returns why it failed, or None."""
    update, group.update = group.update, None
    if update.wanted is None:
        return None
    group.struck |= update.striking
    for number in [it for it in group.members if it not in update.wanted]:
        cluster.project.servers.pop(group.members.pop(number).id, None)
        group.marks.discard(number)
    group.lacking = set(update.wanted) - set(group.members)
    for server in group.members.values():
        if server.status == "BUILD":
            server.become_active()
    return next(iter(update.failures.values()), None)


def orphan(group, server_id):
    """The stack of the group loses a machine, which lives on."""
    for number, server in list(group.members.items()):
        if server.id == server_id:
            del group.members[number]


def delete_by_hand(project, server_id):
    """Somebody deletes a machine in Nova: its group doesn't know."""
    server = project.servers.pop(server_id)
    server.gone = True
