"""Tasks of many people on a few threads: one after the other in turn, so that nobody waits for another's long list."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

Task = Callable[[], None]


class FairQueue:
    """Runs tasks on a pool, `at_once` in all and `each` of one owner; owners take turns. From any thread."""

    def __init__(self, pool: ThreadPoolExecutor, *, at_once: int, each: int) -> None:
        self._pool = pool
        self._at_once = at_once
        self._each = each
        self._access = threading.Lock()
        self._waiting: OrderedDict[str, deque[Task]] = OrderedDict()
        self._running: Counter[str] = Counter()
        self._stopped = False

    def submit(self, owner: str, task: Task) -> None:
        """Run a task of `owner` when it is their turn; never after `stop`."""
        with self._access:
            self._waiting.setdefault(owner, deque()).append(task)
            self._fill()

    def stop(self) -> None:
        """Begin nothing any more."""
        with self._access:
            self._stopped = True
            self._waiting.clear()

    def _fill(self) -> None:
        """Begin what can begin; with the lock held."""
        while not self._stopped and self._running.total() < self._at_once:
            owner = next((owner for owner in self._waiting if self._running[owner] < self._each), None)
            if owner is None:
                return
            tasks = self._waiting[owner]
            task = tasks.popleft()
            self._waiting.move_to_end(owner)
            if not tasks:
                del self._waiting[owner]
            self._running[owner] += 1
            try:
                self._pool.submit(self._run, owner, task)
            except RuntimeError:  # the pool is being shut down
                self._running[owner] -= 1
                return

    def _run(self, owner: str, task: Task) -> None:
        try:
            task()
        finally:
            with self._access:
                self._running[owner] -= 1
                if not self._running[owner]:
                    del self._running[owner]
                self._fill()
