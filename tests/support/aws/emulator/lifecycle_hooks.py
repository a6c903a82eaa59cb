"""Lifecycle hooks: instances that wait on their way in and out until somebody says that they may go on.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks-overview.html
moto keeps the hooks and describes them; instances pass them by.
"""

LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING"
TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"


def put(group, transition):
    name = transition.rsplit("_", 1)[1].lower()
    group.autoscaling_backend.create_lifecycle_hook(name, group.name, transition, 3600, "ABANDON")


def has(group, transition):
    hooks = group.autoscaling_backend.describe_lifecycle_hooks(group.name)
    return any(hook.lifecycle_transition == transition for hook in hooks)


def wait(state, lifecycle_state, instance_state):
    state.lifecycle_state = lifecycle_state
    name, code = instance_state
    state.instance._state.name, state.instance._state.code = name, code
    state.activity.status, state.activity.progress = "MidLifecycleAction", 50
