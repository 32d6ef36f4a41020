"""Projects and jobs of a running server, as a page would make and follow them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from soak_kill import Server

ENDED = ("done", "cancelled", "failed")


@contextmanager
def running_server(data_dir: Path, *, memory: str | None = None) -> Iterator[Server]:
    """Start a server whose kernels are compiled, with a memory budget where one is given, and kill it at the end."""
    if memory:
        os.environ["SAMBASEG_MEMORY"] = memory
    server = Server(data_dir)
    server.start()
    try:
        server.wait_until_up()
        while not server.ask("GET", "/api/health")["kernels_ready"]:
            time.sleep(0.5)
        time.sleep(1)
        yield server
    finally:
        server.kill()


def open_path(server: Server, path: Path, name: str) -> str:
    """Make a project of a file of this machine, without copying it; return the project's id."""
    return str(server.ask("POST", "/api/projects/from-paths", {"paths": [str(path)], "name": name})["id"])


def wait_until_ready(server: Server, project_id: str, *, seconds: float = 600) -> dict[str, Any]:
    """Wait until every image of a project is built, and return the project."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        project = server.ask("GET", f"/api/projects/{project_id}")
        states = {image["state"] for image in project["images"]}
        if states == {"ready"}:
            return dict(project)
        if states & {"failed", "missing", "changed"}:
            raise RuntimeError(f"The images are {states}: {project['images'][:3]}")
        time.sleep(0.1)
    raise TimeoutError(f"The images are not ready after {seconds} s.")


def run_job(server: Server, project_id: str, what: str, body: object = None, *, seconds: float = 1800) -> float:
    """Start a job, wait for its end, and return the seconds it took. Raises RuntimeError where it failed."""
    began = time.perf_counter()
    job = server.ask("POST", f"/api/projects/{project_id}/{what}", body)
    wait_for_job(server, job["id"], seconds=seconds)
    return time.perf_counter() - began


def wait_for_job(server: Server, job_id: str, *, wanted: str = "done", seconds: float = 1800) -> dict[str, Any]:
    """Wait for the end of a job and return what the server says about it. Raises RuntimeError, TimeoutError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        state = server.ask("GET", f"/api/jobs/{job_id}")
        if state["state"] in ENDED:
            if state["state"] != wanted:
                raise RuntimeError(f"The job is {state['state']}, not {wanted}: {state}")
            return dict(state)
        time.sleep(0.02)
    raise TimeoutError(f"The job goes on after {seconds} s.")
