"""What projects take on the disk, measured anew when it is asked for, but not more often than now and then."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path

SECONDS_HELD = 20.0


class StorageUse:
    """Sizes of the folders of projects. All methods may be called from any thread."""

    def __init__(self, data_dir: Path) -> None:
        self._projects = data_dir / "projects"
        self._access = threading.Lock()
        self._measured: dict[str, tuple[float, int]] = {}

    def of(self, project_id: str) -> tuple[int, bool]:
        """Return a project's bytes, and whether they were measured just now."""
        with self._access:
            known = self._measured.get(project_id)
        if known is not None and time.monotonic() - known[0] < SECONDS_HELD:
            return known[1], False
        size = folder_size(self._projects / project_id)
        with self._access:
            self._measured[project_id] = (time.monotonic(), size)
        return size, True

    def forget(self, project_ids: Iterable[str]) -> None:
        """Measure anew when asked: they are changed or gone."""
        with self._access:
            for project_id in project_ids:
                self._measured.pop(project_id, None)


def folder_size(folder: Path) -> int:
    """Return the bytes of all files in a folder; what goes away meanwhile counts nothing.

    Nor does the write-ahead log of a project that is open, whose size is the server's own choice.
    """
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            if name.endswith("-wal"):
                continue
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(path, name)).st_size  # noqa: PTH118 - a few thousand files
    return total
