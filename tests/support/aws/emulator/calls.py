"""The log of calls: "plan changed nothing" is an assertion on it."""

import re
from urllib.parse import parse_qsl

READS = ("Describe", "Get", "List", "AssumeRole")
CREDENTIAL = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/")


class Call:
    """One request as the signature and the form say it; nothing of moto's is asked."""

    def __init__(self, environ, body):
        scope = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
        self.access_key = scope["key"] if scope else None
        self.region = scope["region"] if scope else None
        self.service = scope["service"] if scope else None
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        self.action = form.pop("Action", None)
        form.pop("Version", None)
        self.params = form
        self.status = None
        self.code = None

    def is_mutation(self):
        return self.action is not None and not self.action.startswith(READS)

    def shape(self):
        return {
            "service": self.service,
            "action": self.action,
            "region": self.region,
            "params": self.params,
            "status": self.status,
            "code": self.code,
            "mutation": self.is_mutation(),
        }
