"""The log of calls to Keystone, Magnum and Nova: "plan changed nothing" is an assertion on it."""

import json
from urllib.parse import parse_qsl

SECRET = {"password", "secret", "token"}
HEADERS = ("OpenStack-API-Version", "X-OpenStack-Nova-API-Version", "User-Agent", "Accept-Encoding", "Content-Type")


class Call:
    """One request, without its secrets."""

    def __init__(self, service, environ, body):
        self.service = service
        self.method = environ["REQUEST_METHOD"]
        self.path = environ["PATH_INFO"]
        self.query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
        self.body = parsed(body)
        self.headers = {}
        for name in HEADERS:
            key = name.upper().replace("-", "_")
            value = environ.get(f"HTTP_{key}") or environ.get(key)
            if value:
                self.headers[name.lower()] = value
        self.status = None
        self.request_id = None
        self.cut = None

    def is_mutation(self):
        return self.method != "GET" and not self.path.endswith("/auth/tokens")

    def shape(self):
        return {
            "service": self.service,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "body": without_secrets(self.body),
            "headers": self.headers,
            "status": self.status,
            "request_id": self.request_id,
            "cut": self.cut,
            "mutation": self.is_mutation(),
        }


def parsed(body):
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body.decode("utf-8", "replace")


def without_secrets(value):
    if isinstance(value, dict):
        return {key: "***" if hides(key, it) else without_secrets(it) for key, it in value.items()}
    return [without_secrets(it) for it in value] if isinstance(value, list) else value


def hides(key, value):
    # `password` is also the name of the block around user and password.
    return key in SECRET and isinstance(value, str)
