"""Kill the real server again and again while strokes are saved, and look for acknowledged ones that are gone.

    python bench/soak_kill.py --rounds 1000

Each round starts the server, lets several clients post operations as fast as they are acknowledged, kills it with
SIGKILL at a random moment (sometimes while it starts, else after some acknowledgements), and then reads the project's
log: every operation that was ever acknowledged must be there, once. What was under way is sent again in the next round,
as the page does. At the end the labels are compared with a plain NumPy model that took the operations in the order of
their revisions.

Killing a process cannot show a missing fsync; tests/project has the proof for that.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import http.client
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

TILE = 256
IMAGE_TILES = 3
ADDRESS = re.compile(r"(http://\S+)/\?token=(\S+)")
SERVE = "from sambaseg.server.run import run_server; from sambaseg.settings import Settings; "
SERVE += "run_server(Settings.from_environment(), open_browser=False)"
LONGEST_ROUND = 3.0


class LostError(Exception):
    """Something that was acknowledged is not there."""


@dataclass
class Server:
    """The real server as a process of its own."""

    data_dir: Path
    process: subprocess.Popen[str] = field(init=False)
    host: str = ""
    token: str = ""

    def start(self) -> None:
        """Start the process; it is not up yet."""
        environment = {**os.environ, "SAMBASEG_DATA_DIR": str(self.data_dir), "SAMBASEG_PORT": "0"}
        command = [sys.executable, "-c", SERVE]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)

    def wait_until_up(self) -> None:
        """Read the address that the server prints when it is up."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = ADDRESS.search(line)
        if found is None:
            raise RuntimeError(f"The server printed no address but {line!r}.")
        self.host, self.token = urlsplit(found[1]).netloc, found[2]

    def kill(self) -> None:
        """End the process with no chance to tidy up."""
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def ask(self, method: str, path: str, body: object = None, connection: http.client.HTTPConnection | None = None):
        """Send one request and return the JSON answer."""
        connection = connection or http.client.HTTPConnection(self.host, timeout=30)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        content = json.loads(answer.read())
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path} was answered {answer.status}: {content}")
        return content


