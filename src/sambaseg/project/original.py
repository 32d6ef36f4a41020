"""The file that a project was made from, kept as it came, under its own hash: no text of a person becomes a path."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from sambaseg.durable import sync_folder
from sambaseg.errors import StorageError

_KNOWN_EXTENSIONS = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"})
_BLOCK_BYTES = 1 << 20


def keep_original(source_file: Path, file_name: str, folder: Path) -> tuple[str, str]:
    """Copy `source_file`, known to the person as `file_name`, into `folder`; return its name there and its SHA-256.

    Raises StorageError where it cannot be read or the disk is full.
    """
    extension = Path(file_name).suffix.lower()
    hashed = hashlib.sha256()
    arriving = folder / "arriving"
    try:
        with source_file.open("rb") as source, arriving.open("wb") as copy:
            while block := source.read(_BLOCK_BYTES):
                hashed.update(block)
                copy.write(block)
            copy.flush()
            os.fsync(copy.fileno())
        sha256 = hashed.hexdigest()
        name = sha256 + (extension if extension in _KNOWN_EXTENSIONS else "")
        arriving.rename(folder / name)
        sync_folder(folder)
    except OSError as error:
        raise StorageError(
            f"The image file could not be kept in the project: {error.strerror or error}.",
            hint="Free some space on the disk, or choose another folder for the projects.",
        ) from error
    return name, sha256
