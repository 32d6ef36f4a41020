"""A zip file that is sent while it is made: at no time more of it exists than the piece on its way."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

READ_BYTES = 1 << 20


@dataclass(frozen=True)
class Member:
    """One file of a zip: its name there, with `/` between folders, and its content as bytes or where it lies.

    A file that lies somewhere is stored as it is (images are compressed already), and removed afterwards where it was
    made for the zip only (`temporary`).
    """

    name: str
    content: bytes | Path
    temporary: bool = False

    def remove(self) -> None:
        """Remove the file where it was made for the zip only."""
        if self.temporary and isinstance(self.content, Path):
            self.content.unlink(missing_ok=True)


def stream_zip(members: Iterable[Member | None]) -> Generator[bytes]:
    """Yield the bytes of a zip of `members`, each of which is asked for when the one before it has been sent.

    None stands for a member that is not there yet. Files and zips may have any size: ZIP64 is used where it is needed,
    and only there, since some programs do not know it. Where a member cannot be made, its error ends the stream, which
    then is no whole zip.
    """
    sink = _Sink()
    now = time.localtime()[:6]
    with zipfile.ZipFile(sink, "w") as archive:
        for member in members:
            if member is None:
                yield sink.take()
                continue
            try:
                yield from _send(archive, sink, member, (*now[:5], now[5] // 2 * 2))
            finally:
                member.remove()
    yield sink.take()


def _send(
    archive: zipfile.ZipFile, sink: _Sink, member: Member, moment: tuple[int, int, int, int, int, int]
) -> Iterator[bytes]:
    info = zipfile.ZipInfo(member.name, moment)
    info.external_attr = 0o644 << 16
    if isinstance(member.content, bytes):
        info.compress_type, info.file_size = zipfile.ZIP_DEFLATED, len(member.content)
    else:
        info.compress_type, info.file_size = zipfile.ZIP_STORED, member.content.stat().st_size
    with archive.open(info, "w") as target, _opened(member.content) as source:
        while part := source.read(READ_BYTES):
            target.write(part)
            yield sink.take()
    yield sink.take()


def _opened(content: bytes | Path) -> io.BufferedIOBase:
    return io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")


class _Sink(io.RawIOBase):
    """What was written and not taken yet; it cannot go back, so that sizes follow each file (a data descriptor)."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        """Return that this can be written to."""
        return True

    def write(self, data: object) -> int:
        """Keep some bytes until they are taken."""
        part = bytes(data)  # type: ignore[call-overload]
        self._parts.append(part)
        return len(part)

    def take(self) -> bytes:
        """Return what was written since the last time."""
        taken, self._parts = b"".join(self._parts), []
        return taken
