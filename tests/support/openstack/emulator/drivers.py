"""Drivers for Magnum under the names of the real ones, with machines that are pretended.

Magnum finds them by `emulator.dist-info/entry_points.txt`.
"""

import threading
import time
import uuid

from magnum.common import short_id
from magnum.drivers.common import driver
from magnum.objects import fields

from . import machines, world
from .machines import Cluster, Group, Update

Status = fields.ClusterStatus
# One update of a cluster at a time: the real services have no such order, and a race in them is none of ours.
TURNS = {}
API_ADDRESS = "https://192.0.2.10:6443"


def turn(cluster_uuid):
    with world.LOCK:
        return TURNS.setdefault(cluster_uuid, threading.RLock())


class Pretended(driver.Driver):
    """What the drivers have in common."""

    mode = None
    distro = None

    @property
    def provides(self):
        return [{"server_type": "vm", "os": self.distro, "coe": "kubernetes"}]

    def known(self, cluster):
        return world.CLUSTERS[cluster.uuid]

    def due(self, cluster):
        return None if cluster.delay is None else time.monotonic() + cluster.delay

    def create_cluster(self, context, cluster, cluster_create_timeout):
        it = adopt(self.mode, cluster)
        cluster.stack_id = it.stack
        cluster.api_address = API_ADDRESS
        for group in cluster.nodegroups:
            machines.resize(it, adopt_group(it, group), group.node_count, [], self.due(it))

    def update_cluster_status(self, context, cluster):
        it = self.known(cluster)
        with world.LOCK:
            for group in cluster.nodegroups:
                settle(it, group)
        groups = [it for it in cluster.nodegroups if it.status != Status.DELETE_COMPLETE]
        if cluster.status == Status.DELETE_IN_PROGRESS:
            cluster.status = Status.DELETE_COMPLETE
        elif any(group.status.endswith("_IN_PROGRESS") for group in groups):
            return
        elif cluster.status.endswith("_IN_PROGRESS"):
            doing = cluster.status.split("_")[0]
            failed = [group for group in groups if group.status.endswith("_FAILED")]
            cluster.status = f"{doing}_FAILED" if failed else f"{doing}_COMPLETE"
            cluster.status_reason = failed[0].status_reason if failed else None
        cluster.save()

    def update_cluster(self, context, cluster, scale_manager=None, rollback=False):
        group = cluster.default_ng_worker
        self.resize_cluster(context, cluster, None, group.node_count, [], group)

    def upgrade_cluster(self, context, cluster, *args, **kwargs):
        raise NotImplementedError

    def delete_cluster(self, context, cluster):
        with world.LOCK:
            it = self.known(cluster)
            for group in it.groups.values():
                end_all(it, group)

    def resize_cluster(self, context, cluster, resize_manager, node_count, nodes_to_remove, nodegroup=None):
        with world.LOCK:
            it = self.known(cluster)
            group = it.groups[nodegroup.uuid]
            machines.resize(it, group, node_count, nodes_to_remove or [], self.due(it))

    def create_nodegroup(self, context, cluster, nodegroup):
        with world.LOCK:
            it = self.known(cluster)
            nodegroup.stack_id = group_stack(it)
            group = adopt_group(it, nodegroup)
            machines.resize(it, group, nodegroup.node_count, [], self.due(it))

    def update_nodegroup(self, context, cluster, nodegroup):
        with world.LOCK:
            it = self.known(cluster)
            it.groups[nodegroup.uuid].update = Update(self.due(it))

    def delete_nodegroup(self, context, cluster, nodegroup):
        nodegroup.save()
        with world.LOCK:
            it = self.known(cluster)
            it.groups[nodegroup.uuid].update = Update(self.due(it), deleting=True)

    def create_federation(self, context, federation):
        raise NotImplementedError

    def update_federation(self, context, federation):
        raise NotImplementedError

    def delete_federation(self, context, federation):
        raise NotImplementedError


class Heat(Pretended):
    mode = "heat"
    distro = "fedora-coreos"


class CapiHelm(Pretended):
    mode = "capi-helm"
    distro = "ubuntu"


class Vexxhost(Pretended):
    mode = "vexxhost"
    distro = "flatcar"


DRIVERS = {
    "heat": ("k8s_fedora_coreos_v1", Heat),
    "capi-helm": ("k8s_capi_helm_v1", CapiHelm),
    "vexxhost": ("k8s_cluster_api_flatcar", Vexxhost),
}


def adopt(mode, cluster):
    """Begins to keep machines for a cluster of Magnum's database."""
    project = world.PROJECTS[cluster.project_id]
    it = Cluster(cluster.uuid, cluster.name, mode, project, stack_id(mode, cluster.name), stack_name(cluster.name[:30]))
    with world.LOCK:
        world.CLUSTERS[cluster.uuid] = it
    return it


def stack_id(mode, name):
    if mode == "heat":
        return str(uuid.uuid4())
    if mode == "capi-helm":
        return f"{name[:30]}-{short_id.generate_id()}".lower()
    return f"kube-{machines.letters(5)}"


def group_stack(cluster):
    """Heat makes a stack for each group that is added; Cluster API has one release for all."""
    return str(uuid.uuid4()) if cluster.mode == "heat" else cluster.stack


def stack_name(base):
    """The name that the Heat driver gives to a stack (`magnum/drivers/heat/driver.py`)."""
    base = base.replace("_", "-").replace(".", "-")
    letters = "".join(it for it in base if it.isascii() and (it.isalnum() or it == "-"))
    return f"{letters}-{short_id.generate_id()}".lower()


def adopt_group(cluster, nodegroup):
    name = cluster.stack_name
    if not nodegroup.is_default:
        name = stack_name(f"{cluster.name[:20]}-{nodegroup.name[:9]}")
    prefix = f"{name}-{'master' if nodegroup.role == 'master' else 'node'}"
    zone = (nodegroup.labels or {}).get("availability_zone", "")
    stack = nodegroup.stack_id or cluster.stack
    group = Group(nodegroup.uuid, nodegroup.name, nodegroup.flavor_id, zone, stack, name, prefix)
    with world.LOCK:
        cluster.groups[nodegroup.uuid] = group
    return group


def settle(cluster, nodegroup):
    """Writes the end of an update that is over into Magnum's database."""
    group = cluster.groups[nodegroup.uuid]
    update = group.update
    if update is None or update.due is None or update.due > time.monotonic():
        return
    if update.deleting:
        end_all(cluster, group)
        del cluster.groups[nodegroup.uuid]
        nodegroup.destroy()
        nodegroup.status = Status.DELETE_COMPLETE
        return
    doing = (nodegroup.status or Status.UPDATE_IN_PROGRESS).split("_")[0]
    failure = machines.complete(cluster, group)
    if failure is not None and cluster.mode != "heat" and failure is not update.failures.get(None):
        # Cluster API tries again for ever, and the driver has no words.
        group.update = Update(None)
        return
    nodegroup.status = f"{doing}_FAILED" if failure is not None else f"{doing}_COMPLETE"
    nodegroup.status_reason = failure or None
    nodegroup.save()


def end_all(cluster, group):
    for server in group.members.values():
        cluster.project.servers.pop(server.id, None)
    group.members.clear()
