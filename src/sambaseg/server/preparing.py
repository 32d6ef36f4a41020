"""Preparing views in threads: each once however many ask, the newest first, a bounded number at a time.

A preparation that nobody waits for any more ends: one that has not begun never will, one that runs is asked to stop
between its stages.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError, ThreadPoolExecutor
from typing import TypeVar

from starlette.requests import Request

from sambaseg.errors import CancelledError
from sambaseg.pipeline.progress import CancelToken
from sambaseg.server.background import step_back
from sambaseg.server.prepared import PreparedCache, PreparedView, ViewKey

NICENESS = 5
"""Behind requests, before trainings: somebody is pointing at something and waits for it."""

Answer = TypeVar("Answer")

Work = Callable[[CancelToken], PreparedView]
"""Prepares a view; raises CancelledError soon after the token is cancelled."""


class Preparation:
    """A view that is being prepared, for everybody who waits for it."""

    def __init__(self, key: ViewKey, work: Work) -> None:
        self.key = key
        self.work = work
        self.token = CancelToken()
        self.future: Future[PreparedView] = Future()
        self.waiting = 0


class PreparationQueue:
    """Preparations of one kind. All methods may be called from any thread."""

    def __init__(self, cache: PreparedCache, *, at_once: int) -> None:
        self._cache = cache
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="smart", initializer=lambda: step_back(NICENESS))
        self._lock = threading.Lock()
        self._pending: list[Preparation] = []
        self._unfinished: dict[ViewKey, Preparation] = {}
        self._stopped = False

    def join(self, key: ViewKey, work: Work, *, ahead: bool = False) -> Preparation:
        """Return the preparation of a view, begun with `work` unless there is one; to be left with `leave`.

        The newest is begun first, what is prepared `ahead` last. Raises CancelledError after `stop`.
        """
        with self._lock:
            found = self._cache.get(key)
            if found is not None:
                ready = Preparation(key, work)
                ready.future.set_result(found)
                return ready
            if self._stopped:
                raise CancelledError("The server is being stopped.")
            preparation = self._unfinished.get(key)
            if preparation is None:
                preparation = self._unfinished[key] = Preparation(key, work)
                self._pool.submit(self._run_newest)
            elif preparation in self._pending:
                self._pending.remove(preparation)
            else:
                preparation.waiting += 1
                return preparation
            preparation.waiting += 1
            self._pending.insert(0 if ahead else len(self._pending), preparation)
            return preparation

    def leave(self, preparation: Preparation) -> None:
        """Wait no more; the last one who leaves ends the preparation."""
        with self._lock:
            preparation.waiting -= 1
            if preparation.waiting > 0 or preparation.future.done():
                return
            self._forget(preparation)
        _give_up(preparation)

    def stop(self) -> None:
        """End everything; nothing begins any more."""
        with self._lock:
            self._stopped = True
            unfinished = list(self._unfinished.values())
            self._unfinished.clear()
            self._pending.clear()
        for preparation in unfinished:
            _give_up(preparation)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def wait(self) -> None:
        """Return when nothing runs any more; after `stop`."""
        self._pool.shutdown(wait=True)

    def _forget(self, preparation: Preparation) -> None:
        if preparation in self._pending:
            self._pending.remove(preparation)
        if self._unfinished.get(preparation.key) is preparation:
            del self._unfinished[preparation.key]

    def _run_newest(self) -> None:
        with self._lock:
            if not self._pending:
                return  # the one this turn was meant for was given up
            preparation = self._pending.pop()
        try:
            preparation.token.raise_if_cancelled()
            view = preparation.work(preparation.token)
        except BaseException as error:  # handed to everybody who waits
            with self._lock:
                self._forget(preparation)
            _settle(preparation, error=error)
            return
        with self._lock:
            self._cache.put(preparation.key, view)
            self._forget(preparation)
        _settle(preparation, view=view)


def _give_up(preparation: Preparation) -> None:
    preparation.token.cancel()
    _settle(preparation, error=CancelledError("Preparing this view was cancelled.", hint="Ask for it again."))


def _settle(preparation: Preparation, *, view: PreparedView | None = None, error: BaseException | None = None) -> None:
    """Tell those who wait; the first end counts."""
    with contextlib.suppress(InvalidStateError):
        if error is not None:
            preparation.future.set_exception(error)
        elif view is not None:
            preparation.future.set_result(view)


async def wait_for(queue: PreparationQueue, preparation: Preparation, request: Request) -> PreparedView:
    """Return the prepared view, or raise what preparing it raised; leaves the preparation, whatever happens.

    Raises CancelledError as soon as the client of `request` has gone.
    """
    try:
        return await answer_for(preparation.future, request)
    finally:
        queue.leave(preparation)


async def answer_for(future: Future[Answer], request: Request) -> Answer:
    """Return what a future brings, or raise what it raises; CancelledError as soon as the client has gone."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()

    def tell(_: Future[Answer]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended, and the client with it
            loop.call_soon_threadsafe(ready.set)

    future.add_done_callback(tell)
    watching = asyncio.create_task(_until_gone(request))
    waiting = asyncio.create_task(ready.wait())
    try:
        await asyncio.wait({watching, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if not future.done():
            raise CancelledError("The client has gone.")
        return future.result()
    finally:
        watching.cancel()
        waiting.cancel()


async def _until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
