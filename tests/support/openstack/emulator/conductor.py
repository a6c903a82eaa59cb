"""Magnum's conductor: its queue, which a test may stop, and the end of what is in progress.

The real one looks every ten seconds for clusters in progress; here the same job runs as soon as something is due.
"""

import functools
import threading
import time
import traceback
from collections import defaultdict

import magnum  # It chooses how oslo.service runs, and has to come before that.
from oslo_service import loopingcall

from . import drivers, world

# Clusters that Magnum's own look would find in progress.
WATCHED = set()
SOMETHING_NEW = threading.Condition()
QUEUES = defaultdict(list)
QUEUE_MOVED = threading.Condition()


def start():
    threading.Thread(target=look_for_ends, daemon=True).start()


def watch(cluster_uuid):
    with SOMETHING_NEW:
        WATCHED.add(cluster_uuid)
        SOMETHING_NEW.notify()


def look_for_ends():
    while True:
        with SOMETHING_NEW:
            SOMETHING_NEW.wait(timeout=until_next_end())
            due = [it for it in WATCHED if is_due(it)]
        for cluster_uuid in due:
            try:
                look_at(cluster_uuid)
            except Exception:
                traceback.print_exc()
                WATCHED.discard(cluster_uuid)


def ends():
    """(cluster, moment) of each update that is to end by itself."""
    for cluster_uuid in WATCHED:
        cluster = world.CLUSTERS.get(cluster_uuid)
        for group in list(cluster.groups.values()) if cluster else []:
            if group.update is not None and group.update.due is not None:
                yield cluster_uuid, group.update.due


def until_next_end():
    moments = [moment for _, moment in ends()]
    return max(0.0, min(moments) - time.monotonic()) if moments else None


def is_due(cluster_uuid):
    cluster = world.CLUSTERS.get(cluster_uuid)
    waiting = [it.update for it in cluster.groups.values() if it.update is not None] if cluster else []
    return not waiting or any(it.due is not None and it.due <= time.monotonic() for it in waiting)


def look_at(cluster_uuid):
    """What Magnum's periodic task does for one cluster."""
    from magnum import objects
    from magnum.common import context, exception
    from magnum.service.periodic import ClusterUpdateJob

    admin = context.make_admin_context(all_tenants=True)
    with drivers.turn(cluster_uuid):
        try:
            cluster = objects.Cluster.get_by_uuid(admin, cluster_uuid)
            if cluster.status.endswith("_IN_PROGRESS"):
                ClusterUpdateJob(admin, cluster).update_status()
        except loopingcall.LoopingCallDone:
            pass
        except exception.ClusterNotFound:
            world.CLUSTERS.pop(cluster_uuid, None)
            WATCHED.discard(cluster_uuid)
            return
        if not cluster.status.endswith("_IN_PROGRESS"):
            WATCHED.discard(cluster_uuid)


def complete(cluster, names):
    """Ends what is in progress in these groups (None: in all), now."""
    with world.LOCK:
        groups = [cluster.group(name) for name in names] if names is not None else cluster.groups.values()
        for group in groups:
            if group.update is not None:
                group.update.due = 0.0
    look_at(cluster.uuid)


def in_order(handler):
    """The handler of a request: it waits while the queue is stopped, and for those of its cluster before it."""

    @functools.wraps(handler)
    def handle(self, context, **request):
        cluster_uuid = request["cluster"].uuid if "cluster" in request else request["uuid"]
        ticket = object()
        with QUEUE_MOVED:
            QUEUES[cluster_uuid].append(ticket)
        try:
            world.PROJECTS[context.project_id].conductor.wait()
            with QUEUE_MOVED:
                QUEUE_MOVED.wait_for(lambda: QUEUES[cluster_uuid][0] is ticket)
            with drivers.turn(cluster_uuid):
                return handler(self, context, **request)
        finally:
            with QUEUE_MOVED:
                QUEUES[cluster_uuid].remove(ticket)
                QUEUE_MOVED.notify_all()
            watch(cluster_uuid)

    return handle


def is_idle(cluster_uuid):
    """Whether no request for the cluster is queued or being handled."""
    with QUEUE_MOVED:
        return not QUEUES[cluster_uuid]


def put_in_order(cluster_handler, nodegroup_handler):
    for name in ("cluster_create", "cluster_update", "cluster_delete", "cluster_resize"):
        setattr(cluster_handler, name, in_order(getattr(cluster_handler, name)))
    for name in ("nodegroup_create", "nodegroup_update", "nodegroup_delete"):
        setattr(nodegroup_handler, name, in_order(getattr(nodegroup_handler, name)))
