"""Starting the instances a group lacks, with everything that can go wrong."""

from moto.autoscaling.models import ASG_NAME_TAG, InstanceState
from moto.core.utils import utcnow

from . import accounts, activities, launch_messages, lifecycle_hooks, placements, pools, reservations, warm_pools

RUNNING, PENDING = ("running", 16), ("pending", 0)

# Not counted and not touched: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html
NOT_LIVE = ("Terminating", "Terminated", "Detaching", "Detached", "Standby", "EnteringStandby", "Warmed")


def live(group):
    return [state for state in group.instance_states if not state.lifecycle_state.startswith(NOT_LIVE)]


def capacity(states):
    """Instances in the unit of the group's desired capacity."""
    return sum(state.weight for state in states)


def launch(group, reason):
    """Launches up to the desired capacity as far as the account's rules let it.

    `reason` is the (time, text) of the request that asked for it, or None when
    Auto Scaling acts by itself.
    """
    rules = accounts.account(group.account_id).launches
    before, asked = capacity(live(group)), group.desired_capacity
    cause = [reason] if reason else []
    cause.append(
        (
            utcnow(),
            "an instance was started in response to a difference between desired and actual capacity, "
            f"increasing the capacity from {before} to {asked}",
        )
    )
    warm_pools.draw(group, asked - before, cause)
    refused, chosen, planned = set(), [], live(group)
    while capacity(planned) < asked:
        pool = next_pool(group, rules, refused, planned, cause)
        if pool is None:
            break
        chosen.append(pool)
        planned.append(Planned(pool))
    for pool in dict.fromkeys(chosen):
        start(group, pool, chosen.count(pool), cause)


def next_pool(group, rules, refused, planned, cause):
    asked = group.desired_capacity
    for pool in reservations.ordered(group, pools.candidates(group, planned, asked), planned):
        if pool in refused:
            continue
        placed, failure = place(group, rules, pool, planned)
        if failure is None:
            return placed
        refused.add(pool)
        note_failure(group, pool, failure, cause, asked)
    return None


def place(group, rules, pool, planned):
    """The pool with its place in a reservation, if it gets one, and what a launch from it fails for."""
    placed, failure = reservations.seat(group, pool, planned)
    failure = failure or placements.refusal(group, pool, planned)
    if failure is None and placed.reservation is None:
        failure = rules.failure_of(group, pool.zone, pool.instance_type, pool.lifecycle)
    return placed, failure


class Planned:
    """An instance of the same request that is not started yet; counts when zones are balanced."""

    def __init__(self, pool):
        self.availability_zone = pool.zone
        self.weight = pool.weight
        self.instance = pool


def note_failure(group, pool, failure, cause, asked):
    message = launch_messages.status_message(failure, group, pool, asked)
    activity = activities.note(
        group,
        description=f"Launching a new EC2 instance.  Status Reason: {message}",
        cause=list(cause),
        start=utcnow(),
        zone=pool.zone,
        subnet=pool.subnet,
    )
    activity.finish(failure.status, message)


def start(group, pool, count, cause, token=None):
    """Starts instances; `token` is that of the call which is answered with their ids."""
    states = []
    for instance in run_instances(group, pool, count, token):
        state = InstanceState(
            instance, protected_from_scale_in=group.new_instances_protected_from_scale_in, autoscaling_group=group
        )
        state.weight = pool.weight
        state.weighted_capacity = str(pool.weight) if pools.is_weighted(group) else None
        state.launched_from = launched_from(group, pool)
        activity = activities.note(
            group,
            description=f"Launching a new EC2 instance: {instance.id}",
            cause=list(cause),
            start=utcnow(),
            progress=30,
            zone=pool.zone,
            subnet=pool.subnet,
        )
        begin(group, state, activity)
        states.append(state)
    return states


def begin(group, state, activity):
    """Puts an instance into Pending, and through it unless launches are delayed."""
    delay = accounts.account(group.account_id).launches.delay_of(group)
    held = delay is not None and delay.stage == "pending"
    state.activity = activity
    state.hold = delay.hold() if held else None
    state.lifecycle_state = "Pending"
    set_state(state.instance, PENDING)
    group.instance_states.append(state)
    if not held:
        come_into_service(state)


def come_into_service(state):
    """Out of Pending: into service, or into the wait of a lifecycle hook."""
    state.hold = None
    if state.lifecycle_state != "Pending:Wait" and lifecycle_hooks.has(state.auto_scaling_group, lifecycle_hooks.LAUNCHING):
        lifecycle_hooks.wait(state, "Pending:Wait", RUNNING)
        return
    state.lifecycle_state = "InService"
    set_state(state.instance, RUNNING)
    state.activity.finish()


def set_state(instance, name_and_code):
    instance._state.name, instance._state.code = name_and_code


def launched_from(group, pool):
    if pool.template is None:
        return None
    template = group.ec2_backend.get_launch_template(pool.template)
    return {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name, "Version": str(pool.version)}


def run_instances(group, pool, count, token=None):
    tags = {**group.get_propagated_tags(), ASG_NAME_TAG: group.name}
    config = group.launch_config
    template = {"LaunchTemplateId": pool.template, "Version": str(pool.version)} if pool.template else None
    data = group.ec2_backend.get_launch_template(pool.template).get_version(pool.version).data if pool.template else {}
    more = {"lifecycle": "spot"} if pool.lifecycle == "spot" else {}
    reservation = group.ec2_backend.run_instances(
        data.get("ImageId") or group.image_id,
        count,
        group.user_data,
        group.security_groups,
        instance_type=pool.instance_type,
        tags={"instance": tags},
        region_name=group.region,
        placement=None if pool.subnet else pool.zone,
        launch_config=config,
        launch_template=template,
        is_instance_type_default=False,
        associate_public_ip=config.associate_public_ip_address if config else None,
        subnet_id=pool.subnet,
        client_token=token,
        **more,
    )
    for instance in reservation.instances:
        reservations.take_place(group, pool, instance)
    placements.mark(group, pool, reservation.instances)
    return reservation.instances
