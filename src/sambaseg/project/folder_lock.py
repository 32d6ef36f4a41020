"""A lock on a folder that ends with its process, however that ends: one process uses a project at a time."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sambaseg.errors import DamagedProjectError, ProjectBusyError


class FolderLock:
    """Holds a file in a folder from its making to `release`. Raises ProjectBusyError where another holder has it."""

    def __init__(self, folder: Path, name: str = "lock") -> None:
        try:
            descriptor = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise DamagedProjectError(f"The project's folder cannot be used: {error.strerror}.") from error
        try:
            _lock(descriptor)
        except OSError as error:
            os.close(descriptor)
            raise ProjectBusyError(
                "The project is open in another program.", hint="Close it there, or stop that server, and try again."
            ) from error
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Give the folder back; doing so twice does no harm."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        # flock, not lockf: it also holds against a second opening in this process
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
