"""Moments: a call stands still before it is answered, while the test changes the world under it."""

import threading
from dataclasses import dataclass, field

# Longer than any test lasts; a test that has failed no longer lets the call go on.
PATIENCE = 60


@dataclass
class Moment:
    """The `number`-th call of `action` (from one) with these parameters."""

    action: str
    number: int = 1
    region: str | None = None
    param: dict = field(default_factory=dict)
    reached: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def is_due(self, call):
        if call.action != self.action or self.region not in (None, call.region):
            return False
        if any(call.params.get(name) != value for name, value in self.param.items()):
            return False
        self.number -= 1
        return self.number == 0

    def pause(self):
        self.reached.set()
        self.over.wait(PATIENCE)


def due(moments, call):
    """The moment that this call is; all of them count it."""
    return next((moment for moment in [m for m in moments if m.is_due(call)]), None)
