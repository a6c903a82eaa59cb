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
# Those of them where a request has just been handled.
FRESH = set()
# Those that are being looked at.
LOOKED_AT = set()
SOMETHING_NEW = threading.Condition()
# By cluster, the requests that the API has accepted and the conductor has not finished.
QUEUES = defaultdict(list)
QUEUE_MOVED = threading.Condition()
IN_ORDER = ("cluster_create", "cluster_update", "cluster_delete", "cluster_resize")
IN_ORDER += ("nodegroup_create", "nodegroup_update", "nodegroup_delete")
# Longer than anything here takes, in seconds.
PATIENCE = 60


def start():
    threading.Thread(target=look_for_ends, daemon=True).start()


def watch(cluster_uuid):
    with SOMETHING_NEW:
        WATCHED.add(cluster_uuid)
        FRESH.add(cluster_uuid)
        SOMETHING_NEW.notify_all()


def look_for_ends():
    while True:
        with SOMETHING_NEW:
            SOMETHING_NEW.wait_for(lambda: any(map(is_due, WATCHED)), until_next_end())
            due = [it for it in WATCHED if is_due(it)]
            FRESH.difference_update(due)
            LOOKED_AT.update(due)
        for cluster_uuid in due:
            try:
                look_at(cluster_uuid)
            except Exception:
                traceback.print_exc()
                forget(cluster_uuid)
        with SOMETHING_NEW:
            LOOKED_AT.clear()
            SOMETHING_NEW.notify_all()


def until_next_end():
    moments = [it.due for cluster_uuid in WATCHED for it in updates(cluster_uuid) if it.due is not None]
    return max(0.0, min(moments) - time.monotonic()) if moments else None


def updates(cluster_uuid):
    """What is in progress in the cluster."""
    cluster = world.CLUSTERS.get(cluster_uuid)
    groups = list(cluster.groups.values()) if cluster else []
    return [it.update for it in groups if it.update is not None]


def is_due(cluster_uuid):
    ends = [it.due for it in updates(cluster_uuid) if it.due is not None]
    return cluster_uuid in FRESH or any(it <= time.monotonic() for it in ends)


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
            forget(cluster_uuid)
            return
        if not cluster.status.endswith("_IN_PROGRESS"):
            forget(cluster_uuid)


def forget(cluster_uuid):
    with SOMETHING_NEW:
        WATCHED.discard(cluster_uuid)
        SOMETHING_NEW.notify_all()


def complete(cluster, names):
    """Ends what is in progress in these groups (None: in all), now."""
    await_queue(cluster)
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
        cluster_uuid = cluster_of(request)
        try:
            world.PROJECTS[context.project_id].conductor.wait()
            with QUEUE_MOVED:
                QUEUE_MOVED.wait_for(lambda: QUEUES[cluster_uuid][0] == context.request_id)
            with drivers.turn(cluster_uuid):
                return handler(self, context, **request)
        finally:
            watch(cluster_uuid)
            with QUEUE_MOVED:
                QUEUES[cluster_uuid].remove(context.request_id)
                QUEUE_MOVED.notify_all()

    return handle


def noted(cast):
    """What sends a request to the conductor: a request is in the queue before the API has answered."""

    @functools.wraps(cast)
    def send(self, method, *args, **request):
        if method in IN_ORDER:
            with QUEUE_MOVED:
                QUEUES[cluster_of(request)].append(self._context.request_id)
        return cast(self, method, *args, **request)

    return send


def cluster_of(request):
    return request["cluster"].uuid if "cluster" in request else request["uuid"]


def await_queue(cluster):
    """Returns when every request for the cluster was handled, or is held back by a stopped queue."""
    with QUEUE_MOVED:
        runs = cluster.project.conductor
        done = QUEUE_MOVED.wait_for(lambda: not QUEUES[cluster.uuid] or not runs.is_set(), PATIENCE)
    if not done:
        raise TimeoutError(f"the conductor still has requests for cluster {cluster.name}")


def settle(cluster):
    """Returns when all requests were handled and all that ends by itself has ended."""
    await_queue(cluster)
    with SOMETHING_NEW:
        if not SOMETHING_NEW.wait_for(lambda: not will_change(cluster), PATIENCE):
            raise TimeoutError(f"cluster {cluster.name} is still in progress")


def will_change(cluster):
    if cluster.uuid in LOOKED_AT:
        return True
    ends = any(it.due is not None for it in updates(cluster.uuid))
    return cluster.uuid in WATCHED and (cluster.uuid in FRESH or ends)


def put_in_order(conductor_client, cluster_handler, nodegroup_handler):
    conductor_client._cast = noted(conductor_client._cast)
    for handler in (cluster_handler, nodegroup_handler):
        for name in IN_ORDER:
            if hasattr(handler, name):
                setattr(handler, name, in_order(getattr(handler, name)))
