"""Fetching and installing models in the background: one at a time for each model, with a state to look at."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sambaseg.errors import CancelledError, SambasegError
from sambaseg.pipeline.progress import CancelToken, Progress
from sambaseg.server.background import step_back
from sambaseg.server.refusals import as_refusal
from sambaseg.server.schemas import ErrorBody
from sambaseg.server.smart_schemas import ModelState

log = logging.getLogger("sambaseg.server")

AT_ONCE = 2
VERIFYING = "Verifying"


@dataclass(frozen=True)
class WorkState:
    """How far a model is, and what went wrong."""

    state: ModelState
    progress: float | None
    error: ErrorBody | None


class ModelWork:
    """What is done with one model."""

    def __init__(self, name: str, state: ModelState) -> None:
        self.name = name
        self.token = CancelToken()
        self.ended = threading.Event()
        self.afterwards: Callable[[], object] | None = None
        self.state = WorkState(state, 0.0 if state == "downloading" else None, None)

    def report(self, progress: Progress) -> None:
        """Tell how far it is."""
        state: ModelState = "verifying" if progress.stage == VERIFYING else "downloading"
        self.state = WorkState(state, min(max(progress.fraction, 0.0), 1.0), None)


Doing = Callable[[ModelWork], None]
"""Does the work; raises CancelledError soon after the work's token is cancelled."""


class ModelWorkers:
    """All work on models. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="models", initializer=step_back)
        self._lock = threading.Lock()
        self._works: dict[str, ModelWork] = {}
        self._ending: dict[str, ModelWork] = {}

    @property
    def names(self) -> list[str]:
        """The models that something is done with, or went wrong with."""
        with self._lock:
            return list(self._works)

    def state_of(self, name: str) -> WorkState | None:
        """Return how far a model is; None where nothing is done with it."""
        with self._lock:
            work = self._works.get(name)
        return None if work is None else work.state

    def start(self, name: str, state: ModelState, doing: Doing) -> None:
        """Begin work on a model, unless some is under way."""
        with self._lock:
            current = self._works.get(name)
            if current is not None and not current.ended.is_set():
                return
            older = self._ending.get(name)
            work = self._works[name] = ModelWork(name, state)
            self._pool.submit(self._run, work, doing, older)

    def end(self, name: str, *, afterwards: Callable[[], object]) -> None:
        """End the work on a model and forget it; `afterwards` is called here where none runs, else at its end."""
        with self._lock:
            work = self._works.pop(name, None)
            runs = work is not None and not work.ended.is_set()
            if work is not None and runs:
                work.afterwards = afterwards
                self._ending[name] = work
        if work is not None:
            work.token.cancel()
        if not runs:
            afterwards()

    def stop(self) -> None:
        """End everything; nothing begins any more."""
        with self._lock:
            works = [*self._works.values(), *self._ending.values()]
        for work in works:
            work.token.cancel()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def wait(self) -> None:
        """Return when nothing runs any more; after `stop`."""
        self._pool.shutdown(wait=True)

    def _run(self, work: ModelWork, doing: Doing, older: ModelWork | None) -> None:
        """Do the work; whatever happens, it ends."""
        error: SambasegError | None = None
        try:
            if older is not None:
                older.ended.wait()
            work.token.raise_if_cancelled()
            doing(work)
            work.token.raise_if_cancelled()
        except CancelledError:
            pass
        except Exception as failure:  # the thread's end: nobody above could answer
            error = as_refusal(failure) or _unexpected(failure)
        with self._lock:
            afterwards = work.afterwards
            if error is not None and afterwards is None:
                body = ErrorBody(code=error.code, message=error.message, hint=error.hint)
                work.state = WorkState("failed", None, body)
            elif self._works.get(work.name) is work:
                del self._works[work.name]
            if afterwards is None:
                work.ended.set()
        if afterwards is not None:
            self._tidy(work, afterwards)

    def _tidy(self, work: ModelWork, afterwards: Callable[[], object]) -> None:
        try:
            afterwards()
        except SambasegError as failure:
            log.warning("After the end of work on the model %s: %s", work.name, failure)
        finally:
            with self._lock:
                if self._ending.get(work.name) is work:
                    del self._ending[work.name]
                work.ended.set()


def _unexpected(failure: Exception) -> SambasegError:
    log.error("Work on a model failed", exc_info=failure)
    return SambasegError("Something went wrong in the server.", hint="The terminal that runs sambaseg tells more.")
