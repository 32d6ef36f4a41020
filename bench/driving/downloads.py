"""Files that a running server gives to save, streamed to disk as a browser does."""

from __future__ import annotations

import http.client
import shutil
import time
from pathlib import Path

from soak_kill import Server


def download(server: Server, path: str, target: Path) -> float:
    """Save an export to a file; return the seconds it took. Raises RuntimeError where the server refuses."""
    began = time.perf_counter()
    connection = http.client.HTTPConnection(server.host, timeout=600)
    connection.request("GET", path, headers={"Authorization": f"Bearer {server.token}"})
    answer = connection.getresponse()
    if answer.status >= 300:
        raise RuntimeError(f"GET {path} was answered {answer.status}: {answer.read()[:500]!r}")
    with target.open("wb") as file:
        shutil.copyfileobj(answer, file, 2**20)
    connection.close()
    return time.perf_counter() - began
