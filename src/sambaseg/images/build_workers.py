"""Processes that look at images and build tile layers: started when needed, and kept for a minute after good work."""

from __future__ import annotations

import atexit
import contextlib
import json
import subprocess
import sys
import threading
import time
from typing import Any

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


def ask_worker(request: dict[str, Any], seconds: float) -> dict[str, Any] | int | None:
    """Return what a process answers to a request that has one answer; its exit code where it dies, None if too slow."""
    worker = take_worker()
    assert worker.stdin is not None
    assert worker.stdout is not None
    slow = threading.Event()

    def run_out() -> None:
        slow.set()
        worker.kill()

    watch = threading.Timer(seconds, run_out)
    watch.daemon = True
    watch.start()
    with contextlib.suppress(BrokenPipeError):
        worker.stdin.write(json.dumps(request).encode() + b"\n")
        worker.stdin.flush()
    line = worker.stdout.readline()
    watch.cancel()
    if not line or slow.is_set():
        code = end_worker(worker)
        return None if slow.is_set() else code
    answer: dict[str, Any] = json.loads(line)
    if answer["again"]:
        give_worker(worker)
    else:
        end_worker(worker)
    return answer


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
