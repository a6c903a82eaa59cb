"""What stands before each service: whose call it is, the log, faults and moments."""

import io
import json
import socket

from . import moments, world
from .calls import Call, parsed
from .faults import first_for


class Gateway:
    """Calls `application` for everything that is the service's own."""

    def __init__(self, service, application):
        self.service = service
        self.application = application

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        call = Call(self.service, environ, body)
        project = owner_of(environ, call.body)
        fault = moment = None
        if project is not None:
            with world.LOCK:
                project.calls.append(call)
                fault = first_for(project.faults, call)
                moment = moments.due(project.moments, call)
        if moment is not None:
            moment.pause()
        if fault is not None:
            # Outside the lock: what is slow for one must not slow the others.
            fault.wait()
            if fault.cut == "before":
                cut(call, environ, "before")
            if fault.status is not None:
                return refuse(call, fault, start_response)
        status, headers, answer = self.ask(environ)
        call.status = int(status.split()[0])
        call.request_id = next((value for name, value in headers if name.lower() == "x-openstack-request-id"), None)
        if self.service == "identity":
            learn(call, headers, answer)
            if project is not None and not project.has_heat:
                headers, answer = without_heat(headers, answer)
        if fault is not None and fault.cut == "after":
            cut(call, environ, "after")
        start_response(status, headers)
        return [answer]

    def ask(self, environ):
        started = []

        def keep(status, headers, exc_info=None):
            started[:] = [status, headers]

        answer = b"".join(self.application(environ, keep))
        return (*started, answer)


def refuse(call, fault, start_response):
    call.status = fault.status
    headers, answer = fault.error(call.service)
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(answer))), *headers]
    start_response(f"{fault.status} Fault", headers)
    return [answer]


def owner_of(environ, body):
    """The project that a token, or a request for one, is about."""
    known = world.OWNERS.get(environ.get("HTTP_X_AUTH_TOKEN"))
    if known is not None or not isinstance(body, dict):
        return known
    return next((world.OWNERS[it] for it in texts(body.get("auth")) if it in world.OWNERS), None)


def texts(value):
    """The strings in a body."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for it in value:
            yield from texts(it)
    elif isinstance(value, str):
        yield value


def learn(call, headers, answer):
    """Keeps whose a new token is, and a new application credential or trust."""
    subject = next((value for name, value in headers if name.lower() == "x-subject-token"), None)
    content = parsed(answer)
    if call.status not in (200, 201) or not isinstance(content, dict):
        return
    if subject and "token" in content:
        token = content["token"]
        project = token.get("project", {}).get("id")
        known = world.OWNERS.get(project) or world.OWNERS.get(token["user"]["id"])
        if known is not None:
            world.OWNERS[subject] = known
    credential = content.get("application_credential")
    if isinstance(credential, dict):
        world.OWNERS[credential["id"]] = world.OWNERS.get(credential["project_id"])


def without_heat(headers, answer):
    """The answer without Heat in its catalog: a project has none unless it was told to."""
    content = parsed(answer)
    token = content.get("token") if isinstance(content, dict) else None
    if not isinstance(token, dict) or "catalog" not in token:
        return headers, answer
    token["catalog"] = [entry for entry in token["catalog"] if entry["type"] != "orchestration"]
    answer = json.dumps(content).encode()
    kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
    return [*kept, ("Content-Length", str(len(answer)))], answer


def cut(call, environ, when):
    """Closes the connection without an answer; werkzeug takes the error for a client gone."""
    call.cut = when
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError


def content_of(environ):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return json.loads(body or b"{}")
