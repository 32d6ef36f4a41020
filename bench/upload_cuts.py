"""Upload a large file whose connection breaks ten times in the middle of a chunk, and look at what arrived.

    python bench/upload_cuts.py [--megabytes 2048] [--cuts 10] [--chunk-megabytes 4] [--seed N] [--json FILE]

The client sends chunks as the page does. At random places it closes the connection after a random part of a chunk (in
turn politely and by a reset), asks the server where to go on, and goes on there. The SHA-256 that the server tells, the
one of the file on its disk, and the one of what was sent must be the same; the server's memory (PSS of all its
processes together, every 100 ms) may rise by less than 300 MB. Beside it stands the bound: the same bytes hashed twice
(chunk and file) and written to the same disk by one plain loop.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import json
import os
import random
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from driving.memory import MemoryWatch
from soak_kill import Server

MEMORY_RISE_GOAL_MB = 300
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER on, for 0 s: closing sends a reset and drops what is still on its way."""


@dataclass
class Content:
    """A file of random bytes that lies nowhere: any chunk of it is made when it is needed."""

    size: int
    chunk: int
    seed: int

    def part(self, index: int) -> bytes:
        """Return one chunk."""
        return np.random.default_rng([self.seed, index]).bytes(min(self.chunk, self.size - index * self.chunk))

    def between(self, start: int, end: int) -> bytes:
        """Return the bytes from `start` to before `end`."""
        indices = range(start // self.chunk, -(-end // self.chunk))
        joined = b"".join(self.part(index) for index in indices)
        skipped = start - indices.start * self.chunk
        return joined[skipped : skipped + end - start]

    def parts(self) -> Iterator[bytes]:
        """Yield all chunks."""
        return (self.part(index) for index in range(-(-self.size // self.chunk)))


@dataclass
class Upload:
    """One upload, and how often and how its connection broke."""

    server: Server
    content: Content
    id: str = ""
    received: int = 0
    cuts: list[dict[str, int]] = field(default_factory=list)
    waits_ms: list[float] = field(default_factory=list)

    def begin(self) -> None:
        """Announce the file."""
        body = {"file_name": "random.bin", "size": self.content.size}
        self.id = self.server.ask("POST", "/api/uploads", body)["id"]
        self.connection = self._connect()

    def send_chunk(self) -> None:
        """Send the next chunk whole."""
        body = self._next()
        began = time.perf_counter()
        self.connection.request("PATCH", self._path(), body, self._headers(body))
        answer = self.connection.getresponse()
        said = json.loads(answer.read())
        if answer.status >= 300:
            raise RuntimeError(f"A chunk at {self.received} was answered {answer.status}: {said}")
        self.waits_ms.append((time.perf_counter() - began) * 1000)
        self.received = said["received"]

    def cut_chunk(self, share: float, *, reset: bool) -> None:
        """Send a part of the next chunk, break the connection, and ask the server where to go on."""
        body = self._next()
        sent = int(len(body) * share)
        host, port = self.server.host.split(":")
        head = f"PATCH {self._path()} HTTP/1.1\r\nHost: {self.server.host}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in self._headers(body).items())
        head += f"Content-Length: {len(body)}\r\n\r\n"
        with socket.create_connection((host, int(port)), timeout=30) as plain:
            plain.sendall(head.encode("ascii") + body[:sent])
            if reset:
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        before = self.received
        self.connection.close()
        self.connection = self._connect()
        self.received = self.server.ask("GET", f"/api/uploads/{self.id}")["received"]
        self.cuts.append({"at": before, "sent": sent, "kept": self.received - before, "reset": int(reset)})
        if not before <= self.received <= before + sent:
            raise RuntimeError(f"After {self.cuts[-1]} the server says that it has {self.received} bytes.")

    def _next(self) -> bytes:
        end = min(self.content.size, self.received + self.content.chunk)
        return self.content.between(self.received, end)

    def _path(self) -> str:
        return f"/api/uploads/{self.id}?offset={self.received}"

    def _headers(self, body: bytes) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.server.token}",
            "Content-Type": "application/octet-stream",
            "X-Chunk-SHA256": hashlib.sha256(body).hexdigest(),
        }

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.server.host, timeout=60)


def send_with_cuts(upload: Upload, cuts: int, dice: random.Random) -> None:
    """Send everything, with the connection cut at so many random places."""
    size = upload.content.size
    places = sorted(dice.randrange(size) for _ in range(cuts))
    while upload.received < size:
        if places and places[0] < upload.received + upload.content.chunk:
            places.pop(0)
            upload.cut_chunk(dice.uniform(0.02, 0.98), reset=bool(len(places) % 2))
        else:
            upload.send_chunk()


def hash_on_disk(data_dir: Path, size: int) -> str:
    """Return the SHA-256 of the file of that size in the server's folder."""
    path = next(path for path in data_dir.rglob("*") if path.is_file() and path.stat().st_size == size)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def plain_copy_seconds(content: Content, folder: Path) -> tuple[float, str]:
    """Return how long one loop takes to hash the bytes twice and write them, without their making, and their hash."""
    whole, seconds = hashlib.sha256(), 0.0
    path = folder / "plain.bin"
    with path.open("wb") as file:
        for part in content.parts():
            began = time.perf_counter()
            hashlib.sha256(part).digest()
            whole.update(part)
            file.write(part)
            seconds += time.perf_counter() - began
        began = time.perf_counter()
        file.flush()
        os.fsync(file.fileno())
        seconds += time.perf_counter() - began
    path.unlink()
    return seconds, whole.hexdigest()


def measure(megabytes: int, cuts: int, chunk_megabytes: int, seed: int) -> dict[str, object]:
    """Upload, compare, and return the figures."""
    content = Content(megabytes * 2**20, chunk_megabytes * 2**20, seed)
    with tempfile.TemporaryDirectory(prefix="sambaseg-bench-") as folder:
        plain_seconds, sent_hash = plain_copy_seconds(content, Path(folder))
        server = Server(Path(folder) / "projects")
        server.start()
        server.wait_until_up()
        try:
            while not server.ask("GET", "/api/health")["kernels_ready"]:
                time.sleep(0.5)
            time.sleep(1)
            upload = Upload(server, content)
            with MemoryWatch(server.process.pid) as memory:
                upload.begin()
                began = time.perf_counter()
                send_with_cuts(upload, cuts, random.Random(seed))
                seconds = time.perf_counter() - began
                told = server.ask("GET", f"/api/uploads/{upload.id}")
            stored_hash = hash_on_disk(Path(folder) / "projects", content.size)
        finally:
            server.kill()
    return {
        "megabytes": megabytes,
        "seed": seed,
        "cuts": upload.cuts,
        "seconds": round(seconds, 1),
        "mb_a_second": round(content.size / 1e6 / seconds, 1),
        "plain_mb_a_second": round(content.size / 1e6 / plain_seconds, 1),
        "chunk_p50_ms": round(float(np.percentile(upload.waits_ms, 50)), 1),
        "chunk_p99_ms": round(float(np.percentile(upload.waits_ms, 99)), 1),
        "memory_rise_mb": memory.rise_mb,
        "memory_peak_mb": memory.peak_mb,
        "same_hash": sent_hash == told["sha256"] == stored_hash,
    }


def main() -> None:
    """Measure, print the figures, and say where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=2048)
    parser.add_argument("--cuts", type=int, default=10)
    parser.add_argument("--chunk-megabytes", type=int, default=4)
    parser.add_argument("--seed", type=int, default=None, help="another one each time where it is left out")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    seed = random.SystemRandom().randrange(2**31) if chosen.seed is None else chosen.seed
    row = measure(chosen.megabytes, chosen.cuts, chosen.chunk_megabytes, seed)
    print(f"{row['megabytes']} MB in chunks of {chosen.chunk_megabytes} MB, {len(row['cuts'])} cuts, seed {seed}")
    for cut in row["cuts"]:
        print(f"  cut at {cut['at']:>11}: {cut['sent']:>8} sent, {cut['kept']:>8} kept{' (reset)' * cut['reset']}")
    print(f"{'upload':28}{row['mb_a_second']:>9} MB/s, {row['seconds']} s with the making of the bytes")
    print(f"{'hashed and written plainly':28}{row['plain_mb_a_second']:>9} MB/s")
    print(f"{'a chunk':28}{row['chunk_p50_ms']:>9} ms p50, {row['chunk_p99_ms']} ms p99")
    print(f"{'memory of the server':28}{row['memory_rise_mb']:>9} MB more, {row['memory_peak_mb']} MB at the peak")
    print(f"{'SHA-256':28}{'the same' if row['same_hash'] else 'NOT THE SAME':>9}")
    if chosen.json:
        chosen.json.write_text(json.dumps(row, indent=1), encoding="utf-8")
    if row["memory_rise_mb"] >= MEMORY_RISE_GOAL_MB:
        print(f"Memory rose by more than its goal of {MEMORY_RISE_GOAL_MB} MB.", file=sys.stderr)
    if not row["same_hash"]:
        sys.exit("What arrived is not what was sent.")


if __name__ == "__main__":
    main()
