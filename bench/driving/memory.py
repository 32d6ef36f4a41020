"""Peak memory of a process and all its children together, while something else goes on.

On Linux it is the sum of their proportional set sizes (PSS, from /proc/PID/smaps_rollup), read every 100 ms: what they
share counts once, in parts; memory-mapped files count as far as they are mapped in. What is anonymous (PSS without
files: what cannot be read again from a file) stands beside it. Elsewhere it is the sum of the resident sizes, which
counts twice what is shared. A peak between two readings is missed; the kernel's own peak of the largest process (VmHWM,
resident) tells whether that was so.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

import psutil

INTERVAL_SECONDS = 0.1


@dataclass(frozen=True)
class Reading:
    """Memory of all processes at one time, in bytes."""

    total: int
    anonymous: int
    processes: int


def _pss(pid: int) -> tuple[int, int]:
    """Return PSS and anonymous PSS of one process, in bytes."""
    rollup = Path(f"/proc/{pid}/smaps_rollup")
    if not rollup.exists():
        resident = psutil.Process(pid).memory_info().rss
        return resident, resident
    rows = dict(line.split(":", 1) for line in rollup.read_text(encoding="ascii").splitlines()[1:])
    total, anonymous = (int(rows[name].split()[0]) * 1024 for name in ("Pss", "Pss_Anon"))
    return total, anonymous


def family(pid: int) -> list[int]:
    """Return the ids of a process and all its descendants."""
    try:
        return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    except psutil.NoSuchProcess:
        return []


def read(pid: int) -> Reading:
    """Read the memory of a process and all its descendants."""
    rows = []
    for member in family(pid):
        try:
            rows.append(_pss(member))
        except (OSError, KeyError, ValueError, psutil.Error):  # it ended meanwhile
            continue
    return Reading(sum(total for total, _ in rows), sum(anonymous for _, anonymous in rows), len(rows))


class MemoryWatch:
    """Reads the memory of a process and its children again and again, from `with` to its end."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._lock = threading.Lock()
        self._most_of_part = Reading(0, 0, 0)
        self.most = Reading(0, 0, 0)
        self.first = Reading(0, 0, 0)
        self.parts: dict[str, float] = {}

    def __enter__(self) -> MemoryWatch:
        self.first = self.most = self._most_of_part = read(self._pid)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def part(self, name: str) -> None:
        """End a part of the work: its peak in MB is `parts[name]`."""
        with self._lock:
            self._take(read(self._pid))
            self.parts[name] = round(self._most_of_part.total / 1e6, 1)
            self._most_of_part = Reading(0, 0, 0)

    @property
    def peak_mb(self) -> float:
        """The most memory at any reading, in MB."""
        return round(self.most.total / 1e6, 1)

    @property
    def rise_mb(self) -> float:
        """By how much the peak lies above the first reading, in MB."""
        return round((self.most.total - self.first.total) / 1e6, 1)

    def _take(self, reading: Reading) -> None:
        self.most = max(self.most, reading, key=lambda one: one.total)
        self._most_of_part = max(self._most_of_part, reading, key=lambda one: one.total)

    def _watch(self) -> None:
        while not self._ended.wait(INTERVAL_SECONDS):
            reading = read(self._pid)
            with self._lock:
                self._take(reading)


def largest_resident_mb(pid: int) -> float:
    """Return the kernel's peak of the resident size of the process itself, in MB; nan where it tells none."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return float("nan")
    row = next((line for line in status.splitlines() if line.startswith("VmHWM:")), None)
    return int(row.split()[1]) * 1024 / 1e6 if row else float("nan")
