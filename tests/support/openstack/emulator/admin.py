"""The admin API: POST /<verb> with a JSON object, a JSON answer.

For what a test sets up or watches and no API of OpenStack offers. Every verb but `project` takes the project's id;
those about a cluster take its uuid as `cluster`, and a group's name as `group`. `VERBS` says what there is.
"""

import json
import traceback
from datetime import timedelta

from . import clusters, conductor, machines, world
from .faults import Fault
from .flavors import Flavor
from .gateway import content_of
from .machines import GroupFault
from .moments import Moment

VERBS = {}


def verb(name):
    def register(function):
        VERBS[name] = function
        return function

    return register


def application(environ, start_response):
    name = environ["PATH_INFO"].strip("/")
    try:
        if name not in VERBS:
            raise LookupError(f"no such verb; there are {', '.join(VERBS)}")
        answer, status = VERBS[name](content_of(environ)), "200 OK"
    except Exception as problem:
        # The test that asked shows this text; the traceback is for whoever mends this.
        traceback.print_exc()
        answer, status = {"error": f"{name}: {type(problem).__name__}: {problem}"}, "400 Bad Request"
    content = json.dumps(answer, default=str).encode()
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(content)))])
    return [content]


def cluster(wish):
    found = world.CLUSTERS.get(wish["cluster"])
    if found is None:
        raise LookupError(f"no cluster {wish['cluster']} is kept here")
    return found


def group(wish):
    return cluster(wish).group(wish["group"])


def facts(wish, kind):
    return {name: wish[name] for name in kind.__dataclass_fields__ if wish.get(name) is not None}


@verb("project")
def create_project(_):
    """A fresh project with a user for each of the roles member and reader."""
    return world.create_project().shape()


@verb("application-credential")
def create_application_credential(wish):
    """Of `person` (member or reader); `credential` goes to Keystone as it is, e.g. with access_rules."""
    project = world.project(wish)
    credential = {"name": f"credential-{len(world.OWNERS)}"} | wish.get("credential", {})
    person = project.people[wish.get("person", "member")]
    made = world.IDENTITY.create_application_credential(project.id, person, credential)
    world.OWNERS[made["id"]] = project
    return {key: made[key] for key in ("id", "name", "secret")}


@verb("trust")
def create_trust(wish):
    """From the member to a user without any role, who is told with it."""
    project = world.project(wish)
    trustee = project.people.get("trustee") or world.add_person(project, "trustee")
    roles = wish.get("roles", ["member"])
    trust = world.IDENTITY.create_trust(project.id, project.people["member"], trustee, roles)
    world.OWNERS[trust["id"]] = project
    return {"id": trust["id"], "trustee": trustee.shape()}


@verb("cluster")
def create_cluster(wish):
    """See clusters.create; written into Magnum's database."""
    return clusters.create(world.project(wish), wish)


@verb("cluster/state")
def cluster_state(wish):
    return clusters.shape(cluster(wish))


@verb("cluster/change")
def change_cluster(wish):
    """Writes status, status_reason or labels over what Magnum knows."""
    clusters.change_cluster(cluster(wish), wish)
    return {}


@verb("cluster/delay")
def set_delay(wish):
    """Seconds from a request to its end; null: only when told by `complete`."""
    cluster(wish).delay = wish["delay"]
    return {}


@verb("group/change")
def change_group(wish):
    """Writes status, status_reason, count, min, max or updated over what Magnum knows."""
    clusters.change_group(cluster(wish), group(wish), wish)
    return {}


@verb("group/fault")
def add_group_fault(wish):
    """See machines.GroupFault."""
    with world.LOCK:
        group(wish).faults.append(GroupFault(**facts(wish, GroupFault)))
    return {}


@verb("group/faults/clear")
def clear_group_faults(wish):
    with world.LOCK:
        group(wish).faults.clear()
    return {}


@verb("complete")
def complete(wish):
    """Ends what is in progress in `groups` (all without it), and returns when Magnum has seen it."""
    conductor.complete(cluster(wish), wish.get("groups"))
    return clusters.shape(cluster(wish))


@verb("conductor/stop")
def stop_conductor(wish):
    """Requests of the project stay in the queue: 202, and nothing is seen of it."""
    world.project(wish).conductor.clear()
    return {}


@verb("conductor/go-on")
def let_conductor_go_on(wish):
    world.project(wish).conductor.set()
    return {}


@verb("settle")
def settle(wish):
    """Returns when all requests for the cluster were handled and all that ends by itself has ended."""
    conductor.settle(cluster(wish))
    return clusters.shape(cluster(wish))


@verb("servers")
def list_servers(wish):
    with world.LOCK:
        return [it.shape() for it in world.project(wish).servers.values()]


@verb("server/delete")
def delete_server(wish):
    """Somebody deletes a machine in Nova; its group doesn't know."""
    with world.LOCK:
        machines.delete_by_hand(world.project(wish), wish["server"])
    return {}


@verb("server/change")
def change_server(wish):
    """status, task_state, zone, name; `fault` puts it into ERROR with these words; `older_by` seconds."""
    with world.LOCK:
        server = world.project(wish).servers[wish["server"]]
        for key in ("status", "task_state", "zone", "name"):
            if key in wish:
                setattr(server, key, wish[key])
        if "fault" in wish:
            server.fail(wish["fault"])
        server.created -= timedelta(seconds=wish.get("older_by", 0))
        return server.shape()


@verb("limits")
def set_limits(wish):
    """maxTotalCores, maxTotalInstances, maxTotalRAMSize (MiB); -1 is no limit. They hold for launches, too."""
    with world.LOCK:
        world.project(wish).limits.update(wish["limits"])
    return {}


@verb("flavor")
def add_flavor(wish):
    """id, name, vcpus, ram (MiB), disk (GB), extra_specs; in place of one with the same name."""
    made = Flavor(**facts(wish, Flavor))
    with world.LOCK:
        flavors = world.project(wish).flavors
        flavors[:] = [it for it in flavors if it.name != made.name] + [made]
    return {}


@verb("pages")
def shorten_pages(wish):
    """At most so many servers and flavors on a page of Nova."""
    world.project(wish).most_on_a_page = wish["most"]
    return {}


@verb("heat")
def add_heat(wish):
    """From the next sign-in on the catalog has Heat."""
    world.project(wish).has_heat = True
    return {}


@verb("group/orphan")
def orphan(wish):
    """The stack of the group loses the machine `server`, which lives on."""
    with world.LOCK:
        machines.orphan(group(wish), wish["server"])
    return {}


@verb("fault")
def add_fault(wish):
    """See faults.Fault."""
    with world.LOCK:
        world.project(wish).faults.append(Fault(**facts(wish, Fault)))
    return {}


@verb("faults/clear")
def clear_faults(wish):
    with world.LOCK:
        world.project(wish).faults.clear()
    return {}


@verb("moment")
def add_moment(wish):
    """A call that stands still; see moments.Moment."""
    with world.LOCK:
        moments = world.project(wish).moments
        moments.append(Moment(**facts(wish, Moment)))
        return {"moment": len(moments) - 1}


@verb("moment/await")
def await_moment(wish):
    """Returns when the call has come."""
    return {"came": world.project(wish).moments[wish["moment"]].reached.wait(wish["seconds"])}


@verb("moment/over")
def end_moment(wish):
    world.project(wish).moments[wish["moment"]].over.set()
    return {}


@verb("calls")
def calls(wish):
    with world.LOCK:
        return [call.shape() for call in world.project(wish).calls]


@verb("calls/forget")
def forget_calls(wish):
    with world.LOCK:
        world.project(wish).calls.clear()
    return {}
