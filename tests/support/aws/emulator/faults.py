"""Answers that go wrong on purpose: an error, a delay, a connection cut before or after the change."""

import json
import time
import uuid
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

EC2_ERROR = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message>'
    "</Error></Errors><RequestID>{id}</RequestID></Response>"
)
QUERY_ERROR = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<ErrorResponse><Error><Type>{type}</Type><Code>{code}</Code>'
    "<Message>{message}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>"
)


@dataclass
class Fault:
    """What happens to the next `times` calls of `action` (None: to all that come)."""

    action: str
    region: str | None = None
    status: int | None = None
    code: str | None = None
    message: str | None = None
    delay: float | None = None
    cut: str | None = None
    times: int | None = None
    after: int = 0
    param: dict = field(default_factory=dict)
    later_pages: bool = False
    every_other_time: bool = False
    seen: set = field(default_factory=set)

    def takes(self, call):
        if self.action not in ("*", call.action) or self.region not in (None, call.region):
            return False
        if any(call.params.get(name) != value for name, value in self.param.items()):
            return False
        if self.later_pages and not call.params.get("NextToken"):
            return False
        if self.every_other_time and self.was_struck(call):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is None:
            return True
        self.times -= 1
        return self.times >= 0

    def was_struck(self, call):
        """Turns with each sending of the same request, so that calls side by side don't share their luck."""
        request = (call.action, call.region, *sorted(call.params.items()))
        self.seen ^= {request}
        return request not in self.seen

    def wait(self):
        if self.delay:
            time.sleep(self.delay)

    def is_error(self):
        return self.status is not None or self.code is not None

    def error(self, service):
        """(status, code, body) in the dialect of the service."""
        status = self.status or 400
        code = self.code or ("InternalFailure" if status >= 500 else "ValidationError")
        if service in ("eks", "arc-zonal-shift"):
            return status, code, json.dumps({"__type": code, "message": self.message or "as the test wanted"}).encode()
        shape = EC2_ERROR if service == "ec2" else QUERY_ERROR
        body = shape.format(
            type="Receiver" if status >= 500 else "Sender",
            code=escape(code),
            message=escape(self.message or f"{code}, as the test wanted"),
            id=uuid.uuid4(),
        )
        return status, code, body.encode()


def first_for(faults, call):
    for fault in faults:
        if fault.takes(call):
            return fault
    return None
