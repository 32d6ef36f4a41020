"""The files that a project was made from, kept as they came, under their hash: no text of a person becomes a path."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from pathlib import Path

from sambaseg.durable import sync_folder
from sambaseg.errors import StorageError
from sambaseg.images.hashing import hash_source

_KNOWN_EXTENSIONS = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".zarr"})
_BLOCK_BYTES = 1 << 20


class Originals:
    """Files kept in one folder; one that comes again, as the file of another page, is kept once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._kept: dict[Path, tuple[str, str]] = {}

    def keep(self, source: Path, file_name: str, *, owned: bool = False, sha256: str = "") -> tuple[str, str]:
        """Keep `source`, known to the person as `file_name`; return its name in the folder and its SHA-256.

        An `owned` file is one that nobody else will change: it is linked instead of copied where that can be done, and
        not even read where its `sha256` is known. Raises StorageError where it cannot be read or the disk is full.
        """
        if source not in self._kept:
            self._kept[source] = self._keep(source, file_name, owned, sha256)
        return self._kept[source]

    def _keep(self, source: Path, file_name: str, owned: bool, known: str) -> tuple[str, str]:
        extension = Path(file_name).suffix.lower()
        arriving = self.folder / "arriving"
        try:
            _remove(arriving)
            if source.is_dir():
                shutil.copytree(source, arriving)
                sha256 = hash_source(arriving)
            elif owned and _linked(source, arriving):
                sha256 = known or hash_source(source)
            else:
                sha256 = _copy(source, arriving)
            name = sha256 + (extension if extension in _KNOWN_EXTENSIONS else "")
            if (self.folder / name).exists():
                _remove(arriving)
            else:
                arriving.rename(self.folder / name)
            sync_folder(self.folder)
        except OSError as error:
            raise StorageError(
                f"The image file could not be kept in the project: {error.strerror or error}.",
                hint="Free some space on the disk, or choose another folder for the projects.",
            ) from error
        return name, sha256


def _linked(source: Path, target: Path) -> bool:
    """Give a file a second name, where the disk can; return whether it did."""
    with contextlib.suppress(OSError):
        os.link(source, target)
        with target.open("rb") as file:
            os.fsync(file.fileno())
        return True
    return False


def _copy(source: Path, target: Path) -> str:
    hashed = hashlib.sha256()
    with source.open("rb") as file, target.open("wb") as copy:
        while block := file.read(_BLOCK_BYTES):
            hashed.update(block)
            copy.write(block)
        copy.flush()
        os.fsync(copy.fileno())
    return hashed.hexdigest()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
