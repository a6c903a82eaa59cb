"""Keystone: its process, and what its administrator does."""

import os
import subprocess
import sys
import threading

import requests

SERVER = os.path.join(os.path.dirname(os.path.dirname(__file__)), "keystone_server.py")
PROCESSES = []


def start(folder):
    """Starts Keystone on the folder; returns its URL."""
    process, url = spawn(folder)
    # It ends when this process does, which holds the other end of its standard input.
    PROCESSES.append(process)
    return url


def spawn(folder):
    command = [sys.executable, "-B", SERVER, folder]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline().strip()
    if not line.startswith("PORT="):
        raise RuntimeError(f"Keystone did not start (its standard error is above): {line!r}")
    return process, f"http://127.0.0.1:{line.removeprefix('PORT=')}"


class Refused(Exception):
    """Keystone's answer was an error."""


class Identity:
    """The API of Keystone as its administrator calls it."""

    def __init__(self, url, password):
        self.url = url
        self.password = password
        self.session = requests.Session()
        self.session.trust_env = False
        self.lock = threading.Lock()
        self.token = None
        self.roles = {}

    def call(self, method, path, body=None):
        with self.lock:
            if self.token is None:
                scope = {"project": {"name": "admin", "domain": {"id": "default"}}}
                self.token, _ = self.sign_in("admin", self.password, scope)
            return self.send(method, path, body, self.token)

    def send(self, method, path, body, token):
        answer = self.session.request(
            method, self.url + path, json=body, headers={"X-Auth-Token": token}, timeout=60
        )
        if not answer.ok:
            raise Refused(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else {}

    def sign_in(self, name, password, scope):
        """(token, what it holds)"""
        user = {"name": name, "domain": {"id": "default"}, "password": password}
        identity = {"methods": ["password"], "password": {"user": user}}
        body = {"auth": {"identity": identity, "scope": scope}}
        answer = self.session.post(f"{self.url}/auth/tokens", json=body, timeout=60)
        if not answer.ok:
            raise Refused(f"signing in as {name}: {answer.status_code} {answer.text}")
        return answer.headers["X-Subject-Token"], answer.json()["token"]

    def create_project(self, name):
        project = {"name": name, "domain_id": "default"}
        return self.call("POST", "/projects", {"project": project})["project"]["id"]

    def create_user(self, name, password):
        user = {"name": name, "password": password, "domain_id": "default"}
        return self.call("POST", "/users", {"user": user})["user"]["id"]

    def grant(self, project, user, role):
        if not self.roles:
            self.roles = {it["name"]: it["id"] for it in self.call("GET", "/roles")["roles"]}
        self.call("PUT", f"/projects/{project}/users/{user}/roles/{self.roles[role]}")

    def create_application_credential(self, project, person, wish):
        """As the person, who alone may; `wish` holds name, roles, access_rules, expires_at as the API takes them."""
        token, _ = self.sign_in(person.name, person.password, {"project": {"id": project}})
        path = f"/users/{person.id}/application_credentials"
        return self.send("POST", path, {"application_credential": wish}, token)["application_credential"]

    def create_trust(self, project, trustor, trustee, roles):
        token, _ = self.sign_in(trustor.name, trustor.password, {"project": {"id": project}})
        trust = {
            "trustor_user_id": trustor.id,
            "trustee_user_id": trustee.id,
            "project_id": project,
            "impersonation": False,
            "roles": [{"name": role} for role in roles],
        }
        return self.send("POST", "/OS-TRUST/trusts", {"trust": trust}, token)["trust"]
