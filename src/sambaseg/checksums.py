"""SHA256SUMS: the checksums of all files of a folder, as `sha256sum -c` reads them, and copies that are hashed.

Paths are relative, with slashes, one file a line. A folder is whole when it holds exactly these files, each as stated.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Set
from pathlib import Path
from typing import BinaryIO

from sambaseg.errors import ArchiveError, MissingFileError

FILE_NAME = "SHA256SUMS"
_BLOCK_BYTES = 1 << 20
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


def copy_hashed(source: BinaryIO, target: BinaryIO) -> str:
    """Copy what is left of `source` to `target` and return its SHA-256. Raises OSError."""
    hashed = hashlib.sha256()
    while block := source.read(_BLOCK_BYTES):
        hashed.update(block)
        target.write(block)
    return hashed.hexdigest()


def copy_file_hashed(source: Path, target: Path) -> str:
    """Copy a file, whose folder is made where it is missing, and return its SHA-256. Raises OSError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as file, target.open("xb") as copy:
        return copy_hashed(file, copy)


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_sums(folder: Path, sums: Mapping[str, str]) -> None:
    """Write the file of checksums of `folder`: SHA-256 by path. Raises OSError."""
    (folder / FILE_NAME).write_bytes(format_sums(sums))


def format_sums(sums: Mapping[str, str]) -> bytes:
    """Return what a file of checksums holds."""
    return "".join(f"{sha256}  {path}\n" for path, sha256 in sorted(sums.items())).encode()


def parse_sums(content: bytes, path: Path) -> dict[str, str]:
    """Return the SHA-256 by path of what the file of checksums at `path` holds. Raises ArchiveError."""
    sums: dict[str, str] = {}
    try:
        lines = content.decode().splitlines()
    except UnicodeDecodeError as error:
        raise ArchiveError(f"{path} is no list of checksums.") from error
    for line in lines:
        found = _LINE.fullmatch(line)
        if found is None or found[2] in sums:
            raise ArchiveError(f"{path} is no list of checksums: {line[:100]!r} is not understood.")
        sums[found[2]] = found[1]
    return sums


def check_names(sums: Mapping[str, str], there: Set[str], folder: Path) -> None:
    """Raise ArchiveError unless exactly the files of the checksums are in `folder`."""
    for name, what in (
        *((name, "is missing from") for name in sorted(sums.keys() - there)),
        *((name, "is not named in the checksums of") for name in sorted(there - sums.keys())),
    ):
        raise ArchiveError(f"{name} {what} {folder}.", hint="Fetch the archive again; nothing was changed.")


def read_sums(folder: Path) -> dict[str, str]:
    """Return the stated SHA-256 of each file of `folder` by its path, after a look at which files there are.

    Raises MissingFileError where the folder has no checksums, and ArchiveError where they cannot be read, or where a
    file is missing, is not stated, or is no plain file.
    """
    path = folder / FILE_NAME
    try:
        sums = parse_sums(path.read_bytes(), path)
    except OSError as error:
        raise MissingFileError(f"{path} cannot be read: {error.strerror}.") from error
    check_names(sums, list_files(folder) - {FILE_NAME}, folder)
    return sums


def list_files(folder: Path) -> set[str]:
    """Return the paths of all files in `folder`. Raises ArchiveError for a link or anything else that is no file."""
    found = set[str]()
    for place, folders, names in os.walk(folder, onerror=_raise):
        for name in (*folders, *names):
            path = Path(place, name)
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                raise ArchiveError(f"{path} is neither a file nor a folder.", hint="Archives hold plain files only.")
        found |= {Path(place, name).relative_to(folder).as_posix() for name in names}
    return found


def check_sum(path: str, *, stated: str, found: str) -> None:
    """Raise ArchiveError where a file has another SHA-256 than the stated one."""
    if stated != found:
        raise ArchiveError(
            f"{path} is damaged: its SHA-256 must begin with {stated[:16]}, not {found[:16]}.",
            hint="Fetch the archive again; nothing was changed.",
        )


def _raise(error: OSError) -> None:
    raise error
