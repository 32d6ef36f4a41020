"""What happens in a project, handed from any thread to everyone who follows that project."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from typing import Literal

from sambaseg.server.schemas import EventBody

EventName = Literal["job", "result", "tiles", "revision", "image", "smart"]
Event = tuple[EventName, EventBody]
LONGEST_QUEUE = 2000


class Subscription:
    """The events of one project for one follower, in order, as an asynchronous iterator that ends with `close`.

    A follower that does not keep up is let go: it connects again and reads the project anew.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()

    def put(self, event: Event | None) -> None:
        """Hand over an event, or None for the end; from any thread."""
        with contextlib.suppress(RuntimeError):  # the loop has ended, and the follower with it
            self._loop.call_soon_threadsafe(self._enqueue, event)

    def _enqueue(self, event: Event | None) -> None:
        if self._queue.qsize() < LONGEST_QUEUE:
            self._queue.put_nowait(event)
        elif self._queue.qsize() == LONGEST_QUEUE:
            self._queue.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[Event]:
        """Yield events until the end."""
        while (event := await self._queue.get()) is not None:
            yield event


class EventHub:
    """Followers of all projects."""

    def __init__(self) -> None:
        self._followers: dict[str, set[Subscription]] = defaultdict(set)
        self._lock = threading.Lock()
        self._closed = False

    @contextlib.contextmanager
    def subscribe(self, project_id: str) -> Iterator[Subscription]:
        """Follow a project until the context ends; to be entered in the event loop."""
        subscription = Subscription()
        with self._lock:
            self._followers[project_id].add(subscription)
            if self._closed:
                subscription.put(None)
        try:
            yield subscription
        finally:
            with self._lock:
                self._followers[project_id].discard(subscription)
                if not self._followers[project_id]:
                    del self._followers[project_id]

    def publish(self, project_id: str, name: EventName, body: EventBody) -> None:
        """Tell all followers of a project; from any thread, without waiting for anyone."""
        with self._lock:
            followers = tuple(self._followers.get(project_id, ()))
        for follower in followers:
            follower.put((name, body))

    def followers(self) -> int:
        """Return how many streams are open."""
        with self._lock:
            return sum(len(group) for group in self._followers.values())

    def close_project(self, project_id: str) -> None:
        """End the streams of a project that is deleted."""
        with self._lock:
            followers = tuple(self._followers.get(project_id, ()))
        for follower in followers:
            follower.put(None)

    def close(self) -> None:
        """End all streams, and those that are opened later, so that the server can stop."""
        with self._lock:
            self._closed = True
            followers = [follower for group in self._followers.values() for follower in group]
        for follower in followers:
            follower.put(None)
