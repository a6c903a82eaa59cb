"""What the emulator keeps for each AWS account beside moto's own state.

Tests are kept apart by account: each gets one of its own, with its own groups,
faults, launch rules and call log.
"""

import itertools
import threading

from moto.sts import sts_backends

from .launch_rules import LaunchRules

PARTITION = "aws"
FIRST_ACCOUNT = 100_000_000_001
HOME_REGION = "us-east-1"
OWN_ACCOUNT = "123456789012"  # whose role-less caller assumes the role in the test's account

# moto's state is not made for several writers, and 80 calls a second leave nothing to gain from locking finer.
LOCK = threading.RLock()

_accounts = {}
_numbers = itertools.count(FIRST_ACCOUNT)
_by_access_key = {}


class Account:
    """Faults, moments, rules and log of one account."""

    def __init__(self, account_id):
        self.id = account_id
        self.calls = []
        self.faults = []
        self.launches = LaunchRules()
        self.moments = []
        self.launch_tokens = {}
        self.activity_lag = None
        self.most_on_a_page = None
        self.terminations_held = False
        self.impaired = set()
        self.images = []
        self.node_groups = {}
        self.zonal_shifts = {}
        self.placements = {}
        self.spot_prices = []
        self.spot_requests = []
        self.reservations = []
        self.regions = set()

    def page_of(self, most):
        """How much a page holds: "the number of items can be smaller than what you asked for" (most paginated actions)."""
        return min(most, self.most_on_a_page or most)


def account(account_id):
    """The state of an account, empty at first sight."""
    return _accounts.setdefault(account_id, Account(account_id))


def account_of_key(access_key_id):
    """The account that credentials made by `create` belong to, or None."""
    return _by_access_key.get(access_key_id)


def create():
    """A fresh account and credentials for it, as `AssumeRole` would give them."""
    account_id = str(next(_numbers))
    role = sts_backends[OWN_ACCOUNT][PARTITION].assume_role(
        region_name=HOME_REGION,
        role_session_name="ec2-autoscale",
        role_arn=f"arn:aws:iam::{account_id}:role/ec2-autoscale",
        policy=None,
        duration=12 * 3600,
        external_id=None,
    )
    _by_access_key[role.access_key_id] = account_id
    account(account_id)
    return {
        "account": account_id,
        "access_key_id": role.access_key_id,
        "secret_access_key": role.secret_access_key,
        "session_token": role.session_token,
    }
