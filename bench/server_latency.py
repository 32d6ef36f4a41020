"""How long a page waits for the server while nothing runs, and while a training of the same project runs.

    python bench/server_latency.py [--size 2048] [--seconds 6] [--json FILE]

On the real server, over one kept connection: saving a stroke (until it is acknowledged, so with its fsync), reading an
image tile, reading a label tile, and a bare request. The fsync of this disk alone stands beside them.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from soak_kill import Client, Server


def percentiles(milliseconds: list[float]) -> dict[str, float]:
    """Return median, 99th percentile and number of measurements."""
    return {
        "p50": round(float(np.percentile(milliseconds, 50)), 1),
        "p99": round(float(np.percentile(milliseconds, 99)), 1),
        "n": len(milliseconds),
    }


def measure(server: Server, client: Client, seconds: float) -> dict[str, dict[str, float]]:
    """Send the requests in turn for so long, a hundredth of a second apart as a busy page would."""
    project = f"/api/projects/{client.project_id}"
    connection = http.client.HTTPConnection(server.host, timeout=60)
    headers = {"Authorization": f"Bearer {server.token}"}

    def get(path: str) -> None:
        connection.request("GET", path, headers=headers)
        connection.getresponse().read()

    def save() -> None:
        ack = server.ask("POST", f"{project}/operations", client.draw(), connection)
        client.revision = ack["revision"]

    actions = {
        "save a stroke": save,
        "image tile": lambda: get(f"{project}/image/0/1/1"),
        "label tile": lambda: get(f"{project}/layers/labels/0/0"),
        "health": lambda: get("/api/health"),
    }
    waits: dict[str, list[float]] = {name: [] for name in actions}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for name, action in actions.items():
            began = time.perf_counter()
            action()
            waits[name].append((time.perf_counter() - began) * 1000)
            time.sleep(0.01)
    connection.close()
    return {name: percentiles(times) for name, times in waits.items()}


def fsync_alone(folder: Path) -> dict[str, float]:
    """Return how long the disk takes to bring 4 kB home."""
    waits = []
    with (folder / "probe").open("wb") as file:
        for _ in range(100):
            began = time.perf_counter()
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
            waits.append((time.perf_counter() - began) * 1000)
    return percentiles(waits)


def new_project(data_dir: Path, size: int) -> str:
    """Make a project with a noisy image of two phases and return its id."""
    from sambaseg.images.micrograph import Micrograph
    from sambaseg.project.new_image import NewImage
    from sambaseg.project.workspace import Workspace

    noise = np.random.default_rng(0).integers(0, 60, (size, size), np.uint8)
    picture = noise + np.where(np.indices((size, size)).sum(0) // 300 % 2, 40, 120).astype(np.uint8)
    workspace = Workspace(data_dir)
    store = workspace.create_project([NewImage.of(Micrograph.from_array(picture), Path(__file__))], name="Latency")
    workspace.close()
    return store.id


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", type=int, default=2048)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sambaseg-bench-") as folder:
        project_id = new_project(Path(folder), arguments.size)
        server, client = Server(Path(folder)), Client("benchmark-1", project_id, 0)
        server.start()
        server.wait_until_up()
        try:
            while not server.ask("GET", "/api/health")["kernels_ready"]:
                time.sleep(0.5)
            idle = measure(server, client, arguments.seconds)
            job = server.ask("POST", f"/api/projects/{project_id}/train")
            busy = measure(server, client, arguments.seconds)
            state = server.ask("GET", f"/api/jobs/{job['id']}")
        finally:
            server.kill()
        figures = {"idle": idle, "while training": busy, "fsync alone": fsync_alone(Path(folder))}
    print(f"{'':16}{'idle':>18}{'while training':>18}   (ms: median, 99th percentile)")
    for name, rest in idle.items():
        print(f"{name:16}{rest['p50']:>9} {rest['p99']:>8}{busy[name]['p50']:>9} {busy[name]['p99']:>8}")
    alone = figures["fsync alone"]
    print(f"{'fsync alone':16}{alone['p50']:>9} {alone['p99']:>8}")
    if state["state"] != "running":
        print(f"The training was {state['state']} before the end: choose a larger --size.", file=sys.stderr)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
