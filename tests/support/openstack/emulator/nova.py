"""A stub of Nova, and of what Magnum wants of Glance and Neutron.

Four lists of Nova with the version document, microversions, pages and errors: compared field by field with the real API
of Nova 34.0.0, with servers as rows of its database. Versions below 2.39 have limits of Neutron and Glance besides.
"""

import json
import re
import uuid
from urllib.parse import parse_qs, urlencode

from . import clusters, flavors, machines, servers, world

LEAST, MOST = 1, 104
# The version documents, which want no token.
PUBLIC = ("", "/v2.1")
IMAGE_ID = "5f0e3c2a-8d6b-4f57-9d3b-5b6f9c7a1e11"
PUBLIC_NETWORK = "b1c7e0d4-4c0e-4a35-8b8d-1f6f0a6d2c22"


class Answer(Exception):
    """An answer that is no success."""

    def __init__(self, status, name, message):
        super().__init__(message)
        self.status, self.body = status, {name: {"code": int(status.split()[0]), "message": message}}


def compute(environ, start_response):
    """`/v2.1`, behind the check of tokens."""
    version = None
    try:
        version = microversion(environ)
        status, body = "200 OK", found(environ, version)
    except Answer as answer:
        status, body = answer.status, answer.body
    content = json.dumps(body).encode()
    request = f"req-{uuid.uuid4()}"
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(content))),
        ("x-openstack-request-id", request),
        ("x-compute-request-id", request),
        ("Vary", "OpenStack-API-Version, X-OpenStack-Nova-API-Version"),
    ]
    if version is not None:
        headers += [("OpenStack-API-Version", f"compute 2.{version}"), ("X-OpenStack-Nova-API-Version", f"2.{version}")]
    start_response(status, headers)
    return [content]


def microversion(environ):
    """The number after `2.`; the lowest without a header."""
    asked = environ.get("HTTP_X_OPENSTACK_NOVA_API_VERSION")
    for part in environ.get("HTTP_OPENSTACK_API_VERSION", "").split(","):
        service, _, version = part.strip().partition(" ")
        if service == "compute":
            asked = version.strip()
    if asked is None:
        return LEAST
    if asked == "latest":
        return MOST
    form = re.fullmatch(r"([1-9]\d*)\.([1-9]\d*|0)", asked)
    if form is None:
        text = f"API Version String {asked} is of invalid format. Must be of format MajorNum.MinorNum."
        raise Answer("400 Bad Request", "badRequest", text)
    if form[1] != "2" or not LEAST <= int(form[2]) <= MOST:
        text = f"Version {asked} is not supported by the API. Minimum is 2.{LEAST} and maximum is 2.{MOST}."
        raise Answer("406 Not Acceptable", "computeFault", text)
    return int(form[2])


