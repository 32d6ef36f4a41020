"""Files that are either the old one or the whole new one: written beside, brought to the disk, checked, renamed."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sambaseg.errors import StorageError

FILES_AT_ONCE = 8


@contextlib.contextmanager
def replace_durably(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; what was written there takes its place when the block ends well.

    The block may also read the file back and raise: then the old file stays and the temporary one is removed.
    Raises StorageError where the disk is full or the folder cannot be written.
    """
    try:
        temporary = path.with_name(f".{path.name[:40]}.{secrets.token_hex(8)}.part")
        temporary.touch(exist_ok=False)
    except OSError as error:
        raise _could_not_save(path, error) from error
    try:
        yield temporary
        with temporary.open("r+b") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise _could_not_save(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Bring what was made, renamed or removed in a folder to the disk, where the system can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Bring all files and folders in `folder` to the disk, before it takes its place. Raises OSError."""
    places = list(os.walk(folder))
    sync_files(Path(place) / name for place, _, names in places for name in names)
    for place, _, _ in places:
        sync_folder(Path(place))


def sync_files(paths: Iterable[Path], *, missing_ok: bool = False) -> None:
    """Bring files to the disk, several at once, which takes a fraction of the time. Raises OSError."""

    def sync(path: Path) -> None:
        with contextlib.suppress(*[FileNotFoundError] * missing_ok), path.open("r+b") as file:
            os.fsync(file.fileno())

    with ThreadPoolExecutor(FILES_AT_ONCE) as pool:
        for _ in pool.map(sync, paths):
            pass


def _could_not_save(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"{path.name} could not be saved in {path.parent}: {error.strerror or error}.",
        hint="Check that the folder exists, that it may be written, and that the disk has room.",
    )
