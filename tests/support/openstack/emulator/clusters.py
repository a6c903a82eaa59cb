"""Clusters in a given state, written into Magnum's database: a test needs many, and some in states that are hard to
come by. What the API makes of them afterwards is Magnum's.
"""

import uuid
from datetime import datetime, timezone

from . import conductor, drivers, flavors, machines, world
from .drivers import Status
from .servers import Server

IMAGE = "fedora-coreos"


def create(project, wish):
    """`wish`: name, driver mode, groups and what differs from an idle cluster; returns what `shape` says."""
    from magnum import objects
    from magnum.common import context

    admin = context.make_admin_context(all_tenants=True)
    driver_name, driver = drivers.DRIVERS[wish.get("mode", "heat")]
    owner = {"project_id": project.id, "user_id": project.people["member"].id}
    template = objects.ClusterTemplate(
        admin,
        uuid=str(uuid.uuid4()),
        name=f"{wish['name']}-template",
        image_id=IMAGE,
        flavor_id="m1.small",
        master_flavor_id="m1.medium",
        external_network_id="public",
        cluster_distro=driver.distro,
        server_type="vm",
        coe="kubernetes",
        labels={},
        # Clouds before 2026.2 leave it empty.
        driver=driver_name if wish.get("names_driver", True) else None,
        **owner,
    )
    template.create()
    status = wish.get("status", Status.CREATE_COMPLETE)
    cluster = objects.Cluster(
        admin,
        uuid=str(uuid.uuid4()),
        name=wish["name"],
        cluster_template_id=template.uuid,
        labels=wish.get("labels", {}),
        flavor_id="m1.small",
        master_flavor_id="m1.medium",
        keypair="test",
        api_address=wish.get("api_address", drivers.API_ADDRESS),
        status=status,
        status_reason=wish.get("status_reason"),
        coe_version="v1.33.1",
        create_timeout=60,
        **owner,
    )
    cluster.create()
    it = drivers.adopt(driver.mode, cluster)
    it.delay = wish.get("delay", 0.0)
    cluster.stack_id = it.stack
    cluster.save()
    master = {"name": "default-master", "role": "master", "flavor": "m1.medium", "count": 1}
    for group in [master | {"is_default": True}, *wish.get("groups", [])]:
        add_group(admin, it, group, cluster)
    if status.endswith("_IN_PROGRESS"):
        conductor.watch(cluster.uuid)
    return shape(it)


def add_group(admin, it, wish, cluster):
    from magnum import objects

    name = wish["name"]
    default = wish.get("is_default", name == "default-worker")
    count = wish.get("count", 0)
    status = wish.get("status", Status.CREATE_COMPLETE)
    nodegroup = objects.NodeGroup(
        admin,
        uuid=str(uuid.uuid4()),
        name=name,
        cluster_id=cluster.uuid,
        project_id=cluster.project_id,
        labels=cluster.labels | wish.get("labels", {}),
        flavor_id=wish.get("flavor", "m1.small"),
        image_id=IMAGE,
        node_addresses=[],
        node_count=count,
        role=wish.get("role", "worker"),
        min_node_count=wish.get("min", 0),
        max_node_count=wish.get("max"),
        is_default=default,
        stack_id=it.stack if default else drivers.group_stack(it),
        status=status,
        status_reason=wish.get("status_reason"),
        node_labels=wish.get("node_labels"),
        node_taints=wish.get("node_taints"),
    )
    nodegroup.create()
    date(nodegroup.uuid, wish)
    group = drivers.adopt_group(it, nodegroup)
    with world.LOCK:
        for number in range(wish.get("servers", count)):
            seed(it, group, number, wish)
        if status.endswith("_IN_PROGRESS"):
            group.update = machines.Update(None, sorted(range(count)))


def seed(it, group, number, wish):
    """A machine that has been there for a while."""
    server = Server(machines.server_name(it, group, number), flavors.find(it.project.flavors, group.flavor), group.zone)
    server.become_active()
    if "created" in wish:
        server.created = moment(wish["created"])
    it.project.servers[server.id] = group.members[number] = server


def date(nodegroup_uuid, wish):
    """The times that Magnum itself writes at each change."""
    from magnum.db.sqlalchemy import models
    from oslo_db.sqlalchemy import enginefacade
    from sqlalchemy import update

    times = {f"{it}_at": moment(wish[it]).replace(tzinfo=None) for it in ("created", "updated") if it in wish}
    if times:
        with enginefacade.writer.get_engine().begin() as connection:
            connection.execute(update(models.NodeGroup).where(models.NodeGroup.uuid == nodegroup_uuid).values(**times))


def moment(text):
    return datetime.fromisoformat(text).astimezone(timezone.utc)


def change_group(it, group, wish):
    """Writes a state over what Magnum knows of the group: status, status_reason, count, min, max, updated."""
    from magnum import objects
    from magnum.common import context

    admin = context.make_admin_context(all_tenants=True)
    with drivers.turn(it.uuid):
        nodegroup = objects.NodeGroup.get_by_uuid(admin, it.uuid, group.uuid)
        columns = {"status": "status", "status_reason": "status_reason", "count": "node_count"}
        for key, column in (columns | {"min": "min_node_count", "max": "max_node_count"}).items():
            if key in wish:
                setattr(nodegroup, column, wish[key])
        nodegroup.save()
        date(group.uuid, wish)


def change_cluster(it, wish):
    from magnum import objects
    from magnum.common import context

    with drivers.turn(it.uuid):
        cluster = objects.Cluster.get_by_uuid(context.make_admin_context(all_tenants=True), it.uuid)
        for key in ("status", "status_reason", "labels"):
            if key in wish:
                setattr(cluster, key, wish[key])
        cluster.save()


def shape(it):
    """What is there, as the driver sees it."""
    with world.LOCK:
        return {
            "uuid": it.uuid,
            "name": it.name,
            "stack_id": it.stack,
            "groups": {group.name: group_shape(group) for group in it.groups.values()},
        }


def group_shape(group):
    return {
        "uuid": group.uuid,
        "busy": group.update is not None,
        "servers": [dict(server.shape(), number=number) for number, server in sorted(group.members.items())],
    }
