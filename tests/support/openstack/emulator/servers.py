"""One machine, as Nova 34.0.0 lists it: compared field by field in each state, up to version 2.61 of its API. What later
versions add is not here.
"""

import hashlib
import itertools
import uuid
from dataclasses import dataclass, field
from datetime import datetime

from . import flavors, world
from .flavors import Flavor

NO_HOST = "No valid host was found. There are not enough hosts available."
VM_STATES = {"BUILD": "building", "ACTIVE": "active", "ERROR": "error", "SHUTOFF": "stopped"}
POWER_STATES = {"ACTIVE": 1, "SHUTOFF": 4}
# What versions add whose values no test is about.
LATER = ((9, "locked", False), (19, "description", None), (26, "tags", []))
ADDRESSES = itertools.count(2)


@dataclass
class Server:
    name: str
    flavor: Flavor
    # What was asked for; Nova knows none before a machine has a host.
    zone: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "BUILD"
    task_state: str | None = "scheduling"
    fault: dict | None = None
    created: datetime = field(default_factory=world.now)
    # When it had a host and ran; None for one that failed before that.
    launched: datetime | None = None
    address: str | None = None
    gone: bool = False

    def become_active(self):
        self.status, self.task_state = "ACTIVE", None
        self.zone = self.zone or "nova"
        self.launched = self.launched or world.now()
        if self.address is None:
            number = next(ADDRESSES)
            self.address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"

    def fail(self, message, code=500):
        self.status, self.task_state = "ERROR", None
        self.fault = {"code": code, "created": world.in_form(world.now()), "message": message}

    def listed(self, project, version, base):
        """An entry of `/servers/detail`."""
        shown = {
            "id": self.id,
            "name": self.name,
            "status": self.status,
            "tenant_id": project.id,
            "user_id": project.people["member"].id,
            "metadata": {},
            "hostId": self.host_id(project),
            "image": "",
            "flavor": self.flavor_for(version, base),
            "created": world.in_form(self.created),
            "updated": world.in_form(self.created),
            "addresses": self.addresses(),
            "accessIPv4": "",
            "accessIPv6": "",
            "links": links(f"{base}/servers/{self.id}"),
            "OS-DCF:diskConfig": "MANUAL",
            "OS-EXT-AZ:availability_zone": self.zone,
            "config_drive": "",
            "key_name": "test",
            "OS-SRV-USG:launched_at": self.launched and self.launched.strftime("%Y-%m-%dT%H:%M:%S.%f"),
            "OS-SRV-USG:terminated_at": None,
            "OS-EXT-STS:task_state": self.task_state,
            "OS-EXT-STS:vm_state": VM_STATES[self.status],
            "OS-EXT-STS:power_state": POWER_STATES.get(self.status, 0),
            "os-extended-volumes:volumes_attached": [],
        }
        if self.status in ("ACTIVE", "BUILD"):
            shown["progress"] = 0
        if self.fault:
            shown["fault"] = dict(self.fault)
        return shown | {key: value for since, key, value in LATER if version >= since}

    def host_id(self, project):
        """The host, hidden from the project; empty without one."""
        return hashlib.sha224(f"{project.id}host".encode()).hexdigest() if self.launched else ""

    def addresses(self):
        if self.address is None:
            return {}
        mac = "fa:16:3e:00:00:01"
        shown = {"version": 4, "addr": self.address, "OS-EXT-IPS:type": "fixed", "OS-EXT-IPS-MAC:mac_addr": mac}
        return {"private": [shown]}

    def flavor_for(self, version, base):
        if version >= 47:
            return flavors.inline(self.flavor)
        return {"id": self.flavor.id, "links": links(f"{base}/flavors/{self.flavor.id}")[1:]}

    def shape(self):
        return {
            "id": self.id,
            "name": self.name,
            "status": self.status,
            "task_state": self.task_state,
            "flavor": self.flavor.name,
            "zone": self.zone,
            "fault": self.fault and self.fault["message"],
        }


def links(url):
    head, path = url.split("/v2.1/", 1)
    return [{"rel": "self", "href": url}, {"rel": "bookmark", "href": f"{head}/{path}"}]
