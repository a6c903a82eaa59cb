"""The admin API: POST /moto-api/ec2-autoscale/<verb> with a JSON object, a JSON answer.

For what a test sets up or watches and no AWS action offers. Every verb but
`account` takes the account id; those about a group take region and group.
"""

from datetime import timedelta

from moto.autoscaling import autoscaling_backends
from moto.ec2 import ec2_backends
from moto.core.utils import utcnow

from . import accounts, activities, capacity, instance_refreshes, launching, lifecycle_hooks, removing, setup, spot
from . import placements, reservations, scaling_policies, scheduled_actions, set_up_changes, warm_pools, zonal_shifts
from .faults import Fault
from .launch_rules import Delay, Failure, Lag, Stock
from .moments import Moment

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html
MACHINE_STATES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}
VERBS = {}
WAITING_VERBS = {}  # those that must not stop everybody else meanwhile


def verb(name):
    def register(function):
        VERBS[name] = function
        return function

    return register


def owner(wish):
    return accounts.account(wish["account"])


def groups(wish):
    for region in sorted(owner(wish).regions):
        yield from autoscaling_backends[wish["account"]][region].autoscaling_groups.values()


def group(wish):
    found = autoscaling_backends[wish["account"]][wish["region"]].autoscaling_groups.get(wish["group"])
    if found is None:
        raise LookupError(f"no group {wish['group']} in {wish['region']}")
    return found


def facts(wish, *names):
    return {name: wish[name] for name in names if wish.get(name) is not None}


@verb("account")
def create_account(_):
    return accounts.create()


@verb("image")
def register_image(wish):
    owner(wish).images.append(wish["image"])
    return {}


@verb("placement-group")
def make_placement_group(wish):
    return {"id": placements.put(owner(wish), wish["region"], wish["placement"])}


@verb("node-group")
def register_node_group(wish):
    owner(wish).node_groups[(wish["cluster"], wish["name"])] = wish["node_group"]
    return {}


@verb("group")
def create_group(wish):
    setup.create_group(owner(wish), wish)
    return {}


@verb("group/state")
def group_state(wish):
    it = group(wish)
    return {
        "min": it.min_size,
        "max": it.max_size,
        "desired": it.desired_capacity,
        "instances": [instance_state(state) for state in it.instance_states],
    }


def instance_state(state):
    instance = state.instance
    return {
        "id": instance.id,
        "lifecycle_state": state.lifecycle_state,
        "instance_type": instance.instance_type,
        "zone": instance.placement.zone,
        "private_ip": instance.private_ip,
        "private_dns": instance.private_dns_name,
        "spot": instance.lifecycle == "spot",
        "weight": state.weight,
    }


@verb("group/set-up")
def group_set_up(wish):
    return set_up_changes.shape(group(wish))


@verb("group/tag")
def tag_group(wish):
    """Sets a tag as a person at the console would."""
    it = group(wish)
    tag = {"Key": wish["key"], "Value": wish["value"], "PropagateAtLaunch": False, "ResourceId": wish["group"]}
    it.tags = [kept for kept in it.tags if kept["Key"] != wish["key"]] + [tag | {"ResourceType": "auto-scaling-group"}]
    return {}


@verb("group/change")
def change_group(wish):
    """Sizes, status, tags and suspended processes as a person at the console would change them."""
    it = group(wish)
    it.min_size = it.min_size if wish.get("min") is None else wish["min"]
    it.max_size = it.max_size if wish.get("max") is None else wish["max"]
    if wish.get("status"):
        it.status = wish["status"]
    if wish.get("suspended") is not None:
        it._suspended_processes = wish["suspended"]
        capacity.reconcile(it)
    if wish.get("desired") is not None:
        capacity.request(it, wish["desired"])
    return {}


@verb("group/hook")
def put_hook(wish):
    lifecycle_hooks.put(group(wish), wish["transition"])
    return {}


@verb("group/warm-pool")
def put_warm_pool(wish):
    warm_pools.put(group(wish), wish["size"])
    return {}


@verb("group/scheduled-action")
def put_scheduled_action(wish):
    backend = autoscaling_backends[wish["account"]][wish["region"]]
    unsaid = dict.fromkeys(("desired_capacity", "max_size", "min_size", "start_time", "end_time", "recurrence", "timezone"))
    sizes = unsaid | wish["action"]
    backend.put_scheduled_update_group_action(name=wish["group"], scheduled_action_name=wish["name"], **sizes)
    return {}


