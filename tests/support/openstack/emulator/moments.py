"""Moments: a call stands still before it is answered, while the test changes the world under it."""

import threading
from dataclasses import dataclass, field

from .faults import matches

# Longer than any test lasts; a test that has failed no longer lets the call go on.
PATIENCE = 60


@dataclass
class Moment:
    """The `number`-th call (from one) that matches, like a fault's."""

    service: str | None = None
    method: str | None = None
    path: str | None = None
    body: str | None = None
    number: int = 1
    reached: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def is_due(self, call):
        if not matches(self, call):
            return False
        self.number -= 1
        return self.number == 0

    def pause(self):
        self.reached.set()
        self.over.wait(PATIENCE)


def due(moments, call):
    """The moment that this call is; all of them count it."""
    return next((moment for moment in [m for m in moments if m.is_due(call)]), None)
