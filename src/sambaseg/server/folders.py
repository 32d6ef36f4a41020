"""The folders of this machine as a person who sits at it sees them, to open images without copying them."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import stat
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sambaseg.errors import AccessDeniedError, MissingFileError, ParameterError
from sambaseg.images.reader import is_zarr
from sambaseg.images.stack import natural_key
from sambaseg.server.intake_schemas import EntryKind, FolderEntry, FolderListing, Place
from sambaseg.settings import Settings

MOST_ENTRIES = 5000
IMAGE_ENDINGS = frozenset(
    {".tif", ".tiff", ".btf", ".tf8", ".png", ".jpg", ".jpeg", ".bmp", ".webp", ".pnm", ".pgm", ".ppm", ".pbm", ".pam"}
)
USUAL_FOLDERS = ("Desktop", "Documents", "Pictures", "Downloads")
MOUNTS = ("/media", "/run/media", "/mnt", "/Volumes")


def is_local(settings: Settings) -> bool:
    """Return whether only this machine can reach the server, and serves one person; not where a proxy may stand."""
    if settings.has_accounts:
        return False
    host = settings.host.strip("[]")
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def require_local(settings: Settings) -> None:
    """Raise AccessDeniedError unless only this machine can reach the server: its files are not everybody's."""
    if not is_local(settings):
        served = "people with accounts or visitors" if settings.has_accounts else settings.host
        raise AccessDeniedError(
            f"Files are opened by path only where sambaseg serves its own machine; here it serves {served}.",
            hint="Upload the files instead.",
        )


def checked_path(text: str) -> Path:
    """Return the file or folder that a person means; links are followed.

    Raises ParameterError for what is no whole path, MissingFileError, saying why, for what is not there or cannot be
    read, and for what is neither file nor folder.
    """
    if "\0" in text:
        raise ParameterError("A path cannot hold a null character.")
    try:
        path = Path(text).expanduser()
    except RuntimeError:
        raise MissingFileError(f"There is no home folder {text.partition('/')[0]} on this machine.") from None
    if not path.is_absolute():
        raise ParameterError(f"{text!r} is no whole path.", hint=f"Write it from the start, such as {Path.home()}.")
    try:
        path = path.resolve(strict=True)
        kind = path.stat().st_mode
    except (OSError, RuntimeError) as error:  # RuntimeError: a circle of links, in Python up to 3.12
        raise _unreadable(text, error) from None
    if not (stat.S_ISDIR(kind) or stat.S_ISREG(kind)):
        raise MissingFileError(f"{text} is neither a file nor a folder.", hint="Choose an image file or a folder.")
    if not os.access(path, os.R_OK | os.X_OK if stat.S_ISDIR(kind) else os.R_OK):
        raise MissingFileError(
            f"{text} cannot be read: permission denied.", hint="Choose another, or allow reading it."
        )
    return path


def list_folder(text: str | None) -> FolderListing:
    """Return what of a folder can be opened; the home folder where none is named. Raises as `checked_path` does."""
    path = checked_path(text or str(Path.home()))
    if not path.is_dir():
        path = path.parent
    try:
        entries = sorted(_entries(path), key=_in_order)
    except OSError as error:
        raise _unreadable(str(path), error) from None
    return FolderListing(
        path=str(path),
        parent=None if path.parent == path else str(path.parent),
        places=list(_places()),
        entries=entries[:MOST_ENTRIES],
        left_out=max(0, len(entries) - MOST_ENTRIES),
    )


def _entries(folder: Path) -> Iterator[FolderEntry]:
    """Yield what is to be shown; hidden files and what cannot be looked at are left out."""
    with os.scandir(folder) as found:
        for entry in found:
            if entry.name.startswith(".") or not entry.name.isprintable():
                continue
            with contextlib.suppress(OSError):
                path, status = Path(entry.path), entry.stat()
                kind = _kind(path, status.st_mode)
                if kind is None:
                    continue
                yield FolderEntry(
                    name=entry.name,
                    path=entry.path,
                    kind=kind,
                    size=status.st_size if kind == "image" else None,
                    modified=datetime.fromtimestamp(status.st_mtime, UTC).isoformat(timespec="seconds"),
                )


def _kind(path: Path, mode: int) -> EntryKind | None:
    ending = path.suffix.lower()
    if stat.S_ISREG(mode):
        return "image" if ending in IMAGE_ENDINGS else None
    if not stat.S_ISDIR(mode):
        return None
    return "zarr" if ending == ".zarr" and is_zarr(path) else "folder"


def _in_order(entry: FolderEntry) -> tuple[bool, object]:
    return entry.kind != "folder", natural_key(entry.name)


def _places() -> Iterator[Place]:
    home = Path.home()
    yield Place(name="Home", path=str(home))
    for name in USUAL_FOLDERS:
        if (home / name).is_dir():
            yield Place(name=name, path=str(home / name))
    here = Path.cwd()
    if here != home:
        yield Place(name=here.name or str(here), path=str(here))
    for mounts in MOUNTS:
        with contextlib.suppress(OSError):
            for path in sorted(Path(mounts).iterdir()):
                if path.is_dir():
                    yield Place(name=path.name, path=str(path))
    if sys.platform == "win32":
        for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
            if Path(f"{letter}:\\").exists():
                yield Place(name=f"{letter}:", path=f"{letter}:\\")
    else:
        yield Place(name="Computer", path="/")


def _unreadable(text: str, error: Exception) -> MissingFileError:
    if isinstance(error, FileNotFoundError):
        return MissingFileError(f"There is no {text} on this machine.", hint="Look for it in its folder.")
    why = error.strerror if isinstance(error, OSError) and error.strerror else "it is a circle of links"
    return MissingFileError(f"{text} cannot be read: {why[:1].lower()}{why[1:]}.", hint="Choose another place.")
