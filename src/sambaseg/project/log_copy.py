"""A copy of a project's log, taken from outside while the server that has it open goes on writing.

The server holds the log with an exclusive lock, so that no other process can read it by SQLite. Its bytes are copied
instead: the file first, then its WAL. That is sound as long as the WAL was not begun anew meanwhile, which its header
tells (each beginning has other salts): whatever SQLite brought from the WAL into the file while it was copied still
stands in the WAL that is copied after it, whole and in order, and SQLite takes it from there when the copy is opened.
What was written last and only in part fails its checksum there, as after a loss of power. Where the WAL was begun
anew, the copy is taken again.

The one thing that must not be done is to read the files in the process that has them open by SQLite: closing them
would end its locks. This is for other processes.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sambaseg.errors import ProjectBusyError

COPIES_TRIED = 30
_HEADER_BYTES = 32
_SETTLED_SECONDS = 0.1
"""Times of change count in steps of some milliseconds: what changed within the last of them may change unseen."""


@dataclass(frozen=True)
class LogState:
    """How the files of a log are at a moment. `generation` stays the same while only steps are added to the WAL."""

    header: bytes
    file: tuple[int, int, int]
    wal: tuple[int, int]
    settled: bool

    @classmethod
    def now(cls, path: Path) -> Self:
        """Return how the log at `path` is. Raises FileNotFoundError where there is none."""
        status = path.stat()
        header, wal = b"", (0, 0)
        try:
            with wal_of(path).open("rb") as file:
                header, wal_status = file.read(_HEADER_BYTES), wal_of(path).stat()
            wal = wal_status.st_size, wal_status.st_mtime_ns
        except FileNotFoundError:
            pass
        newest = max(status.st_mtime_ns, wal[1])
        settled = newest < time.time_ns() - int(_SETTLED_SECONDS * 1e9)
        return cls(header, (status.st_ino, status.st_size, status.st_mtime_ns), wal, settled)

    @property
    def generation(self) -> tuple[object, ...]:
        """What stays the same from one beginning of the WAL to the next; without a WAL, the file itself."""
        return (self.header,) if self.header else (self.file, self.settled)

    def is_still(self, path: Path) -> bool:
        """Tell whether certainly nothing was written since."""
        now = LogState.now(path)
        return self.settled and (self.header, self.file, self.wal) == (now.header, now.file, now.wal)


def copy_log(path: Path, target: Path) -> LogState:
    """Copy the log at `path` to `target` with all steps that were acknowledged before; return how it was before.

    Raises FileNotFoundError where there is none, and ProjectBusyError where too much is written all the time.
    """
    for attempt in range(COPIES_TRIED):
        before = LogState.now(path)
        if before.header or before.settled:
            for part, copy in ((path, target), (wal_of(path), wal_of(target))):
                copy.unlink(missing_ok=True)
                if part == path or before.header:
                    _copy(part, copy)
            if LogState.now(path).generation == before.generation:
                return before
        time.sleep(min(0.02 * 1.3**attempt, 0.5))
    raise ProjectBusyError(
        "So much is written to the project that its log could not be copied.", hint="Try again at a quieter time."
    )


def wal_of(path: Path) -> Path:
    """Return where the WAL of the log at `path` lies."""
    return path.with_name(f"{path.name}-wal")


def _copy(source: Path, target: Path) -> None:
    try:
        shutil.copyfile(source, target)
        shutil.copystat(source, target)
    except FileNotFoundError:
        if not source.name.endswith("-wal"):
            raise
