"""SHA-256 of an image's file, or of all files of an image that is a folder."""

from __future__ import annotations

import hashlib
from pathlib import Path


def hash_source(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal; of a folder, that of its files' paths and hashes. Raises OSError."""
    if not path.is_dir():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    files = sorted(inner for inner in path.rglob("*") if inner.is_file())
    listed = "".join(f"{hash_source(inner)}  {inner.relative_to(path).as_posix()}\n" for inner in files)
    return hashlib.sha256(listed.encode()).hexdigest()
