"""A disk for SQLite that fails on demand, between SQLite and the real one."""

from __future__ import annotations

from typing import Any

import apsw


class FaultyDisk(apsw.VFS):
    """Passes everything on until ``fault`` says how it fails: "full", "write" or "sync"."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.fault: str | None = None
        self.fault_after_syncs: int | None = None
        super().__init__(name, "")

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        return _File(self, name, flags)


class _File(apsw.VFSFile):
    def __init__(self, disk: FaultyDisk, name: Any, flags: list[int]) -> None:
        self.disk = disk
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        if self.disk.fault == "full":
            raise apsw.FullError("the disk is full")
        if self.disk.fault == "write":
            raise apsw.IOError("the disk does not write")
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802
        if self.disk.fault == "sync":
            raise apsw.IOError("the disk does not sync")
        super().xSync(flags)
        if self.disk.fault_after_syncs is not None:
            self.disk.fault_after_syncs -= 1
            if self.disk.fault_after_syncs == 0:
                self.disk.fault, self.disk.fault_after_syncs = "full", None
