"""Files by their content in a folder: ``ab/cd/abcd…``, each brought to the disk before it gets its name."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

from sambaseg.durable import sync_folder
from sambaseg.errors import StorageError
from sambaseg.storage.files import (
    HASH_PATTERN,
    CheckedStream,
    Listed,
    Source,
    Stored,
    as_stream,
    check_name,
    copy_hashed,
    key_of,
    missing,
)


class DiskStore:
    """A `FileStore` in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, source: Source) -> Stored:
        """Take in a file; see `FileStore.put`."""
        with as_stream(source) as stream, _could_not_store(self.folder):
            temporary = self._temporary()
            try:
                with temporary.open("xb") as target:
                    stored = copy_hashed(stream, target)
                    target.flush()
                    os.fsync(target.fileno())
                self._take_in(temporary, stored)
            finally:
                temporary.unlink(missing_ok=True)
        return stored

    def open(self, sha256: str) -> BinaryIO:
        """Return a stream that is checked at its end."""
        try:
            raw = self._path(sha256).open("rb")
        except FileNotFoundError:
            raise missing(sha256) from None
        return cast("BinaryIO", io.BufferedReader(CheckedStream(raw, sha256), 1 << 17))

    def read_range(self, sha256: str, start: int, stop: int) -> bytes:
        """Return some bytes."""
        try:
            with self._path(sha256).open("rb") as file:
                file.seek(start)
                return file.read(max(stop - start, 0))
        except FileNotFoundError:
            raise missing(sha256) from None

    def size(self, sha256: str) -> int:
        """Return the size in bytes."""
        try:
            return self._path(sha256).stat().st_size
        except FileNotFoundError:
            raise missing(sha256) from None

    def exists(self, sha256: str) -> bool:
        """Tell whether a file is there."""
        return HASH_PATTERN.fullmatch(sha256) is not None and self._path(sha256).is_file()

    @contextlib.contextmanager
    def as_file(self, sha256: str) -> Iterator[Path]:
        """Yield the file itself, which must not be written."""
        path = self._path(sha256)
        if not path.is_file():
            raise missing(sha256)
        yield path

    def delete(self, sha256: str) -> None:
        """Remove a file."""
        self._path(sha256).unlink(missing_ok=True)

    def delete_older(self, sha256: str, until: datetime) -> bool:
        """Remove a file unless it was taken in since; see `FileStore.delete_older`.

        It loses its name before its time is looked at: who takes it in meanwhile, in this process or another, either
        noted that before, or finds nothing there and stores it anew.
        """
        path, aside = self._path(sha256), self._temporary()
        try:
            path.rename(aside)
        except FileNotFoundError:
            return False
        if datetime.fromtimestamp(aside.stat().st_mtime, UTC) >= until:
            aside.replace(path)
            return False
        aside.unlink()
        return True

    def list(self) -> Iterator[Listed]:
        """Return all files, in the order of their hashes."""
        for first in _folders(self.folder):
            for second in _folders(first):
                for path in sorted(second.iterdir()):
                    if HASH_PATTERN.fullmatch(path.name):
                        facts = path.stat()
                        yield Listed(path.name, facts.st_size, datetime.fromtimestamp(facts.st_mtime, UTC))

    def check(self) -> None:
        """Make sure that the folder can be written."""
        with _could_not_store(self.folder):
            temporary = self._temporary()
            temporary.write_bytes(b"")
            temporary.unlink()

    def _path(self, sha256: str) -> Path:
        return self.folder / key_of(check_name(sha256))

    def _temporary(self) -> Path:
        folder = self.folder / "temporary"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{secrets.token_hex(8)}.part"

    def _take_in(self, temporary: Path, stored: Stored) -> None:
        path = self._path(stored.sha256)
        if path.is_file() and path.stat().st_size == stored.size:
            with contextlib.suppress(FileNotFoundError):  # it was removed just now
                os.utime(path)  # who removes what is no longer needed sees that it is needed again
                return
        made = [folder for folder in (path.parent, path.parent.parent) if not folder.is_dir()]
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.replace(path)
        for folder in (path.parent, *(folder.parent for folder in made)):
            sync_folder(folder)


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if len(path.name) == 2) if folder.is_dir() else []


@contextlib.contextmanager
def _could_not_store(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"A file could not be stored in {folder}: {error.strerror or error}.",
            hint="Check that the folder exists, that it may be written, and that the disk has room.",
        ) from error
