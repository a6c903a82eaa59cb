"""Taking instances out of a group: on request, by scale in, or because they are gone."""

from moto.core.utils import utcnow

from . import accounts, activities, launching, lifecycle_hooks

SHUTTING_DOWN = ("shutting-down", 32)
# https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-instance-protection.html
ALL_PROTECTED = "Could not scale to desired capacity because all remaining instances are protected from scale-in."
NEVER_IN_SERVICE = (
    "Instance became unhealthy while waiting for instance to be in InService state. "
    "Termination Reason: Client.UserInitiatedShutdown: User initiated shutdown"
)


def scale_in(group, reason):
    """Terminates what is above desired, among the instances that are not protected."""
    before, asked = launching.capacity(launching.live(group)), group.desired_capacity
    while True:
        left = launching.live(group)
        above = launching.capacity(left) - asked
        if above <= 0:
            return
        victim = next_victim([state for state in left if state.weight <= above])
        if victim is None:
            break
        now = utcnow()
        cause = [reason] if reason else []
        cause.append(
            (
                now,
                "an instance was taken out of service in response to a difference between desired and actual capacity, "
                f"shrinking the capacity from {before} to {asked}",
            )
        )
        cause.append((now, f"instance {victim.instance.id} was selected for termination"))
        begin(group, victim, cause)
    if all(state.protected_from_scale_in for state in launching.live(group)):
        activity = activities.note(group, description=ALL_PROTECTED, cause=[reason] if reason else [], start=utcnow())
        activity.finish("Cancelled", ALL_PROTECTED)


def next_victim(states):
    """The default termination policy, shortened: the fullest zone, then the oldest instance.

    https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html
    """
    by_zone = {}
    for state in states:
        by_zone[state.availability_zone] = by_zone.get(state.availability_zone, 0) + 1
    open_to_choice = [state for state in states if not state.protected_from_scale_in]
    return min(
        open_to_choice,
        key=lambda state: (-by_zone[state.availability_zone], state.instance.launch_time),
        default=None,
    )


def begin(group, state, cause):
    """Puts an instance into Terminating, and through it unless terminations are held."""
    if state.lifecycle_state.startswith("Pending"):
        state.activity.finish("Cancelled", NEVER_IN_SERVICE)
    state.activity = activities.note(
        group,
        description=f"Terminating EC2 instance: {state.instance.id}",
        cause=cause,
        start=utcnow(),
        zone=state.availability_zone,
        subnet=state.instance.subnet_id,
    )
    begun = state.activity.shape()
    if lifecycle_hooks.has(group, lifecycle_hooks.TERMINATING):
        lifecycle_hooks.wait(state, "Terminating:Wait", launching.RUNNING)
    else:
        go_on(group, state)
    return begun


def go_on(group, state):
    """From Terminating to the end, unless that is held."""
    state.lifecycle_state = "Terminating"
    state.activity.status = "InProgress"
    launching.set_state(state.instance, SHUTTING_DOWN)
    held = accounts.account(group.account_id).terminations_held
    if not held and "Terminate" not in group._suspended_processes:
        finish(group, state)


def finish(group, state):
    group.instance_states = [other for other in group.instance_states if other is not state]
    group.ec2_backend.terminate_instances([state.instance.id])
    state.activity.finish()


def lose(group, instance_ids):
    """Instances that someone else terminated: Auto Scaling notices and replaces them."""
    lost = [state for state in group.instance_states if state.instance.id in instance_ids]
    for state in lost:
        group.instance_states.remove(state)
        activity = activities.note(
            group,
            description=f"Terminating EC2 instance: {state.instance.id}",
            cause=[
                (
                    utcnow(),
                    "an instance was taken out of service in response to an EC2 health check "
                    "indicating it has been terminated or stopped",
                )
            ],
            start=utcnow(),
            zone=state.availability_zone,
        )
        activity.finish()
    return bool(lost)
