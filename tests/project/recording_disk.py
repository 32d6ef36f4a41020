"""A disk for SQLite that remembers every write and sync, and what would be left if the power went at any moment.

What was synced is there. Of what was written since, each sector of 512 bytes may be there or not, whatever the order it
was written in; so may the file's new length, and the removal of a file.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

SECTOR = 512


@dataclass(frozen=True)
class Event:
    """One thing that happened to a file; "note" events of the test itself have ``path`` None."""

    kind: str
    path: Path | None
    offset: int = 0
    data: bytes = b""


@dataclass
class _FileState:
    """What of a file is safe, and what was written since."""

    safe: bytearray
    exists: bool = True
    pending: list[Event] = field(default_factory=list)


class RecordingDisk(apsw.VFS):
    """Passes everything on to the real disk and records it in ``events``."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.events: list[Event] = []
        super().__init__(name, "")

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        path = Path(name.filename() if isinstance(name, apsw.URIFilename) else name)
        return _File(self, path, name, flags)

    def xDelete(self, name: str, sync_folder: bool) -> None:  # noqa: N802
        super().xDelete(name, sync_folder)
        self.events.append(Event("delete", Path(name), data=b"synced" if sync_folder else b""))

    def note(self) -> None:
        """Record that something was acknowledged."""
        self.events.append(Event("note", None))


class _File(apsw.VFSFile):
    def __init__(self, disk: RecordingDisk, path: Path, name: Any, flags: list[int]) -> None:
        self.disk, self.path = disk, path
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        super().xWrite(data, offset)
        self.disk.events.append(Event("write", self.path, offset, bytes(data)))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        super().xTruncate(size)
        self.disk.events.append(Event("truncate", self.path, size))

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        self.disk.events.append(Event("sync", self.path))


def leave_after_crash(events: list[Event], before: dict[Path, bytes], folder: Path, seed: int) -> None:
    """Write into `folder` what the files, with content `before`, may hold when the power goes after `events`."""
    chance = random.Random(seed)
    files = {path: _FileState(bytearray(content)) for path, content in before.items()}
    for event in events:
        if event.path is None:
            continue
        file = files.setdefault(event.path, _FileState(bytearray(), exists=False))
        if event.kind == "sync":
            for pending in file.pending:
                _do(file, pending)
            file.pending.clear()
        elif event.kind == "delete" and event.data:
            files[event.path] = _FileState(bytearray(), exists=False)
        else:
            file.pending.append(event)
    keep = chance.choice([0.0, 0.5, 0.9])  # how much of what was not synced reaches the disk
    for path, file in files.items():
        for event in file.pending:
            _do_in_part(file, event, chance, keep)
        if file.exists:
            (folder / path.name).write_bytes(file.safe)


def _do(file: _FileState, event: Event) -> None:
    file.exists = event.kind != "delete"
    if event.kind == "write":
        end = event.offset + len(event.data)
        file.safe.extend(bytes(max(0, end - len(file.safe))))
        file.safe[event.offset : end] = event.data
    elif event.kind == "truncate":
        del file.safe[event.offset :]


def _do_in_part(file: _FileState, event: Event, chance: random.Random, keep: float) -> None:
    if event.kind != "write":
        if chance.random() < keep:
            _do(file, event)
        return
    for start in range(0, len(event.data), SECTOR):
        if chance.random() < keep:
            _do(file, Event("write", event.path, event.offset + start, event.data[start : start + SECTOR]))
