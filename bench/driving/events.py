"""Follows what a server tells about a project, with the time of each event."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
from dataclasses import dataclass
from typing import Any

from soak_kill import Server


@dataclass(frozen=True)
class Event:
    """One event: when it came (time.perf_counter), its name, and its body."""

    at: float
    name: str
    body: dict[str, Any]


class Follower:
    """Listens to the events of a project, from `with` to its end; `events` grows meanwhile."""

    def __init__(self, server: Server, project_id: str) -> None:
        self._connection = http.client.HTTPConnection(server.host, timeout=3600)
        headers = {"Authorization": f"Bearer {server.token}", "Accept": "text/event-stream"}
        self._connection.request("GET", f"/api/projects/{project_id}/events", headers=headers)
        self._answer = self._connection.getresponse()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._ended = False
        self.events: list[Event] = []

    def __enter__(self) -> Follower:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        with contextlib.suppress(OSError):
            if self._connection.sock is not None:
                self._connection.sock.close()

    def named(self, name: str) -> list[Event]:
        """Return the events of one name so far."""
        return [event for event in list(self.events) if event.name == name]

    def _listen(self) -> None:
        name = ""
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException, AttributeError):
            while not self._ended and (line := self._answer.readline()):
                text = line.decode("utf-8").rstrip("\r\n")
                if text.startswith("event:"):
                    name = text.removeprefix("event:").strip()
                elif text.startswith("data:"):
                    body = json.loads(text.removeprefix("data:"))
                    self.events.append(Event(time.perf_counter(), name, body))
