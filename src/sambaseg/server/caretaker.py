"""What is done again and again in the background: visitors whose time is over go."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from sambaseg.server.background import step_back

log = logging.getLogger("sambaseg.server")
SECONDS_BETWEEN = 300.0


class Caretaker:
    """A thread that does a task at the start and every five minutes."""

    def __init__(self, task: Callable[[], object], *, seconds: float = SECONDS_BETWEEN) -> None:
        self._task = task
        self._seconds = seconds
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; once."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="caretaker", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Do nothing any more, but end what is being done."""
        self._stopped.set()

    def wait(self) -> None:
        """Return when nothing is being done; after `stop`."""
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        step_back()
        while not self._stopped.is_set():
            try:
                self._task()
            except Exception as error:  # the thread must go on
                log.error("What has expired could not be removed", exc_info=error)
            self._stopped.wait(self._seconds)
