"""What is done again and again in the background: visitors whose time is over go, and files that no entry has."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from sambaseg.server.background import step_back

log = logging.getLogger("sambaseg.server")


@dataclass(frozen=True)
class Chore:
    """Something to be done every `seconds`, for the first time `seconds_before` after the start.

    `failed` is the sentence that the log has where it could not be done; it is tried again the next time.
    """

    do: Callable[[], object]
    failed: str
    seconds: float
    seconds_before: float = 0.0


class Caretaker:
    """A thread that does chores, one after the other."""

    def __init__(self, *chores: Chore) -> None:
        self._chores = chores
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
        began = time.monotonic()
        due = {chore: began + chore.seconds_before for chore in self._chores}
        while not self._stopped.is_set():
            chore = min(due, key=due.__getitem__)
            if self._stopped.wait(max(0.0, due[chore] - time.monotonic())):
                return
            try:
                chore.do()
            except Exception as error:  # the thread must go on
                log.error(chore.failed, exc_info=error)
            due[chore] = time.monotonic() + chore.seconds
