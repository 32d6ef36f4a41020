"""How many requests a second one may make for long: a store of them that fills up steadily, and is used up by each.

Whoever asks for more waits the longer the more was asked for, which costs the server nothing; to refuse would, since
who floods asks again at once. The virtual scheduling form of the generic cell rate algorithm (ITU-T I.371): one number
for each who asks, the time at which all that was asked for is paid.
"""

from __future__ import annotations

import time
from collections.abc import Callable

REMEMBERED = 10_000


class Pace:
    """Tells how long a request has to wait; `a_second` of them are paid for, and `stored` at most are in store."""

    def __init__(self, *, a_second: float, stored: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._a_second, self._store_seconds = a_second, stored / a_second
        self._clock = clock
        self._paid_at: dict[str, float] = {}

    def wait_of(self, key: str, cost: float, *, longest: float) -> float | None:
        """Take a request of `key` into account and return how many seconds it has to wait; None: over `longest`.

        What would have to wait longer is not taken into account.
        """
        now = self._clock()
        if key not in self._paid_at and len(self._paid_at) >= REMEMBERED:
            self._paid_at = {known: at for known, at in self._paid_at.items() if at > now}
        paid_at = max(now, self._paid_at.get(key, now)) + cost / self._a_second
        wait = max(0.0, paid_at - self._store_seconds - now)
        if wait > longest:
            return None
        self._paid_at[key] = paid_at
        return wait
