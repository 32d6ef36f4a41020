"""How often somebody may try something: so many at once, and then one after each stretch of time."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from sambaseg.errors import TooManyRequestsError

MOST_REMEMBERED = 100_000


@dataclass(frozen=True)
class Rate:
    """``burst`` at once, then one in ``seconds_each``."""

    burst: int
    seconds_each: float


SIGN_IN = Rate(10, 30.0)
"""Wrong passwords from one address, and of oneself."""
SIGN_IN_OF_ONE = Rate(50, 30.0)
"""Wrong passwords of one login from all addresses: more, so that others cannot easily keep somebody out."""
NEW_VISITORS = Rate(20, 60.0)
"""New visits from one address: a class of students sits behind one."""
INVITES = Rate(20, 30.0)
"""Links of one address that are no invites."""
SIGN_IN_ELSEWHERE = Rate(40, 5.0)
"""Sign-ins at a provider that one address begins or ends: each asks the provider something."""


class RateLimit:
    """One rate for many keys. All methods may be called from any thread."""

    def __init__(self, rate: Rate, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._access = threading.Lock()
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def check(self, key: str, what: str) -> None:
        """Raise TooManyRequestsError where `key` has used up what it may; nothing is counted."""
        with self._access:
            wait = self._wait(key)
        if wait > 0:
            seconds = max(1, round(wait))
            raise TooManyRequestsError(f"Too many {what}.", hint=f"Try again in {seconds} seconds.")

    def count(self, key: str) -> None:
        """Count one try of `key`."""
        with self._access:
            now = self._clock()
            self._full_at[key] = max(self._full_at.get(key, now), now) + self._rate.seconds_each
            self._full_at.move_to_end(key)
            while len(self._full_at) > MOST_REMEMBERED:
                self._full_at.popitem(last=False)

    def forget(self, key: str) -> None:
        """Let `key` begin anew."""
        with self._access:
            self._full_at.pop(key, None)

    def _wait(self, key: str) -> float:
        """Return the seconds until `key` may try again; 0 where it may now."""
        used = self._full_at.get(key, 0.0) - self._clock()
        return max(0.0, used - (self._rate.burst - 1) * self._rate.seconds_each)