@verb("group/zonal-shift")
def begin_zonal_shift(wish):
    arn = group(wish).arn
    zonal_shifts.begin(owner(wish), wish["region"], arn, wish["away_from"], wish["status"])
    return {}


@verb("group/settings")
def set_settings(wish):
    """Settings of the group that moto does not act on, by the names of its attributes."""
    for name, value in wish["settings"].items():
        setattr(group(wish), name, value)
    return {}


@verb("group/scaling-policy")
def put_scaling_policy(wish):
    scaling_policies.put(autoscaling_backends[wish["account"]][wish["region"]], wish["group"], wish["name"], wish["policy"])
    return {}


@verb("group/refresh")
def add_refresh(wish):
    instance_refreshes.note(group(wish), wish["status"], wish["percentage"])
    return {}


@verb("template/version")
def template_version(wish):
    backend = autoscaling_backends[wish["account"]][wish["region"]]
    number = setup.add_template_version(backend, wish["group"], wish["launch"], wish["default"])
    return {"version": number}


@verb("launches/delay")
def delay_launches(wish):
    owner(wish).launches.delays.append(Delay(**facts(wish, "stage", "describes", "seconds", "group")))
    return {}


@verb("launches/release")
def release_launches(wish):
    """Lets what is held go on, and ends the delays: what starts from now on starts at once."""
    rules = owner(wish).launches
    rules.delays.clear()
    rules.answered_lag = None
    for it in groups(wish):
        capacity.release(it)
    return {}


@verb("launches/fail")
def fail_launches(wish):
    names = ("code", "message", "status", "group", "region", "zone", "instance_type", "lifecycle", "times")
    owner(wish).launches.failures.append(Failure(**facts(wish, *names)))
    return {}


@verb("launches/mend")
def mend_launches(wish):
    owner(wish).launches.failures.clear()
    return {}


@verb("launches/stock")
def stock_launches(wish):
    """So many machines of a type are left in a zone, and no more."""
    stocks = owner(wish).launches.stocks
    stocks[:] = [s for s in stocks if (s.zone, s.instance_type) != (wish["zone"], wish["instance_type"])]
    stocks.append(Stock(**facts(wish, "zone", "instance_type", "left")))
    return {}


@verb("launches/answered")
def answered_launches(wish):
    """How LaunchInstances behaves from now on."""
    rules = owner(wish).launches
    if "lag" in wish:
        rules.answered_lag = Lag(**wish["lag"])
    for name, value in facts(wish, "in_progress", "rebalanced", "failures_written", "cold_start").items():
        setattr(rules, name, value)
    return {}


@verb("launches/retry")
def retry_launches(wish):
    """What Auto Scaling does every few minutes with a gap that stays."""
    for it in groups(wish):
        capacity.reconcile(it)
    return {}


@verb("terminations/hold")
def hold_terminations(wish):
    owner(wish).terminations_held = True
    return {}


@verb("terminations/release")
def release_terminations(wish):
    owner(wish).terminations_held = False
    for it in groups(wish):
        for state in [s for s in it.instance_states if s.lifecycle_state == "Terminating"]:
            removing.finish(it, state)
    return {}


@verb("activity")
def add_activity(wish):
    start = utcnow() - timedelta(seconds=wish["seconds_ago"])
    activity = activities.note(
        group(wish),
        description=wish["description"],
        cause=[(start, text) for text in wish["cause"]],
        start=start,
        zone=wish.get("zone"),
    )
    if wish["status"] in ("Successful", "Failed", "Cancelled"):
        activity.finish(wish["status"], wish.get("message"))
        activity.end = start
    else:
        activity.status, activity.message = wish["status"], wish.get("message")
    return {}


@verb("activities/lag")
def lag_activities(wish):
    owner(wish).activity_lag = Lag(**facts(wish, "describes", "seconds"))
    return {}


@verb("activities/release")
def release_activities(wish):
    """Shows every activity, and from now on at once."""
    owner(wish).activity_lag = None
    for it in groups(wish):
        for activity in activities.of(it):
            activity.lag = None
    return {}


@verb("age")
def age(wish):
    """Everything that happened so far happened that much earlier, and what is scheduled comes that much earlier."""
    by = timedelta(seconds=wish["seconds"])
    for it in groups(wish):
        for activity in activities.of(it):
            activity.age(by)
        for state in it.instance_states:
            state.instance.launch_time -= by
            for hold in (state.hold, state.unseen):
                if hold and hold.until:
                    hold.until -= by
    for earlier in owner(wish).launch_tokens.values():
        earlier.at -= by
    reservations.age(owner(wish), by)
    for region in sorted(owner(wish).regions):
        scheduled_actions.age(autoscaling_backends[wish["account"]][region], by)
    return {}


