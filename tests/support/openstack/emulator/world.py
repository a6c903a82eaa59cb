"""What is pretended: projects with their machines, faults and calls. A test has a project of its own."""

import threading
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone

from .flavors import DEFAULT_FLAVORS

# Held while anything below changes, never while something is waited for.
LOCK = threading.RLock()
IDENTITY = None
PROJECTS = {}
# Which project a request is about, by what stands in it: a token, a user, an application credential.
OWNERS = {}
CLUSTERS = {}

# The limits that Nova has without a setting, and wide enough for any test.
LIMITS = {"maxTotalCores": 1000, "maxTotalInstances": 1000, "maxTotalRAMSize": 4_000_000}


@dataclass
class Person:
    id: str
    name: str
    password: str

    def shape(self):
        return {"id": self.id, "name": self.name, "password": self.password}


@dataclass
class Project:
    id: str
    name: str
    people: dict
    servers: dict = field(default_factory=dict)
    flavors: list = field(default_factory=lambda: list(DEFAULT_FLAVORS))
    limits: dict = field(default_factory=lambda: dict(LIMITS))
    faults: list = field(default_factory=list)
    moments: list = field(default_factory=list)
    calls: list = field(default_factory=list)
    most_on_a_page: int = 1000
    # Whether the catalog has Heat.
    has_heat: bool = False
    # Set: the conductor takes requests off its queue.
    conductor: threading.Event = field(default_factory=threading.Event)

    def shape(self):
        people = {role: person.shape() for role, person in self.people.items()}
        return {"id": self.id, "name": self.name, "domain": "Default", **people}


def create_project():
    """A project with one user for each role that our users have."""
    mark = uuid.uuid4().hex[:12]
    name = f"project-{mark}"
    project_id = IDENTITY.create_project(name)
    it = Project(project_id, name, {})
    it.conductor.set()
    for role in ("member", "reader"):
        IDENTITY.grant(project_id, add_person(it, role).id, role)
    with LOCK:
        PROJECTS[project_id] = OWNERS[project_id] = OWNERS[name] = it
    return it


def add_person(owner, kind):
    """A user without a role, whose calls are the project's."""
    mark = owner.name.removeprefix("project-")
    name, password = f"{kind}-{mark}", f"password-of-{kind}-{mark}"
    person = Person(IDENTITY.create_user(name, password), name, password)
    with LOCK:
        owner.people[kind] = person
        OWNERS[person.id] = OWNERS[person.name] = owner
    return person


def project(wish):
    found = PROJECTS.get(wish["project"])
    if found is None:
        raise LookupError(f"no project {wish['project']} was made here")
    return found


def now():
    return datetime.now(timezone.utc).replace(microsecond=0)


def in_form(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

