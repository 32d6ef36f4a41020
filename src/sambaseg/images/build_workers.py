"""Processes that build tile layers: started when needed, and kept for a minute after work that ended well."""

from __future__ import annotations

import atexit
import contextlib
import subprocess
import sys
import threading
import time

MOST_IDLE = 2
IDLE_SECONDS = 60.0

Worker = subprocess.Popen[bytes]

_access = threading.Lock()
_idle: list[tuple[Worker, float]] = []


def take_worker() -> Worker:
    """Return a process that waits for a request: an idle one, else a new one."""
    while True:
        with _access:
            if not _idle:
                break
            worker, _ = _idle.pop()
        if worker.poll() is None:
            return worker
        end_worker(worker)
    return subprocess.Popen(
        [sys.executable, "-m", "sambaseg.images.build_worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def give_worker(worker: Worker) -> None:
    """Keep a process that waits for another request; it is ended when there are enough, or after a while."""
    with _access:
        _idle.append((worker, time.monotonic()))
        surplus = [_idle.pop(0)[0] for _ in range(len(_idle) - MOST_IDLE)]
    for one in surplus:
        end_worker(one)
    timer = threading.Timer(IDLE_SECONDS, _end_idle, [IDLE_SECONDS])
    timer.daemon = True
    timer.start()


def end_worker(worker: Worker) -> int:
    """End a process, whatever it does, and return its exit code."""
    worker.kill()
    for pipe in (worker.stdin, worker.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    return worker.wait()


def end_idle_workers() -> None:
    """End all processes that wait for a request."""
    _end_idle(0.0)


def _end_idle(idle_for: float) -> None:
    before = time.monotonic() - idle_for
    with _access:
        ended = [worker for worker, since in _idle if since <= before]
        _idle[:] = [(worker, since) for worker, since in _idle if since > before]
    for worker in ended:
        end_worker(worker)


atexit.register(end_idle_workers)
