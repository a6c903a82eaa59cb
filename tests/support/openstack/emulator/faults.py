"""Answers that go wrong on purpose: an error, a delay, a connection cut before or after the change."""

import json
import re
import time
from dataclasses import dataclass

TITLES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict"}


@dataclass
class Fault:
    """What happens to the next `times` calls that match (None: to all that come)."""

    service: str | None = None
    method: str | None = None
    # A regular expression found in the path.
    path: str | None = None
    # A text found in the body as it was sent.
    body: str | None = None
    status: int | None = None
    message: str | None = None
    headers: dict | None = None
    delay: float | None = None
    cut: str | None = None
    times: int | None = None
    after: int = 0

    def takes(self, call):
        if not matches(self, call):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is None:
            return True
        self.times -= 1
        return self.times >= 0

    def wait(self):
        if self.delay:
            time.sleep(self.delay)

    def error(self, service):
        """(headers, body) in the dialect of the service."""
        title = TITLES.get(self.status, "Error")
        message = self.message or "as the test wanted"
        headers = list((self.headers or {}).items())
        if self.status == 401:
            headers.append(("WWW-Authenticate", "Keystone uri=\"as the test wanted\""))
        if service == "identity" or self.status == 401:
            body = {"error": {"code": self.status, "title": title, "message": message}}
        elif service == "container-infra":
            error = {"status": self.status, "title": title, "detail": message, "code": ""}
            body = {"errors": [error | {"request_id": "", "links": []}]}
        elif service == "orchestration":
            details = {"message": message, "traceback": None, "type": title}
            body = {"code": self.status, "title": title, "explanation": message, "error": details}
        else:
            body = {"computeFault": {"code": self.status, "message": message}}
        return headers, json.dumps(body).encode()


def matches(wanted, call):
    """Whether the call is one that a fault or a moment is about."""
    if wanted.service not in (None, call.service) or wanted.method not in (None, call.method):
        return False
    if wanted.path is not None and not re.search(wanted.path, call.path):
        return False
    return wanted.body is None or wanted.body in json.dumps(call.body)


def first_for(faults, call):
    return next((fault for fault in faults if fault.takes(call)), None)