def found(environ, version):
    path = environ["PATH_INFO"].removeprefix("/v2.1").rstrip("/")
    host = f"http://{environ['HTTP_HOST']}{environ.get('SCRIPT_NAME', '')}"
    base = f"{host}/v2.1"
    if environ["PATH_INFO"] in ("/", ""):
        return {"versions": listed_versions(host)}
    if path == "":
        return {"version": version_document(base)}
    project = world.PROJECTS.get(environ.get("HTTP_X_PROJECT_ID"))
    query = {key: values[-1] for key, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
    with world.LOCK:
        if path == "/flavors/detail":
            listed = sorted(project.flavors if project else flavors.DEFAULT_FLAVORS, key=lambda it: it.id)
            entry = lambda it: flavors.listed(it, version, servers.links(f"{base}/flavors/{it.id}"))
            return page("flavors", listed, entry, query, project, base + path)
        if path.startswith("/flavors/"):
            return {"flavor": flavor_by_id(project, path.split("/")[2], version, base)}
        if path.startswith("/os-keypairs/"):
            return {"keypair": {"name": path.split("/")[2], "public_key": "ssh-ed25519 AAAA test", "type": "ssh"}}
        if path == "/limits":
            return {"limits": {"rate": [], "absolute": limits(project, version)}}
        if path == "/servers/detail":
            named = re.compile(query.get("name", ""))
            # The newest first.
            listed = [it for it in reversed(project.servers.values()) if named.search(it.name)]
            return page("servers", listed, lambda it: it.listed(project, version, base), query, project, base + path)
        if path.startswith("/servers/"):
            return {"server": server_by_id(project, path.split("/")[2]).listed(project, version, base)}
    raise Answer("404 Not Found", "itemNotFound", "The resource could not be found.")


def listed_versions(host):
    """The oldest has no microversions."""
    link = lambda name: {"links": [{"rel": "self", "href": f"{host}/{name}/"}]}
    oldest = {"id": "v2.0", "status": "DEPRECATED", "version": "", "min_version": "", "updated": "2025-07-04T12:00:00Z"}
    newest = {key: value for key, value in version_document(host).items() if key not in ("links", "media-types")}
    return [oldest | link("v2"), newest | link("v2.1")]


def version_document(base):
    return {
        "id": "v2.1",
        "status": "CURRENT",
        "version": f"2.{MOST}",
        "min_version": f"2.{LEAST}",
        "updated": "2013-07-23T11:33:21Z",
        "links": [
            {"rel": "self", "href": f"{base}/"},
            {"rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"},
        ],
        "media-types": [
            {"base": "application/json", "type": "application/vnd.openstack.compute+json;version=2.1"},
        ],
    }


def page(name, listed, entry, query, project, url):
    most = min(int(query.get("limit", 1000)), project.most_on_a_page if project else 1000)
    first = 0
    if "marker" in query:
        ids = [it.id for it in listed]
        if query["marker"] not in ids:
            raise Answer("400 Bad Request", "badRequest", f"marker [{query['marker']}] not found")
        first = ids.index(query["marker"]) + 1
    shown = listed[first : first + most]
    answer = {name: [entry(it) for it in shown]}
    if len(listed) > first + most:
        following = urlencode(query | {"marker": shown[-1].id})
        answer[f"{name}_links"] = [{"rel": "next", "href": f"{url}?{following}"}]
    return answer


def flavor_by_id(project, flavor_id, version, base):
    for it in project.flavors:
        if it.id == flavor_id:
            return flavors.listed(it, version, servers.links(f"{base}/flavors/{it.id}"))
    raise Answer("404 Not Found", "itemNotFound", f"Flavor {flavor_id} could not be found.")


def server_by_id(project, server_id):
    found_server = project.servers.get(server_id)
    if found_server is None:
        raise Answer("404 Not Found", "itemNotFound", f"Instance {server_id} could not be found.")
    return found_server


def limits(project, version):
    others = {
        "maxServerMeta": 128,
        "maxTotalKeypairs": 100,
        "maxServerGroups": 10,
        "maxServerGroupMembers": 10,
        "totalServerGroupsUsed": 0,
    }
    if version < 57:
        others |= {"maxPersonality": 5, "maxPersonalitySize": 10240}
    return others | project.limits | machines.usage(project)


def inside(environ, start_response):
    """What Magnum calls: Nova without a log, Glance and Neutron. It has checked the token."""
    path = environ["PATH_INFO"]
    if path.startswith("/compute"):
        environ["SCRIPT_NAME"], environ["PATH_INFO"] = "/compute", path.removeprefix("/compute")
        environ["HTTP_X_PROJECT_ID"] = project_of(environ)
        return compute(environ, start_response)
    host = f"http://{environ['HTTP_HOST']}"
    status, body = "200 OK", answer_inside(path, host)
    if body is None:
        status, body = "404 Not Found", {"message": f"{path} is not pretended"}
    content = json.dumps(body).encode()
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(content)))])
    return [content]


def project_of(environ):
    owner = world.OWNERS.get(environ.get("HTTP_X_AUTH_TOKEN"))
    return owner.id if owner else ""


def answer_inside(path, host):
    if path.rstrip("/") == "/image":
        link = [{"rel": "self", "href": f"{host}/image/v2/"}]
        return {"versions": [{"id": "v2.17", "status": "CURRENT", "links": link}]}
    if path.rstrip("/") == "/network":
        link = [{"rel": "self", "href": f"{host}/network/v2.0/"}]
        return {"versions": [{"id": "v2.0", "status": "CURRENT", "links": link}]}
    if path.startswith("/image/v2/images"):
        image = {"id": IMAGE_ID, "name": clusters.IMAGE, "os_distro": "fedora-coreos", "status": "active"}
        return {"images": [image]} if path.rstrip("/").endswith("images") else image
    if path.startswith("/network/v2.0/networks"):
        return {"networks": [{"id": PUBLIC_NETWORK, "name": "public", "router:external": True}]}
    if path.startswith("/network/v2.0/"):
        return {path.rstrip("/").split("/")[-1]: []}
    return None