@verb("instance")
def instance(wish):
    return instance_state(find_state(wish))


@verb("instance/launch-time")
def set_launch_time(wish):
    find_state(wish).instance.launch_time = activities.moment(wish["at"])
    return {}


@verb("instance/lose")
def lose_instance(wish):
    """The instance is gone behind Auto Scaling's back: a spot interruption, a person, broken hardware."""
    state = find_state(wish)
    it = state.auto_scaling_group
    it.ec2_backend.terminate_instances([state.instance.id])
    removing.lose(it, [state.instance.id])
    capacity.reconcile(it)
    return {}


@verb("instance/state")
def set_lifecycle_state(wish):
    """Standby, Warmed:Stopped and the like, without the machinery behind them."""
    find_state(wish).lifecycle_state = wish["lifecycle_state"]
    return {}


@verb("instance/impair")
def impair_instance(wish):
    """A status check of the instance fails from now on."""
    owner(wish).impaired.add(wish["instance"])
    return {}


@verb("instance/machine")
def set_machine_state(wish):
    """What EC2 says of an instance, whether a group has it or not, and without Auto Scaling noticing."""
    _, instance = find_machine(wish)
    instance._state.name, instance._state.code = wish["state"], MACHINE_STATES[wish["state"]]
    return {}


@verb("instance/forget")
def forget_instance(wish):
    """EC2 knows a terminated instance for about an hour."""
    reservation, instance = find_machine(wish)
    reservation.instances.remove(instance)
    return {}


def find_machine(wish):
    for region in sorted(owner(wish).regions):
        for reservation in ec2_backends[wish["account"]][region].reservations.values():
            for instance in reservation.instances:
                if instance.id == wish["instance"]:
                    return reservation, instance
    raise LookupError(f"EC2 of account {wish['account']} has no instance {wish['instance']}")


@verb("instance/protect")
def protect_instance(wish):
    find_state(wish).protected_from_scale_in = wish["protected"]
    return {}


@verb("instance/proceed")
def proceed(wish):
    """CompleteLifecycleAction with CONTINUE, or its time-out."""
    state = find_state(wish)
    if state.lifecycle_state == "Pending:Wait":
        launching.come_into_service(state)
    elif state.lifecycle_state == "Terminating:Wait":
        removing.go_on(state.auto_scaling_group, state)
    else:
        raise ValueError(f"{wish['instance']} is {state.lifecycle_state}: no lifecycle action waits")
    return {}


def find_state(wish):
    for it in groups(wish):
        for state in it.instance_states:
            if state.instance.id == wish["instance"]:
                return state
    raise LookupError(f"no group of account {wish['account']} has the instance {wish['instance']}")


@verb("fault")
def add_fault(wish):
    names = ("action", "region", "status", "code", "message", "delay", "cut", "times", "after", "param", "later_pages")
    owner(wish).faults.append(Fault(**facts(wish, *names, "every_other_time")))
    return {}


@verb("faults/clear")
def clear_faults(wish):
    owner(wish).faults.clear()
    return {}


@verb("pages")
def shorten_pages(wish):
    owner(wish).most_on_a_page = wish["most"]
    return {}


@verb("moment")
def add_moment(wish):
    moments = owner(wish).moments
    moments.append(Moment(**facts(wish, "action", "number", "region", "param")))
    return {"moment": len(moments) - 1}


def await_moment(wish):
    """Returns when the call has come."""
    return {"came": owner(wish).moments[wish["moment"]].reached.wait(wish["seconds"])}


@verb("moment/over")
def end_moment(wish):
    owner(wish).moments[wish["moment"]].over.set()
    return {}


@verb("calls")
def calls(wish):
    return [call.shape() for call in owner(wish).calls]


@verb("calls/forget")
def forget_calls(wish):
    owner(wish).calls.clear()
    return {}


@verb("spot/price")
def add_spot_price(wish):
    spot.add_price(owner(wish), wish["region"], wish["instance_type"], wish["zone"], wish["price"], wish["at"])
    return {}


@verb("spot/request")
def add_spot_request(wish):
    return spot.add_request(owner(wish), wish)


@verb("reservation")
def put_reservation(wish):
    reservations.put(owner(wish), wish["reservation"])
    return {}


@verb("reservation/take-back")
def take_back_reservation(wish):
    reservations.take_back(owner(wish), wish["id"], wish["left"])
    return {}


WAITING_VERBS["moment/await"] = await_moment
