"""How far work is, and asking it to end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from sambaseg.errors import CancelledError


@dataclass(frozen=True)
class Progress:
    """One report: what is being done, how much of all is done (0 to 1), and how long the rest takes, where known."""

    stage: str
    fraction: float
    seconds_left: float | None


ReportProgress = Callable[[Progress], None]
"""Takes reports, from any thread, one at a time."""


class CancelToken:
    """Asks work to end: `cancel` may be called from any thread, the work looks at it between blocks."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask the work to end."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether the work was asked to end."""
        return self._event.is_set()

    def raise_if_cancelled(self) -> None:
        """Raise CancelledError where the work was asked to end."""
        if self._event.is_set():
            raise CancelledError("The work was cancelled before it ended.", hint="Start it again when you like.")


class Stage:
    """One stage of some work, `start` to `end` of all of it: turns shares of the stage into reports."""

    def __init__(
        self,
        report: ReportProgress | None,
        name: str,
        *,
        start: float = 0.0,
        end: float = 1.0,
        began: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._report = report
        self._name = name
        self._start = start
        self._end = end
        self._clock = clock
        self._began = clock() if began is None else began
        self._lock = threading.Lock()
        self._highest = start

    def tell(self, share: float) -> None:
        """Report that `share` (0 to 1) of the stage is done; the fraction never goes down."""
        if self._report is None:
            return
        with self._lock:
            self._highest = max(self._highest, self._start + (self._end - self._start) * min(share, 1.0))
            seconds = self._clock() - self._began
            known = 0 < self._highest < 1 and seconds > 0
            left = seconds / self._highest * (1 - self._highest) if known else None
            self._report(Progress(self._name, self._highest, left))
