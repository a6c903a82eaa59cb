"""A stub of Heat: what leads from the stack of a group to the servers of its members.

Its form is that of Heat 27.0.1, read in its code (`heat/api/openstack/v1/stacks.py`, `resources.py`). Only a project
that was told to has it in its catalog, and only clusters of its driver have stacks.
"""

import json
import uuid
from urllib.parse import parse_qs

from . import world

MEMBERS = "kube_minions"


class NotFound(Exception):
    """What is answered with 404; the words are those of Heat."""


def orchestration(environ, start_response):
    """`/v1/{project}`, behind the check of tokens."""
    headers = [("Content-Type", "application/json"), ("x-openstack-request-id", f"req-{uuid.uuid4()}")]
    try:
        with world.LOCK:
            status, body = "200 OK", found(environ)
    except NotFound as problem:
        status, body = "404 Not Found", error(404, "Not Found", "The resource could not be found.", str(problem))
    content = json.dumps(body).encode()
    start_response(status, [*headers, ("Content-Length", str(len(content)))])
    return [content]


def error(code, title, explanation, message):
    details = {"message": message, "traceback": None, "type": "EntityNotFound"}
    return {"code": code, "title": title, "explanation": explanation, "error": details}


def found(environ):
    parts = environ["PATH_INFO"].strip("/").split("/")
    project = world.PROJECTS.get(environ.get("HTTP_X_PROJECT_ID"))
    base = f"http://{environ['HTTP_HOST']}/v1/{project.id if project else ''}"
    if project is None or parts[:2] != ["v1", project.id] or parts[2:3] != ["stacks"]:
        raise NotFound("The resource could not be found.")
    groups = groups_of(project)
    match parts[3:]:
        case []:
            ids = parse_qs(environ.get("QUERY_STRING", "")).get("id")
            stacks = {it.stack: it for it in groups if ids is None or it.stack in ids}
            return {"stacks": [listed(it, base) for it in stacks.values()]}
        case [name, stack_id, "resources", resource]:
            group = one(groups, name, stack_id, lambda it: (it.stack_name, it.stack))
            if resource != MEMBERS:
                raise NotFound(f"The Resource ({resource}) could not be found in Stack {name}.")
            return {"resource": members_resource(group, base)}
        case [name, stack_id]:
            group = one(groups, name, stack_id, members_stack)
            return {"stack": members_answer(group, base)}
    raise NotFound("The resource could not be found.")


def groups_of(project):
    """The groups of workers; the masters are other members of the default stack."""
    clusters = [it for it in world.CLUSTERS.values() if it.project is project and it.mode == "heat"]
    return [it for cluster in clusters for it in cluster.groups.values() if not it.prefix.endswith("-master")]


def one(groups, name, stack_id, identity):
    for group in groups:
        if identity(group) == (name, stack_id):
            return group
    raise NotFound(f"The Stack ({name}) could not be found.")


def status_of(group):
    """UPDATE_FAILED is left out: nobody here looks for it."""
    return "UPDATE_IN_PROGRESS" if group.update is not None else "UPDATE_COMPLETE"


def listed(group, base):
    return {
        "id": group.stack,
        "links": [link(base, group.stack_name, group.stack)],
        "stack_name": group.stack_name,
        "description": "This template will boot a Kubernetes cluster with one or more minions.\n",
        "stack_status": status_of(group),
        "stack_status_reason": "",
        "parent": None,
        "stack_owner": None,
    }


def members_stack(group):
    """(name, id) of the stack that the resource of the members is."""
    own = uuid.uuid5(uuid.UUID(group.uuid), MEMBERS)
    return f"{group.stack_name}-{MEMBERS}-{own.hex[:12]}", str(own)


def members_resource(group, base):
    name, own = members_stack(group)
    stack = link(base, group.stack_name, group.stack)
    return {
        "resource_name": MEMBERS,
        "logical_resource_id": MEMBERS,
        "physical_resource_id": own,
        "resource_type": "OS::Heat::ResourceGroup",
        "resource_status": status_of(group),
        "resource_status_reason": "state changed",
        "links": [
            {"href": f"{stack['href']}/resources/{MEMBERS}", "rel": "self"},
            stack | {"rel": "stack"},
            link(base, name, own, "nested"),
        ],
    }


def members_answer(group, base):
    name, own = members_stack(group)
    members = {"output_key": "refs_map", "output_value": refs_map(group), "description": "No description given"}
    return {
        "id": own,
        "links": [link(base, name, own)],
        "stack_name": name,
        "stack_status": status_of(group),
        "parent": group.stack,
        "outputs": [members],
    }


def refs_map(group):
    """What each member is, by its number: before it has a server, the name of the server's resource."""
    wanted = group.update.wanted if group.update is not None and group.update.wanted is not None else None
    numbers = wanted if wanted is not None else sorted({*group.members, *group.lacking})
    server = lambda number: group.members.get(number)
    return {str(it): server(it).id if server(it) and server(it).status != "BUILD" else "kube-minion" for it in numbers}


def link(base, name, stack_id, rel="self"):
    return {"href": f"{base}/stacks/{name}/{stack_id}", "rel": rel}
