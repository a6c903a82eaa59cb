"""The WSGI application in front of moto: account, call log, faults, admin API."""

import io
import json
import re
import socket
import traceback

from . import accounts, admin, moments, node_groups, zonal_shifts
from .calls import Call
from .faults import Fault, first_for

ADMIN = "/moto-api/ec2-autoscale/"
TOKEN_PATH = "/latest/api/token"
TOKEN_TTL = ("x-aws-ec2-metadata-token-ttl-seconds", "21600")
ERROR_CODE = re.compile(rb"<Code>([^<]*)</Code>")


class Gateway:
    """Calls `moto` for everything that is AWS's."""

    def __init__(self, moto):
        self.moto = moto

    def __call__(self, environ, start_response):
        path = environ.get("PATH_INFO", "")
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        if path.startswith(ADMIN):
            return administer(path[len(ADMIN) :], body, start_response)
        call = Call(environ, body)
        node_group = node_groups.name_of(path) if call.service == "eks" else None
        if node_group is not None:
            call.action, call.params = node_groups.ACTION, {"cluster": node_group[0], "nodegroup": node_group[1]}
        if (call.service, path) == (zonal_shifts.SERVICE, zonal_shifts.PATH):
            call.action = zonal_shifts.ACTION
        account_id = accounts.account_of_key(call.access_key)
        if account_id is None or call.action is None:
            return self.unlogged(path, environ, start_response)
        # Saves moto a search through every account for the key.
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = account_id
        return self.logged(accounts.account(account_id), call, environ, start_response)

    def unlogged(self, path, environ, start_response):
        def with_token_lifetime(status, headers, exc_info=None):
            # The Rust SDK takes no token without it.
            extra = [TOKEN_TTL] if path == TOKEN_PATH else []
            return start_response(status, headers + extra, exc_info)

        with accounts.LOCK:
            return list(self.moto(environ, with_token_lifetime))

    def logged(self, account, call, environ, start_response):
        with accounts.LOCK:
            account.calls.append(call)
            account.regions.add(call.region)
            fault = first_for(account.faults, call)
            moment = moments.due(account.moments, call)
        if moment is not None:
            moment.pause()
        if fault is not None:
            # Outside the lock: a slow region must not slow the others.
            fault.wait()
            if fault.cut == "before":
                cut(call, environ)
            if fault.is_error():
                call.status, call.code, answer = fault.error(call.service)
                return say(f"{call.status} Fault", "text/xml", answer, start_response)
        name = node_groups.name_of(environ.get("PATH_INFO", "")) if call.service == "eks" else None
        if name is not None:
            status, answer = node_groups.answer(account, name)
            call.status = int(status.split()[0])
            return say(status, "application/json", answer, start_response)
        if call.action == zonal_shifts.ACTION:
            status, answer = zonal_shifts.answer(account, call.region, environ.get("QUERY_STRING", ""))
            call.status = int(status.split()[0])
            return say(status, "application/json", answer, start_response)
        try:
            status, headers, answer = self.ask_moto(environ)
        except Exception as problem:
            # As plain HTML it would reach the product without a word of what moto lacks.
            traceback.print_exc()
            lack = Fault(call.action, status=500, code="InternalFailure", message=f"the emulator: {problem!r}")
            call.status, call.code, answer = lack.error(call.service)
            return say("500 Fault", "text/xml", answer, start_response)
        call.status = int(status.split()[0])
        if call.status >= 400:
            found = ERROR_CODE.search(answer)
            call.code = found[1].decode() if found else None
        if fault is not None and fault.cut == "after":
            cut(call, environ)
        start_response(status, headers)
        return [answer]

    def ask_moto(self, environ):
        started = []

        def keep(status, headers, exc_info=None):
            started[:] = [status, headers]

        with accounts.LOCK:
            answer = b"".join(self.moto(environ, keep))
        return (*started, answer)


def cut(call, environ):
    """Closes the connection without an answer; werkzeug takes the error for a client gone."""
    call.code = "connection cut"
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError


def administer(verb, body, start_response):
    try:
        wish, status = json.loads(body or b"{}"), "200 OK"
        if verb in admin.WAITING_VERBS:
            answer = admin.WAITING_VERBS[verb](wish)
        else:
            with accounts.LOCK:
                answer = admin.VERBS[verb](wish)
    except Exception as problem:
        # The test that asked shows this text; the traceback is for whoever mends the emulator.
        traceback.print_exc()
        answer, status = {"error": f"{verb}: {type(problem).__name__}: {problem}"}, "400 Bad Request"
    return say(status, "application/json", json.dumps(answer, default=str).encode(), start_response)


def say(status, kind, answer, start_response):
    start_response(status, [("Content-Type", kind), ("Content-Length", str(len(answer)))])
    return [answer]