@dataclass
class Client:
    """One page: sends operations one at a time, and again what was not acknowledged."""

    name: str
    project_id: str
    seed: int
    sent: int = 0
    revision: int = 0
    pending: dict | None = None
    acknowledged: dict[int, tuple[int, dict]] = field(default_factory=dict)
    resent: int = 0
    duplicates: int = 0

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)

    def draw(self) -> dict:
        """Return the next operation: a paint or an erase of random runs in one or two tiles."""
        self.sent += 1
        tiles = []
        for index in sorted(self.random.choice(IMAGE_TILES**2, size=self.random.integers(1, 3), replace=False)):
            bounds = np.sort(self.random.choice(TILE * TILE, size=2 * self.random.integers(1, 40), replace=False))
            starts, ends = bounds[::2], bounds[1::2]
            runs = np.stack([starts, ends - starts - 1], axis=1).astype("<u2").tobytes()
            place = {"ty": int(index // IMAGE_TILES), "tx": int(index % IMAGE_TILES)}
            tiles.append({**place, "runs": base64.b64encode(runs).decode()})
        kind = "erase" if self.random.random() < 0.2 else "paint"
        return {
            "client_id": self.name,
            "client_seq": self.sent,
            "base_revision": self.revision,
            "kind": kind,
            "class_id": int(self.random.integers(1, 3)),
            "overwrite": bool(self.random.random() < 0.3),
            "tiles": tiles,
        }

    def post_until_killed(self, server: Server) -> None:
        """Post operations until the connection breaks."""
        connection = http.client.HTTPConnection(server.host, timeout=30)
        path = f"/api/projects/{self.project_id}/operations"
        with contextlib.suppress(OSError, http.client.HTTPException):
            while True:
                again = self.pending is not None
                self.pending = self.pending or self.draw()
                ack = server.ask("POST", path, self.pending, connection)
                self.acknowledged[self.pending["client_seq"]] = (ack["revision"], self.pending)
                self.revision = ack["revision"]
                self.resent += again
                self.duplicates += ack["duplicate"]
                self.pending = None
        connection.close()


def check_nothing_lost(acknowledged: set[tuple[str, int]], stored: list[tuple[str, int]]) -> None:
    """Raise LostError where an acknowledged operation is not in the log, or one is there twice."""
    lost = acknowledged - set(stored)
    if lost:
        raise LostError(f"{len(lost)} acknowledged operations are gone, such as {sorted(lost)[:5]}.")
    if len(set(stored)) < len(stored):
        raise LostError("The log holds an operation twice.")


def model_labels(operations: list[dict]) -> np.ndarray:
    """Return the labels after `operations`, by the plainest means."""
    labels = np.zeros((IMAGE_TILES * TILE, IMAGE_TILES * TILE), np.uint8)
    for operation in operations:
        for tile in operation["tiles"]:
            window = labels[tile["ty"] * TILE :, tile["tx"] * TILE :][:TILE, :TILE]
            mask = np.zeros(TILE * TILE, bool)
            for start, length in np.frombuffer(base64.b64decode(tile["runs"]), "<u2").reshape(-1, 2).tolist():
                mask[start : start + length + 1] = True
            mask = mask.reshape(TILE, TILE)
            if operation["kind"] == "erase":
                window[mask & (window == operation["class_id"])] = 0
            else:
                window[mask & (operation["overwrite"] | (window == 0))] = operation["class_id"]
    return labels


def play_round(server: Server, clients: list[Client], dice: random.Random) -> None:
    """Start the server, let the clients work, kill it."""
    server.start()
    if dice.random() < 0.1:
        time.sleep(dice.uniform(0, 1.2))
        server.kill()
        return
    server.wait_until_up()
    before = sum(len(client.acknowledged) for client in clients)
    threads = [threading.Thread(target=client.post_until_killed, args=(server,)) for client in clients]
    for thread in threads:
        thread.start()
    wanted, deadline = before + dice.randrange(30), time.monotonic() + LONGEST_ROUND
    while sum(len(client.acknowledged) for client in clients) < wanted and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(dice.uniform(0, 0.03))
    server.kill()
    for thread in threads:
        thread.join()


def soak(rounds: int, seed: int, clients_at_once: int, data_dir: Path) -> dict[str, float]:
    """Play the rounds and return counts. Raises LostError."""
    from sambaseg.images.micrograph import Micrograph
    from sambaseg.project.check import check_project
    from sambaseg.project.new_image import NewImage
    from sambaseg.project.workspace import Workspace

    workspace = Workspace(data_dir)
    picture = np.random.default_rng(seed).integers(0, 256, (1, IMAGE_TILES * TILE, IMAGE_TILES * TILE), np.uint8)
    project = workspace.create_project([NewImage.of(Micrograph.from_array(picture), Path(__file__))], name="Soak")
    project_id, folder = project.id, project.folder
    workspace.close()

    dice, server = random.Random(seed), Server(data_dir)
    clients = [Client(f"client-{index}", project_id, seed + index) for index in range(clients_at_once)]
    started = time.monotonic()
    for _ in range(rounds):
        play_round(server, clients, dice)
        stored = list(check_project(folder).acknowledged)
        check_nothing_lost({(c.name, seq) for c in clients for seq in c.acknowledged}, stored)
    compare_labels(server, clients)
    return {
        "rounds": rounds,
        "acknowledged": sum(len(client.acknowledged) for client in clients),
        "resent": sum(client.resent for client in clients),
        "found_stored_when_resent": sum(client.duplicates for client in clients),
        "seconds": round(time.monotonic() - started, 1),
    }


def compare_labels(server: Server, clients: list[Client]) -> None:
    """Raise LostError unless the server's labels are those of the model."""
    server.start()
    server.wait_until_up()
    try:
        for client in clients:
            if client.pending is not None:
                path = f"/api/projects/{client.project_id}/operations"
                ack = server.ask("POST", path, client.pending)
                client.acknowledged[client.pending["client_seq"]] = (ack["revision"], client.pending)
        in_order = sorted((entry for client in clients for entry in client.acknowledged.values()), key=lambda e: e[0])
        expected = model_labels([operation for _, operation in in_order])
        for ty in range(IMAGE_TILES):
            for tx in range(IMAGE_TILES):
                connection = http.client.HTTPConnection(server.host, timeout=30)
                path = f"/api/projects/{clients[0].project_id}/layers/labels/{ty}/{tx}"
                connection.request("GET", path, headers={"Authorization": f"Bearer {server.token}"})
                tile = np.frombuffer(connection.getresponse().read(), np.uint8).reshape(TILE, TILE)
                if not np.array_equal(tile, expected[ty * TILE :, tx * TILE :][:TILE, :TILE]):
                    raise LostError(f"The labels of tile ({ty}, {tx}) are not those that were acknowledged.")
                connection.close()
    finally:
        server.kill()


def main() -> None:
    """Read the arguments, play the rounds, print the counts as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=3)
    parser.add_argument("--seed", type=int, default=None, help="another one each time where it is left out")
    arguments = parser.parse_args()
    seed = random.SystemRandom().randrange(2**31) if arguments.seed is None else arguments.seed
    print(f"seed {seed}", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="sambaseg-soak-") as folder:
        print(json.dumps(soak(arguments.rounds, seed, arguments.clients, Path(folder))))


if __name__ == "__main__":
    main()
